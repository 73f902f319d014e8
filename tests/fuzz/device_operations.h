// What the device fuzz targets do to a board: fixed records, so that mutations keep the rest of an input.
#pragma once

#include <span>
#include <vector>

#include "tests/fuzz/device_rig.h"

namespace ringdown::test {

/// Sums up what was read, so that two rigs can be compared.
class Digest {
 public:
  void add(u64 value) { sum_ = (sum_ ^ value) * 0x100'0000'01b3; }
  u64 sum() const { return sum_; }

 private:
  u64 sum_ = 0xcbf2'9ce4'8422'2325;
};

struct DeviceOperation;

struct DeviceAction {
  const char* name;  // for reports
  void (*function)(const DeviceOperation&, DeviceRig&, Digest& read);
  /// Leaves all to the caller, who saves the machine.
  bool saves() const;
};

/// One record of an input: eight bytes, each meaning something for its action.
struct DeviceOperation {
  static constexpr std::size_t kSize = 8;

  const DeviceAction* action = nullptr;
  u8 a = 0, b = 0, c = 0;
  u32 value = 0;

  static DeviceOperation decode(std::span<const u8, kSize> bytes, RigBoard board);
};

/// What is done to the devices that a board is about.
std::span<const DeviceAction> drive_actions();
std::span<const DeviceAction> network_actions();

/// The whole records of an input, at most so many that it ends soon.
std::vector<DeviceOperation> decode_operations(std::span<const u8> bytes, RigBoard board);

/// Does it, and returns what the guest would have read. An action that saves is left to the caller.
u64 apply(const DeviceOperation& operation, DeviceRig& rig);

/// Where descriptors of the IDE's bus masters are put, and where what is written at random likes to go.
inline constexpr u32 kDescriptorTable = 0x8000;

template <class Table>
const auto& of(const Table& table, u8 choice) {
  return table[choice % std::size(table)];
}

}  // namespace ringdown::test
