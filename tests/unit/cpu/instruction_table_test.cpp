// The instruction table as a whole: every row can be reached, none hides another, and what it says of flags
// and privilege agrees with what Zydis' own tables say.
#include "cpu/instruction_table.h"

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/unit/cpu/encodings.h"

namespace ringdown::test {

namespace {

std::string describe(const Encoding& encoding) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = ZydisMnemonicGetString(encoding.instruction.mnemonic);
  for (unsigned i = 0; i < encoding.instruction.length; ++i) {
    text += ' ';
    text += kDigits[encoding.bytes[i] >> 4];
    text += kDigits[encoding.bytes[i] & 15];
  }
  return text;
}

/// A repeated comparison tests the ZF that it has itself written, and writes nothing if ECX is zero.
bool is_repeated(const Encoding& encoding) {
  return (encoding.instruction.attributes &
          (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
}

/// Zydis' flag masks have EFLAGS' layout.
struct ZydisFlags {
  u32 read = 0;
  u32 written = 0;
};
ZydisFlags flags_of(const ZydisDecodedInstruction& instruction) {
  if (instruction.cpu_flags == nullptr) return {};
  const ZydisAccessedFlags& f = *instruction.cpu_flags;
  return {f.tested & eflags::kStatus, (f.modified | f.set_0 | f.set_1 | f.undefined) & eflags::kStatus};
}

}  // namespace

TEST_CASE("Every row of the instruction table is reached by some encoding") {
  std::set<const InstructionRow*> reached;
  for_each_encoding([&](const Encoding& encoding) {
    if (const InstructionRow* row = find_row(encoding.instruction, encoding.all_operands()))
      reached.insert(row);
  });
  for (const InstructionRow& row : instruction_table()) {
    INFO(row.name << " " << ZydisMnemonicGetString(row.mnemonic) << " form " << static_cast<int>(row.form));
    CHECK(reached.count(&row) == 1);
  }
}

TEST_CASE("SSE4.1's form of PEXTRW has no row") {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  constexpr std::array<u8, 6> kPextrw = {0x66, 0x0f, 0x3a, 0x15, 0xc0, 0x00};
  REQUIRE(ZYAN_SUCCESS(
      ZydisDecoderDecodeFull(&decoder, kPextrw.data(), kPextrw.size(), &instruction, operands.data())));
  REQUIRE(instruction.mnemonic == ZYDIS_MNEMONIC_PEXTRW);
  CHECK(find_row(instruction, {operands.data(), instruction.operand_count}) == nullptr);
}

TEST_CASE("No two rows stand for the same form of a mnemonic, and names keep sensitivities apart") {
  std::set<std::pair<ZydisMnemonic, Form>> forms;
  std::map<std::string_view, const InstructionRow*> names;
  for (const InstructionRow& row : instruction_table()) {
    INFO(row.name);
    CHECK(forms.insert({row.mnemonic, row.form}).second);
    CHECK_FALSE(row.name.empty());
    CHECK((row.lowering != nullptr || row.system != nullptr));
    CHECK((row.flags_undefined & ~row.flags_written) == 0);
    const auto [known, inserted] = names.insert({row.name, &row});
    if (!inserted) CHECK(known->second->sensitivity == row.sensitivity);
    if (row.sensitivity != Sensitivity::Innocuous) CHECK(row.system != nullptr);
  }
  REQUIRE(find_row("pushf") != nullptr);
  CHECK(find_row("pushf")->mnemonic == ZYDIS_MNEMONIC_PUSHF);
  CHECK(find_row("no such name") == nullptr);
}

// A flag that a row forgets to read would be thrown away before it; a flag it claims to write and does not
// would be lost behind it.
TEST_CASE("Rows read all the flags that instructions test, and claim to write no others") {
  std::set<std::string> wrong;
  for_each_encoding([&](const Encoding& encoding) {
    const InstructionRow* row = find_row(encoding.instruction, encoding.all_operands());
    // Around operations on privileged state all flags are live anyway.
    if (row == nullptr || row->lowering == nullptr || is_repeated(encoding)) return;
    const ZydisFlags zydis = flags_of(encoding.instruction);
    if ((zydis.read & ~row->flags_read) != 0) wrong.insert("does not read: " + std::string(row->name));
    if ((row->flags_written & ~zydis.written) != 0) wrong.insert("does not write: " + describe(encoding));
  });
  for (const std::string& line : wrong) UNSCOPED_INFO(line);
  CHECK(wrong.empty());
}

TEST_CASE("What Zydis knows as privileged is privileged here") {
  for_each_encoding([&](const Encoding& encoding) {
    if ((encoding.instruction.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) == 0) return;
    const InstructionRow* row = find_row(encoding.instruction, encoding.all_operands());
    if (row == nullptr) return;
    INFO(describe(encoding));
    CHECK(row->sensitivity == Sensitivity::Privileged);
  });
}

}  // namespace ringdown::test
