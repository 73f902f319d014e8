// An NE2000 on a cable that a test watches, driven as drivers do.
#pragma once

#include <catch2/catch.hpp>

#include "devices/network/ethernet_timing.h"
#include "devices/network/ns8390/ne2000_isa.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/recorded_wire.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {

struct Ns8390Rig {
  // Values of the command register, remote DMA aborted.
  static constexpr u8 kStop = 0x21;
  static constexpr u8 kStart = 0x22;
  static constexpr u8 kTransmit = 0x26;
  static constexpr u8 kRemoteRead = 0x0a;
  static constexpr u8 kRemoteWrite = 0x12;
  static constexpr u8 kSendPacket = 0x1a;
  static constexpr u8 kPage1 = 0x40;
  static constexpr u8 kPage2 = 0x80;
  // Registers of page 0.
  static constexpr u32 kBoundary = 3, kTransmitStatus = 4, kFifo = 6, kInterrupts = 7, kReceiveStatus = 12;
  static constexpr u32 kTransmitConfiguration = 13, kDataConfiguration = 14, kInterruptMask = 15;
  // Interrupts.
  static constexpr u8 kReceived = 0x01, kTransmitted = 0x02, kOverwrite = 0x10, kCounter = 0x20;
  static constexpr u8 kRemoteDone = 0x40, kResetState = 0x80;

  static constexpr u8 kTransmitPage = 0x40;
  static constexpr u8 kRingStart = 0x46;
  static constexpr u8 kRingStop = 0x60;

  TestClock clock;
  InterruptProbe irq;
  RecordedWire wire;
  Ne2000Isa nic{0, clock.scheduler(), kStation, wire, irq.line()};
  BusRange& ports = nic.ports();

  Ns8390Rig() { nic.set_link(true); }

  u8 get(u32 offset) { return read_byte(ports, offset); }
  void set(u32 offset, unsigned value) { write_byte(ports, offset, value); }

  /// Puts the receiver to work with receive configuration `filter`, as drivers do.
  void start(u8 data_configuration = 0x49, u8 filter = 0x04) {
    set(0, kStop);
    set(kDataConfiguration, data_configuration);
    set(10, 0);
    set(11, 0);
    set(kReceiveStatus, filter);
    set(kTransmitConfiguration, 0);
    set(1, kRingStart);
    set(2, kRingStop);
    set(kBoundary, kRingStart);
    set(kInterrupts, 0xff);
    set(0, kStop | kPage1);
    for (u32 i = 0; i < 6; ++i) set(1 + i, kStation[i]);
    for (u32 i = 0; i < 8; ++i) set(8 + i, 0);
    set(7, kRingStart + 1);
    set(0, kStart);
  }

  u8 current_page() {
    set(0, kStart | kPage1);
    const u8 page = get(7);
    set(0, kStart);
    return page;
  }

  void remote(u8 command, u16 address, u16 count) {
    set(10, count & 0xff);
    set(11, count >> 8);
    set(8, address & 0xff);
    set(9, address >> 8);
    set(0, command);
  }
  /// `count` bytes of packet memory by the data port, in words.
  Frame read_memory(u16 address, u16 count) {
    remote(kRemoteRead, address, count);
    Frame data;
    for (u16 i = 0; i < count; i += 2) {
      const u64 word = ports.read(0x10, Width::Word);
      data.push_back(static_cast<std::byte>(word));
      if (i + 1 < count) data.push_back(static_cast<std::byte>(word >> 8));
    }
    return data;
  }
  void write_memory(u16 address, const Frame& data) {
    remote(kRemoteWrite, address, static_cast<u16>((data.size() + 1) & ~1u));
    for (std::size_t i = 0; i < data.size(); i += 2) {
      u64 word = std::to_integer<u64>(data[i]);
      if (i + 1 < data.size()) word |= std::to_integer<u64>(data[i + 1]) << 8;
      ports.write(0x10, Width::Word, word);
    }
    set(kInterrupts, kRemoteDone);
  }
  /// Has the transmitter send `count` bytes of its page.
  void transmit(u16 count) {
    set(4, kTransmitPage);
    set(5, count & 0xff);
    set(6, count >> 8);
    set(0, kTransmit);
  }
  /// A frame arrives and has its time on the cable.
  void arrive(const Frame& frame) {
    REQUIRE(nic.accepts_frame());
    nic.receive(frame);
    clock.advance(frame_time(frame.size(), kTenMegabit));
  }
};

}  // namespace ringdown::test
