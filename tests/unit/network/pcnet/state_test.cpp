// The PCnet through saved states with frames in flight, and through junk.
#include <random>

#include "tests/support/snapshot_contract.h"
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

/// In the middle of the second buffer of a frame, while another one arrives.
void put_in_flight(PcnetRig& rig) {
  rig.start(3);
  rig.give_receive(0, 1544);
  const Frame frame = frame_to(kBroadcast, 400, 5);
  rig.give_transmit(0, Frame(frame.begin(), frame.begin() + 100), PcnetRig::kOwn | PcnetRig::kStartOfPacket);
  rig.give_transmit(1, Frame(frame.begin() + 100, frame.end()), PcnetRig::kOwn | PcnetRig::kEndOfPacket);
  rig.set_csr(0, PcnetRig::kEnable | PcnetRig::kDemand);
  rig.nic.receive(frame_to(kStation, 700, 3));
  rig.clock.advance(microseconds(100));
}

TEST_CASE("A PCnet with frames in flight both ways keeps the snapshot contract") {
  PcnetRig used;
  PcnetRig fresh;
  put_in_flight(used);
  check_snapshot_contract(used.nic, fresh.nic);
}

TEST_CASE("A restored PCnet goes on in the middle of its frames") {
  PcnetRig used;
  put_in_flight(used);
  PcnetRig restored;
  restored.style = 3;
  REQUIRE(restore(restored.clock, saved(used.clock)));
  REQUIRE(restore(restored.clock.scheduler(), saved(used.clock.scheduler())));
  REQUIRE(restore(restored.nic, saved(used.nic)));
  for (u32 address = 0; address < PcnetRig::kMemory; address += 8) {
    restored.poke(address, used.peek<u64>(address));
  }
  for (PcnetRig* rig : {&used, &restored}) {
    REQUIRE(rig->wire.frames.empty());
    rig->clock.advance(milliseconds(1));
    REQUIRE(rig->wire.frames == std::vector<Frame>{frame_to(kBroadcast, 400, 5)});
    REQUIRE(rig->peek_bytes(PcnetRig::kReceiveBuffers, 700) == frame_to(kStation, 700, 3));
    REQUIRE(rig->receive_view(0).result == 704);
    REQUIRE(rig->irq.high());
  }
  REQUIRE(saved(used.nic) == saved(restored.nic));
}

TEST_CASE("Junk in registers, rings and on the cable does no harm, and RST# ends it") {
  constexpr Width kWidths[] = {Width::Byte, Width::Word, Width::Dword};
  for (unsigned seed = 1; seed <= 6; ++seed) {
    PcnetRig rig;
    std::minstd_rand random(seed);
    for (u32 at = 0; at < 0x8000; at += 4) rig.poke<u32>(at, random() % 3 == 0 ? 0 : random() * 5);
    for (unsigned i = 0; i < 20'000; ++i) {
      const u32 offset = random() % 32;
      switch (random() % 10) {
        case 0:
          if (rig.nic.accepts_frame()) rig.nic.receive(frame_to(kBroadcast, 14 + random() % 3000, i));
          break;
        case 1:
          rig.clock.advance(random() % microseconds(100));
          break;
        case 2:
          rig.ports.read(offset, kWidths[random() % 3]);
          break;
        case 3:
          rig.nic.set_link(random() % 8 != 0);
          break;
        case 4:
          rig.nic.write_config(4, Width::Word, random() % 8 == 0 ? 3 : 7);
          break;
        case 5:
          rig.set_csr(0, random() & 0x7f);
          break;
        case 6:
          rig.set_csr(random() % 128, random() & 0xffff);
          break;
        case 7:
          rig.poke<u32>(random() % 0x8000 & ~3u, random() * 3);
          break;
        default:
          rig.ports.write(offset, kWidths[random() % 3], random() & 0xffff);
          break;
      }
    }
    rig.nic.reset();
    // Junk in a ring is work to a controller that is started.
    for (u32 at = 0; at < 0x8000; at += 4) rig.poke<u32>(at, 0);
    rig.nic.write_config(4, Width::Word, 7);
    rig.nic.set_link(true);
    rig.wire.frames.clear();
    rig.start(2);
    rig.give_transmit(0, frame_to(kBroadcast, 60));
    rig.set_csr(0, PcnetRig::kDemand);
    rig.clock.advance(milliseconds(1));
    REQUIRE(rig.wire.frames.size() == 1);
  }
}

}  // namespace
}  // namespace ringdown::test
