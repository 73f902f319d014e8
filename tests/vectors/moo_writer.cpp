// Makes MOO files for tests of what reads them.
#include "tests/vectors/moo_writer.h"

#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <span>
#include <stdexcept>

namespace ringdown::test {

namespace {

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::string counted(const std::string& content) {
  return bytes_of(static_cast<u32>(content.size())) + content;
}

std::string memory_chunk(const std::vector<MooByte>& memory) {
  std::string content = bytes_of(static_cast<u32>(memory.size()));
  for (const MooByte& byte : memory) content += bytes_of(byte.address) + bytes_of(byte.value);
  return moo_chunk("RAM ", content);
}

std::string state_chunk(std::string_view id, const MooState& state, MooWidth width) {
  const std::string registers =
      moo_chunk(width == MooWidth::Word ? "REGS" : "RG32", moo_registers(state.registers, width));
  // A chunk that readers must skip.
  return moo_chunk(id, registers + moo_chunk("QUEU", counted("")) + memory_chunk(state.memory));
}

}  // namespace

std::string moo_chunk(std::string_view id, const std::string& content) {
  return std::string(id) + counted(content);
}

std::string moo_registers(const MooRegisters& registers, MooWidth width) {
  u32 present = 0;
  std::string values;
  if (width == MooWidth::Word) {
    for (std::size_t i = 0; i < kMooWordRegisters.size(); ++i) {
      if (!registers[kMooWordRegisters[i]]) continue;
      present |= 1u << i;
      values += bytes_of(static_cast<u16>(*registers[kMooWordRegisters[i]]));
    }
    return bytes_of(static_cast<u16>(present)) + values;
  }
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    if (!registers.values[i]) continue;
    present |= 1u << i;
    values += bytes_of(*registers.values[i]);
  }
  return bytes_of(present) + values;
}

std::string moo_test(const MooTest& test, MooWidth width) {
  std::string content = bytes_of(test.index) + moo_chunk("NAME", counted(test.name)) +
                        moo_chunk("BYTS", counted({test.code.begin(), test.code.end()})) +
                        state_chunk("INIT", test.initial, width) + state_chunk("FINA", test.final, width);
  if (test.exception)
    content += moo_chunk("EXCP", bytes_of(test.exception->vector) + bytes_of(test.exception->flags_address));
  return moo_chunk("TEST", content + moo_chunk("HASH", std::string(20, static_cast<char>(test.index))));
}

std::string moo_file(std::string_view cpu, u32 tests, const std::string& chunks) {
  std::string name(cpu);
  name.resize(4, ' ');
  const std::string version("\1\1\0\0", 4);
  return moo_chunk("MOO ", version + bytes_of(tests) + name) + chunks;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "vectors-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryFolder::write(const std::string& name, const std::string& content) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

std::filesystem::path TemporaryFolder::write_compressed(const std::string& name,
                                                        const std::string& content) const {
  const std::filesystem::path path = path_ / name;
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return path;
}

}  // namespace ringdown::test
