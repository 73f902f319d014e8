// ACPI power management as firmware and operating systems use it.
#include "devices/power/piix4_pm.h"

#include "tests/support/snapshot_contract.h"
#include "tests/support/test_clock.h"

namespace ringdown {
namespace {

class Control final : public MachineControl {
 public:
  void request_reset() override {}
  void request_power_off() override { ++power_offs; }
  void request_exit(u8) override {}
  int power_offs = 0;
};

class Pins final : public ProcessorPins {
 public:
  void set_intr(Level) override {}
  void pulse_nmi() override {}
  void pulse_smi() override { ++smis; }
  void set_a20(Level) override {}
  int smis = 0;
};

class Sci final : public InterruptSink {
 public:
  void set_input(unsigned pin, Level level) override {
    REQUIRE(pin == 9);
    high = level == Level::High;
  }
  bool high = false;
};

struct Rig {
  test::TestClock clock;
  Log log;
  Control control;
  Sci sci;
  Piix4Pm pm{clock.scheduler(), control, log, InterruptLine(sci, 9)};

  BusRange& block() { return *pm.windows()[0].range; }
  u16 in(u32 offset) { return static_cast<u16>(block().read(offset, Width::Word)); }
  void out(u32 offset, u16 value) { block().write(offset, Width::Word, value); }
  u32 timer() { return static_cast<u32>(block().read(8, Width::Dword)); }
};

}  // namespace

TEST_CASE("PMBA and SMBBA place the blocks once they are enabled") {
  Rig r;
  CHECK(r.pm.read_config(0x40, Width::Dword) == 1);
  r.pm.write_config(0x40, Width::Dword, 0x0000'b03f);
  CHECK(r.pm.read_config(0x40, Width::Dword) == 0xb001);
  CHECK_FALSE(r.pm.window_base(0));
  r.pm.write_config(0x80, Width::Byte, 1);
  CHECK(r.pm.window_base(0) == 0xb000u);
  r.pm.write_config(0x90, Width::Dword, 0xb101);
  r.pm.write_config(0xd2, Width::Byte, 9);
  CHECK_FALSE(r.pm.window_base(1));
  r.pm.write_config(0x04, Width::Word, 1);
  CHECK(r.pm.window_base(1) == 0xb100u);
  CHECK((r.pm.read_config(0x5b, Width::Byte) & 2) == 0);  // firmware that sees it set leaves SMM alone
}

TEST_CASE("the timer's last overflow is the one before virtual time ends") {
  Rig r;
  Scheduler& scheduler = r.clock.scheduler();
  scheduler.skip_to(kNeverTime - kPicosecondsPerSecond * 10);
  scheduler.run_due();
  unsigned overflows = 0;
  while (scheduler.next_deadline() != kNeverTime) {
    REQUIRE(++overflows < 10);
    scheduler.skip_to(scheduler.next_deadline());
    scheduler.run_due();
  }
  CHECK(overflows > 0);
}

TEST_CASE("the power management timer counts at 3.579545 MHz in 24 bits") {
  Rig r;
  CHECK(r.timer() == 0);
  r.clock.advance(milliseconds(1000));
  CHECK(r.timer() == 3'579'545);
  CHECK(r.block().read(8, Width::Byte) == (3'579'545 & 0xff));
  CHECK(r.block().read(10, Width::Byte) == 3'579'545 >> 16);
  r.clock.advance(milliseconds(4000));
  CHECK(r.timer() == 5 * 3'579'545 - 0x100'0000);
}

TEST_CASE("the timer's top bit sets its status and interrupts") {
  Rig r;
  r.out(4, 1);
  r.out(2, 1);
  r.clock.advance(milliseconds(2343));
  CHECK(r.in(0) == 0);
  CHECK(r.timer() < 0x80'0000);
  r.clock.advance(milliseconds(1));
  CHECK(r.timer() >= 0x80'0000);
  CHECK(r.in(0) == 1);
  CHECK(r.sci.high);
  r.out(0, 1);
  CHECK_FALSE(r.sci.high);
  r.clock.advance(milliseconds(2342));
  CHECK(r.in(0) == 0);
  r.clock.advance(milliseconds(1));
  CHECK(r.in(0) == 1);
}

TEST_CASE("ACPI mode is switched through APMC and the power button tells the system") {
  Rig r;
  r.pm.press_power_button();
  CHECK(r.in(0) == 0x100);
  CHECK_FALSE(r.pm.power_button_enabled());
  r.pm.apm_ports().write(0, Width::Byte, 0xf1);
  CHECK(r.in(4) == 1);
  CHECK_FALSE(r.sci.high);
  r.out(2, 0x100);
  CHECK(r.pm.power_button_enabled());
  CHECK(r.sci.high);
  r.block().write(1, Width::Byte, 1);  // status byte-wise
  CHECK_FALSE(r.sci.high);
  r.pm.apm_ports().write(0, Width::Byte, 0xf0);
  CHECK(r.in(4) == 0);
  r.pm.apm_ports().write(1, Width::Byte, 0x5a);
  CHECK(r.pm.apm_ports().read(0, Width::Word) == 0x5af0);
}

TEST_CASE("A write to APMC raises an SMI where APMC_EN and SMI_EN are set") {
  Rig r;
  Pins pins;
  r.pm.connect_smi(pins);
  const auto command = [&] { r.pm.apm_ports().write(0, Width::Byte, 0x55); };
  command();
  r.out(0x28, 1);
  command();
  CHECK(pins.smis == 0);
  CHECK(r.in(0x18) == 0);
  r.pm.write_config(0x5b, Width::Byte, 2);
  r.out(0x28, 0);
  command();
  CHECK(pins.smis == 0);
  CHECK(r.in(0x18) == 0x20);
  r.out(0x18, 0x20);
  CHECK(r.in(0x18) == 0);
  r.out(0x28, 1);
  command();
  command();
  CHECK(pins.smis == 2);
  r.pm.apm_ports().write(1, Width::Byte, 1);  // APMS
  CHECK(pins.smis == 2);
  r.pm.reset();
  command();
  CHECK(pins.smis == 2);
}

TEST_CASE("EOS lets one SMI through each time that it is set, once it has been set") {
  Rig r;
  Pins pins;
  r.pm.connect_smi(pins);
  const auto command = [&] { r.pm.apm_ports().write(0, Width::Byte, 0x55); };
  const auto end = [&] { r.block().write(0x2a, Width::Byte, 1); };
  r.pm.write_config(0x5b, Width::Byte, 2);
  r.out(0x28, 1);
  end();
  CHECK(r.in(0x2a) == 1);
  r.block().write(0x2a, Width::Byte, 0);
  CHECK(r.in(0x2a) == 1);  // only an SMI clears it
  command();
  CHECK(pins.smis == 1);
  CHECK(r.in(0x2a) == 0);
  command();
  CHECK(pins.smis == 1);
  CHECK(r.in(0x18) == 0x20);
  end();  // while a cause waits
  CHECK(pins.smis == 2);
  CHECK(r.in(0x2a) == 0);
  r.out(0x18, 0x20);
  end();
  CHECK(r.in(0x2a) == 1);
  CHECK(pins.smis == 2);
  r.out(0x28, 0);
  command();
  end();  // SMI_EN is clear
  CHECK(pins.smis == 2);
  CHECK(r.in(0x2a) == 0);
}

TEST_CASE("The power button raises an SMI in legacy mode, if it is enabled") {
  Rig r;
  Pins pins;
  r.pm.connect_smi(pins);
  r.out(0x28, 1);
  r.pm.press_power_button();
  CHECK(pins.smis == 0);
  r.out(2, 0x100);
  r.pm.press_power_button();
  CHECK(pins.smis == 1);
  CHECK_FALSE(r.sci.high);
  r.out(4, 1);
  r.pm.press_power_button();
  CHECK(pins.smis == 1);
  CHECK(r.sci.high);

  r.pm.write_config(0x5b, Width::Byte, 2);
  r.pm.apm_ports().write(0, Width::Byte, 0x55);
  CHECK(pins.smis == 2);
  r.pm.press_power_button();  // with APM_STS set, which firmware may leave
  CHECK(pins.smis == 2);
}

TEST_CASE("SUS_EN with the type of S5 turns the power off") {
  Rig r;
  r.out(4, 0x1401);
  CHECK(r.control.power_offs == 0);
  r.out(4, 0x2401);  // S3: wakes up at once
  CHECK(r.control.power_offs == 0);
  CHECK((r.in(0) & 0x8000) != 0);
  r.out(4, 0x2001);
  CHECK(r.control.power_offs == 1);
  CHECK(r.in(4) == 1);  // SUS_EN reads zero
}

TEST_CASE("SMBus transactions end with a device error") {
  Rig r;
  BusRange& smbus = *r.pm.windows()[1].range;
  smbus.write(4, Width::Byte, 0xa1);
  smbus.write(2, Width::Byte, 0x48);
  CHECK(smbus.read(0, Width::Byte) == 0x04);
  CHECK(smbus.read(2, Width::Byte) == 0x08);
  smbus.write(0, Width::Byte, 0x1e);
  CHECK(smbus.read(0, Width::Byte) == 0);
}

TEST_CASE("general purpose events keep their enable bits") {
  Rig r;
  BusRange& gpe = r.pm.general_purpose_events();
  gpe.write(2, Width::Word, 0x1234);
  gpe.write(0, Width::Word, 0xffff);
  CHECK(gpe.read(0, Width::Dword) == 0x1234'0000);
}

TEST_CASE("power management state is saved, and reset clears it") {
  Rig used;
  used.pm.write_config(0x40, Width::Dword, 0xb001);
  used.pm.apm_ports().write(0, Width::Byte, 0xf1);
  used.out(2, 0x100);
  used.pm.press_power_button();
  Rig fresh;
  test::check_snapshot_contract(used.pm, fresh.pm);
  CHECK(fresh.sci.high);
  fresh.pm.reset();
  CHECK_FALSE(fresh.sci.high);
  CHECK(fresh.in(2) == 0);
  CHECK(fresh.pm.read_config(0x40, Width::Dword) == 1);
}

}  // namespace ringdown
