// The DP8390's registers: reset, pages, interrupt status, and the PROM as drivers look for it.
#include "tests/unit/network/ns8390/ns8390_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE_METHOD(Ns8390Rig, "After reset the controller is stopped and interrupts nothing") {
  REQUIRE(get(0) == kStop);
  REQUIRE((get(kInterrupts) & kResetState) != 0);
  set(0, kStop | kPage2);
  REQUIRE(get(kInterruptMask) == 0);
  REQUIRE((get(kDataConfiguration) & 0x04) != 0);      // LAS
  REQUIRE((get(kTransmitConfiguration) & 0x06) == 0);  // LB
  REQUIRE_FALSE(irq.high());
}

TEST_CASE_METHOD(Ns8390Rig, "The reset status follows stop and start and cannot be written") {
  set(0, kStart);
  REQUIRE((get(kInterrupts) & kResetState) == 0);
  set(0, kStop);
  REQUIRE((get(kInterrupts) & kResetState) != 0);
  set(kInterrupts, 0xff);
  REQUIRE(get(kInterrupts) == kResetState);
  set(kInterruptMask, 0xff);
  REQUIRE_FALSE(irq.high());
}

TEST_CASE_METHOD(Ns8390Rig, "A read of the reset port resets the controller, a write does nothing") {
  start();
  set(kInterruptMask, 0x7f);
  set(0x1f, 0);
  REQUIRE(get(0) == kStart);
  get(0x18);
  REQUIRE(get(0) == kStop);
  REQUIRE((get(kInterrupts) & kResetState) != 0);
  set(0, kStop | kPage2);
  REQUIRE(get(kInterruptMask) == 0);
}

TEST_CASE_METHOD(Ns8390Rig, "Page 1 holds the addresses, page 2 shows what page 0 was written") {
  start(0x49, 0x1f);
  set(kTransmitConfiguration, 0x01);
  set(kInterruptMask, 0x5a);
  set(0, kStart | kPage1);
  for (u32 i = 0; i < 6; ++i) REQUIRE(get(1 + i) == kStation[i]);
  REQUIRE(get(7) == kRingStart + 1);
  set(15, 0x81);
  REQUIRE(get(15) == 0x81);

  set(0, kStart | kPage2);
  REQUIRE(get(1) == kRingStart);
  REQUIRE(get(2) == kRingStop);
  REQUIRE(get(12) == (0xc0 | 0x1f));
  REQUIRE(get(13) == (0xe0 | 0x01));
  REQUIRE(get(14) == (0x80 | 0x49));
  REQUIRE(get(15) == 0x5a);
  set(1, 0x34);  // CLDA0
  set(2, 0x12);  // CLDA1
  REQUIRE(get(6) == 0x12);
  REQUIRE(get(7) == 0x34);
  set(0, kStart);
  REQUIRE(get(1) == 0x34);
  REQUIRE(get(2) == 0x12);
}

TEST_CASE_METHOD(Ns8390Rig, "Page 3 reads zero on a card without registers of its own") {
  set(0, kStop | 0xc0);
  for (u32 offset = 1; offset < 16; ++offset) {
    set(offset, 0xff);
    REQUIRE(get(offset) == 0);
  }
}

TEST_CASE_METHOD(Ns8390Rig, "Bytes of the PROM come twice, words once, with 57h behind the address") {
  set(kDataConfiguration, 0x48);  // byte-wide
  remote(kRemoteRead, 0, 32);
  for (u32 i = 0; i < 32; ++i) {
    const u8 expected = i < 12 ? kStation[i / 2] : i >= 28 ? u8{0x57} : u8{0};
    REQUIRE(get(0x10) == expected);
  }
  set(kDataConfiguration, 0x49);  // word-wide, read in bytes
  remote(kRemoteRead, 0, 32);
  for (u32 i = 0; i < 16; ++i) {
    const u8 expected = i < 6 ? kStation[i] : i >= 14 ? u8{0x57} : u8{0};
    REQUIRE(get(0x10) == expected);
  }
  REQUIRE((get(kInterrupts) & kRemoteDone) != 0);
}

TEST_CASE_METHOD(Ns8390Rig, "Accesses of several bytes reach registers side by side") {
  start();
  REQUIRE(ports.read(2, Width::Word) == (get(2) | u64{get(3)} << 8));
  ports.write(8, Width::Word, 0x4321);
  REQUIRE(get(8) == 0x21);
  REQUIRE(get(9) == 0x43);
}

}  // namespace
}  // namespace ringdown::test
