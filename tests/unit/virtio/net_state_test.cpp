// The network device saved with packets under way, and driven by junk.
#include "core/seeded_random.h"
#include "tests/unit/virtio/net_rig.h"

namespace ringdown {

using namespace test;
using namespace virtio_net_feature;

namespace {

constexpr u64 kEverything = kChecksum | kGuestChecksum | kHostTso4 | kHostTso6 | kMergeableBuffers | kStatus |
                            kControlQueue | kControlReceive | kControlVlan | kGuestAnnounce |
                            virtio_features::kEventIndex | virtio_features::kIndirectDescriptors;

}  // namespace

TEST_CASE("A network device keeps the snapshot contract with packets under way") {
  NetRig used;
  std::vector<DriverQueue> queues = used.driver.start_legacy(0, 3);
  used.put(kBuffers + 10, frame_to({}, 1514));
  for (unsigned i = 0; i < 100; ++i) queues[1].add({{kBuffers, 10}, {kBuffers + 10, 1514}});
  used.driver.out(16, Width::Word, 1);
  used.net.receive(frame_to(kOwnMac, 60));
  REQUIRE(queues[1].used() == VirtioNet::kBatchFrames);

  NetRig fresh;
  check_snapshot_contract(used.function, fresh.function);
  // Bus mastering that comes back by a restore sets nothing off.
  fresh.function.write_config(0x04, Width::Word, 0);
  for (std::size_t i = 0; i < fresh.components().size(); ++i)
    REQUIRE(restore(*fresh.components()[i], saved(*used.components()[i])));
  CHECK(fresh.interrupts.high());
  CHECK(fresh.wire.frames.empty());
  used.wire.frames.clear();
  for (NetRig* rig : {&used, &fresh}) rig->clock.advance(milliseconds(1));
  CHECK(fresh.wire.frames == used.wire.frames);
  CHECK(fresh.wire.frames.size() == 100 - VirtioNet::kBatchFrames);
  CHECK(saved(fresh.memory) == saved(used.memory));
  CHECK(saved(fresh.function) == saved(used.function));
}

TEST_CASE("Settings of the network device survive") {
  RunningNet used(kEverything);
  used.command(0, 0, {0});
  used.command(1, 0, {1, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0});
  used.command(2, 0, {7, 0});
  used.net.set_link(false);
  used.net.set_link(true);
  used.offer_buffer(0);
  used.net.receive(frame_to(kOwnMac, 200));
  NetRig fresh;
  check_snapshot_contract(used.function, fresh.function);
  CHECK(fresh.driver.read(0x806, Width::Word) == 3);
}

TEST_CASE("Junk in every register and ring leaves the network device in one piece") {
  for (u32 seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed, 0);
    NetRig r;
    // A plausible start, so that junk gets further than the first check.
    const u64 features = seed % 3 == 0 ? r.driver.offered() : virtio_features::kVersion1 | (seed << 10);
    r.driver.negotiate(features & r.driver.offered());
    std::vector<DriverQueue> queues;
    for (u16 queue = 0; queue < 3; ++queue) queues.push_back(r.driver.set_up(queue, 8));
    if (seed % 4 != 0) r.driver.start();
    for (unsigned step = 0; step < 300; ++step) {
      const u32 value = random.below(4) == 0 ? ~u32{0} : random.word();
      const Width width = static_cast<Width>(1u << random.below(3));
      DriverQueue& queue = queues[random.below(3)];
      switch (random.below(9)) {
        case 0:
          r.driver.write(random.below(0x1000), width, value);
          break;
        case 1:
          r.driver.read(random.below(0x1000), width);
          break;
        case 2:
          r.driver.out(random.below(128), width, value);
          break;
        case 3:
          r.function.write_config(static_cast<u8>(random.below(256)), width, value);
          r.function.write_config(4, Width::Byte, 7);
          break;
        case 4:
          queue.write_descriptor(queue.descriptors(), random.below(8),
                                 {random.below(8) == 0 ? random.bits() : kRings + random.below(0x4'0000),
                                  random.below(3) == 0 ? value : random.below(200), random.below(2) == 0},
                                 static_cast<u16>(random.below(8)), static_cast<u16>(random.below(9)));
          break;
        case 5:
          queue.offer(static_cast<u16>(random.below(9)));
          break;
        case 6:
          r.driver.kick(random.below(3));
          break;
        case 7:
          r.net.receive(frame_to(kOwnMac, 14 + random.below(3000)));
          break;
        default:
          r.clock.advance(microseconds(random.below(200)));
      }
      r.net.accepts_frame();
      // After a fault, start again.
      if ((r.driver.status() & virtio_status::kNeedsReset) == 0) continue;
      r.driver.negotiate(features & r.driver.offered());
      queues.clear();
      for (u16 i = 0; i < 3; ++i) queues.push_back(r.driver.set_up(i, 8));
      for (DriverQueue& again : queues) again.set_index(0);
      r.driver.start();
    }
    payload_of(r.function);
  }
}

}  // namespace ringdown
