// A processor with memory and nothing else, set up in real mode from a captured state and compared with one.
#include "tests/vectors/real_mode_rig.h"

#include <fmt/core.h>

namespace ringdown::test {

namespace {

constexpr u64 kRam = u64{16} << 20;
/// Far more than the longest repeated string instruction with two exceptions.
constexpr Ticks kLimit = 200'000;
/// FLAGS bits 12 to 15 (IOPL, NT) belong to protected mode: a 286 clears them in real mode.
constexpr u16 kComparedFlags = 0x0fff;

constexpr std::array<const char*, kMooRegisters> kNames = {"ax", "bx", "cx", "dx", "cs", "ss", "ds",
                                                           "es", "sp", "bp", "si", "di", "ip", "flags"};

constexpr std::array<Gpr, kMooRegisters> kGeneral = {Gpr::Eax, Gpr::Ebx, Gpr::Ecx, Gpr::Edx, Gpr::Eax,
                                                     Gpr::Eax, Gpr::Eax, Gpr::Eax, Gpr::Esp, Gpr::Ebp,
                                                     Gpr::Esi, Gpr::Edi, Gpr::Eax, Gpr::Eax};

/// Entry of the interrupt table.
GuestPhysical vector_address(Vector vector) { return GuestPhysical(4 * static_cast<u64>(vector)); }

MemoryStore make_store() {
  Result<MemoryStore> store = MemoryStore::create(kRam, 0);
  return std::move(*store);
}

}  // namespace

RealModeRig::RealModeRig(ProcessorConfig config)
    : store_(make_store()), cpu_(std::make_unique<Processor>(memory_, ports_, CpuModel::standard(), config)) {
  memory_.map_ram(GuestPhysical(0), kRam, HostFrame(0));
}

void RealModeRig::set_segment(Segment segment, u16 selector) {
  cpu_->state.segment(segment) = {selector, {0x0093}, u32{selector} << 4, 0xffff};
}

void RealModeRig::set_up(const MooState& state) {
  cpu_->state.activity = Activity::Running;
  cpu_->state.shadow = InterruptShadow::None;
  cpu_->state.pending_debug = 0;
  const auto get = [&](MooRegister r) { return state.registers[r].value_or(0); };
  for (const MooRegister r : {MooRegister::Ax, MooRegister::Bx, MooRegister::Cx, MooRegister::Dx,
                              MooRegister::Sp, MooRegister::Bp, MooRegister::Si, MooRegister::Di}) {
    cpu_->registers.set(kGeneral[static_cast<unsigned>(r)], get(r));
  }
  set_segment(Segment::Cs, get(MooRegister::Cs));
  set_segment(Segment::Ss, get(MooRegister::Ss));
  set_segment(Segment::Ds, get(MooRegister::Ds));
  set_segment(Segment::Es, get(MooRegister::Es));
  cpu_->registers.eip = get(MooRegister::Ip);
  const u32 flags = get(MooRegister::Flags) & kComparedFlags;
  cpu_->registers.flags.assign(flags);
  cpu_->state.flags = flags & eflags::kPrivileged;
  for (const MooByte& byte : state.memory) memory_.write_value(GuestPhysical(byte.address), byte.value);
  cpu_->state_changed();
}

u16 RealModeRig::value(MooRegister reg) const {
  const auto selector = [&](Segment s) { return cpu_->state.segment(s).selector; };
  switch (reg) {
    case MooRegister::Cs:
      return selector(Segment::Cs);
    case MooRegister::Ss:
      return selector(Segment::Ss);
    case MooRegister::Ds:
      return selector(Segment::Ds);
    case MooRegister::Es:
      return selector(Segment::Es);
    case MooRegister::Ip:
      return static_cast<u16>(cpu_->registers.eip);
    case MooRegister::Flags:
      return static_cast<u16>(cpu_->physical_view().eflags());
    case MooRegister::Ax:
    case MooRegister::Bx:
    case MooRegister::Cx:
    case MooRegister::Dx:
    case MooRegister::Sp:
    case MooRegister::Bp:
    case MooRegister::Si:
    case MooRegister::Di:
      break;
  }
  return static_cast<u16>(cpu_->registers.get(kGeneral[static_cast<unsigned>(reg)]));
}

std::string RealModeRig::compare(const MooTest& test, u16 ignored_flags) {
  std::string differences;
  for (unsigned i = 0; i < kMooRegisters; ++i) {
    const auto reg = static_cast<MooRegister>(i);
    u16 expected = test.final.registers[reg].value_or(test.initial.registers[reg].value_or(0));
    u16 actual = value(reg);
    if (reg == MooRegister::Flags) {
      const u16 mask = static_cast<u16>(kComparedFlags & ~ignored_flags);
      expected &= mask;
      actual &= mask;
    }
    if (expected != actual)
      differences += fmt::format(" {} {:04x} instead of {:04x}", kNames[i], actual, expected);
  }
  // An exception pushed FLAGS, CS and IP.
  constexpr u16 kPushedFlags = 4;
  const u32 flags_address =
      (u32{value(MooRegister::Ss)} << 4) + static_cast<u16>(value(MooRegister::Sp) + kPushedFlags);
  for (const MooByte& byte : test.final.memory) {
    u8 mask = 0xff;
    if (test.exception && byte.address == flags_address) {
      mask = static_cast<u8>(~ignored_flags);
    } else if (test.exception && byte.address == flags_address + 1) {
      mask = static_cast<u8>((kComparedFlags & ~ignored_flags) >> 8);
    }
    const u8 actual = memory_.read_value<u8>(GuestPhysical(byte.address));
    if ((actual & mask) != (byte.value & mask))
      differences += fmt::format(" [{:06x}] {:02x} instead of {:02x}", byte.address, actual, byte.value);
  }
  return differences;
}

std::string RealModeRig::run(const MooTest& test, u16 ignored_flags) {
  set_up(test.initial);
  if (test.exception && test.exception->vector == static_cast<u8>(Vector::GeneralProtection)) {
    // Later processors raise #SS where the stack's limit is exceeded: it leads to the same handler.
    const u32 handler = memory_.read_value<u32>(vector_address(Vector::GeneralProtection));
    memory_.write_value(vector_address(Vector::StackFault), handler);
  }
  const Exit exit = cpu_->run(cpu_->ticks() + kLimit);
  if (exit.reason != ExitReason::Halted)
    return fmt::format(" left for reason {} at ip {:04x}", static_cast<unsigned>(exit.reason),
                       cpu_->registers.eip);
  return compare(test, ignored_flags);
}

}  // namespace ringdown::test
