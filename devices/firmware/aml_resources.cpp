// The encodings of resource descriptors.
#include "devices/firmware/aml_resources.h"

namespace ringdown::aml {
namespace {

// Small descriptors: tag and length in one byte.
constexpr u8 kIrqNoFlags = 0x22;
constexpr u8 kDma = 0x2a;
constexpr u8 kIoPort = 0x47;
constexpr u8 kEndTag = 0x79;
// Large descriptors: tag, then a 16-bit length.
constexpr u8 kFixedMemory = 0x86;
constexpr u8 kDwordAddressSpace = 0x87;
constexpr u8 kWordAddressSpace = 0x88;
constexpr u8 kExtendedInterrupt = 0x89;

constexpr u8 kDecode16 = 0x01;
constexpr u8 kConsumerLevelHighShared = 0x09;
/// Address space flags: both ends of the range are fixed, the bridge decodes positively.
constexpr u8 kMinimumAndMaximumFixed = 0x0c;
constexpr u8 kEntireRange = 0x03;
constexpr u8 kReadWrite = 0x01;

enum class RangeType : u8 { Memory = 0, Io = 1, Bus = 2 };

template <class T>
void append(Code& code, T value) {
  for (unsigned i = 0; i < sizeof(T); ++i) code.push_back(static_cast<u8>(value >> (8 * i)));
}

/// An address space descriptor whose numbers are of type T.
template <class T>
Code window(u8 tag, RangeType type, u8 type_flags, T first, T last) {
  constexpr u16 kLength = 3 + 5 * sizeof(T);
  Code code = {tag};
  append<u16>(code, kLength);
  code = join(code, Code{static_cast<u8>(type), kMinimumAndMaximumFixed, type_flags});
  for (const T field : {T{0}, first, last, T{0}, static_cast<T>(last - first + 1)}) append<T>(code, field);
  return code;
}

}  // namespace

Code resource_template(const std::vector<Code>& descriptors) {
  // A checksum of zero is taken as correct.
  return buffer(join(join(descriptors), Code{kEndTag, 0}));
}

Code ports(u16 base, u8 length) {
  Code code = {kIoPort, kDecode16};
  append<u16>(code, base);
  append<u16>(code, base);
  return join(code, Code{1, length});
}

Code isa_interrupt(unsigned irq) {
  Code code = {kIrqNoFlags};
  append<u16>(code, static_cast<u16>(1u << irq));
  return code;
}

Code isa_dma(unsigned channel) {
  constexpr u8 kCompatibleBytes = 0x00;
  return {kDma, static_cast<u8>(1u << channel), kCompatibleBytes};
}

Code level_interrupts(const std::vector<u32>& choices) {
  Code code = {kExtendedInterrupt};
  append<u16>(code, static_cast<u16>(2 + 4 * choices.size()));
  code = join(code, Code{kConsumerLevelHighShared, static_cast<u8>(choices.size())});
  for (const u32 irq : choices) append<u32>(code, irq);
  return code;
}

Code memory(u32 base, u32 length) {
  constexpr u16 kLength = 9;
  Code code = {kFixedMemory};
  append<u16>(code, kLength);
  code.push_back(kReadWrite);
  append<u32>(code, base);
  append<u32>(code, length);
  return code;
}

Code bus_window(u16 first, u16 last) {
  return window<u16>(kWordAddressSpace, RangeType::Bus, 0, first, last);
}

Code port_window(u16 first, u16 last) {
  return window<u16>(kWordAddressSpace, RangeType::Io, kEntireRange, first, last);
}

Code memory_window(u32 first, u32 last, Caching caching) {
  const u8 flags = static_cast<u8>(kReadWrite | static_cast<unsigned>(caching) << 1);
  return window<u32>(kDwordAddressSpace, RangeType::Memory, flags, first, last);
}

}  // namespace ringdown::aml
