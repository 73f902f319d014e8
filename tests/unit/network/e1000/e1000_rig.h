// An adapter on a PCI bus of its own, with memory, a wire and a clock that the test moves.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/internet_checksum.h"
#include "core/memory.h"
#include "devices/network/e1000/e1000.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/recorded_wire.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {

using e1000::Chip;
using e1000::Offset;
/// A frame of that type.
inline Frame typed_frame(const MacAddress& destination, std::size_t length, u16 type) {
  Frame frame = frame_to(destination, length);
  store_network16(frame, 12, type);
  return frame;
}

/// Memory of 4 MiB and one adapter, which masters the bus and has its cable plugged in.
class E1000Rig {
 public:
  static constexpr u32 kTransmitRing = 0x1'0000;
  static constexpr u32 kReceiveRing = 0x2'0000;
  static constexpr u32 kTransmitBuffers = 0x10'0000;
  static constexpr u32 kReceiveBuffers = 0x20'0000;
  static constexpr u32 kBufferStride = 0x4000;
  static constexpr u64 kMemory = u64{4} << 20;

  explicit E1000Rig(Chip chip = Chip::I82540Em, std::vector<u8> rom = {})
      : store_(std::move(*MemoryStore::create(kMemory, 0))),
        card(chip, 0, memory, clock.scheduler(), kStation, wire, interrupt.line(), std::move(rom)) {
    memory.map_ram(GuestPhysical(0), kMemory, HostFrame(0));
    card.write_config(pci_offset::kCommand, Width::Word, 0x0007);
    card.set_link(true);
    set(Offset::Ctrl, get(Offset::Ctrl) | e1000::SetLinkUp::kMask);
    clock.advance(milliseconds(200));
    (void)get(Offset::Icr);
  }

  BusRange& registers() { return *card.windows()[0].range; }
  BusRange& io() { return *card.windows()[1].range; }
  u32 get(Offset offset) {
    return static_cast<u32>(registers().read(static_cast<u32>(offset), Width::Dword));
  }
  void set(Offset offset, u32 value) { registers().write(static_cast<u32>(offset), Width::Dword, value); }

  void start_transmitter(u32 descriptors = 64) {
    set(Offset::Tdbal, kTransmitRing);
    set(Offset::Tdlen, descriptors * 16);
    set(Offset::Tdh, 0);
    set(Offset::Tdt, 0);
    set(Offset::Tctl, 0x0004'010a);
    transmit_descriptors_ = descriptors;
  }
  void put_descriptor(u32 ring, u32 index, u64 low, u64 high) {
    memory.write_value<u64>(GuestPhysical(ring + index * 16), low);
    memory.write_value<u64>(GuestPhysical(ring + index * 16 + 8), high);
  }
  /// Adds a descriptor at the tail.
  void queue(u64 low, u64 high) {
    put_descriptor(kTransmitRing, tail_, low, high);
    tail_ = (tail_ + 1) % transmit_descriptors_;
  }
  /// Copies data to a place of its own: where.
  u32 put_data(std::span<const std::byte> data) {
    const u32 at = kTransmitBuffers + next_buffer_;
    next_buffer_ = (next_buffer_ + static_cast<u32>(data.size()) + 63) / 64 * 64 % 0x8'0000;
    memory.write(GuestPhysical(at), data);
    return at;
  }
  /// Queues a legacy descriptor for all of a frame: EOP, IFCS, RS and what else `command` says.
  void queue_frame(const Frame& frame, u64 command = 0) {
    queue(put_data(frame), frame.size() | u64{0x0b} << 24 | command);
  }
  /// Rings the doorbell and lets a moment pass.
  void kick(Picoseconds time = microseconds(1)) {
    set(Offset::Tdt, tail_);
    clock.advance(time);
  }
  u8 transmit_status(u32 index) {
    return memory.read_value<u8>(GuestPhysical(kTransmitRing + index * 16 + 12));
  }

  static constexpr u32 kReceiveControl = 0x0400'8002;  // EN, BAM, SECRC, buffers of 2 KiB
  /// Gives it all descriptors of the ring but one.
  void start_receiver(u32 descriptors = 16, u32 control = kReceiveControl) {
    for (u32 i = 0; i < descriptors; ++i)
      put_descriptor(kReceiveRing, i, kReceiveBuffers + i * kBufferStride, 0);
    set(Offset::Rdbal, kReceiveRing);
    set(Offset::Rdlen, descriptors * 16);
    set(Offset::Rdh, 0);
    set(Offset::Rdt, descriptors - 1);
    set(Offset::Rctl, control);
  }
  u64 received(u32 index) { return memory.read_value<u64>(GuestPhysical(kReceiveRing + index * 16 + 8)); }
  u8 receive_status(u32 index) { return static_cast<u8>(received(index) >> 32); }
  u8 receive_errors(u32 index) { return static_cast<u8>(received(index) >> 40); }
  Frame receive_buffer(u32 index) {
    return bytes_at(kReceiveBuffers + index * kBufferStride, received(index) & 0xffff);
  }
  Frame bytes_at(u32 address, std::size_t length) {
    Frame bytes(length);
    memory.read(GuestPhysical(address), bytes);
    return bytes;
  }

  TestClock clock;
  InterruptProbe interrupt;
  RecordedWire wire;
  Log log;
  Bus device_bus{"memory", log};

 private:
  MemoryStore store_;
  u32 tail_ = 0;
  u32 next_buffer_ = 0;
  u32 transmit_descriptors_ = 0;

 public:
  GuestMemory memory{store_, device_bus};
  E1000 card;
};

}  // namespace ringdown::test
