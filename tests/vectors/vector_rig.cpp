// Sets a machine up in real mode from captured states, and compares what it leaves.
#include "tests/vectors/vector_rig.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringdown::test {

namespace {

using enum MooRegister;

constexpr u64 kRam = u64{16} << 20;
/// Far more than the longest repeated string instruction with two exceptions.
constexpr Ticks kLimit = 200'000;
constexpr u32 kVectors = 256;
constexpr u8 kHlt = 0xf4;
/// Bits of CR0 and of the debug registers that are not reserved on a 386.
constexpr u32 kCompared386Cr0 = cr0::kPe | cr0::kMp | cr0::kEm | cr0::kTs;
constexpr u32 kComparedDr6 = 0xe00f, kComparedDr7 = 0xffff23ff;

constexpr std::array<const char*, kMooRegisters> kNames = {"cr0", "cr3", "ax", "bx",    "cx",  "dx", "si",
                                                           "di",  "bp",  "sp", "cs",    "ds",  "es", "fs",
                                                           "gs",  "ss",  "ip", "flags", "dr6", "dr7"};

constexpr std::array<std::pair<MooRegister, Gpr>, 8> kGeneral = {{{Eax, Gpr::Eax},
                                                                  {Ebx, Gpr::Ebx},
                                                                  {Ecx, Gpr::Ecx},
                                                                  {Edx, Gpr::Edx},
                                                                  {Esi, Gpr::Esi},
                                                                  {Edi, Gpr::Edi},
                                                                  {Ebp, Gpr::Ebp},
                                                                  {Esp, Gpr::Esp}}};
constexpr std::array<std::pair<MooRegister, Segment>, 6> kSegments = {{{Cs, Segment::Cs},
                                                                       {Ds, Segment::Ds},
                                                                       {Es, Segment::Es},
                                                                       {Fs, Segment::Fs},
                                                                       {Gs, Segment::Gs},
                                                                       {Ss, Segment::Ss}}};

bool is_segment(MooRegister reg) { return reg >= Cs && reg <= Ss; }

/// Where the HLTs of handlers may stand.
constexpr std::array<u16, 4> kHandlerSegments = {0xf000, 0xe000, 0xd000, 0xc000};
constexpr u16 kHandlerOffset = 0xfe00;

u64 vector_address(u32 vector) { return u64{4} * vector; }

}  // namespace

VectorRig::VectorRig(MachineMode mode) : machine_(mode, kRam) {}

void VectorRig::set_registers(const MooRegisters& registers) {
  PrivilegedState& state = cpu_.state;
  state.activity = Activity::Running;
  state.shadow = InterruptShadow::None;
  state.pending_debug = 0;
  state.idtr = {0, 0x3ff};
  state.cr0 = cr0::kEt | (registers.get(Cr0) & kCompared386Cr0 & ~cr0::kPe);
  state.dr6 = dr6::kReset | (registers.get(Dr6) & kComparedDr6);
  state.dr7 = dr7::kReset | (registers.get(Dr7) & kComparedDr7);
  for (const auto& [reg, gpr] : kGeneral) cpu_.registers.set(gpr, registers.get(reg));
  for (const auto& [reg, segment] : kSegments) {
    const u16 selector = static_cast<u16>(registers.get(reg));
    state.segment(segment) = {selector, {0x0093}, u32{selector} << 4, 0xffff};
  }
  cpu_.registers.eip = registers.get(Eip);
  const u32 flags = (registers.get(Eflags) & flags_) | eflags::kReserved1;
  cpu_.registers.flags.assign(flags);
  state.flags = flags & eflags::kPrivileged;
}

void VectorRig::place_handlers(const MooTest& test) {
  const auto free = [&](u16 segment) {
    const u32 start = (u32{segment} << 4) + kHandlerOffset;
    const auto inside = [&](const MooByte& b) { return b.address >= start && b.address < start + kVectors; };
    return std::none_of(test.initial.memory.begin(), test.initial.memory.end(), inside);
  };
  const auto found = std::find_if(kHandlerSegments.begin(), kHandlerSegments.end(), free);
  const u16 segment = found == kHandlerSegments.end() ? kHandlerSegments.front() : *found;
  std::array<u32, kVectors> table{};
  for (u32 i = 0; i < kVectors; ++i) table[i] = (u32{segment} << 16) | (kHandlerOffset + i);
  std::array<u8, kVectors> handlers{};
  handlers.fill(kHlt);
  memory_.write(GuestPhysical(0), std::as_bytes(std::span(table)));
  memory_.write(GuestPhysical((u64{segment} << 4) + kHandlerOffset), std::as_bytes(std::span(handlers)));
}

void VectorRig::set_up(const MooTest& test) {
  machine_.detach();
  set_registers(test.initial.registers);
  place_handlers(test);
  for (const MooByte& byte : test.initial.memory)
    memory_.write_value(GuestPhysical(byte.address), byte.value);
  machine_.attach();
}

void VectorRig::note_exceptions() {
  raised_.reset();
  const std::array<u64, 256>& counts = cpu_.counters().exceptions;
  for (unsigned i = 0; i < kExceptions; ++i) {
    if (counts[i] != raised_before_[i]) raised_ = static_cast<u8>(i);
    raised_before_[i] = counts[i];
  }
}

void VectorRig::run(const MooTest& test, const CapturedCpuTraits& cpu) {
  flags_ = cpu.flags;
  ip_is_word_ = cpu.family < CapturedCpu::I386;
  if (memory_.a20() == cpu.wraps_at_megabyte) memory_.set_a20(!cpu.wraps_at_megabyte);
  set_up(test);
  exit_ = cpu_.run(cpu_.ticks() + kLimit).reason;
  note_exceptions();
}

u32 VectorRig::value(MooRegister reg) {
  const PrivilegedState& state = cpu_.guest_view().state;
  for (const auto& [name, gpr] : kGeneral) {
    if (name == reg) return cpu_.registers.get(gpr);
  }
  for (const auto& [name, segment] : kSegments) {
    if (name == reg) return state.segment(segment).selector;
  }
  if (reg == Eip) return cpu_.registers.eip;
  if (reg == Eflags) return cpu_.guest_view().eflags();
  if (reg == Cr0) return state.cr0;
  if (reg == Cr3) return state.cr3;
  return reg == Dr6 ? state.dr6 : state.dr7;
}

u32 VectorRig::mask(MooRegister reg, const MooTest& test, const Masks& masks) const {
  u32 mask = masks.file.get(reg, ~0u) & test.final.defined.get(reg, ~0u);
  if (is_segment(reg) || (reg == Eip && ip_is_word_)) mask &= 0xffff;
  if (reg == Eflags) mask &= flags_ & ~masks.ignored_flags;
  if (reg == Cr0) mask &= kCompared386Cr0;
  if (reg == Dr6) mask &= kComparedDr6;
  if (reg == Dr7) mask &= kComparedDr7;
  return mask;
}

std::string VectorRig::compare_registers(const Expectation& expectation, const Masks& masks) {
  std::string differences;
  const MooTest& test = expectation.test;
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    const auto reg = static_cast<MooRegister>(i);
    if (!test.initial.registers[reg]) continue;
    const bool position = reg == Cs || reg == Eip;
    if (expectation.extent == Expectation::Extent::Position && !position) continue;
    u32 expected = test.final_value(reg);
    if (position && expectation.enters_handler) {
      const u32 handler = memory_.read_value<u32>(GuestPhysical(vector_address(*expectation.exception)));
      expected = reg == Cs ? handler >> 16 : (handler + 1) & 0xffff;  // behind its HLT
    }
    const u32 bits = mask(reg, test, masks);
    const u32 actual = value(reg) & bits;
    expected &= bits;
    if (actual != expected)
      differences += fmt::format(" {} {:x} instead of {:x}", kNames[i], actual, expected);
  }
  return differences;
}

std::string VectorRig::compare_memory(const MooTest& test, const Masks& masks) {
  std::string differences;
  const u32 flags_address = test.on_final_stack(MooTest::kPushedFlags);
  const u32 flags_mask = mask(Eflags, test, masks);
  for (const MooByte& byte : test.final.memory) {
    u8 bits = 0xff;
    if (test.exception && byte.address - flags_address < sizeof(u16))
      bits = static_cast<u8>(flags_mask >> (8 * (byte.address - flags_address)));
    const u8 actual = memory_.read_value<u8>(GuestPhysical(byte.address));
    if ((actual & bits) != (byte.value & bits))
      differences += fmt::format(" [{:06x}] {:02x} instead of {:02x}", byte.address, actual, byte.value);
  }
  return differences;
}

std::string VectorRig::compare(const Expectation& expectation, const Masks& masks) {
  if (expectation.extent == Expectation::Extent::Nothing) return {};
  if (exit_ != ExitReason::Halted)
    return fmt::format(" left for reason {} at ip {:04x}", static_cast<unsigned>(exit_), cpu_.registers.eip);
  std::string differences;
  if (raised_ != expectation.exception) {
    const auto text = [](std::optional<u8> vector) {
      return vector ? fmt::format("exception {}", *vector) : std::string("no exception");
    };
    differences += fmt::format(" {} instead of {}", text(raised_), text(expectation.exception));
  }
  differences += compare_registers(expectation, masks);
  if (expectation.extent == Expectation::Extent::Everything)
    differences += compare_memory(expectation.test, masks);
  return differences;
}

u32 VectorRig::tested_flags(const MooTest& test) {
  if (!test.exception) return value(Eflags);
  return memory_.read_value<u16>(GuestPhysical(test.on_final_stack(MooTest::kPushedFlags)));
}

}  // namespace ringdown::test
