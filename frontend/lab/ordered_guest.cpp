// Orders stand in the ROM, so that the guest needs no device to read them.
#include "frontend/lab/ordered_guest.h"

#include <cstring>

#include "frontend/lab/lab_guests.h"

namespace ringdown {

MachineConfig ordered_guest(std::string_view name, u32 work, u32 rounds) {
  /// Of ORDER in the ROM; two dwords.
  constexpr std::size_t kOrder = 4;
  MachineConfig config = lab_guest_config(*find_lab_guest(name));
  std::memcpy(config.firmware.data() + kOrder, &work, sizeof(work));
  std::memcpy(config.firmware.data() + kOrder + sizeof(work), &rounds, sizeof(rounds));
  return config;
}

}  // namespace ringdown
