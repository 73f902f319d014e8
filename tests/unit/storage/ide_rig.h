// A channel on a bus with a hand-moved clock, a disk image in memory, and the guest's side of the protocol.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "core/disk_image.h"
#include "devices/storage/ata_disk.h"
#include "devices/storage/ide_channel.h"
#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown::test {

/// What happened to an image, in order.
struct ImageTrace {
  std::vector<std::byte> data;
  unsigned reads = 0;
  unsigned writes = 0;
  unsigned flushes = 0;
  bool broken = false;  // every access fails
  u64 bad_sector = ~u64{0};
};

class MemoryImage final : public DiskImage {
 public:
  MemoryImage(ImageTrace& trace, bool read_only) : trace_(trace), read_only_(read_only) {}
  u64 sectors() const override { return trace_.data.size() / kSectorSize; }
  bool read_only() const override { return read_only_; }
  Result<void> read(u64 first_sector, std::span<std::byte> data) override {
    ++trace_.reads;
    if (fails(first_sector, data.size())) return Error{"image: broken"};
    REQUIRE(first_sector * kSectorSize + data.size() <= trace_.data.size());
    std::memcpy(data.data(), trace_.data.data() + first_sector * kSectorSize, data.size());
    return {};
  }
  Result<void> write(u64 first_sector, std::span<const std::byte> data) override {
    ++trace_.writes;
    if (fails(first_sector, data.size())) return Error{"image: broken"};
    REQUIRE(first_sector * kSectorSize + data.size() <= trace_.data.size());
    std::memcpy(trace_.data.data() + first_sector * kSectorSize, data.data(), data.size());
    return {};
  }
  // So that no other thread reads the trace: most tests end before their drive's image does.
  bool read_at_once(u64 first_sector, std::span<std::byte> data) override {
    return static_cast<bool>(read(first_sector, data));
  }
  Result<void> flush() override {
    ++trace_.flushes;
    return trace_.broken ? Result<void>(Error{"image: broken"}) : Result<void>();
  }

 private:
  bool fails(u64 first, std::size_t size) const {
    return trace_.broken || (first <= trace_.bad_sector && trace_.bad_sector < first + size / kSectorSize);
  }

  ImageTrace& trace_;
  bool read_only_;
};

/// The byte that a numbered sector holds at an offset, different in each sector.
inline u8 pattern(u64 sector, std::size_t offset) {
  return static_cast<u8>(sector * 7 + offset * 3 + (offset >> 8));
}

inline ImageTrace patterned_image(u64 sectors) {
  ImageTrace trace;
  trace.data.resize(sectors * kSectorSize);
  for (std::size_t i = 0; i < trace.data.size(); ++i) {
    trace.data[i] = static_cast<std::byte>(pattern(i / kSectorSize, i % kSectorSize));
  }
  return trace;
}

class IrqCounter final : public InterruptSink {
 public:
  void set_input(unsigned, Level level) override {
    if (level == Level::High && !high) ++edges;
    high = level == Level::High;
  }
  bool high = false;
  int edges = 0;
};

constexpr u64 kCommandBlock = 0x1f0;
constexpr u64 kControlBlock = 0x3f6;
constexpr u8 kLbaMaster = 0xe0;

/// The primary channel as a guest sees it.
struct IdeRig {
  TestClock clock;
  Log log;
  Bus ports{"port", log};
  IrqCounter irq;
  IdeChannel channel{0, InterruptLine(irq, 14)};

  IdeRig() {
    REQUIRE(ports.attach(kCommandBlock, IdeChannel::kCommandBlockLength, channel.command_block(), "ide"));
    REQUIRE(ports.attach(kControlBlock, IdeChannel::kControlBlockLength, channel.control_block(), "ide"));
  }
  void add_disk(unsigned drive, ImageTrace& trace, bool read_only = false, IdeTiming timing = {}) {
    channel.attach(drive,
                   std::make_unique<AtaDisk>(clock.scheduler(), log, IdePlace{0, static_cast<u8>(drive)},
                                             std::make_unique<MemoryImage>(trace, read_only), timing));
  }

  u8 in(u64 offset) { return static_cast<u8>(ports.read(kCommandBlock + offset, Width::Byte)); }
  void out(u64 offset, u8 value) { ports.write(kCommandBlock + offset, Width::Byte, value); }
  u8 alternate_status() { return static_cast<u8>(ports.read(kControlBlock, Width::Byte)); }
  void control(u8 value) { ports.write(kControlBlock, Width::Byte, value); }
  u16 in_word() { return static_cast<u16>(ports.read(kCommandBlock, Width::Word)); }
  void out_word(u16 value) { ports.write(kCommandBlock, Width::Word, value); }

  void address(u32 lba, u8 count, u8 device = kLbaMaster) {
    out(6, static_cast<u8>(device | (lba >> 24 & 0x0f)));
    out(2, count);
    out(3, static_cast<u8>(lba));
    out(4, static_cast<u8>(lba >> 8));
    out(5, static_cast<u8>(lba >> 16));
  }
  void command(u8 code) { out(7, code); }
  /// Runs a command without data to its end and returns its status.
  u8 run_command(u8 code) {
    command(code);
    settle();
    return in(7);
  }
  /// The address that the registers show, as 28 bits.
  u32 shown_address() { return u32{in(3)} | u32{in(4)} << 8 | u32{in(5)} << 16 | u32{in(6) & 0x0fu} << 24; }
  /// Lets time pass until the drive is not busy, at most a millisecond.
  void settle() {
    for (int i = 0; i < 1000 && (alternate_status() & 0x80) != 0; ++i) clock.advance(microseconds(1));
    REQUIRE((alternate_status() & 0x80) == 0);
  }
  std::vector<u16> read_words(std::size_t count) {
    std::vector<u16> words(count);
    std::generate(words.begin(), words.end(), [this] { return in_word(); });
    return words;
  }
  /// One sector by PIO that must hold the pattern.
  void expect_sector(u64 sector) {
    for (std::size_t i = 0; i < kSectorSize; i += 2) {
      const u16 word = in_word();
      CAPTURE(sector, i);
      REQUIRE(word == (pattern(sector, i) | pattern(sector, i + 1) << 8));
    }
  }
};

}  // namespace ringdown::test
