// Makes cases from the instruction table: the same case for the same seed and number, on every host.
#pragma once

#include <map>

#include "core/seeded_random.h"
#include "cpu/row_encodings.h"
#include "tests/oracle/exclusions.h"
#include "tests/oracle/long_mode.h"

namespace ringdown::test {

struct GeneratedCase {
  OracleCase c;
  std::vector<OracleInstruction> instructions;
};

/// Makes the code and the registers of one case.
class CaseBuilder {
 public:
  explicit CaseBuilder(SeededRandom& random) : random_(random) {}

  /// A case whose last instruction is one of these encodings.
  OracleCase build(const RowEncodings& rows);

 private:
  void choose_segments();
  void choose_registers();
  void choose_place();
  void choose_stack();
  void add_instruction(const RowEncodings& rows);
  std::vector<u8> encode(const RowEncodings& rows);
  std::vector<u8> prefixes(const RowEncoding& encoding);
  void append_modrm(std::vector<u8>& code, const RowEncoding& encoding);
  void set_immediates(std::vector<u8>& code, const OracleInstruction& instruction);
  void set_branch(std::vector<u8>& code, const OracleInstruction& instruction, unsigned immediate);
  void place_operands(std::vector<u8>& code, OracleInstruction& instruction);
  void reach(std::vector<u8>& code, const OracleInstruction& instruction, const ZydisDecodedOperand& operand,
             u32 linear);
  void fill_operand(const OracleInstruction& instruction, const ZydisDecodedOperand& operand, u32 linear);
  void fill_stack();
  void bound_repetition(const OracleInstruction& instruction);
  void set_register(ZydisRegister reg, u32 value, unsigned width);
  u32 target(u32 size);
  u32 branch_target() { return kCodePages + 0x800 + random_.below(0x400); }
  u16 selector();

  SeededRandom& random_;
  OracleCase case_;
  u32 placed_ = 0;  // registers whose value an operand needs, bit by bit
};

class OracleGenerator {
 public:
  /// `rows`: names of rows to restrict the last instruction to; all if empty. Rows of which every case is
  /// excluded are left out. Only cases that a host can run by code of that width are made.
  OracleGenerator(u64 seed, std::span<const std::string> rows, HostCodeWidth width = HostCodeWidth::Bits32);

  bool empty() const { return rows_.empty(); }
  /// Case number `number`. Those that an exclusion applies to are counted there and made again. Throws
  /// std::runtime_error if that does not end.
  GeneratedCase make(u64 number, std::map<const OracleExclusion*, u64>& excluded) const;

 private:
  const OracleExclusion* exclusion_of(const GeneratedCase& made) const;

  u64 seed_;
  HostCodeWidth width_;
  std::vector<const RowEncodings*> rows_;
};

}  // namespace ringdown::test
