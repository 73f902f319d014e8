// Splits what a bus master moves at the ends of the video window.
#include "core/bus_master_memory.h"

#include <algorithm>

namespace ringdown {

namespace {

/// Calls `memory(address, part)` and `video(address, byte)` for the parts of `data` that lie there.
template <class Byte, class Memory, class Video>
void split(GuestPhysical address, std::span<Byte> data, Memory memory, Video video) {
  constexpr u64 kEnd = kVideoWindow.value + kVideoWindowLength;
  while (!data.empty()) {
    const bool inside = address.value >= kVideoWindow.value && address.value < kEnd;
    const u64 part_end = inside ? kEnd : address.value < kVideoWindow.value ? kVideoWindow.value : ~u64{0};
    const std::span<Byte> part = data.first(std::min<u64>(data.size(), part_end - address.value));
    if (inside) {
      for (std::size_t i = 0; i < part.size(); ++i) video(address.value + i, part[i]);
    } else {
      memory(address, part);
    }
    data = data.subspan(part.size());
    address = address + part.size();
  }
}

}  // namespace

void BusMasterMemory::read(GuestPhysical address, std::span<std::byte> data) const {
  split(
      address, data, [this](GuestPhysical at, std::span<std::byte> part) { memory_.read(at, part); },
      [this](u64 at, std::byte& byte) {
        byte = static_cast<std::byte>(memory_.devices().read(at, Width::Byte));
      });
}

void BusMasterMemory::write(GuestPhysical address, std::span<const std::byte> data) {
  split(
      address, data, [this](GuestPhysical at, std::span<const std::byte> part) { memory_.write(at, part); },
      [this](u64 at, std::byte byte) {
        memory_.devices().write(at, Width::Byte, std::to_integer<u64>(byte));
      });
}

}  // namespace ringdown
