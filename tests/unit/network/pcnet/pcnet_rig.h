// A PCnet on a cable that a test watches, with rings in memory in any of its software styles.
#pragma once

#include <catch2/catch.hpp>
#include <utility>

#include "devices/network/ethernet_timing.h"
#include "devices/network/pcnet/pcnet.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/recorded_wire.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {

/// What a test reads back from a descriptor, the same in every style.
struct DescriptorView {
  unsigned status;  // the upper half of RMD1 or TMD1; in the 16-bit style its low byte is 0
  unsigned result;  // MCNT, or the upper half of what TMD2 reports
};

struct PcnetRig {
  static constexpr u64 kMemory = 0x10'0000;
  static constexpr u32 kInitBlock = 0x1000, kReceiveRing = 0x2000, kTransmitRing = 0x3000;
  static constexpr u32 kReceiveBuffers = 0x1'0000, kTransmitBuffers = 0x4'0000, kBufferStride = 0x1000;
  // CSR0.
  static constexpr u16 kInit = 0x0001, kStart = 0x0002, kStop = 0x0004, kDemand = 0x0008, kOn = 0x0030;
  static constexpr u16 kTransmitterOn = 0x0010, kEnable = 0x0040, kFlag = 0x0080, kInitDone = 0x0100;
  static constexpr u16 kTransmitted = 0x0200, kReceived = 0x0400, kMemoryError = 0x0800, kMissed = 0x1000;
  static constexpr u16 kCollisionError = 0x2000, kBabble = 0x4000, kError = 0x8000;
  // CSR15.
  static constexpr u16 kNoReceiver = 0x0001, kNoTransmitter = 0x0002, kLoop = 0x0004, kNoSequence = 0x0008;
  static constexpr u16 kForceCollision = 0x0010, kInternal = 0x0040, kNoPhysical = 0x2000;
  static constexpr u16 kNoBroadcast = 0x4000, kPromiscuous = 0x8000;
  // Descriptors.
  static constexpr unsigned kOwn = 0x8000, kFailed = 0x4000, kAddSequence = 0x2000, kLastInterrupt = 0x1000;
  static constexpr unsigned kStartOfPacket = 0x0200, kEndOfPacket = 0x0100, kWhole = 0x0300;

  TestClock clock;
  InterruptProbe irq;
  RecordedWire wire;
  Log log;
  Bus device_memory{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(kMemory, 0));
  GuestMemory memory{store, device_memory};
  Pcnet nic{0, {memory, clock.scheduler(), wire, irq.line()}, kStation, {}};
  BusRange& ports = *nic.windows()[0].range;
  unsigned style = 0;

  PcnetRig() {
    memory.map_ram(GuestPhysical(0), kMemory, HostFrame(0));
    nic.write_config(0x04, Width::Word, 7);
    nic.set_link(true);
  }

  u16 csr(unsigned number) { return read_register(number, 0x10); }
  u16 bcr(unsigned number) { return read_register(number, 0x16); }
  void set_csr(unsigned number, unsigned value) { write_register(number, 0x10, value); }
  void set_bcr(unsigned number, unsigned value) { write_register(number, 0x16, value); }

  template <class T>
  T peek(u32 address) {
    T value{};
    memory.read(GuestPhysical(address), std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  template <class T>
  void poke(u32 address, T value) {
    memory.write(GuestPhysical(address), std::as_bytes(std::span(&value, 1)));
  }
  Frame peek_bytes(u32 address, std::size_t count) {
    Frame bytes(count);
    memory.read(GuestPhysical(address), bytes);
    return bytes;
  }

  u32 descriptor(u32 ring, unsigned index) const { return ring + index * (style == 0 ? 8 : 16); }
  void set_descriptor(u32 address, u32 buffer, unsigned length, unsigned status) {
    const u16 count = static_cast<u16>(0xf000 | (-length & 0xfff));
    poke<u16>(address + 4, count);
    if (style == 0) {
      poke<u16>(address, static_cast<u16>(buffer));
      poke<u16>(address + 2, static_cast<u16>((status & 0xff00) | (buffer >> 16 & 0xff)));
      poke<u16>(address + 6, 0);
    } else {
      poke<u32>(address + (style == 3 ? 8 : 0), buffer);
      poke<u32>(address + (style == 3 ? 0 : 8), 0);
      poke<u16>(address + 6, static_cast<u16>(status));
    }
  }
  DescriptorView receive_view(unsigned index) { return view(descriptor(kReceiveRing, index), 0); }
  DescriptorView transmit_view(unsigned index) { return view(descriptor(kTransmitRing, index), 16); }

  void give_receive(unsigned index, unsigned length, unsigned status = kOwn) {
    set_descriptor(descriptor(kReceiveRing, index), kReceiveBuffers + index * kBufferStride, length, status);
  }
  /// Puts `data` into a transmit buffer and gives its descriptor to the controller.
  void give_transmit(unsigned index, const Frame& data, unsigned status = kOwn | kWhole) {
    const u32 buffer = kTransmitBuffers + index * kBufferStride;
    memory.write(GuestPhysical(buffer), data);
    set_descriptor(descriptor(kTransmitRing, index), buffer, static_cast<unsigned>(data.size()), status);
  }

  /// Stops, chooses the style and reads an initialization block: rings of 1 << `code` descriptors.
  void initialize(unsigned chosen_style, u16 mode = 0, unsigned code = 2, u64 filter = 0) {
    set_csr(0, kStop);
    style = chosen_style;
    set_bcr(20, style);
    const u32 at = kInitBlock;
    const u32 address_offset = style == 0 ? 2 : 4;
    const u32 filter_offset = style == 0 ? 8 : 12;
    for (u32 i = 0; i < 6; ++i) poke<u8>(at + address_offset + i, kStation[i]);
    for (u32 i = 0; i < 8; ++i) poke<u8>(at + filter_offset + i, static_cast<u8>(filter >> (8 * i)));
    if (style == 0) {
      poke<u16>(at, mode);
      poke<u32>(at + 16, kReceiveRing | code << 29);
      poke<u32>(at + 20, kTransmitRing | code << 29);
    } else {
      poke<u32>(at, mode | code << 20 | code << 28);
      poke<u32>(at + 20, kReceiveRing);
      poke<u32>(at + 24, kTransmitRing);
    }
    set_csr(1, at & 0xffff);
    set_csr(2, at >> 16);
    set_csr(0, kInit);
  }
  void start(unsigned chosen_style, u16 mode = 0, unsigned code = 2, u64 filter = 0) {
    initialize(chosen_style, mode, code, filter);
    set_csr(0, kInitDone | kEnable | kStart);
  }

  /// A frame arrives and has its time on the cable.
  void arrive(const Frame& frame) {
    REQUIRE(nic.accepts_frame());
    nic.receive(frame);
    clock.advance(frame_time(frame.size(), kTenMegabit));
  }

 private:
  u16 read_register(unsigned number, u32 port) {
    ports.write(0x12, Width::Word, number);
    return static_cast<u16>(ports.read(port, Width::Word));
  }
  void write_register(unsigned number, u32 port, unsigned value) {
    ports.write(0x12, Width::Word, number);
    ports.write(port, Width::Word, value);
  }
  DescriptorView view(u32 address, unsigned shift) {
    if (style == 0) return {peek<u8>(address + 3) * 256u, peek<u16>(address + 6)};
    return {peek<u16>(address + 6), peek<u32>(address + (style == 3 ? 0 : 8)) >> shift};
  }
};

}  // namespace ringdown::test
