// The guests that drive the devices (roms/lab/io_*.asm), each on a machine with its device.
#pragma once

#include "frontend/lab/io/io_lab.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

bool is_network_card(IoDevice device);

/// A machine whose guest does the work, with its disk's file, or its card on a wire.
MachineConfig io_guest(const IoCase& one, const std::string& disk_path, EthernetWire* wire);

/// What a guest writes to port 402h where its work begins and ends; all else is a complaint.
enum class IoMark : u8 { Begin = 1, End = 2 };

}  // namespace ringdown
