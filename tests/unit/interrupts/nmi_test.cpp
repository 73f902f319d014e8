// Port 61h's checks and the mask of NMI (Intel 290550, "NMI Status and Control Register").
#include "devices/interrupts/nmi_sources.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

/// The speaker's half of port 61h.
class Speaker final : public BusRange {
 public:
  u64 read(u32, Width) override { return value | 0x30; }
  void write(u32, Width, u64 written) override { value = written; }
  u64 value = 0;
};

struct Rig {
  Speaker speaker;
  test::InterruptProbe pin;
  NmiSources nmi{speaker, pin.line()};
  u8 read() { return test::read_byte(nmi.control_port(), 0); }
  void write(unsigned value) { test::write_byte(nmi.control_port(), 0, value); }
};

}  // namespace

TEST_CASE("IOCHK# raises NMI once it is enabled, and stays noted until its check is switched off") {
  Rig r;
  r.nmi.report_io_check();
  CHECK(r.read() == 0x70);
  CHECK_FALSE(r.pin.high());  // port 70h masks NMI after reset
  r.nmi.set_input(0, Level::High);
  CHECK(r.pin.high());
  r.nmi.report_io_check();
  CHECK(r.pin.edges() == 1);
  r.write(0x0b);
  CHECK(r.read() == 0x3b);
  CHECK_FALSE(r.pin.high());
  r.nmi.report_io_check();
  CHECK(r.read() == 0x3b);
  r.write(0x03);
  CHECK(r.speaker.value == 0x03);
  r.nmi.report_io_check();
  CHECK(r.pin.edges() == 2);
}

TEST_CASE("The disabling bits of port 61h are kept apart from the speaker's") {
  Rig r;
  r.write(0xff);
  CHECK(r.speaker.value == 0xf3);
  r.nmi.reset();
  CHECK((r.read() & 0x4c) == 0);
}

TEST_CASE("The NMI logic keeps the snapshot contract") {
  Rig used;
  used.write(0x04);
  used.nmi.set_input(0, Level::High);
  used.nmi.report_io_check();
  Rig fresh;
  test::check_snapshot_contract(used.nmi, fresh.nmi);
  fresh.nmi.set_input(0, Level::High);  // as its device drives it after a restore
  CHECK(fresh.pin.high());
  CHECK((fresh.read() & 0x4c) == 0x44);
}

}  // namespace ringdown
