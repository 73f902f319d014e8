// The encodings of AML terms.
#include "devices/firmware/aml.h"

#include <array>
#include <bit>
#include <cassert>

namespace ringdown::aml {
namespace {

// Opcodes; the two-byte ones start with kExtended.
enum class Op : u8 {
  Zero = 0x00,
  One = 0x01,
  Name = 0x08,
  BytePrefix = 0x0a,
  WordPrefix = 0x0b,
  DwordPrefix = 0x0c,
  QwordPrefix = 0x0e,
  Scope = 0x10,
  Buffer = 0x11,
  Package = 0x12,
  Method = 0x14,
  DualNamePrefix = 0x2e,
  MultiNamePrefix = 0x2f,
  Arg0 = 0x68,
  Store = 0x70,
  And = 0x7b,
  Or = 0x7d,
  CreateDwordField = 0x8a,
  LogicalLess = 0x95,
  If = 0xa0,
  Return = 0xa4,
};
enum class ExtendedOp : u8 { OperationRegion = 0x80, Field = 0x81, Device = 0x82, Processor = 0x83 };

constexpr u8 kExtended = 0x5b;
constexpr std::size_t kSegmentSize = 4;
constexpr u8 kSerialized = 0x08;
constexpr u8 kByteAccess = 0x01;  // field flags: no lock, preserve

Code op(Op opcode) { return {static_cast<u8>(opcode)}; }
Code op(ExtendedOp opcode) { return {kExtended, static_cast<u8>(opcode)}; }

Code number(u64 value, unsigned bytes) {
  Code code;
  for (unsigned i = 0; i < bytes; ++i) code.push_back(static_cast<u8>(value >> (8 * i)));
  return code;
}

/// PkgLength of a length that already counts the encoding's own bytes, `size` of them.
Code package_length_of_size(std::size_t length, unsigned size) {
  if (size == 1) return {static_cast<u8>(length)};
  // The first byte holds the number of bytes that follow and the lowest four bits.
  Code code = {static_cast<u8>((size - 1) << 6 | (length & 0x0f))};
  return join(code, number(length >> 4, size - 1));
}

constexpr std::array<std::size_t, 4> kLengthLimits = {1u << 6, 1u << 12, 1u << 20, 1u << 28};

/// Puts in front of `content` the length of itself and the content.
Code sized(const Code& content) {
  unsigned size = 1;
  while (content.size() + size >= kLengthLimits[size - 1]) ++size;
  return join(package_length_of_size(content.size() + size, size), content);
}

}  // namespace

Code join(const std::vector<Code>& terms) {
  Code code;
  for (const Code& term : terms) code.insert(code.end(), term.begin(), term.end());
  return code;
}

Code name_string(std::string_view path) {
  Code prefix;
  while (!path.empty() && (path.front() == '\\' || path.front() == '^')) {
    prefix.push_back(static_cast<u8>(path.front()));
    path.remove_prefix(1);
  }
  Code segments;
  unsigned count = 0;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('.'));
    assert(!segment.empty() && segment.size() <= kSegmentSize);
    path.remove_prefix(segment.size() == path.size() ? path.size() : segment.size() + 1);
    segments.insert(segments.end(), segment.begin(), segment.end());
    segments.resize(segments.size() + kSegmentSize - segment.size(), '_');
    ++count;
  }
  if (count == 2) prefix.push_back(static_cast<u8>(Op::DualNamePrefix));
  if (count > 2) prefix = join(prefix, op(Op::MultiNamePrefix), Code{static_cast<u8>(count)});
  if (count == 0) prefix.push_back(0);
  return join(prefix, segments);
}

Code integer(u64 value) {
  if (value == 0) return op(Op::Zero);
  if (value == 1) return op(Op::One);
  if (value <= 0xff) return join(op(Op::BytePrefix), number(value, 1));
  if (value <= 0xffff) return join(op(Op::WordPrefix), number(value, 2));
  if (value <= 0xffff'ffff) return join(op(Op::DwordPrefix), number(value, 4));
  return join(op(Op::QwordPrefix), number(value, 8));
}

Code eisa_id(std::string_view id) {
  assert(id.size() == 7);
  const auto letter = [&](unsigned i) { return static_cast<u32>(id[i] - 'A' + 1) & 0x1f; };
  const auto digit = [&](unsigned i) {
    return static_cast<u32>(id[i] <= '9' ? id[i] - '0' : id[i] - 'A' + 10);
  };
  const u32 big_endian = letter(0) << 26 | letter(1) << 21 | letter(2) << 16 | digit(3) << 12 |
                         digit(4) << 8 | digit(5) << 4 | digit(6);
  Code code = op(Op::DwordPrefix);
  for (unsigned i = 4; i-- > 0;) code.push_back(static_cast<u8>(big_endian >> (8 * i)));
  return code;
}

Code buffer(const Code& bytes) { return join(op(Op::Buffer), sized(join(integer(bytes.size()), bytes))); }

Code package(const std::vector<Code>& elements) {
  assert(elements.size() <= 255);
  return join(op(Op::Package), sized(join(Code{static_cast<u8>(elements.size())}, join(elements))));
}

Code name(std::string_view path, const Code& value) { return join(op(Op::Name), name_string(path), value); }

Code scope(std::string_view path, const Code& terms) {
  return join(op(Op::Scope), sized(join(name_string(path), terms)));
}

Code device(std::string_view path, const Code& terms) {
  return join(op(ExtendedOp::Device), sized(join(name_string(path), terms)));
}

Code processor(std::string_view path, u8 id) {
  const Code no_register_block(5);  // address and length
  return join(op(ExtendedOp::Processor), sized(join(name_string(path), Code{id}, no_register_block)));
}

Code method(std::string_view path, unsigned arguments, Serialize serialize, const Code& terms) {
  const u8 flags = static_cast<u8>(arguments | (serialize == Serialize::Yes ? kSerialized : 0));
  return join(op(Op::Method), sized(join(name_string(path), Code{flags}, terms)));
}

Code operation_region(std::string_view path, Space space, u64 offset, u64 length) {
  return join(op(ExtendedOp::OperationRegion), name_string(path), Code{static_cast<u8>(space)},
              integer(offset), integer(length));
}

Code byte_fields(std::string_view region, const std::vector<std::string_view>& names) {
  Code content = join(name_string(region), Code{kByteAccess});
  for (const std::string_view field : names) {
    constexpr u8 kBits = 8;
    content = join(content, name_string(field), Code{kBits});
  }
  return join(op(ExtendedOp::Field), sized(content));
}

Code argument(unsigned index) { return {static_cast<u8>(static_cast<unsigned>(Op::Arg0) + index)}; }
Code return_value(const Code& value) { return join(op(Op::Return), value); }
Code store(const Code& value, const Code& target) { return join(op(Op::Store), value, target); }
Code if_then(const Code& condition, const Code& terms) {
  return join(op(Op::If), sized(join(condition, terms)));
}
Code less(const Code& left, const Code& right) { return join(op(Op::LogicalLess), left, right); }

Code bitwise_and(const Code& left, const Code& right) {
  // The null target drops the result's copy.
  return join(op(Op::And), left, right, op(Op::Zero));
}

Code bitwise_or(const Code& left, const Code& right, const Code& target) {
  return join(op(Op::Or), left, right, target);
}

Code create_dword_field(const Code& buffer_name, u64 offset, std::string_view field) {
  return join(op(Op::CreateDwordField), buffer_name, integer(offset), name_string(field));
}

Code call(std::string_view method_path, const Code& arguments) {
  return join(name_string(method_path), arguments);
}

}  // namespace ringdown::aml
