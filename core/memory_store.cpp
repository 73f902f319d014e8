// Creates the host memory behind a machine's RAM and ROM.
#include "core/memory.h"

namespace ringdown {

Result<MemoryStore> MemoryStore::create(u64 ram_size, u64 rom_size) {
  constexpr u64 kLargest = u64{GuestMemory::Page::kDiscard} << kPageShift;
  if (ram_size % kPageSize != 0 || rom_size % kPageSize != 0 || ram_size == 0) {
    return Error{"guest memory must be a positive multiple of 4 KiB: choose another --memory"};
  }
  if (ram_size > kLargest || rom_size > kLargest - ram_size) {
    return Error{"guest memory is larger than the machine can number: choose a smaller --memory"};
  }
  std::optional<HostMapping> mapping = HostMapping::create(ram_size + rom_size);
  if (!mapping) {
    return Error{fmt::format("the host has no {} MiB for guest memory: choose a smaller --memory",
                             (ram_size + rom_size) >> 20)};
  }
  return MemoryStore(std::move(*mapping), ram_size, rom_size);
}

HostFrame MemoryStore::next_touched(HostFrame frame) const {
  return HostFrame(static_cast<u32>(mapping_.next_touched(u64{frame.value} << kPageShift) >> kPageShift));
}

}  // namespace ringdown
