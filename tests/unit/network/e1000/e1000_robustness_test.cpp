// Saved states, descriptors that lead nowhere, and junk.
#include <random>

#include "tests/support/snapshot_contract.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u64 kDataDescriptor = u64{0x20} << 24 | u64{1} << 20;

/// A card in the middle of everything: half a packet, a segmented one behind a full packet buffer, frames
/// that wait.
void make_busy(E1000Rig& rig) {
  rig.start_receiver(8);
  rig.set(Offset::Rdtr, 100);
  for (int i = 0; i < 12; ++i) rig.card.receive(frame_to(kStation, 900));
  rig.start_transmitter();
  rig.set(Offset::Tidv, 100);
  const Frame frame = frame_to(kOtherStation, 1514);
  for (int i = 0; i < 20; ++i) rig.queue_frame(frame, u64{0x80} << 24);
  rig.kick();
  rig.set(Offset::Eecd, 0x42);
  rig.set(Offset::Eecd, 0x47);
  rig.io().write(0, Width::Dword, 0x100);
}

TEST_CASE("An adapter keeps the snapshot contract", "[e1000]") {
  const Chip chip = GENERATE(Chip::I82543Gc, Chip::I82540Em, Chip::I82545Em);
  E1000Rig used(chip), fresh(chip);
  make_busy(used);
  check_snapshot_contract(used.card, fresh.card);
}

TEST_CASE("A restored adapter goes on where the saved one was", "[e1000]") {
  E1000Rig used;
  make_busy(used);
  // In the middle of a segmented packet.
  used.queue(u64{14} | 24u << 8 | 33u << 16 | u64{34} << 32 | u64{50} << 40,
             5000 | u64{0x27} << 24 | u64{54} << 40 | u64{100} << 48);
  used.queue(used.put_data(frame_to(kOtherStation, 3000)), 3000 | u64{0x26} << 24 | u64{1} << 20);
  used.queue(used.put_data(frame_to(kOtherStation, 3000)), 2054 | u64{0x2f} << 24 | u64{1} << 20);
  used.kick(microseconds(160));

  E1000Rig copy;
  REQUIRE(restore(copy.clock, saved(used.clock)));
  REQUIRE(restore(copy.clock.scheduler(), saved(used.clock.scheduler())));
  REQUIRE(restore(copy.memory, saved(used.memory)));
  REQUIRE(restore(copy.card, saved(used.card)));
  CHECK(copy.interrupt.high() == used.interrupt.high());
  const std::size_t before = used.wire.frames.size();
  CHECK(before > 20);
  CHECK(before < 20 + 50);
  for (E1000Rig* rig : {&used, &copy}) {
    rig->set(Offset::Rdt, 6);
    rig->clock.advance(milliseconds(2));
  }
  CHECK(used.wire.frames.size() == 20 + 50);
  CHECK(std::vector<Frame>(used.wire.frames.begin() + static_cast<std::ptrdiff_t>(before),
                           used.wire.frames.end()) == copy.wire.frames);
  CHECK(saved(used.card) == saved(copy.card));
  CHECK(saved(used.memory) == saved(copy.memory));
}

/// Registers that count accesses, where descriptors may lead.
class CountingRange final : public BusRange {
 public:
  u64 read(u32, Width) override { return ++accesses; }
  void write(u32, Width, u64) override { ++accesses; }
  u64 accesses = 0;
};

constexpr u64 kDevice = 0xc000'0000;

TEST_CASE("Descriptors never reach other devices' registers, nor its own", "[e1000]") {
  E1000Rig rig;
  CountingRange other;
  REQUIRE(rig.device_bus.attach(kDevice, 0x1000, other, "other"));
  REQUIRE(rig.device_bus.attach(kDevice + 0x2'0000, 0x2'0000, rig.registers(), "own"));
  const u64 target = GENERATE(kDevice, kDevice + 0x2'0000, u64{0xffff'ffff'ffff'fff0}, u64{0x3f'fff0});
  rig.start_transmitter();
  rig.start_receiver();
  for (u32 i = 0; i < 16; ++i) rig.put_descriptor(E1000Rig::kReceiveRing, i, target, 0);
  for (int i = 0; i < 4; ++i) rig.queue(target, 1000 | u64{0x0b} << 24);
  rig.kick(milliseconds(1));
  for (int i = 0; i < 4; ++i) rig.card.receive(frame_to(kStation, 1000));
  CHECK(rig.wire.frames.size() == 4);

  for (const Offset ring : {Offset::Tdbal, Offset::Rdbal}) {
    rig.set(ring, static_cast<u32>(target));
    rig.set(ring + 4, static_cast<u32>(target >> 32));
  }
  rig.set(Offset::Tdt, 60);
  rig.card.receive(frame_to(kStation, 1000));
  rig.clock.advance(milliseconds(1));
  CHECK(other.accesses == 0);
}

TEST_CASE("A frame that is received over its own descriptors does no harm", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver();
  for (u32 i = 0; i < 16; ++i) rig.put_descriptor(E1000Rig::kReceiveRing, i, E1000Rig::kReceiveRing, 0);
  for (int i = 0; i < 40; ++i) {
    rig.card.receive(frame_to(kStation, 1500));
    rig.set(Offset::Rdt, static_cast<u32>(i));
    rig.clock.advance(microseconds(10));
  }
  CHECK(rig.get(Offset::Tpr) == 40);
}

TEST_CASE("Frames of odd lengths are refused", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(16, 0x0600'803a);
  for (const std::size_t length : {0, 1, 13, 14, 59, 16385, 70000}) {
    rig.card.receive(Frame(length, std::byte{0xff}));
  }
  CHECK(rig.receive_status(0) == 0);
}

TEST_CASE("Junk in registers and descriptors, and frames in between, do no harm", "[e1000]") {
  const unsigned seed = GENERATE(1u, 2u, 3u, 4u);
  std::minstd_rand random(seed);
  E1000Rig rig(seed % 3 == 0 ? Chip::I82543Gc : seed % 3 == 1 ? Chip::I82540Em : Chip::I82545Em);
  // Registers that matter most come more often than others.
  constexpr u32 kOften[] = {0x0000, 0x0010, 0x0018, 0x0020, 0x0100, 0x0400, 0x1000, 0x2800, 0x2808, 0x2810,
                            0x2818, 0x2820, 0x2828, 0x3800, 0x3808, 0x3810, 0x3818, 0x3820, 0x3828, 0x00c4};
  constexpr Width kWidths[] = {Width::Byte, Width::Word, Width::Dword, Width::Dword, Width::Dword};
  const auto word = [&random] { return static_cast<u32>(random() << 16 ^ random()); };
  for (int step = 0; step < 20'000; ++step) {
    const u32 offset =
        random() % 2 != 0 ? kOften[random() % std::size(kOften)] : word() % E1000::kMemoryLength;
    const Width width = kWidths[random() % std::size(kWidths)];
    switch (random() % 8) {
      case 0:
        rig.registers().read(offset, width);
        break;
      case 1:
      case 2: {
        const u32 value = random() % 3 == 0 ? word() : random() % 2 != 0 ? word() & 0xff : word() & 0xf'fff0;
        rig.registers().write(offset, width, value & open_bus(width));
        break;
      }
      case 3:
        // Something that looks like a descriptor, anywhere in memory, where rings are likely.
        rig.put_descriptor(
            word() % 2 * 0x1000, word() % 256, word() % E1000Rig::kMemory,
            u64{word()} << 32 | (word() & 0xff0f'0fff) | (random() % 2 != 0 ? kDataDescriptor : 0));
        break;
      case 4:
        rig.card.receive(frame_to(random() % 2 != 0 ? kStation : kBroadcast, 60 + word() % 9000));
        break;
      case 5:
        rig.clock.advance(nanoseconds(word() % 100'000));
        break;
      case 6:
        rig.io().write(word() % 8 & ~3u, Width::Dword, word() % E1000::kMemoryLength);
        rig.io().read(word() % 8, Width::Byte);
        break;
      default:
        if (random() % 16 == 0) rig.card.write_config(static_cast<u8>(word()), Width::Dword, word());
        if (random() % 4 == 0) rig.card.write_config(pci_offset::kCommand, Width::Word, 7);
        if (random() % 64 == 0) rig.card.set_link(random() % 2 != 0);
        rig.wire.frames.clear();
    }
  }
  // It still works.
  rig.card.reset();
  rig.card.write_config(pci_offset::kCommand, Width::Word, 7);
  rig.card.set_link(true);
  rig.set(Offset::Ctrl, 0x41);
  rig.clock.advance(milliseconds(200));
  rig.wire.frames.clear();
  rig.start_transmitter();
  const Frame frame = frame_to(kOtherStation, 100);
  rig.put_descriptor(E1000Rig::kTransmitRing, 0, rig.put_data(frame), frame.size() | u64{0x0b} << 24);
  rig.set(Offset::Tdt, 1);
  rig.clock.advance(microseconds(1));
  CHECK(rig.wire.frames == std::vector<Frame>{frame});
}

}  // namespace
}  // namespace ringdown
