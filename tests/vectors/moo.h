// Reads MOO files, versions 1.0 and 1.1: single-step tests captured from a processor, 8086 to 386, as the
// SingleStepTests project publishes them.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/types.h"

namespace ringdown::test {

/// Registers in the order in which RG32 and RM32 chunks number them.
enum class MooRegister : u8 {
  Cr0,
  Cr3,
  Eax,
  Ebx,
  Ecx,
  Edx,
  Esi,
  Edi,
  Ebp,
  Esp,
  Cs,
  Ds,
  Es,
  Fs,
  Gs,
  Ss,
  Eip,
  Eflags,
  Dr6,
  Dr7
};
inline constexpr unsigned kMooRegisters = 20;
/// Those of 16-bit processors, in the order of REGS and RMSK chunks.
inline constexpr std::array<MooRegister, 14> kMooWordRegisters = {
    MooRegister::Eax, MooRegister::Ebx, MooRegister::Ecx, MooRegister::Edx,   MooRegister::Cs,
    MooRegister::Ss,  MooRegister::Ds,  MooRegister::Es,  MooRegister::Esp,   MooRegister::Ebp,
    MooRegister::Esi, MooRegister::Edi, MooRegister::Eip, MooRegister::Eflags};

struct MooRegisters {
  std::array<std::optional<u32>, kMooRegisters> values;

  std::optional<u32>& operator[](MooRegister r) { return values[static_cast<unsigned>(r)]; }
  const std::optional<u32>& operator[](MooRegister r) const { return values[static_cast<unsigned>(r)]; }
  u32 get(MooRegister r, u32 absent = 0) const { return (*this)[r].value_or(absent); }
};

struct MooByte {
  u32 address = 0;
  u8 value = 0;
};

struct MooState {
  MooRegisters registers;
  MooRegisters defined;  // masks of this test alone; absent means every bit
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

  /// What a register holds at the end.
  u32 final_value(MooRegister r) const { return final.registers.get(r, initial.registers.get(r)); }
  /// Linear address of a word on the final stack (16 bits), so many bytes above its top.
  u32 on_final_stack(u32 above) const {
    return (final_value(MooRegister::Ss) << 4) + ((final_value(MooRegister::Esp) + above) & 0xffff);
  }
  /// Of what an exception has pushed: IP, CS, FLAGS.
  static constexpr u32 kPushedCs = 2, kPushedFlags = 4;
  /// The word that the final state gives for a linear address; what it does not list is 0.
  u32 final_word(u32 address) const;
};

struct MooFile {
  std::string cpu;       // as the header has it, without padding: 8088, 8086, V20, V30, 186, C286, 386E
  MooRegisters defined;  // masks of every test; absent means every bit
  std::vector<MooTest> tests;
};

/// Reads a file, compressed by gzip or not. The error names the file, the offset of the damage in the
/// uncompressed data, and what was expected there.
Result<MooFile> read_moo(const std::filesystem::path& path);

}  // namespace ringdown::test
