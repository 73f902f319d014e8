// Reads MOO files.
#include "tests/vectors/moo.h"

#include <fmt/core.h>
#include <zlib.h>

#include <cstring>
#include <span>

namespace ringdown::test {

namespace {

/// A part of a file, read from its start; reading past the end gives zeros and is remembered.
class Reader {
 public:
  explicit Reader(std::span<const u8> bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }
  bool truncated() const { return truncated_; }

  template <class T>
  T number() {
    T value{};
    const std::span<const u8> bytes = take(sizeof(T));
    if (bytes.size() == sizeof(T)) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::span<const u8> take(std::size_t count) {
    if (count > bytes_.size()) {
      truncated_ = true;
      count = bytes_.size();
    }
    const std::span<const u8> taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  std::span<const u8> rest() { return take(bytes_.size()); }

 private:
  std::span<const u8> bytes_;
  bool truncated_ = false;
};

struct Chunk {
  std::string id;
  Reader content;
};

Chunk read_chunk(Reader& reader) {
  constexpr std::size_t kIdLength = 4;
  const std::span<const u8> id = reader.take(kIdLength);
  const u32 length = reader.number<u32>();
  return {std::string(id.begin(), id.end()), Reader(reader.take(length))};
}

MooRegisters read_registers(Reader reader) {
  MooRegisters registers;
  const u16 present = reader.number<u16>();
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    if ((present >> i & 1) != 0) registers.values[i] = reader.number<u16>();
  }
  return registers;
}

MooState read_state(Reader reader) {
  MooState state;
  while (!reader.at_end()) {
    Chunk chunk = read_chunk(reader);
    if (chunk.id == "REGS") {
      state.registers = read_registers(chunk.content);
    } else if (chunk.id == "RAM ") {
      for (u32 count = chunk.content.number<u32>(); count > 0 && !chunk.content.at_end(); --count) {
        const u32 address = chunk.content.number<u32>();
        state.memory.push_back({address, chunk.content.number<u8>()});
      }
    }
  }
  return state;
}

MooTest read_test(Reader reader) {
  MooTest test;
  test.index = reader.number<u32>();
  while (!reader.at_end()) {
    Chunk chunk = read_chunk(reader);
    if (chunk.id == "NAME") {
      const std::span<const u8> text = chunk.content.take(chunk.content.number<u32>());
      test.name.assign(text.begin(), text.end());
    } else if (chunk.id == "BYTS") {
      const std::span<const u8> code = chunk.content.take(chunk.content.number<u32>());
      test.code.assign(code.begin(), code.end());
    } else if (chunk.id == "INIT") {
      test.initial = read_state(chunk.content);
    } else if (chunk.id == "FINA") {
      test.final = read_state(chunk.content);
    } else if (chunk.id == "EXCP") {
      const u8 vector = chunk.content.number<u8>();
      test.exception = MooException{vector, chunk.content.number<u32>()};
    } else if (chunk.id == "HASH") {
      for (const u8 byte : chunk.content.rest()) test.hash += fmt::format("{:02x}", byte);
    }
  }
  return test;
}

Result<std::vector<u8>> read_bytes(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return Error{fmt::format("{}: cannot be opened", path.string())};
  constexpr std::size_t kStep = std::size_t{1} << 20;
  std::vector<u8> bytes;
  int got = 0;
  do {
    const std::size_t size = bytes.size();
    bytes.resize(size + kStep);
    got = gzread(file, bytes.data() + size, static_cast<unsigned>(kStep));
    bytes.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
  } while (got > 0);
  gzclose(file);
  if (got < 0) return Error{fmt::format("{}: the compressed data is damaged", path.string())};
  return bytes;
}

}  // namespace

Result<MooFile> read_moo(const std::filesystem::path& path) {
  Result<std::vector<u8>> bytes = read_bytes(path);
  if (!bytes) return bytes.error();
  Reader reader(*bytes);
  MooFile file;
  Chunk header = read_chunk(reader);
  if (header.id != "MOO ") return Error{fmt::format("{}: not a MOO file", path.string())};
  while (!reader.at_end()) {
    Chunk chunk = read_chunk(reader);
    if (chunk.id == "RMSK") file.defined = read_registers(chunk.content);
    if (chunk.id == "TEST") file.tests.push_back(read_test(chunk.content));
  }
  if (reader.truncated()) return Error{fmt::format("{}: ends in the middle of a chunk", path.string())};
  return file;
}

}  // namespace ringdown::test
