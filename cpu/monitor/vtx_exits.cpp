// Which of the monitor's entries hardware virtualization would need too.
#include "cpu/monitor/vtx_exits.h"

#include "cpu/instruction_table.h"

namespace ringdown {

namespace {

/// Control registers 0, 3 and 4, debug registers, descriptor tables, INVLPG, flags and transfers are the
/// guest's own under VT-x. What is left either exits always (INVD), or leads to what the monitor provides:
/// ports, time that passes while nothing runs, MSRs.
bool exits_under_vtx(const InstructionRow& row) {
  switch (row.mnemonic) {
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_OUT:
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD:
    case ZYDIS_MNEMONIC_RDMSR:
    case ZYDIS_MNEMONIC_WRMSR:
    case ZYDIS_MNEMONIC_INVD:
      return true;
    default:
      return false;
  }
}

bool exits_under_vtx(TrapCause cause, Technique technique) {
  switch (cause) {
    case TrapCause::Interrupt:
    case TrapCause::Device:
    case TrapCause::Hypercall:
      return true;
    case TrapCause::HiddenFault:
      return technique == Technique::Nested;  // a violation of extended page tables
    case TrapCause::Sensitive:
    case TrapCause::Privileged:  // counted by instruction
    case TrapCause::PageFault:
    case TrapCause::Exception:
    case TrapCause::Debug:
    case TrapCause::WriteProtect:
    case TrapCause::Count:
      break;
  }
  return false;
}

}  // namespace

u64 exits_under_vtx(const MonitorStatistics& statistics, Technique technique) {
  u64 exits = 0;
  for (std::size_t i = 0; i < statistics.by_cause.size(); ++i) {
    if (exits_under_vtx(static_cast<TrapCause>(i), technique)) exits += statistics.by_cause[i];
  }
  for (std::size_t i = 0; i < statistics.by_instruction.size(); ++i) {
    if (exits_under_vtx(instruction_table()[i])) exits += statistics.by_instruction[i];
  }
  return exits;
}

}  // namespace ringdown
