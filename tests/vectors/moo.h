// Reads MOO files: single-step tests captured from a processor, as the SingleStepTests project publishes
// them.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown::test {

/// Registers in the order the format numbers them.
enum class MooRegister : u8 { Ax, Bx, Cx, Dx, Cs, Ss, Ds, Es, Sp, Bp, Si, Di, Ip, Flags };
inline constexpr unsigned kMooRegisters = 14;

struct MooRegisters {
  std::array<std::optional<u16>, kMooRegisters> values;
  std::optional<u16> operator[](MooRegister r) const { return values[static_cast<unsigned>(r)]; }
};

struct MooByte {
  u32 address = 0;
  u8 value = 0;
};

struct MooState {
  MooRegisters registers;
  std::vector<MooByte> memory;
};

struct MooException {
  u8 vector = 0;
  u32 flags_address = 0;  // of the bus cycle that pushed the flags: even
};

struct MooTest {
  u32 index = 0;
  std::string name;  // disassembled
  std::vector<u8> code;
  std::string hash;  // hexadecimal
  MooState initial;
  MooState final;  // only what changed
  std::optional<MooException> exception;
};

struct MooFile {
  MooRegisters defined;  // masks; absent means every bit
  std::vector<MooTest> tests;
};

/// Reads a file, compressed by gzip or not.
Result<MooFile> read_moo(const std::filesystem::path& path);

}  // namespace ringdown::test
