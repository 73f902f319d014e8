// RDMSR and WRMSR (Intel SDM vol. 4). What a model lacks raises #GP(0).
#include <algorithm>
#include <bit>

#include "cpu/cpu_model.h"
#include "cpu/system/control_state.h"
#include "cpu/system/msr_numbers.h"
#include "cpu/system/operations.h"

namespace ringdown {

namespace {

using Family = CpuModel::Family;

/// A register that keeps what is written to it.
struct Stored {
  u64* value = nullptr;
  u64 writable = 0;           // other bits raise #GP(0) when set
  unsigned memory_types = 0;  // so many of its low bytes hold a memory type
};

constexpr u64 kAllBits = ~u64{0};
constexpr u64 kCounterBits = (u64{1} << 40) - 1;
constexpr u64 kMtrrBaseBits = 0xf'ffff'f0ff;
constexpr u64 kMtrrMaskBits = 0xf'ffff'f800;
constexpr u64 kMtrrDefaultBits = 0xcff;
constexpr u64 kApicBaseReserved = ~u64{0xf'ffff'f900};  // all but base, enable, BSP

bool in_range(u32 number, u32 first, std::size_t count) { return number >= first && number - first < count; }

/// Index of a fixed-range MTRR in ModelSpecificRegisters::mtrr_fixed, or -1.
int fixed_mtrr(u32 number) {
  if (number == msr::kMtrrFix64K) return 0;
  if (number == msr::kMtrrFix16K80000) return 1;
  if (number == msr::kMtrrFix16KA0000) return 2;
  return in_range(number, msr::kMtrrFix4K, 8) ? static_cast<int>(number - msr::kMtrrFix4K) + 3 : -1;
}

Stored stored_memory_type(ModelSpecificRegisters& registers, const CpuModel& model, u32 number) {
  if (number == msr::kPat && model.has_bit(cpuid::kPat)) {
    return {&registers.pat, kAllBits, 8};
  }
  if (!model.has_bit(cpuid::kMtrr)) return {};
  if (in_range(number, msr::kMtrrVariable0, registers.mtrr_variable.size())) {
    const u32 index = number - msr::kMtrrVariable0;
    if (index % 2 != 0) return {&registers.mtrr_variable[index], kMtrrMaskBits};
    return {&registers.mtrr_variable[index], kMtrrBaseBits, 1};
  }
  if (const int index = fixed_mtrr(number); index >= 0) {
    return {&registers.mtrr_fixed[static_cast<unsigned>(index)], kAllBits, 8};
  }
  if (number == msr::kMtrrDefaultType) {
    return {&registers.mtrr_default, kMtrrDefaultBits, 1};
  }
  return {};
}

Stored stored_by_family(ModelSpecificRegisters& registers, Family family, u32 number) {
  auto& counter = registers.performance_counter;
  switch (family) {
    case Family::I486:
      break;
    case Family::P5:
      if (in_range(number, msr::kP5Cesr, 3)) return {&counter[number - msr::kP5Cesr], kCounterBits};
      break;
    case Family::P6:
      if (in_range(number, msr::kP6Counter0, 2)) return {&counter[number - msr::kP6Counter0], kCounterBits};
      if (in_range(number, msr::kP6EventSelect0, 2))
        return {&counter[2 + number - msr::kP6EventSelect0], kAllBits};
      if (number == msr::kDebugControl) return {&registers.debug_control, 0x7f};
      break;
    case Family::Netburst:
      if (in_range(number, msr::kNetburstCounter0, counter.size())) {
        return {&counter[number - msr::kNetburstCounter0], kCounterBits};
      }
      if (number == msr::kMiscEnable) return {&registers.misc_enable, kAllBits};
      if (number == msr::kDebugControl) return {&registers.debug_control, 0x7f};
      break;
  }
  return {};
}

Stored stored_register(SystemView& view, u32 number) {
  const CpuModel& model = view.backend.model();
  ModelSpecificRegisters& registers = view.state.msr;
  if (number == msr::kEfer && model.no_execute()) return {&registers.efer, efer::kNxe};
  if (const Stored stored = stored_memory_type(registers, model, number); stored.value != nullptr)
    return stored;
  return stored_by_family(registers, model.family(), number);
}

u32* sysenter_register(SystemView& view, u32 number) {
  if (!view.backend.model().has_bit(cpuid::kSep)) return nullptr;
  ModelSpecificRegisters& registers = view.state.msr;
  if (number == msr::kSysenterCs) return &registers.sysenter_cs;
  if (number == msr::kSysenterEsp) return &registers.sysenter_esp;
  return number == msr::kSysenterEip ? &registers.sysenter_eip : nullptr;
}

/// Registers whose value is fixed; false if `number` is none of them.
bool read_constant(const CpuModel& model, u32 number, u64& value) {
  constexpr u64 kMtrrCapability = 8 | (1 << 8) | (1 << 10);  // eight ranges, fixed ranges, write combining
  constexpr u64 kBusClock = 100'000'000;
  constexpr unsigned kRatioShift = 24;
  value = 0;
  switch (number) {
    case msr::kP5McAddress:
    case msr::kP5McType:
      return model.family() != Family::I486;
    case msr::kPlatformId:
    case msr::kHardPowerOn:
    case msr::kMicrocodeSignature:  // no update is loaded
    case msr::kMachineCheckStatus:
      return model.p6_or_later();
    case msr::kMachineCheckCapability:
      return model.has_bit(cpuid::kMca);  // no banks
    case msr::kFrequencyId:
      value = (model.tsc_hertz() / kBusClock) << kRatioShift;
      return model.family() == Family::Netburst;
    case msr::kMtrrCapability:
      value = kMtrrCapability;
      return model.has_bit(cpuid::kMtrr);
    default:
      return false;
  }
}

/// Registers that take a write and do nothing with it: microcode updates and status to be cleared.
bool swallows_write(const CpuModel& model, u32 number) {
  const bool listed = number == msr::kMicrocodeTrigger || number == msr::kMicrocodeSignature ||
                      number == msr::kMachineCheckStatus || number == msr::kHardPowerOn;
  return (model.p6_or_later() && listed) || (model.family() != Family::I486 && number <= msr::kP5McType);
}

bool has_apic_base(const SystemView& view) {
  return view.backend.model().has_apic_base() && view.backend.apic_base() != 0;
}

Fault read_msr(SystemView& view, u32 number, u64& value) {
  const CpuModel& model = view.backend.model();
  if (number == msr::kTsc && model.has_bit(cpuid::kTsc)) {
    value = view.backend.time_stamp() + static_cast<u64>(view.state.msr.tsc_offset);
    return Fault::none();
  }
  if (number == msr::kTscDeadline && model.tsc_deadline()) {
    value = view.backend.tsc_deadline();
    return Fault::none();
  }
  if (number == msr::kApicBase && has_apic_base(view)) {
    value = view.backend.apic_base();
    return Fault::none();
  }
  if (const u32* sysenter = sysenter_register(view, number)) {
    value = *sysenter;
    return Fault::none();
  }
  if (const Stored stored = stored_register(view, number); stored.value != nullptr) {
    constexpr u64 kNoTraceStore = (1 << 11) | (1 << 12);  // IA32_MISC_ENABLE: BTS and PEBS are not available
    value = number == msr::kMiscEnable ? *stored.value | kNoTraceStore : *stored.value;
    return Fault::none();
  }
  return read_constant(model, number, value) ? Fault::none() : general_protection();
}

/// UC, WC, WT, WP, WB; a PAT entry may also be UC- (vol. 3A, table 11-10; 11.11.2 for MTRRs).
bool valid_memory_types(u64 value, unsigned count, u32 number) {
  constexpr u32 kTypes = (1u << 0) | (1u << 1) | (1u << 4) | (1u << 5) | (1u << 6);
  const u32 valid = number == msr::kPat ? kTypes | (1u << 7) : kTypes;
  for (unsigned i = 0; i < count; ++i) {
    const u64 type = (value >> (8 * i)) & 0xff;
    if (type > 7 || ((valid >> type) & 1) == 0) return false;
  }
  return true;
}

Fault write_stored(SystemView& view, u32 number, const Stored& stored, u64 value) {
  if ((value & ~stored.writable) != 0) return general_protection();
  if (!valid_memory_types(value, stored.memory_types, number)) return general_protection();
  *stored.value = value;
  if (number == msr::kEfer) view.backend.paging_changed();
  return Fault::none();
}

Fault write_msr(SystemView& view, u32 number, u64 value) {
  const CpuModel& model = view.backend.model();
  if (number == msr::kTsc && model.has_bit(cpuid::kTsc)) {
    const u64 written = model.writes_whole_tsc() ? value : value & 0xffff'ffff;
    view.state.msr.tsc_offset = static_cast<s64>(written - view.backend.time_stamp());
    // What waits for the TSC waits for its new value.
    if (model.tsc_deadline())
      view.backend.set_tsc_deadline(view.backend.tsc_deadline(), view.state.msr.tsc_offset);
    return Fault::none();
  }
  if (number == msr::kTscDeadline && model.tsc_deadline()) {
    view.backend.set_tsc_deadline(value, view.state.msr.tsc_offset);
    return Fault::none();
  }
  if (number == msr::kApicBase && has_apic_base(view)) {
    if ((value & kApicBaseReserved) != 0) return general_protection();
    view.backend.set_apic_base(value);
    return Fault::none();
  }
  if (u32* sysenter = sysenter_register(view, number)) {
    *sysenter = static_cast<u32>(value);
    return Fault::none();
  }
  if (const Stored stored = stored_register(view, number); stored.value != nullptr) {
    return write_stored(view, number, stored, value);
  }
  return swallows_write(model, number) ? Fault::none() : general_protection();
}

}  // namespace

Fault op_rdmsr(SystemView& view, const Operation&) {
  if (Fault fault = require_ring0(view)) return fault;
  u64 value = 0;
  if (Fault fault = read_msr(view, view.registers.get(Gpr::Ecx), value)) return fault;
  view.registers.set(Gpr::Eax, static_cast<u32>(value));
  view.registers.set(Gpr::Edx, static_cast<u32>(value >> 32));
  return Fault::none();
}

Fault op_wrmsr(SystemView& view, const Operation&) {
  if (Fault fault = require_ring0(view)) return fault;
  const u64 value = view.registers.get(Gpr::Eax) | (u64{view.registers.get(Gpr::Edx)} << 32);
  return write_msr(view, view.registers.get(Gpr::Ecx), value);
}

}  // namespace ringdown
