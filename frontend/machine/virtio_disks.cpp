// Builds virtio disks, and asks all of them what the machine asks its disks.
#include "frontend/machine/virtio_disks.h"

#include <algorithm>
#include <cassert>

#include "devices/virtio/virtio_block.h"
#include "devices/virtio/virtio_pci.h"
#include "frontend/machine/board_layout.h"

namespace ringdown {

struct VirtioDisks::Disk {
  std::unique_ptr<VirtioBlock> device;
  std::unique_ptr<VirtioPci> function;
};

VirtioDisks::VirtioDisks(const Surroundings& surroundings) : surroundings_(surroundings) {}

VirtioDisks::~VirtioDisks() = default;

void VirtioDisks::add(unsigned unit, std::unique_ptr<DiskImage> image, Picoseconds latency) {
  const PciAddress place{static_cast<u8>(board::kPciFirstVirtioDisk + unit), 0};
  ChunkTag tag("VBK0");
  tag.text.back() = static_cast<char>(tag.text.back() + unit);
  const VirtioPciIdentity identity{fmt::format("virtio-blk{}", unit), tag, VirtioBlock::kPciDevice,
                                   VirtioBlock::kSubsystem, VirtioBlock::kPciClass};
  Disk& disk = disks_.emplace_back();
  disk.device = std::make_unique<VirtioBlock>(surroundings_.memory, surroundings_.scheduler,
                                              surroundings_.log, std::move(image), latency, unit);
  disk.function = std::make_unique<VirtioPci>(
      *disk.device, identity, InterruptLine(surroundings_.pci_router, pci_router_input(place, PciPin::A)));
  [[maybe_unused]] const Result<void> added = surroundings_.pci.add(*disk.function, place);
  assert(added);
}

bool VirtioDisks::wait_for_images() {
  return std::ranges::any_of(disks_, [](const Disk& disk) { return disk.device->waits_for_image(); });
}

void VirtioDisks::set_wake(const std::function<void()>& wake) {
  for (const Disk& disk : disks_) disk.device->set_wake(wake);
}

Result<void> VirtioDisks::flush_images() {
  for (const Disk& disk : disks_) {
    if (Result<void> flushed = disk.device->flush_image(); !flushed) return flushed;
  }
  return {};
}

void VirtioDisks::add_components(std::vector<Serializable*>& all) {
  for (const Disk& disk : disks_) all.push_back(disk.function.get());
}

}  // namespace ringdown
