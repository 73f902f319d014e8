// Resource descriptors of ACPI devices: ports, interrupts and address windows.
#pragma once

#include <vector>

#include "devices/firmware/aml.h"

namespace ringdown::aml {

/// Source: ACPI specification, "Resource Data Types for ACPI".
/// A buffer of descriptors with its end tag.
Code resource_template(const std::vector<Code>& descriptors);

/// `length` fixed ports, decoded to 16 bits.
Code ports(u16 base, u8 length);
/// An edge-triggered ISA interrupt.
Code isa_interrupt(unsigned irq);
/// An ISA DMA channel that moves bytes.
Code isa_dma(unsigned channel);
/// Level-triggered, active-high, shared interrupts: one in use, or several to choose from.
Code level_interrupts(const std::vector<u32>& choices);
/// Offset of the interrupt number in a buffer that starts with a `level_interrupts` descriptor.
inline constexpr u64 kLevelInterruptOffset = 5;

/// A fixed range of memory, readable and writable.
Code memory(u32 base, u32 length);

/// What a bridge passes on, both ends included.
Code bus_window(u16 first, u16 last);
Code port_window(u16 first, u16 last);
enum class Caching : u8 { None = 0, Cacheable = 1 };
Code memory_window(u32 first, u32 last, Caching caching);

}  // namespace ringdown::aml
