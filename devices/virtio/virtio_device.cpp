// Device status and feature negotiation, and what a device does about a driver that breaks the rules.
#include "devices/virtio/virtio_device.h"

namespace ringdown {

VirtioDevice::VirtioDevice(GuestMemory& memory, u64 features, std::span<const u16> queue_sizes)
    : memory_(memory),
      offered_(features | virtio_features::kVersion1 | virtio_features::kEventIndex |
               virtio_features::kIndirectDescriptors | virtio_features::kLegacyOnly) {
  for (const u16 size : queue_sizes) queues_.emplace_back(memory_, size);
}

bool VirtioDevice::running() const {
  if (!bus_master_ || (status_ & virtio_status::kNeedsReset) != 0) return false;
  return !modern() || (status_ & virtio_status::kDriverOk) != 0;
}

void VirtioDevice::write_features(u64 features) {
  if ((status_ & virtio_status::kFeaturesOk) != 0) return;
  driver_features_ = features;
  apply_features();
}

void VirtioDevice::apply_features() {
  using namespace virtio_features;
  const RingFeatures features{negotiated(kIndirectDescriptors), negotiated(kEventIndex),
                              negotiated(kNotifyOnEmpty)};
  for (Virtqueue& queue : queues_) queue.set_features(features);
}

void VirtioDevice::write_status(u8 status) {
  using namespace virtio_status;
  if (status == 0) return reset();
  const u8 added = static_cast<u8>(status & ~status_);
  // What is not offered, or only to drivers of the other interface, is refused by leaving this clear (3.1.1).
  const u64 acceptable = offered_ & ~virtio_features::kLegacyOnly;
  if ((added & kFeaturesOk) != 0 && ((driver_features_ & ~acceptable) != 0 || !modern()))
    status = static_cast<u8>(status & ~kFeaturesOk);
  status_ = static_cast<u8>((status & ~kNeedsReset) | (status_ & kNeedsReset));
  if ((added & status_ & kDriverOk) != 0) {
    started();
    notify_all();
  }
}

void VirtioDevice::reset() {
  status_ = 0;
  driver_features_ = 0;
  for (Virtqueue& queue : queues_) queue.reset();
  apply_features();
  stopped();
}

void VirtioDevice::set_bus_master(bool enabled) {
  const bool started = enabled && !bus_master_;
  bus_master_ = enabled;
  if (started) notify_all();
}

void VirtioDevice::notify(u32 index) {
  if (index < queues_.size() && queues_[index].enabled() && running()) queue_notified(index);
}

void VirtioDevice::notify_all() {
  for (u32 index = 0; index < queues_.size(); ++index) notify(index);
}

void VirtioDevice::publish(Virtqueue& queue) {
  switch (queue.publish()) {
    case Virtqueue::Published::Quietly:
      break;
    case Virtqueue::Published::Interrupt:
      interrupts_->interrupt(virtio_isr::kQueue);
      break;
    case Virtqueue::Published::Malformed:
      fail();
      break;
  }
}

void VirtioDevice::fail() {
  status_ |= virtio_status::kNeedsReset;
  if ((status_ & virtio_status::kDriverOk) != 0) config_changed();
}

void VirtioDevice::config_changed() {
  ++generation_;
  interrupts_->interrupt(virtio_isr::kConfiguration);
}

void VirtioDevice::serialize(Archive& archive) {
  archive(driver_features_, status_, generation_);
  for (Virtqueue& queue : queues_) queue.serialize(archive);
  if (archive.loading()) apply_features();
}

}  // namespace ringdown
