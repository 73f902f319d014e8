// Descriptors and data over PCI.
#include "devices/network/e1000/bus_master.h"

#include <algorithm>
#include <bit>

namespace ringdown::e1000 {

void BusMaster::read(u64 address, std::span<std::byte> data) const {
  if (enabled()) return memory_.read_or_ones(GuestPhysical(address), data);
  std::ranges::fill(data, std::byte{0xff});
}

void BusMaster::write(u64 address, std::span<const std::byte> data) const {
  if (enabled()) (void)memory_.write(GuestPhysical(address), data);
}

Descriptor BusMaster::read_descriptor(u64 address) const {
  std::array<std::byte, kDescriptorLength> bytes;
  read(address, bytes);
  return std::bit_cast<Descriptor>(bytes);
}

u32 Ring::waiting() const {
  const u32 tail = registers_[base_ + kTail];
  if (empty()) return 0;
  return tail > head() ? tail - head() : tail + (size() > head() ? size() - head() : 0);
}

void Ring::advance() {
  const u32 next = head() + 1;
  registers_.set(base_ + kHead, next < size() ? next : 0);
}

}  // namespace ringdown::e1000
