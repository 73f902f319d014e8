// Guests of the laboratory that take an order: what to do, and how often (roms/lab/*.asm with ORDER).
#pragma once

#include <initializer_list>
#include <string_view>

#include "frontend/lab/lab_guests.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// What each round of roms/lab/system_calls.asm consists of; a sum.
enum class SystemCallWork : u32 { Int80 = 1, Sysenter = 2, TouchPage = 4 };

/// How roms/lab/disk_reads.asm reads the disk: each round so many sectors.
enum class DiskWork : u32 { Pio = 1, Dma = 2 };
inline constexpr u32 kSectorsOfRound = 16;

/// A machine with that guest of the laboratory and an order in its ROM's first page, which it does not copy
/// to RAM.
MachineConfig ordered_guest(const LabGuest& guest, std::initializer_list<u32> order);
/// The same for a guest that does a kind of work in rounds. `name` must be one that `find_lab_guest` finds.
MachineConfig ordered_guest(std::string_view name, u32 work, u32 rounds);

}  // namespace ringdown
