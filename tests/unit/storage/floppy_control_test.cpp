// The floppy controller's registers, resets, control commands and head movement.
#include <catch2/catch.hpp>

#include "tests/unit/storage/floppy_rig.h"

namespace ringdown {

using namespace test;

TEST_CASE("a reset polls four drives with one interrupt") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB");
  CHECK(r.in(kMsr) == 0);
  r.out(kDor, 0x0c);
  CHECK(r.in(kMsr) == 0x80);
  CHECK_FALSE(r.irq.high());
  r.clock.advance(milliseconds(1));
  CHECK(r.irq.high());
  for (u8 unit = 0; unit < 4; ++unit) {
    CHECK(r.sense() == Bytes{static_cast<u8>(0xc0 | unit), 0});
    CHECK_FALSE(r.irq.high());
  }
  CHECK(r.sense() == Bytes{0x80});
  r.out(kMsr, 0x80);  // the DSR's reset ends itself
  CHECK(r.in(kMsr) == 0x80);
  r.wait();
  CHECK(r.irq.edges() == 2);
}

TEST_CASE("a CONFIGURE in time forbids the polling") {
  FloppyRig r;
  r.out(kDor, 0x0c);
  r.command({0x13, 0, 0x10, 0});
  r.clock.advance(milliseconds(10));
  CHECK_FALSE(r.irq.high());
  CHECK(r.sense() == Bytes{0x80});
}

TEST_CASE("DMAGATE# keeps the interrupt back") {
  FloppyRig r;
  r.out(kDor, 0x04);
  r.clock.advance(milliseconds(1));
  CHECK_FALSE(r.irq.high());
  r.out(kDor, 0x0c);
  CHECK(r.irq.high());
}

TEST_CASE("registers that a PC/AT does not have, or not wholly, float") {
  FloppyRig r;
  CHECK(r.in(0) == 0xff);
  CHECK(r.in(1) == 0xff);
  r.out(3, 0x02);
  CHECK(r.in(3) == 0xfe);
  r.out(kDor, 0x1c);
  CHECK(r.in(kDor) == 0x1c);
  CHECK(r.changed_line() == 0);  // there is no drive
}

TEST_CASE("VERSION, LOCK, CONFIGURE, SPECIFY and PERPENDICULAR MODE show in DUMPREG") {
  FloppyRig r;
  r.start();
  r.command({0x10});
  CHECK(r.result() == Bytes{0x90});
  r.command({0x03, 0xaf, 0x1e});
  r.command({0x13, 0, 0x57, 0x20});
  r.command({0x12, 0x80 | 0x14 | 0x03});
  r.command({0x12, 0x01});  // without OW the drives stay
  r.command({0x94});
  CHECK(r.result() == Bytes{0x10});
  r.command({0x0e});
  CHECK(r.result() == Bytes{0, 0, 0, 0, 0xaf, 0x1e, 0, 0x80 | 0x14 | 0x01, 0x57, 0x20});

  // A reset by software takes what is not locked; SPECIFY's values and the perpendicular drives stay.
  r.out(kMsr, 0x80);
  r.command({0x0e});
  CHECK(r.result() == Bytes{0, 0, 0, 0, 0xaf, 0x1e, 0, 0x80 | 0x14, 0x07, 0x20});
  r.command({0x14});
  CHECK(r.result() == Bytes{0x00});
  r.out(kMsr, 0x80);
  r.command({0x0e});
  CHECK(r.result() == Bytes{0, 0, 0, 0, 0xaf, 0x1e, 0, 0x14, 0x20, 0});
}

TEST_CASE("codes that the controller does not know are answered with 80h") {
  FloppyRig r;
  r.start();
  for (const u8 code : {0x00, 0x01, 0x11, 0x19, 0x1d, 0x18, 0x1f, 0x83, 0x25}) {
    r.command({code});
    CHECK(r.result() == Bytes{0x80});
  }
  CHECK(r.in(kMsr) == 0x80);
}

TEST_CASE("SENSE DRIVE STATUS shows track 0 and write protection") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB", true);
  r.add_disk(1, "1.44 MB");
  r.start(0);
  r.command({0x04, 0x04});
  CHECK(r.result() == Bytes{0x28 | 0x40 | 0x10 | 0x04});
  r.start(1);
  r.seek(3, 1);
  r.command({0x04, 0x01});
  CHECK(r.result() == Bytes{0x28 | 0x01});
  r.start(2);  // no such drive
  r.command({0x04, 0x02});
  CHECK(r.result() == Bytes{0x28 | 0x02});
}

TEST_CASE("a seek takes its steps and keeps the drive busy until it was sensed") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB");
  r.start();
  r.command({0x0f, 0, 10});
  CHECK(r.in(kMsr) == 0x81);
  r.clock.advance(milliseconds(29));
  CHECK_FALSE(r.irq.high());
  r.clock.advance(milliseconds(2));
  CHECK(r.irq.high());
  CHECK(r.in(kMsr) == 0x81);
  CHECK(r.sense() == Bytes{0x20, 10});
  CHECK(r.in(kMsr) == 0x80);
  CHECK_FALSE(r.irq.high());

  // Relative: three in, and out beyond the stop.
  r.command({0xcf, 0, 3});
  r.wait();
  CHECK(r.sense() == Bytes{0x20, 13});
  r.command({0x8f, 0, 14});
  r.wait();
  CHECK(r.sense() == Bytes{0x70, 0xff});
}

TEST_CASE("RECALIBRATE gives up after 79 steps") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB");
  r.start();
  r.command({0xcf, 0, 82});
  r.wait();
  CHECK(r.sense() == Bytes{0x20, 82});
  r.command({0x07, 0});
  r.wait();
  CHECK(r.sense() == Bytes{0x70, 0});
  r.command({0x07, 0});
  r.wait();
  CHECK(r.sense() == Bytes{0x20, 0});
  r.start(3);
  r.command({0x07, 3});
  r.wait();
  CHECK(r.sense() == Bytes{0x73, 0});
}

TEST_CASE("two heads move at once, and each end is told") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB");
  r.add_disk(1, "1.44 MB");
  r.start(0);
  r.command({0x0f, 0, 5});
  r.command({0x0f, 1, 5});
  CHECK(r.in(kMsr) == 0x83);
  r.clock.advance(milliseconds(20));
  CHECK(r.sense() == Bytes{0x20, 5});
  CHECK(r.irq.high());
  CHECK(r.sense() == Bytes{0x21, 5});
  CHECK_FALSE(r.irq.high());
}

TEST_CASE("the change line stays until the head steps over a disk") {
  FloppyRig r;
  r.add_disk(0, "1.44 MB");
  r.start();
  CHECK(r.changed_line() != 0);
  r.seek(1);
  CHECK(r.changed_line() == 0);
  r.controller.removable(0)->remove();
  CHECK(r.changed_line() != 0);
  r.seek(0);
  CHECK(r.changed_line() != 0);  // no disk to step over
  r.insert(0, "720 KB");
  CHECK(r.changed_line() != 0);
  r.seek(1);
  CHECK(r.changed_line() == 0);
}

}  // namespace ringdown
