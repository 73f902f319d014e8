// Causes, masks, the throttle and the delay timers, in virtual time.
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;
namespace cause = e1000::cause;

constexpr u64 kDelayed = u64{0x80} << 24;  // IDE
/// The ring has become empty.
constexpr u32 kEmpty = cause::kTxqe | cause::kTxdLow;

TEST_CASE("A cause interrupts while it is enabled, until it is read", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Ics, cause::kRxo);
  CHECK_FALSE(rig.interrupt.high());
  rig.set(Offset::Ims, cause::kRxo);
  CHECK(rig.interrupt.high());
  CHECK((rig.card.read_config(0x06, Width::Byte) & 8) != 0);
  CHECK(rig.get(Offset::Icr) == cause::kRxo);
  CHECK_FALSE(rig.interrupt.high());
  CHECK(rig.get(Offset::Icr) == 0);
  CHECK((rig.card.read_config(0x06, Width::Byte) & 8) == 0);
}

TEST_CASE("Every cause can be set and cleared alone", "[e1000]") {
  E1000Rig rig;
  for (u32 bit = 0; bit < 17; ++bit) {
    CAPTURE(bit);
    rig.set(Offset::Imc, 0xffff'ffff);
    rig.set(Offset::Ims, 1u << bit);
    CHECK(rig.get(Offset::Ims) == 1u << bit);
    rig.set(Offset::Ics, ~(1u << bit));
    CHECK_FALSE(rig.interrupt.high());
    rig.set(Offset::Ics, 1u << bit);
    CHECK(rig.interrupt.high());
    rig.set(Offset::Icr, 1u << bit);
    CHECK_FALSE(rig.interrupt.high());
    CHECK(rig.get(Offset::Icr) == (0x1'ffff & ~(1u << bit)));
  }
  CHECK(rig.get(Offset::Imc) == 0);
  CHECK(rig.get(Offset::Ics) == 0);
}

TEST_CASE("The command register can turn INTA# off", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Ims, cause::kLsc);
  rig.set(Offset::Ics, cause::kLsc);
  rig.card.write_config(pci_offset::kCommand, Width::Word, 0x0407);
  CHECK_FALSE(rig.interrupt.high());
  CHECK((rig.card.read_config(0x06, Width::Byte) & 8) != 0);
  rig.card.write_config(pci_offset::kCommand, Width::Word, 0x0007);
  CHECK(rig.interrupt.high());
}

TEST_CASE("ITR keeps interrupts apart", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Itr, 400);  // 102.4 us
  rig.set(Offset::Ims, cause::kLsc);
  rig.set(Offset::Ics, cause::kLsc);
  CHECK(rig.interrupt.high());
  (void)rig.get(Offset::Icr);
  rig.clock.advance(microseconds(50));
  rig.set(Offset::Ics, cause::kLsc);
  CHECK_FALSE(rig.interrupt.high());
  rig.clock.advance(microseconds(52));
  CHECK_FALSE(rig.interrupt.high());
  rig.clock.advance(microseconds(1));
  CHECK(rig.interrupt.high());
  (void)rig.get(Offset::Icr);
  rig.clock.advance(microseconds(200));
  rig.set(Offset::Ics, cause::kLsc);
  CHECK(rig.interrupt.high());
  // The 82543GC has no such register.
  E1000Rig old(Chip::I82543Gc);
  old.set(Offset::Itr, 400);
  CHECK(old.get(Offset::Itr) == 0);
}

TEST_CASE("A received frame interrupts at once, or RDTR after the last one, or RADV after the first",
          "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(64);
  const Frame frame = frame_to(kStation, 100);
  rig.card.receive(frame);
  CHECK((rig.get(Offset::Icr) & cause::kRxt0) != 0);

  rig.set(Offset::Rdtr, 100);  // 102.4 us
  rig.card.receive(frame);
  rig.clock.advance(microseconds(60));
  rig.card.receive(frame);
  rig.clock.advance(microseconds(102));
  CHECK(rig.get(Offset::Icr) == 0);
  rig.clock.advance(microseconds(1));
  CHECK(rig.get(Offset::Icr) == cause::kRxt0);

  rig.set(Offset::Radv, 200);  // 204.8 us
  for (int i = 0; i < 4; ++i) {
    rig.card.receive(frame);
    CHECK(rig.get(Offset::Icr) == 0);
    rig.clock.advance(microseconds(51));
  }
  rig.clock.advance(microseconds(1));
  CHECK(rig.get(Offset::Icr) == cause::kRxt0);
  rig.clock.advance(microseconds(500));
  CHECK(rig.get(Offset::Icr) == 0);

  rig.card.receive(frame);
  rig.set(Offset::Rdtr, 0x8000'0064);  // FPD: now
  CHECK(rig.get(Offset::Icr) == cause::kRxt0);
}

TEST_CASE("Small packets do not wait where RSRPD says so", "[e1000]") {
  E1000Rig rig;
  rig.start_receiver(64);
  rig.set(Offset::Rdtr, 100);
  rig.set(Offset::Rsrpd, 128);
  rig.card.receive(frame_to(kStation, 129));
  CHECK(rig.get(Offset::Icr) == 0);
  rig.card.receive(frame_to(kStation, 128));
  CHECK(rig.get(Offset::Icr) == cause::kSrpd);
}

TEST_CASE("Few free descriptors interrupt at the threshold", "[e1000]") {
  const auto [rdmts, used] =
      GENERATE(std::make_pair(0u, 7u), std::make_pair(1u, 11u), std::make_pair(2u, 13u));
  E1000Rig rig;
  rig.start_receiver(16, E1000Rig::kReceiveControl | rdmts << 8);
  for (u32 i = 0; i < used - 1; ++i) rig.card.receive(frame_to(kStation, 100));
  CHECK((rig.get(Offset::Icr) & cause::kRxdmt0) == 0);
  rig.card.receive(frame_to(kStation, 100));
  CHECK((rig.get(Offset::Icr) & cause::kRxdmt0) != 0);
}

TEST_CASE("TXDW comes at once, or after TIDV with IDE; TXQE when the ring is empty", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.get(Offset::Icr) == (cause::kTxdw | kEmpty));

  rig.set(Offset::Tidv, 100);
  rig.set(Offset::Tadv, 150);
  rig.queue_frame(frame_to(kOtherStation, 100), kDelayed);
  rig.kick(0);
  CHECK(rig.transmit_status(1) == 1);
  CHECK(rig.get(Offset::Icr) == kEmpty);
  rig.clock.advance(microseconds(60));
  rig.queue_frame(frame_to(kOtherStation, 100), kDelayed);
  rig.kick(0);
  CHECK(rig.get(Offset::Icr) == kEmpty);
  rig.clock.advance(microseconds(92));
  CHECK(rig.get(Offset::Icr) == 0);
  rig.clock.advance(microseconds(2));  // TADV: 153.6 us after the first
  CHECK(rig.get(Offset::Icr) == cause::kTxdw);

  rig.queue_frame(frame_to(kOtherStation, 100), kDelayed);
  rig.kick(0);
  rig.set(Offset::Tidv, 0x8000'0064);
  CHECK(rig.get(Offset::Icr) == (cause::kTxdw | kEmpty));
}

TEST_CASE("Done descriptors are written back in bulk above WTHRESH", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.set(Offset::Txdctl, 1u << 24 | 3u << 16);
  for (int i = 0; i < 2; ++i) rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK(rig.transmit_status(0) == 0);
  CHECK(rig.get(Offset::Icr) == kEmpty);
  rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  for (u32 i = 0; i < 3; ++i) CHECK(rig.transmit_status(i) == 1);
  CHECK(rig.get(Offset::Icr) == (cause::kTxdw | kEmpty));

  rig.start_receiver();
  rig.set(Offset::Rdtr, 100);
  rig.set(Offset::Rxdctl, 1u << 24 | 2u << 16);
  rig.card.receive(frame_to(kStation, 100));
  CHECK(rig.receive_status(0) == 0);
  rig.card.receive(frame_to(kStation, 100));
  CHECK(rig.receive_status(0) != 0);
  CHECK(rig.receive_status(1) != 0);
  rig.card.receive(frame_to(kStation, 100));
  rig.clock.advance(microseconds(103));
  CHECK(rig.receive_status(2) != 0);
}

TEST_CASE("TXD_LOW says when as many descriptors are left as LWTHRESH says", "[e1000]") {
  E1000Rig rig;
  rig.start_transmitter();
  rig.set(Offset::Txdctl, 1u << 25);  // 8
  for (int i = 0; i < 8; ++i) rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK((rig.get(Offset::Icr) & cause::kTxdLow) == 0);
  for (int i = 0; i < 9; ++i) rig.queue_frame(frame_to(kOtherStation, 100));
  rig.kick();
  CHECK((rig.get(Offset::Icr) & cause::kTxdLow) != 0);
}

}  // namespace
}  // namespace ringdown
