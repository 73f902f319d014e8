// The block device saved with requests under way, and driven by junk.
#include "core/seeded_random.h"
#include "tests/unit/virtio/block_rig.h"

namespace ringdown {

using namespace test;

TEST_CASE("A block device keeps the snapshot contract with requests under way") {
  RunningBlock used;
  used.put(RunningBlock::data(2), std::vector<std::byte>(4096));
  used.request(0, kIn, 8, 4096);
  used.request(1, kIn, BlockRig::kSectors, 512);
  used.request(2, kOut, 8, 4096);
  used.request(3, kIn, 9, 512);
  used.request(4, kFlushRequest, 0);
  used.kick();
  used.clock.advance(microseconds(60));
  BlockRig fresh;
  check_snapshot_contract(used.function, fresh.function);
  for (std::size_t i = 0; i < fresh.components().size(); ++i)
    REQUIRE(restore(*fresh.components()[i], saved(*used.components()[i])));
  for (BlockRig* rig : {static_cast<BlockRig*>(&used), &fresh}) rig->clock.advance(microseconds(40));
  CHECK(fresh.interrupts.high());
  CHECK(saved(fresh.memory) == saved(used.memory));
  CHECK(saved(fresh.function) == saved(used.function));
  // What was read before the write was made is what it was then.
  CHECK(used.holds_pattern(0, 8, 8));
  CHECK(used.get(RunningBlock::data(3), 512) == std::vector<std::byte>(512));
  CHECK(used.queue().used() == 5);
}

TEST_CASE("A state of a virtio disk of another size is refused") {
  RunningBlock used;
  ImageTrace small = patterned_image(8);
  BlockRig other(std::make_unique<MemoryImage>(small, false));
  CHECK_FALSE(accepts(other.function, payload_of(used.function)));
}

TEST_CASE("Junk in every register and ring leaves the block device in one piece") {
  for (u32 seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed, 1);
    RunningBlock r(virtio_features::kIndirectDescriptors |
                   (seed % 2 == 0 ? virtio_features::kEventIndex : 0));
    for (unsigned step = 0; step < 300; ++step) {
      const u32 value = random.below(4) == 0 ? ~u32{0} : random.word();
      const Width width = static_cast<Width>(1u << random.below(3));
      switch (random.below(8)) {
        case 0:
          r.driver.write(random.below(0x1000), width, value);
          break;
        case 1:
          r.driver.out(random.below(128), width, value);
          break;
        case 2:
          r.queue().write_descriptor(
              r.queue().descriptors(), random.below(16),
              {random.below(8) == 0 ? random.bits() : kRings + random.below(0x4'0000),
               random.below(3) == 0 ? value : 512 * random.below(5) + 1, random.below(2) == 0},
              static_cast<u16>(random.below(8)), static_cast<u16>(random.below(17)));
          break;
        case 3:
          r.write_header(random.below(4), random.below(10), random.below(2) == 0 ? random.below(64) : value);
          break;
        case 4:
          r.request(random.below(4), random.below(10), random.below(5000), 512 * random.below(9));
          break;
        case 5:
          r.kick();
          break;
        case 6:
          r.queue().offer(static_cast<u16>(random.below(17)));
          break;
        default:
          r.clock.advance(microseconds(random.below(150)));
      }
      if ((r.driver.status() & virtio_status::kNeedsReset) == 0) continue;
      r.driver.negotiate(virtio_features::kVersion1);
      r.queues.clear();
      r.queues.push_back(r.driver.set_up(0, VirtioBlock::kQueueSize));
      r.queue().set_index(0);
      r.driver.start();
    }
    payload_of(r.function);
  }
}

}  // namespace ringdown
