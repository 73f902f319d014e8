// A virtio function in a machine of memory and a clock, and the driver's side of both transports and of
// rings.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <vector>

#include "devices/virtio/virtio_pci.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {

/// Where a test's driver has its memory.
constexpr u64 kRamSize = 0x20'0000;
constexpr u64 kRings = 0x1'0000;  // one queue each 64 KiB
constexpr u64 kRingStep = 0x1'0000;
constexpr u64 kBuffers = 0x10'0000;

struct VirtioSurroundings {
  TestClock clock;
  Log log;
  Bus device_memory{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kRamSize, 0));
  GuestMemory memory{store, device_memory};
  InterruptProbe interrupts;

  VirtioSurroundings() { memory.map_ram(GuestPhysical(0), kRamSize, HostFrame(0)); }

  void put(u64 at, std::span<const std::byte> data) { memory.write(GuestPhysical(at), data); }
  std::vector<std::byte> get(u64 at, std::size_t size) {
    std::vector<std::byte> data(size);
    memory.read(GuestPhysical(at), data);
    return data;
  }
};

/// A buffer that a driver offers.
struct Piece {
  u64 address;
  u32 length;
  bool writable = false;
};

constexpr u16 kDescriptorNext = 1;
constexpr u16 kDescriptorWritable = 2;
constexpr u16 kDescriptorIndirect = 4;

/// The driver's side of a queue, where the legacy interface would have it.
class DriverQueue {
 public:
  DriverQueue(GuestMemory& memory, u64 base, u16 size) : memory_(memory), base_(base), size_(size) {}

  u64 descriptors() const { return base_; }
  u64 driver() const { return base_ + u64{16} * size_; }
  u64 device() const { return (driver() + 2 * (u64{3} + size_) + 4095) & ~u64{4095}; }
  u16 size() const { return size_; }

  void write_descriptor(u64 table, u32 at, const Piece& piece, u16 flags, u16 next) {
    const GuestPhysical place(table + u64{16} * at);
    memory_.write_value<u64>(place, piece.address);
    memory_.write_value<u32>(place + 8, piece.length);
    memory_.write_value<u16>(place + 12,
                             static_cast<u16>(flags | (piece.writable ? kDescriptorWritable : 0)));
    memory_.write_value<u16>(place + 14, next);
  }
  /// Offers a chain of descriptors that begins at the next free one; returns its head.
  u16 add(std::initializer_list<Piece> pieces) {
    const u16 head = free_;
    u16 left = static_cast<u16>(pieces.size());
    for (const Piece& piece : pieces) {
      const u16 next = static_cast<u16>((free_ + 1) % size_);
      write_descriptor(base_, free_, piece, --left != 0 ? kDescriptorNext : u16{0}, next);
      free_ = next;
    }
    offer(head);
    return head;
  }
  /// Puts a head into the driver's ring and counts it up.
  void offer(u16 head) {
    memory_.write_value<u16>(GuestPhysical(driver() + 4 + u64{2} * (index_ % size_)), head);
    set_index(static_cast<u16>(index_ + 1));
  }
  void set_index(u16 index) {
    index_ = index;
    memory_.write_value<u16>(GuestPhysical(driver() + 2), index);
  }
  u16 index() const { return index_; }
  void set_flags(u16 flags) { memory_.write_value<u16>(GuestPhysical(driver()), flags); }
  void set_used_event(u16 event) {
    memory_.write_value<u16>(GuestPhysical(driver() + 4 + u64{2} * size_), event);
  }

  u16 used() const { return memory_.read_value<u16>(GuestPhysical(device() + 2)); }
  u16 device_flags() const { return memory_.read_value<u16>(GuestPhysical(device())); }
  u16 available_event() const {
    return memory_.read_value<u16>(GuestPhysical(device() + 4 + u64{8} * size_));
  }
  struct Element {
    u32 head;
    u32 written;
    friend bool operator==(const Element&, const Element&) = default;
  };
  Element element(u16 index) const {
    const GuestPhysical place(device() + 4 + u64{8} * (index % size_));
    return {memory_.read_value<u32>(place), memory_.read_value<u32>(place + 4)};
  }

 private:
  GuestMemory& memory_;
  u64 base_;
  u16 size_;
  u16 free_ = 0;
  u16 index_ = 0;
};

/// The driver of a function, by either interface.
class FunctionDriver {
 public:
  FunctionDriver(VirtioPci& function, GuestMemory& memory) : function_(function), memory_(memory) {
    function_.write_config(pci_offset::kCommand, Width::Word, 7);
  }

  // Legacy registers.
  u32 in(u32 offset, Width width) { return static_cast<u32>(legacy().read(offset, width)); }
  void out(u32 offset, Width width, u32 value) { legacy().write(offset, width, value); }
  // Memory of the modern interface.
  u32 read(u32 offset, Width width) { return static_cast<u32>(modern().read(offset, width)); }
  void write(u32 offset, Width width, u64 value) { modern().write(offset, width, value); }

  u8 status() { return static_cast<u8>(read(20, Width::Byte)); }
  u8 isr() { return static_cast<u8>(read(0x400, Width::Byte)); }
  void kick(u32 queue) { write(0xc00 + 4 * queue, Width::Word, queue); }
  u64 offered() {
    write(0, Width::Dword, 0);
    const u64 low = read(4, Width::Dword);
    write(0, Width::Dword, 1);
    return low | u64{read(4, Width::Dword)} << 32;
  }

  /// Everything up to FEATURES_OK; returns the status.
  u8 negotiate(u64 features) {
    write(20, Width::Byte, 0);
    write(20, Width::Byte, 3);
    for (u32 half = 0; half < 2; ++half) {
      write(8, Width::Dword, half);
      write(12, Width::Dword, static_cast<u32>(features >> (32 * half)));
    }
    write(20, Width::Byte, 0xb);
    return status();
  }
  DriverQueue set_up(u16 queue, u16 size) {
    DriverQueue ring(memory_, kRings + kRingStep * queue, size);
    write(22, Width::Word, queue);
    write(24, Width::Word, size);
    write_address(32, ring.descriptors());
    write_address(40, ring.driver());
    write_address(48, ring.device());
    write(28, Width::Word, 1);
    return ring;
  }
  void start() { write(20, Width::Byte, 0xf); }

  /// A legacy driver up to DRIVER_OK, with `queues` queues of their fixed sizes.
  std::vector<DriverQueue> start_legacy(u32 features, u16 queues) {
    out(18, Width::Byte, 0);
    out(18, Width::Byte, 3);
    out(4, Width::Dword, features);
    std::vector<DriverQueue> rings;
    for (u16 queue = 0; queue < queues; ++queue) {
      out(14, Width::Word, queue);
      const u16 size = static_cast<u16>(in(12, Width::Word));
      rings.emplace_back(memory_, kRings + kRingStep * queue, size);
      out(8, Width::Dword, static_cast<u32>(rings.back().descriptors() / 4096));
    }
    out(18, Width::Byte, 7);
    return rings;
  }

 private:
  BusRange& legacy() { return *function_.windows()[0].range; }
  BusRange& modern() { return *function_.windows()[1].range; }
  void write_address(u32 offset, u64 address) {
    write(offset, Width::Dword, static_cast<u32>(address));
    write(offset + 4, Width::Dword, static_cast<u32>(address >> 32));
  }

  VirtioPci& function_;
  GuestMemory& memory_;
};

}  // namespace ringdown::test
