// A virtio block device on an image in memory, and requests as its driver makes them.
#pragma once

#include "devices/virtio/virtio_block.h"
#include "tests/unit/storage/ide_rig.h"
#include "tests/unit/virtio/virtio_rig.h"

namespace ringdown::test {

/// Outlives the device, which may still be writing when a test ends.
struct BlockImage {
  ImageTrace image;
};

struct BlockRig : BlockImage, VirtioSurroundings {
  static constexpr u64 kSectors = 4096;
  static constexpr Picoseconds kLatency = microseconds(100);

  VirtioBlock disk;
  VirtioPci function{disk,
                     {"virtio-blk0", ChunkTag("VBK0"), VirtioBlock::kPciDevice, VirtioBlock::kSubsystem,
                      VirtioBlock::kPciClass},
                     interrupts.line()};
  FunctionDriver driver{function, memory};

  explicit BlockRig(bool read_only = false)
      : BlockImage{patterned_image(kSectors)},
        disk(memory, clock.scheduler(), log, std::make_unique<MemoryImage>(image, read_only), kLatency, 0) {}
  explicit BlockRig(std::unique_ptr<DiskImage> own)
      : disk(memory, clock.scheduler(), log, std::move(own), kLatency, 0) {}

  std::vector<Serializable*> components() { return {&clock, &clock.scheduler(), &memory, &function}; }
};

/// Kinds of requests.
inline constexpr u32 kIn = 0;
inline constexpr u32 kOut = 1;
inline constexpr u32 kFlushRequest = 4;
inline constexpr u32 kGetIdRequest = 8;

/// With a modern driver.
struct RunningBlock : BlockRig {
  static constexpr u8 kUnanswered = 0xee;

  template <class... Image>
  explicit RunningBlock(u64 features = virtio_block_feature::kFlush, Image&&... image_or_mode)
      : BlockRig(std::forward<Image>(image_or_mode)...) {
    REQUIRE(driver.negotiate(features | virtio_features::kVersion1) == 0xb);
    queues.push_back(driver.set_up(0, VirtioBlock::kQueueSize));
    driver.start();
  }
  std::vector<DriverQueue> queues;
  DriverQueue& queue() { return queues[0]; }

  /// Each request has 16 KiB of memory: header, status, and data from the second page on.
  static constexpr u64 place(u32 number) { return kBuffers + u64{0x4000} * number; }
  static constexpr u64 data(u32 number) { return place(number) + 0x1000; }
  u8 status(u32 number) { return memory.read_value<u8>(GuestPhysical(place(number) + 16)); }

  void write_header(u32 number, u32 kind, u64 sector) {
    memory.write_value<u32>(GuestPhysical(place(number)), kind);
    memory.write_value<u64>(GuestPhysical(place(number) + 8), sector);
    memory.write_value<u8>(GuestPhysical(place(number) + 16), kUnanswered);
  }
  /// Queues a request with `length` bytes of data.
  void request(u32 number, u32 kind, u64 sector, u32 length = 0) {
    write_header(number, kind, sector);
    const Piece header{place(number), 16};
    const Piece answer{place(number) + 16, 1, true};
    if (length == 0) {
      queue().add({header, answer});
    } else {
      queue().add({header, {data(number), length, kind != kOut}, answer});
    }
  }
  void kick() { driver.kick(0); }
  /// One request from its notification to its end; returns its status.
  u8 run(u32 kind, u64 sector, u32 length = 0) {
    request(0, kind, sector, length);
    kick();
    clock.advance(kLatency);
    return status(0);
  }
  bool holds_pattern(u32 number, u64 sector, u32 sectors) {
    const std::vector<std::byte> bytes = get(data(number), std::size_t{sectors} * kSectorSize);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != static_cast<std::byte>(pattern(sector + i / kSectorSize, i % kSectorSize)))
        return false;
    }
    return true;
  }
};

}  // namespace ringdown::test
