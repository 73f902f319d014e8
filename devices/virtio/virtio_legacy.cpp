// The legacy interface of a transitional device: registers in I/O space (VIRTIO 1.2, 4.1.4.10).
#include "devices/virtio/register_map.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_regions.h"

namespace ringdown {

namespace {

constexpr u32 kDeviceFeatures = 0;
constexpr u32 kDriverFeatures = 4;
constexpr u32 kQueuePage = 8;
constexpr u32 kQueueSize = 12;
constexpr u32 kQueueSelect = 14;
constexpr u32 kQueueNotify = 16;
constexpr u32 kDeviceStatus = 18;
constexpr u32 kIsrStatus = 19;

constexpr RegisterPlace kMap[] = {
    {kDeviceFeatures, 4}, {kDriverFeatures, 4}, {kQueuePage, 4},    {kQueueSize, 2},
    {kQueueSelect, 2},    {kQueueNotify, 2},    {kDeviceStatus, 1}, {kIsrStatus, 1},
};

constexpr u64 kPageSizeOfQueues = 4096;

}  // namespace

u64 VirtioPci::read_legacy(u32 offset, Width width) {
  if (offset >= virtio_region::kLegacyDevice)
    return read_device_config(offset - virtio_region::kLegacyDevice, width);
  return read_registers(kMap, offset, width,
                        [this](const RegisterPlace& place) { return u64{legacy_register(place.offset)}; });
}

void VirtioPci::write_legacy(u32 offset, Width width, u64 value) {
  if (offset >= virtio_region::kLegacyDevice)
    return write_device_config(offset - virtio_region::kLegacyDevice, width, value);
  write_registers(
      kMap, offset, width, value,
      [this](const RegisterPlace& place, unsigned first, unsigned count, u64 bytes) {
        // What is not written of a register keeps its value; of the ISR nothing is written.
        const u64 old = place.offset == kIsrStatus || count == place.size ? 0 : legacy_register(place.offset);
        write_legacy_register(place.offset, static_cast<u32>(with_bytes(old, first, count, bytes)));
      });
}

u32 VirtioPci::legacy_register(u32 first) {
  const Virtqueue* queue = device_.queue(queue_select_);
  switch (first) {
    case kDeviceFeatures:
      return static_cast<u32>(device_.offered_features());
    case kDriverFeatures:
      return static_cast<u32>(device_.driver_features());
    case kQueuePage:
      return queue != nullptr ? static_cast<u32>(queue->places().descriptors / kPageSizeOfQueues) : 0;
    case kQueueSize:
      return queue != nullptr ? queue->size() : 0;
    case kQueueSelect:
      return queue_select_;
    case kDeviceStatus:
      return device_.status();
    case kIsrStatus:
      return take_isr();
  }
  return 0;
}

void VirtioPci::write_legacy_register(u32 first, u32 value) {
  Virtqueue* queue = device_.queue(queue_select_);
  switch (first) {
    case kDriverFeatures:
      device_.write_features(value & device_.offered_features());
      break;
    case kQueuePage:
      if (queue == nullptr) break;
      queue->reset();
      if (value == 0) break;
      queue->place_legacy(value);
      queue->set_enabled(true);
      break;
    case kQueueSelect:
      queue_select_ = static_cast<u16>(value);
      break;
    case kQueueNotify:
      device_.notify(value);
      break;
    case kDeviceStatus:
      write_legacy_status(static_cast<u8>(value));
      break;
    default:
      break;
  }
}

void VirtioPci::write_legacy_status(u8 status) {
  // Drivers of Linux before 2.6.34 never set bus master enable, and the hosts of their time did not ask for
  // it.
  const u16 command = config_word(pci_offset::kCommand);
  if ((status & virtio_status::kDriverOk) != 0 && !pci_command::BusMaster::get(command)) {
    set_config_byte(pci_offset::kCommand, static_cast<u8>(pci_command::BusMaster::with(command, true)));
    update_bus_master();
  }
  write_status(status);
}

}  // namespace ringdown
