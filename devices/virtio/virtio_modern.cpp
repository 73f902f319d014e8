// The modern interface: the regions of memory that a function's capabilities name (VIRTIO 1.2, 4.1.4.3
// to 4.1.4.6).
#include "devices/virtio/register_map.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_regions.h"

namespace ringdown {

namespace {

// Common configuration (4.1.4.3).
constexpr u32 kDeviceFeatureSelect = 0;
constexpr u32 kDeviceFeature = 4;
constexpr u32 kDriverFeatureSelect = 8;
constexpr u32 kDriverFeature = 12;
constexpr u32 kConfigVector = 16;
constexpr u32 kQueueCount = 18;
constexpr u32 kDeviceStatus = 20;
constexpr u32 kConfigGeneration = 21;
constexpr u32 kQueueSelect = 22;
constexpr u32 kQueueSize = 24;
constexpr u32 kQueueVector = 26;
constexpr u32 kQueueEnable = 28;
constexpr u32 kQueueNotifyOffset = 30;
constexpr u32 kQueueDescriptors = 32;
constexpr u32 kQueueDriver = 40;
constexpr u32 kQueueDevice = 48;

constexpr RegisterPlace kMap[] = {
    {kDeviceFeatureSelect, 4}, {kDeviceFeature, 4},    {kDriverFeatureSelect, 4}, {kDriverFeature, 4},
    {kConfigVector, 2},        {kQueueCount, 2},       {kDeviceStatus, 1},        {kConfigGeneration, 1},
    {kQueueSelect, 2},         {kQueueSize, 2},        {kQueueVector, 2},         {kQueueEnable, 2},
    {kQueueNotifyOffset, 2},   {kQueueDescriptors, 8}, {kQueueDriver, 8},         {kQueueDevice, 8},
};

constexpr u16 kNoVector = 0xffff;  // without MSI-X no vector can be set (4.1.5.1.2)
constexpr unsigned kHalf = 32;     // bits of features that are seen at a time

u32 half_of(u64 features, u32 select) {
  return select < 2 ? static_cast<u32>(features >> (kHalf * select)) : 0;
}

}  // namespace

u64 VirtioPci::read_modern(u32 offset, Width width) {
  const u32 inside = offset % virtio_region::kLength;
  switch (offset - inside) {
    case virtio_region::kCommon:
      return read_registers(kMap, inside, width,
                            [this](const RegisterPlace& place) { return common_register(place.offset); });
    case virtio_region::kIsr:
      return inside == 0 ? take_isr() : 0;
    case virtio_region::kDevice:
      return read_device_config(inside, width);
    default:
      return 0;  // notification registers are only written
  }
}

void VirtioPci::write_modern(u32 offset, Width width, u64 value) {
  const u32 inside = offset % virtio_region::kLength;
  switch (offset - inside) {
    case virtio_region::kCommon:
      write_registers(kMap, inside, width, value,
                      [this](const RegisterPlace& place, unsigned first, unsigned count, u64 bytes) {
                        const u64 old = count == place.size ? 0 : common_register(place.offset);
                        write_common_register(place.offset, with_bytes(old, first, count, bytes));
                      });
      break;
    case virtio_region::kDevice:
      write_device_config(inside, width, value);
      break;
    case virtio_region::kNotify:
      device_.notify(inside / virtio_region::kNotifyStep);
      break;
    default:
      break;
  }
}

u64 VirtioPci::common_register(u32 first) {
  const u64 offered = device_.offered_features() & ~virtio_features::kLegacyOnly;
  switch (first) {
    case kDeviceFeatureSelect:
      return device_feature_select_;
    case kDeviceFeature:
      return half_of(offered, device_feature_select_);
    case kDriverFeatureSelect:
      return driver_feature_select_;
    case kDriverFeature:
      return half_of(device_.driver_features(), driver_feature_select_);
    case kConfigVector:
    case kQueueVector:
      return kNoVector;
    case kQueueCount:
      return device_.queue_count();
    case kDeviceStatus:
      return device_.status();
    case kConfigGeneration:
      return device_.config_generation();
    case kQueueSelect:
      return queue_select_;
    default:
      break;
  }
  const Virtqueue* queue = device_.queue(queue_select_);
  if (queue == nullptr) return 0;
  switch (first) {
    case kQueueSize:
      return queue->size();
    case kQueueEnable:
      return queue->enabled() ? 1 : 0;
    case kQueueNotifyOffset:
      return queue_select_;
    case kQueueDescriptors:
      return queue->places().descriptors;
    case kQueueDriver:
      return queue->places().driver;
    case kQueueDevice:
      return queue->places().device;
    default:
      return 0;
  }
}

void VirtioPci::write_common_register(u32 first, u64 value) {
  switch (first) {
    case kDeviceFeatureSelect:
      device_feature_select_ = static_cast<u32>(value);
      break;
    case kDriverFeatureSelect:
      driver_feature_select_ = static_cast<u32>(value);
      break;
    case kDriverFeature:
      if (driver_feature_select_ > 1) break;
      device_.write_features(with_bytes(device_.driver_features(), 4 * driver_feature_select_, 4, value));
      break;
    case kDeviceStatus:
      write_status(static_cast<u8>(value));
      break;
    case kQueueSelect:
      queue_select_ = static_cast<u16>(value);
      break;
    default:
      write_queue_register(first, value);
      break;
  }
}

void VirtioPci::write_queue_register(u32 first, u64 value) {
  Virtqueue* queue = device_.queue(queue_select_);
  // A queue that is enabled stays as it is until the device is reset.
  if (queue == nullptr || queue->enabled()) return;
  Virtqueue::Places places = queue->places();
  switch (first) {
    case kQueueSize:
      queue->set_size(static_cast<u32>(value));
      break;
    case kQueueEnable:
      queue->set_enabled(value == 1);
      break;
    case kQueueDescriptors:
      places.descriptors = value;
      break;
    case kQueueDriver:
      places.driver = value;
      break;
    case kQueueDevice:
      places.device = value;
      break;
    default:
      break;
  }
  queue->set_places(places);
}

}  // namespace ringdown
