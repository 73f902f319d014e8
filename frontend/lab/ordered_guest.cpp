// Orders stand in the ROM, so that the guest needs no device to read them.
#include "frontend/lab/ordered_guest.h"

#include <cstring>

namespace ringdown {

MachineConfig ordered_guest(const LabGuest& guest, std::initializer_list<u32> order) {
  /// Of ORDER in the ROM.
  constexpr std::size_t kOrder = 4;
  MachineConfig config = lab_guest_config(guest);
  std::memcpy(config.firmware.data() + kOrder, order.begin(), order.size() * sizeof(u32));
  return config;
}

MachineConfig ordered_guest(std::string_view name, u32 work, u32 rounds) {
  return ordered_guest(*find_lab_guest(name), {work, rounds});
}

}  // namespace ringdown
