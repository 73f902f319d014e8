// The processor's privileged state, by the setting.
#pragma once

#include "cpu/cpu_model.h"
#include "cpu/privileged_state.h"
#include "frontend/lab/classify/engine/knob.h"

namespace ringdown::classify {

PrivilegedState make_state(const Setting& setting, const CpuModel& model);
/// What IA32_APIC_BASE reads as.
u64 apic_base_of(const Setting& setting);
/// Base of the program's segments.
u32 program_base(const Setting& setting);
/// What is added to linear addresses of the program in that state, which is the setting's.
u32 frame_offset(const Setting& setting, const PrivilegedState& state);

}  // namespace ringdown::classify
