// What every virtio device has, whatever bus it is on: status, features, queues, configuration (VIRTIO 1.2,
// 2).
#pragma once

#include <span>
#include <vector>

#include "core/archive.h"
#include "core/dma_memory.h"
#include "core/memory.h"
#include "devices/virtio/virtio_abi.h"
#include "devices/virtio/virtqueue.h"

namespace ringdown {

/// Takes a device's interrupts to the driver.
class VirtioInterrupts {
 public:
  virtual ~VirtioInterrupts() = default;
  /// Bits of virtio_isr.
  virtual void interrupt(u8 causes) = 0;
};

/// Base of all virtio devices. The public part is for the transport.
class VirtioDevice {
 public:
  virtual ~VirtioDevice() = default;
  VirtioDevice(const VirtioDevice&) = delete;
  VirtioDevice& operator=(const VirtioDevice&) = delete;

  /// Once, before anything else.
  void connect(VirtioInterrupts& interrupts) { interrupts_ = &interrupts; }
  /// While it is off, nothing moves (bus master enable of PCI).
  void set_bus_master(bool enabled);

  u64 offered_features() const { return offered_; }
  u64 driver_features() const { return driver_features_; }
  /// Ignored once they were accepted.
  void write_features(u64 features);
  u8 status() const { return status_; }
  /// Zero resets the device.
  void write_status(u8 status);
  /// Changes with the device configuration, so that a driver knows what it read in several parts.
  u8 config_generation() const { return generation_; }

  /// Null behind the last one.
  Virtqueue* queue(u32 index) { return index < queues_.size() ? &queues_[index] : nullptr; }
  u16 queue_count() const { return static_cast<u16>(queues_.size()); }
  /// The driver has put something into a queue.
  void notify(u32 index);

  /// Device configuration; bytes that do not exist read zero.
  virtual u8 read_config(u32 offset) const = 0;
  virtual void write_config(u32 offset, u8 value) = 0;

  /// The machine is reset, or the driver asked for it.
  void reset();
  virtual void serialize(Archive& archive);

 protected:
  /// `features`: those of the kind of device.
  VirtioDevice(GuestMemory& memory, u64 features, std::span<const u16> queue_sizes);

  const DmaMemory& memory() const { return memory_; }
  Virtqueue& queue_at(u32 index) { return queues_[index]; }
  const Virtqueue& queue_at(u32 index) const { return queues_[index]; }
  bool negotiated(u64 feature) const { return (driver_features_ & feature) != 0; }
  /// The driver follows VIRTIO 1.0 or later.
  bool modern() const { return negotiated(virtio_features::kVersion1); }
  /// Queues may be used. Drivers of the legacy interface did so before DRIVER_OK (3.1.2).
  bool running() const;

  /// Shows the driver what was pushed to a queue, and interrupts if it wants that.
  void publish(Virtqueue& queue);
  /// The driver did what no driver may: nothing goes on before it resets the device (2.1.2).
  void fail();
  /// Something in the device configuration has changed of itself.
  void config_changed();

 private:
  virtual void queue_notified(u32 index) = 0;
  /// DRIVER_OK was set.
  virtual void started() {}
  /// Everything is to be as at power-on.
  virtual void stopped() = 0;

  void apply_features();
  void notify_all();

  DmaMemory memory_;
  const u64 offered_;
  VirtioInterrupts* interrupts_ = nullptr;
  std::vector<Virtqueue> queues_;
  bool bus_master_ = false;  // as the transport says, which has it in its state
  u64 driver_features_ = 0;
  u8 status_ = 0;
  u8 generation_ = 0;
};

}  // namespace ringdown
