// Reads MOO files.
#include "tests/vectors/moo.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <span>

#include "tests/vectors/moo_reader.h"

namespace ringdown::test {

namespace {

using Chunk = MooReader::Chunk;

MooRegisters read_short_registers(MooReader reader) {
  MooRegisters registers;
  const u16 present = reader.number<u16>("the mask of registers");
  if ((present >> kMooWordRegisters.size()) != 0)
    reader.fail(reader.offset() - 2, "expected a mask of 14 registers");
  for (unsigned i = 0; i < kMooWordRegisters.size(); ++i) {
    if ((present >> i & 1) != 0) registers[kMooWordRegisters[i]] = reader.number<u16>("a register");
  }
  reader.finish("the registers");
  return registers;
}

MooRegisters read_long_registers(MooReader reader) {
  MooRegisters registers;
  const u32 present = reader.number<u32>("the mask of registers");
  if ((present >> kMooRegisters) != 0) reader.fail(reader.offset() - 4, "expected a mask of 20 registers");
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    if ((present >> i & 1) != 0) registers.values[i] = reader.number<u32>("a register");
  }
  reader.finish("the registers");
  return registers;
}

bool is_registers(const Chunk& chunk) { return chunk.id == "REGS" || chunk.id == "RG32"; }
bool is_mask(const Chunk& chunk) { return chunk.id == "RMSK" || chunk.id == "RM32"; }

MooRegisters read_registers(const Chunk& chunk) {
  const bool is_short = chunk.id == "REGS" || chunk.id == "RMSK";
  return is_short ? read_short_registers(chunk.content) : read_long_registers(chunk.content);
}

std::vector<MooByte> read_memory(MooReader reader) {
  constexpr std::size_t kEntrySize = 5;
  const u32 count = reader.number<u32>("a count of bytes of memory");
  if (reader.size() != kEntrySize * count) {
    reader.fail(reader.offset() - 4,
                fmt::format("expected {} bytes of memory, found {} bytes for them", count, reader.size()));
    return {};
  }
  std::vector<MooByte> memory(count);
  for (MooByte& byte : memory) {
    byte.address = reader.number<u32>("an address");
    byte.value = reader.number<u8>("a byte");
  }
  return memory;
}

enum class Moment : u8 { Initial, Final };

MooState read_state(Chunk& state_chunk, Moment moment) {
  MooState state;
  bool has_registers = false;
  bool has_memory = false;
  unsigned width = 0;
  MooReader& reader = state_chunk.content;
  while (!reader.at_end()) {
    const Chunk chunk = reader.chunk();
    if (is_registers(chunk)) {
      state.registers = read_registers(chunk);
      has_registers = true;
      width = chunk.id == "REGS" ? static_cast<unsigned>(kMooWordRegisters.size()) : kMooRegisters;
    } else if (is_mask(chunk)) {
      state.defined = read_registers(chunk);
    } else if (chunk.id == "RAM ") {
      state.memory = read_memory(chunk.content);
      has_memory = true;
    }
  }
  if (!has_registers) reader.fail(state_chunk.offset, "expected registers in '" + state_chunk.id + "'");
  if (moment == Moment::Final) return state;
  if (!has_memory) reader.fail(state_chunk.offset, "expected memory in '" + state_chunk.id + "'");
  const auto present = std::count_if(state.registers.values.begin(), state.registers.values.end(),
                                     [](const auto& value) { return value.has_value(); });
  if (static_cast<unsigned>(present) != width)
    reader.fail(state_chunk.offset, fmt::format("expected all {} registers, found {}", width, present));
  return state;
}

std::span<const u8> read_counted(MooReader& reader, const char* what) {
  const u32 length = reader.number<u32>(what);
  const std::span<const u8> bytes = reader.take(length, what);
  reader.finish(what);
  return bytes;
}

MooTest read_test(Chunk& test_chunk) {
  MooTest test;
  MooReader& reader = test_chunk.content;
  test.index = reader.number<u32>("a test's number");
  bool has_initial = false;
  bool has_final = false;
  while (!reader.at_end()) {
    Chunk chunk = reader.chunk();
    if (chunk.id == "NAME") {
      const std::span<const u8> text = read_counted(chunk.content, "a test's name");
      test.name.assign(text.begin(), text.end());
    } else if (chunk.id == "BYTS") {
      const std::span<const u8> code = read_counted(chunk.content, "a test's code");
      test.code.assign(code.begin(), code.end());
    } else if (chunk.id == "INIT") {
      test.initial = read_state(chunk, Moment::Initial);
      has_initial = true;
    } else if (chunk.id == "FINA") {
      test.final = read_state(chunk, Moment::Final);
      has_final = true;
    } else if (chunk.id == "EXCP") {
      const u8 vector = chunk.content.number<u8>("an exception");
      test.exception = MooException{vector, chunk.content.number<u32>("an exception's address of flags")};
    } else if (chunk.id == "HASH") {
      for (const u8 byte : chunk.content.rest()) test.hash += fmt::format("{:02x}", byte);
    }
  }
  const auto require = [&](bool present, const char* what) {
    if (!present) reader.fail(test_chunk.offset, fmt::format("expected '{}' in test {}", what, test.index));
  };
  require(!test.code.empty(), "BYTS");
  require(has_initial, "INIT");
  require(has_final, "FINA");
  return test;
}

struct Content {
  std::vector<u8> bytes;
  std::optional<MooDamage> damage;
};

Result<Content> read_content(const std::filesystem::path& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return Error{fmt::format("{}: cannot be opened", path.string())};
  constexpr std::size_t kStep = std::size_t{1} << 20;
  Content content;
  int got = 0;
  do {
    const std::size_t size = content.bytes.size();
    content.bytes.resize(size + kStep);
    got = gzread(file, content.bytes.data() + size, static_cast<unsigned>(kStep));
    content.bytes.resize(size + static_cast<std::size_t>(std::max(got, 0)));
  } while (got > 0);
  int code = Z_OK;
  const std::string message = gzerror(file, &code);
  gzclose(file);
  if (code != Z_OK && code != Z_STREAM_END)
    content.damage = MooDamage{content.bytes.size(), "expected more compressed data: " + message};
  return content;
}

std::string without_padding(std::span<const u8> text) {
  std::string name(text.begin(), text.end());
  name.erase(name.find_last_not_of(' ') + 1);
  return name;
}

MooFile read_file(MooReader reader) {
  MooFile file;
  Chunk header = reader.chunk();
  if (header.id != "MOO ") reader.fail(header.offset, "expected the chunk 'MOO '");
  const u8 major = header.content.number<u8>("the version");
  header.content.take(3, "the header");
  if (major != 1) reader.fail(header.offset + 8, fmt::format("expected version 1, found {}", major));
  const std::size_t count_offset = header.content.offset();
  const u32 count = header.content.number<u32>("the number of tests");
  file.cpu = without_padding(header.content.take(4, "the processor's name"));
  while (!reader.at_end()) {
    Chunk chunk = reader.chunk();
    if (is_mask(chunk)) file.defined = read_registers(chunk);
    if (chunk.id == "TEST") file.tests.push_back(read_test(chunk));
  }
  if (file.tests.size() != count)
    reader.fail(count_offset,
                fmt::format("expected {} tests as the header says, found {}", count, file.tests.size()));
  return file;
}

}  // namespace

u32 MooTest::final_word(u32 address) const {
  u32 word = 0;
  for (const MooByte& byte : final.memory) {
    if (byte.address - address < sizeof(u16)) word |= u32{byte.value} << (8 * (byte.address - address));
  }
  return word;
}

Result<MooFile> read_moo(const std::filesystem::path& path) {
  Result<Content> content = read_content(path);
  if (!content) return content.error();
  // What ends early in the compressed data also ends early here: that is said of the former.
  std::optional<MooDamage> damage = content->damage;
  MooFile file = read_file(MooReader(content->bytes, 0, damage));
  if (damage) {
    return Error{fmt::format("{}: damaged at offset {} of the uncompressed data: {}", path.string(),
                             damage->offset, damage->expected)};
  }
  return file;
}

}  // namespace ringdown::test
