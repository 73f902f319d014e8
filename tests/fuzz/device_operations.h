// What the device fuzz targets do to a board: fixed records, so that mutations keep the rest of an input.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "tests/fuzz/device_rig.h"

namespace ringdown::test {

// Action, the function that does it.
#define RINGDOWN_DEVICE_ACTIONS(X) \
  X(PortRead, port_read)           \
  X(PortWrite, port_write)         \
  X(PortStream, port_stream)       \
  X(ConfigRead, config_read)       \
  X(ConfigWrite, config_write)     \
  X(MemoryRead, memory_read)       \
  X(MemoryWrite, memory_write)     \
  X(Poke, poke)                    \
  X(AtaCommand, ata_command)       \
  X(PacketCommand, packet_command) \
  X(DataBurst, data_burst)         \
  X(BusMaster, bus_master)         \
  X(IsaDma, isa_dma)               \
  X(FloppyCommand, floppy_command) \
  X(FirmwareDma, firmware_dma)     \
  X(Run, run)                      \
  X(Pass, pass)                    \
  X(Input, post_input)             \
  X(Reset, reset)                  \
  X(Save, save)

enum class DeviceAction : u8 {
#define RINGDOWN_DEVICE_ENUMERATOR(id, function) id,
  RINGDOWN_DEVICE_ACTIONS(RINGDOWN_DEVICE_ENUMERATOR)
#undef RINGDOWN_DEVICE_ENUMERATOR
      kCount
};

/// One record of an input: eight bytes, each meaning something for its action.
struct DeviceOperation {
  static constexpr std::size_t kSize = 8;

  DeviceAction action{};
  u8 a = 0, b = 0, c = 0;
  u32 value = 0;

  static DeviceOperation decode(std::span<const u8, kSize> bytes);
};

/// The whole records of an input, at most so many that it ends soon.
std::vector<DeviceOperation> decode_operations(std::span<const u8> bytes);

/// Does it, and returns what the guest would have read. `Save` is left to the caller.
u64 apply(const DeviceOperation& operation, DeviceRig& rig);

}  // namespace ringdown::test
