// Every privileged row of the instruction table, executed on the bare processor outside ring 0. This
// executable is linked without the monitor: the traps that the monitor lives on are the hardware's own.
#include <catch2/catch.hpp>
#include <map>

#include "cpu/system/task_state.h"
#include "tests/support/code_machine.h"
#include "tests/unit/cpu/encodings.h"

namespace ringdown::test {

namespace {

using M = CodeMachine;

/// One encoding of each privileged row: with a memory operand of [eax] where it can have one.
const std::map<const InstructionRow*, Encoding>& privileged_encodings() {
  static const std::map<const InstructionRow*, Encoding> encodings = [] {
    std::map<const InstructionRow*, Encoding> found;
    for_each_encoding([&](const Encoding& encoding) {
      const InstructionRow* row = find_row(encoding.instruction, encoding.all_operands());
      if (row != nullptr && row->sensitivity == Sensitivity::Privileged) found.try_emplace(row, encoding);
    });
    return found;
  }();
  return encodings;
}

void place(M& m, const Encoding& encoding) {
  for (u32 i = 0; i < encoding.instruction.length; ++i) m.poke<u8>(M::kCode + i, encoding.bytes[i]);
}

/// The exception that the row raises at `ring` with `iopl`, with what must not have changed checked.
Taken execute(const Encoding& encoding, unsigned ring, unsigned iopl) {
  M m;
  m.set_ring(ring);
  m.guest().flags = (iopl << eflags::kIoplShift) | eflags::kIf;
  for (u32 reg = 0; reg < 8; ++reg) {
    if (static_cast<Gpr>(reg) != Gpr::Esp) m.set(static_cast<Gpr>(reg), M::kData);
  }
  m.set(Gpr::Ecx, 1);  // INS and OUTS may be repeated
  m.set(Gpr::Edx, M::kPort);
  m.cpu.state_changed();
  place(m, encoding);
  m.poke<u8>(M::kCode + encoding.instruction.length, 0x0f);  // UD2 where the instruction completes
  m.poke<u8>(M::kCode + encoding.instruction.length + 1, 0x0b);
  const u32 cr0 = m.guest().cr0;
  const Taken taken = m.run_to_handler(5);
  if (taken.eip == M::kCode) {
    CHECK(taken.cs == M::code(ring));
    CHECK(m.cpu.ticks() == 1);  // the handler's HLT alone
    CHECK(m.port.accesses.empty());
    CHECK(m.guest().cr0 == cr0);
    CHECK(m.guest().gdtr == TableRegister{M::kGdt, M::kGdtLimit});
    for (u32 reg = 0; reg < 8; ++reg) {
      const Gpr gpr = static_cast<Gpr>(reg);
      if (gpr != Gpr::Esp && gpr != Gpr::Ecx && gpr != Gpr::Edx) CHECK(m.get(gpr) == M::kData);
    }
  }
  return taken;
}

/// CLI, STI and port I/O are privileged by IOPL, not by ring 0.
bool is_privileged_by_iopl(const InstructionRow& row) {
  return row.name == "cli" || row.name == "sti" || row.name == "in" || row.name == "out" ||
         row.name == "ins" || row.name == "outs";
}

/// RSM does not exist outside system management mode; within, any ring may execute it.
Vector refusal_of(const InstructionRow& row) {
  return row.name == "rsm" ? Vector::InvalidOpcode : Vector::GeneralProtection;
}

}  // namespace

TEST_CASE("Every privileged row raises #GP(0) at rings 1, 2 and 3, or is no instruction there") {
  unsigned rows = 0;
  for (const InstructionRow& row : instruction_table()) {
    if (row.sensitivity != Sensitivity::Privileged) continue;
    ++rows;
    INFO(row.name);
    REQUIRE(privileged_encodings().count(&row) == 1);
    for (unsigned ring = 1; ring <= 3; ++ring) {
      INFO("ring " << ring);
      const Taken taken = execute(privileged_encodings().at(&row), ring, 0);
      CHECK(taken.vector == static_cast<int>(refusal_of(row)));
      CHECK(taken.eip == M::kCode);
      CHECK(taken.error_code == 0);
    }
  }
  CHECK(rows >= 25);
}

TEST_CASE("IOPL opens CLI, STI and port I/O up to its ring, and nothing else") {
  for (const auto& [row, encoding] : privileged_encodings()) {
    INFO(row->name);
    for (unsigned ring = 1; ring <= 3; ++ring) {
      for (unsigned iopl = 1; iopl <= 3; ++iopl) {
        INFO("ring " << ring << " IOPL " << iopl);
        const bool allowed = is_privileged_by_iopl(*row) && ring <= iopl;
        const Taken taken = execute(encoding, ring, iopl);
        CHECK(taken.vector == static_cast<int>(allowed ? Vector::InvalidOpcode : refusal_of(*row)));
        CHECK((taken.eip == M::kCode) == !allowed);
      }
    }
  }
}

TEST_CASE("The I/O bitmap opens single ports") {
  for (const auto& [row, encoding] : privileged_encodings()) {
    if (row->name != "in" && row->name != "out") continue;
    M m;
    m.set_ring(3);
    m.set(Gpr::Edx, M::kPort);
    m.place("ec");  // in al, dx
    m.poke<u8>(M::kTss + tss32::kSize + M::kPort / 8, 0xfe);
    m.run(1);
    CHECK(m.port.accesses.size() == 1);
    m.place(M::kCode + 1, "ed");  // in eax, dx: three ports of it are closed
    const Taken taken = m.run_to_handler();
    CHECK(taken.vector == static_cast<int>(Vector::GeneralProtection));
    CHECK(taken.eip == M::kCode + 1);
  }
}

TEST_CASE("In virtual-8086 mode they raise #GP(0), or #UD where another mode is needed") {
  for (const auto& [row, encoding] : privileged_encodings()) {
    INFO(row->name);
    M m;
    m.set_ring(3);
    m.guest().flags = eflags::kVm;
    for (SegmentRegister& segment : m.guest().segments) segment = v86_segment(0x3000);
    m.guest().segment(Segment::Cs) = v86_segment(M::kCode >> 4);
    m.cpu.registers.eip = 0;
    m.set(Gpr::Esp, 0x800);
    m.cpu.state_changed();
    place(m, encoding);
    const bool needs_other_mode = row->name == "lldt" || row->name == "ltr" || row->name == "rsm";
    const Taken taken = m.run_to_handler(5);
    CHECK(taken.vector ==
          static_cast<int>(needs_other_mode ? Vector::InvalidOpcode : Vector::GeneralProtection));
    CHECK(taken.error_code == 0);
    CHECK(m.cpu.ticks() == 1);
  }
}

TEST_CASE("At ring 0 every privileged row but SYSEXIT and RSM runs") {
  for (const auto& [row, encoding] : privileged_encodings()) {
    // Loads of tables take them from zeros, and MOV CR loads what EAX happens to hold.
    if (row->name.starts_with("l") || row->name.starts_with("mov-to") || row->name.ends_with("msr")) continue;
    INFO(row->name);
    const Taken taken = execute(encoding, 0, 0);
    if (row->name == "hlt" || row->name == "rsm") continue;
    CHECK(taken.vector ==
          static_cast<int>(row->name == "sysexit" ? Vector::GeneralProtection : Vector::InvalidOpcode));
  }
}

TEST_CASE("Registers that do not exist are invalid opcodes at every ring") {
  for (const std::string_view hex : {"0f20c8", "0f22c8", "0f20e8", "0f22f8", "0f24c0", "0f26c0"}) {
    for (unsigned ring = 0; ring <= 3; ++ring) {
      INFO(hex << " ring " << ring);
      M m;
      m.set_ring(ring);
      m.place(hex);
      CHECK(m.run_to_handler().vector == static_cast<int>(Vector::InvalidOpcode));
    }
  }
}

}  // namespace ringdown::test
