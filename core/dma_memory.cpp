// Moves data page by page, past everything that is not memory.
#include "core/dma_memory.h"

#include <algorithm>
#include <cstring>

#include "core/bus_master_memory.h"

namespace ringdown {

namespace {

constexpr u64 kVideoWindowEnd = kVideoWindow.value + kVideoWindowLength;
static_assert(kVideoWindow.value % kPageSize == 0 && kVideoWindowEnd % kPageSize == 0);

bool in_video_window(GuestPhysical address) {
  return address >= kVideoWindow && address.value < kVideoWindowEnd;
}

/// Calls `page(address, part)` for the part of `data` in each page until it returns false.
template <class Byte, class Page>
bool for_each_page(GuestPhysical address, std::span<Byte> data, Page page) {
  while (!data.empty()) {
    const std::size_t rest = kPageSize - (address.value & kPageOffsetMask);
    const std::span<Byte> part = data.first(std::min(data.size(), rest));
    if (!page(address, part)) return false;
    data = data.subspan(part.size());
    address = address + part.size();
  }
  return true;
}

}  // namespace

bool DmaMemory::read_memory(GuestPhysical address, std::span<std::byte> data) const {
  return for_each_page(address, data, [this](GuestPhysical at, std::span<std::byte> part) {
    const u32 frame = memory_.page(at).read_frame;
    // The window leads to memory only where the processor sees SMRAM, and a bus master does not.
    if (frame == GuestMemory::Page::kDevice || in_video_window(at)) return false;
    std::memcpy(part.data(), memory_.store().page(HostFrame(frame)) + (at.value & kPageOffsetMask),
                part.size());
    return true;
  });
}

bool DmaMemory::write_memory(GuestPhysical address, std::span<const std::byte> data) const {
  return for_each_page(address, data, [this](GuestPhysical at, std::span<const std::byte> part) {
    const u32 frame = memory_.page(at).write_frame;
    if (frame == GuestMemory::Page::kDevice || in_video_window(at)) return false;
    if (frame != GuestMemory::Page::kDiscard)
      memory_.write_frame(HostFrame(frame), static_cast<u32>(at.value & kPageOffsetMask), part);
    return true;
  });
}

bool DmaMemory::read(GuestPhysical address, std::span<std::byte> data) const {
  return for_each_page(address, data, [this](GuestPhysical at, std::span<std::byte> part) {
    if (!in_video_window(at)) return read_memory(at, part);
    BusMasterMemory(memory_).read(at, part);
    return true;
  });
}

void DmaMemory::read_or_ones(GuestPhysical address, std::span<std::byte> data) const {
  if (!read(address, data)) std::ranges::fill(data, std::byte{0xff});
}

bool DmaMemory::write(GuestPhysical address, std::span<const std::byte> data) const {
  return for_each_page(address, data, [this](GuestPhysical at, std::span<const std::byte> part) {
    if (!in_video_window(at)) return write_memory(at, part);
    BusMasterMemory(memory_).write(at, part);
    return true;
  });
}

}  // namespace ringdown
