// Register fields of the local APIC that its two source files share (Intel SDM vol. 3, APIC chapter).
#pragma once

#include "core/field.h"
#include "core/interrupt_message.h"

namespace ringdown::apic {

// IA32_APIC_BASE.
using BaseBootstrapProcessor = Field<u64, 8>;
using BaseEnable = Field<u64, 11>;
/// The page's address; 36 physical address bits.
using BaseAddress = Field<u64, 12, 24>;
constexpr u64 kBaseDefined = BaseBootstrapProcessor::kMask | BaseEnable::kMask | BaseAddress::kMask;

// Spurious-interrupt vector register.
using SpuriousVector = Field<u32, 0, 8, u8>;
using SoftwareEnable = Field<u32, 8>;

// Local vector table entries.
using LvtVector = Field<u32, 0, 8, u8>;
using LvtDelivery = Field<u32, 8, 3, DeliveryMode>;
using LvtPolarity = Field<u32, 13>;
using LvtRemoteIrr = Field<u32, 14>;
using LvtTrigger = Field<u32, 15, 1, TriggerMode>;
using LvtMasked = Field<u32, 16>;
using LvtPeriodic = Field<u32, 17>;
using LvtTscDeadline = Field<u32, 18>;

// Error status register.
constexpr u32 kSendIllegalVector = 1u << 5;
constexpr u32 kReceiveIllegalVector = 1u << 6;
constexpr u32 kIllegalRegister = 1u << 7;

/// Vectors 0 to 15 belong to the processor.
constexpr u8 kFirstLegalVector = 16;

}  // namespace ringdown::apic
