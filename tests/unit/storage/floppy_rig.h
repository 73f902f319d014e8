// A floppy controller with its DMA channel, disks in memory, and the driver's side of the protocol.
#pragma once

#include <map>

#include "devices/storage/floppy_controller.h"
#include "devices/timers/isa_dma.h"
#include "tests/support/interrupt_probe.h"
#include "tests/unit/storage/ide_rig.h"

namespace ringdown::test {

using Bytes = std::vector<u8>;

inline const FloppyFormat& format_named(std::string_view name) {
  const auto formats = floppy_formats();
  return *std::ranges::find_if(formats, [name](const FloppyFormat& f) { return f.name == name; });
}

constexpr u8 kDor = 2, kMsr = 4, kFifo = 5;
constexpr u64 kDmaAddress = 0x1'2000;

struct FloppyRig {
  TestClock clock;
  Log log;
  InterruptProbe irq;
  Bus device_memory{"memory", log};
  MemoryStore store = std::move(*MemoryStore::create(0x4'0000, 0));
  GuestMemory memory{store, device_memory};
  IsaDma dma{memory};
  FloppyController controller{clock.scheduler(), log, irq.line(), dma.channel(2)};
  std::map<unsigned, ImageTrace> disks;

  FloppyRig() {
    memory.map_ram(GuestPhysical(0), store.ram_size(), HostFrame(0));
    write_byte(dma.second_ports(), 22, 0xc0);  // channel 4 cascades
    write_byte(dma.second_ports(), 20, 0x00);
  }

  /// A drive with a disk of the pattern, in the drive that the format was made for.
  void add_disk(unsigned drive, std::string_view format, bool read_only = false) {
    controller.attach(drive, format_named(format).drive());
    insert(drive, format, read_only);
  }
  void insert(unsigned drive, std::string_view name, bool read_only = false) {
    const FloppyFormat& format = format_named(name);
    disks[drive] = patterned_image(format.total_sectors());
    controller.removable(drive)->insert(std::make_unique<MemoryImage>(disks[drive], read_only));
  }

  u8 in(u32 port) { return read_byte(controller.ports(), port); }
  void out(u32 port, unsigned value) { write_byte(controller.ports(), port, value); }
  u8 changed_line() { return read_byte(controller.input_port(), 0) & 0x80; }
  void rate(FloppyRate rate) { write_byte(controller.input_port(), 0, static_cast<unsigned>(rate)); }

  /// Out of reset, the four polled drives sensed, drive selected and its motor on.
  void start(unsigned drive = 0) {
    out(kDor, 0x00);
    out(kDor, 0x0c | drive | 0x10u << drive);
    clock.advance(milliseconds(1));
    for (int i = 0; i < 4; ++i) sense();
    command({0x03, 0xdf, 0x02});  // 3 ms a step, DMA
    rate(FloppyRate::Kbps500);
  }
  void command(const Bytes& bytes) {
    for (const u8 byte : bytes) {
      REQUIRE((in(kMsr)&0xc0) == 0x80);
      out(kFifo, byte);
    }
  }
  /// Lets time pass until the interrupt, at most two seconds.
  void wait() {
    for (int i = 0; i < 20'000 && !irq.high(); ++i) clock.advance(microseconds(100));
    REQUIRE(irq.high());
  }
  Bytes result() {
    Bytes bytes;
    while ((in(kMsr)&0xd0) == 0xd0) bytes.push_back(in(kFifo));
    return bytes;
  }
  Bytes run(const Bytes& bytes) {
    command(bytes);
    wait();
    return result();
  }
  Bytes sense() {
    command({0x08});
    return result();
  }
  void seek(u8 cylinder, u8 unit = 0) {
    command({0x0f, unit, cylinder});
    wait();
    REQUIRE(sense() == Bytes{static_cast<u8>(0x20 | unit), cylinder});
  }

  /// Programs channel 2; `mode` 44h moves to memory, 48h from it.
  void program_dma(unsigned mode, std::size_t bytes) {
    const unsigned count = static_cast<unsigned>(bytes) - 1;
    write_byte(dma.first_ports(), 12, 0);
    write_byte(dma.first_ports(), 11, mode | 2);
    for (unsigned shift : {0u, 8u}) write_byte(dma.first_ports(), 4, kDmaAddress >> shift & 0xff);
    for (unsigned shift : {0u, 8u}) write_byte(dma.first_ports(), 5, count >> shift & 0xff);
    write_byte(dma.page_ports(), 0, kDmaAddress >> 16);
    write_byte(dma.first_ports(), 10, 2);
  }
  u8 byte_at(std::size_t offset) { return memory.read_value<u8>(GuestPhysical(kDmaAddress + offset)); }
  /// The first `count` sectors in memory are those from `first` on.
  void expect_in_memory(u64 first, std::size_t count) {
    for (std::size_t i = 0; i < count * kSectorSize; ++i) {
      CAPTURE(first, i);
      REQUIRE(byte_at(i) == pattern(first + i / kSectorSize, i % kSectorSize));
    }
  }
};

}  // namespace ringdown::test
