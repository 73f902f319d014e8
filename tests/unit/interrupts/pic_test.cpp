// The 8259A pair: initialisation, priorities, triggering, ends of interrupt, polling and spurious vectors.
#include <catch2/catch.hpp>

#include "devices/interrupts/pic_pair.h"
#include "tests/support/interrupt_probe.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown {
namespace {

using test::read_byte;
using test::write_byte;

constexpr unsigned kNonSpecificEnd = 0x20;
constexpr unsigned kReadInService = 0x0b;
constexpr unsigned kReadRequests = 0x0a;
constexpr unsigned kPoll = 0x0c;

struct Fixture {
  Fixture() { pics.connect_output(probe.line()); }

  void initialize(unsigned icw4 = 0x01) {
    for (BusRange* ports : {&pics.master_ports(), &pics.slave_ports()}) {
      const bool master = ports == &pics.master_ports();
      write_byte(*ports, 0, 0x11);
      write_byte(*ports, 1, master ? 0x20 : 0x28);
      write_byte(*ports, 1, master ? 0x04 : 0x02);
      write_byte(*ports, 1, icw4);
    }
  }
  void pulse(unsigned pin) {
    pics.set_input(pin, Level::Low);
    pics.set_input(pin, Level::High);
  }
  u8 in_service(BusRange& ports) {
    write_byte(ports, 0, kReadInService);
    return read_byte(ports, 0);
  }

  test::InterruptProbe probe;
  PicPair pics;
};

TEST_CASE_METHOD(Fixture, "An edge raises INT and is acknowledged once with its vector") {
  initialize();
  pics.set_input(1, Level::High);
  REQUIRE(probe.high());
  REQUIRE(pics.acknowledge() == 0x21);
  REQUIRE_FALSE(probe.high());
  REQUIRE(in_service(pics.master_ports()) == 0x02);

  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE_FALSE(probe.high());  // the input is still high, but that is no new edge
  pulse(1);
  REQUIRE(probe.high());
}

TEST_CASE_METHOD(Fixture, "The highest priority is served first and blocks the lower ones") {
  initialize();
  pulse(5);
  pulse(3);
  REQUIRE(pics.acknowledge() == 0x23);
  REQUIRE_FALSE(probe.high());
  pulse(1);
  REQUIRE(probe.high());
  REQUIRE(pics.acknowledge() == 0x21);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE(pics.acknowledge() == 0x25);
}

TEST_CASE_METHOD(Fixture, "Slave requests come through the cascade") {
  initialize();
  pulse(12);
  pulse(8);
  REQUIRE(pics.acknowledge() == 0x28);
  REQUIRE(in_service(pics.master_ports()) == 0x04);
  REQUIRE(in_service(pics.slave_ports()) == 0x01);
  write_byte(pics.slave_ports(), 0, kNonSpecificEnd);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE(probe.edges() == 2);
  REQUIRE(pics.acknowledge() == 0x2c);
}

TEST_CASE_METHOD(Fixture, "The mask holds requests back without losing them") {
  initialize();
  write_byte(pics.master_ports(), 1, 0x10);
  REQUIRE(read_byte(pics.master_ports(), 1) == 0x10);
  pulse(4);
  REQUIRE_FALSE(probe.high());
  write_byte(pics.master_ports(), 0, kReadRequests);
  REQUIRE(read_byte(pics.master_ports(), 0) == 0x10);
  write_byte(pics.master_ports(), 1, 0x00);
  REQUIRE(pics.acknowledge() == 0x24);
}

TEST_CASE_METHOD(Fixture, "A request that went away gives the spurious vector and nothing in service") {
  initialize();
  pics.set_input(3, Level::High);
  pics.set_input(3, Level::Low);
  REQUIRE_FALSE(probe.high());
  REQUIRE(pics.acknowledge() == 0x27);
  REQUIRE(in_service(pics.master_ports()) == 0);
}

TEST_CASE_METHOD(Fixture, "Level-triggered inputs ask again until they are low") {
  initialize();
  write_byte(pics.edge_level_ports(), 1, 0xff);
  REQUIRE(read_byte(pics.edge_level_ports(), 1) == 0xde);  // IRQ8 and IRQ13 cannot be level triggered
  write_byte(pics.edge_level_ports(), 0, 0xff);
  REQUIRE(read_byte(pics.edge_level_ports(), 0) == 0xf8);
  pics.set_input(11, Level::High);
  REQUIRE(pics.acknowledge() == 0x2b);
  write_byte(pics.slave_ports(), 0, kNonSpecificEnd);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE(pics.acknowledge() == 0x2b);
  pics.set_input(11, Level::Low);
  write_byte(pics.slave_ports(), 0, kNonSpecificEnd);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE_FALSE(probe.high());
}

TEST_CASE_METHOD(Fixture, "Automatic end of interrupt leaves nothing in service, and can rotate") {
  initialize(0x03);
  write_byte(pics.master_ports(), 0, 0x80);
  pulse(1);
  REQUIRE(pics.acknowledge() == 0x21);
  REQUIRE(in_service(pics.master_ports()) == 0);
  pulse(1);
  pulse(4);
  REQUIRE(pics.acknowledge() == 0x24);  // input 1 became the lowest
  REQUIRE(pics.acknowledge() == 0x21);
}

TEST_CASE_METHOD(Fixture, "Priorities can be set and rotated on specific ends") {
  initialize();
  write_byte(pics.master_ports(), 0, 0xc0 | 4);  // input 4 lowest, 5 highest
  pulse(0);
  pulse(6);
  REQUIRE(pics.acknowledge() == 0x26);
  write_byte(pics.master_ports(), 0, 0xe0 | 6);  // end 6 and make it the lowest
  pulse(7);
  pulse(5);
  REQUIRE(pics.acknowledge() == 0x27);
  write_byte(pics.master_ports(), 0, 0xa0);  // rotate on non-specific end: 7 lowest
  REQUIRE(pics.acknowledge() == 0x20);
}

TEST_CASE_METHOD(Fixture, "Special mask mode lets lower requests through a masked service") {
  initialize();
  pulse(3);
  REQUIRE(pics.acknowledge() == 0x23);
  write_byte(pics.master_ports(), 0, 0x68);
  write_byte(pics.master_ports(), 1, 0x08);
  pulse(5);
  REQUIRE(pics.acknowledge() == 0x25);
  write_byte(pics.master_ports(), 0, kNonSpecificEnd);
  REQUIRE(in_service(pics.master_ports()) == 0x08);  // a masked service ends by a specific end only
  write_byte(pics.master_ports(), 0, 0x63);
  REQUIRE(in_service(pics.master_ports()) == 0);
}

TEST_CASE_METHOD(Fixture, "In special fully nested mode a higher slave request interrupts a slave service") {
  for (const bool nested : {false, true}) {
    initialize(nested ? 0x11 : 0x01);
    pulse(12);
    REQUIRE(pics.acknowledge() == 0x2c);
    pulse(8);
    REQUIRE(probe.high() == nested);
  }
}

TEST_CASE_METHOD(Fixture, "Polling acknowledges") {
  initialize();
  write_byte(pics.master_ports(), 0, kPoll);
  REQUIRE(read_byte(pics.master_ports(), 0) == 0);
  pulse(6);
  write_byte(pics.master_ports(), 0, kPoll);
  REQUIRE(read_byte(pics.master_ports(), 0) == 0x86);
  REQUIRE_FALSE(probe.high());
  REQUIRE(in_service(pics.master_ports()) == 0x40);
}

TEST_CASE_METHOD(Fixture, "ICW1 forgets masks, requests and services") {
  initialize();
  pulse(1);
  pics.acknowledge();
  write_byte(pics.master_ports(), 1, 0xff);
  write_byte(pics.master_ports(), 0, 0x11);
  REQUIRE(in_service(pics.master_ports()) == 0);
  write_byte(pics.master_ports(), 1, 0x40);
  write_byte(pics.master_ports(), 1, 0x04);
  write_byte(pics.master_ports(), 1, 0x01);
  REQUIRE(read_byte(pics.master_ports(), 1) == 0);
  pulse(1);
  REQUIRE(pics.acknowledge() == 0x41);
}

TEST_CASE_METHOD(Fixture, "The PIC pair keeps the snapshot contract") {
  initialize();
  pulse(3);
  pulse(12);
  pics.acknowledge();
  write_byte(pics.slave_ports(), 0, 0x11);  // half of an initialisation
  PicPair fresh;
  test::check_snapshot_contract(pics, fresh);
}

TEST_CASE_METHOD(Fixture, "A restored PIC pair drives its output again") {
  initialize();
  pulse(3);
  PicPair fresh;
  test::InterruptProbe output;
  fresh.connect_output(output.line());
  REQUIRE(test::restore(fresh, test::saved(pics)));
  REQUIRE(output.high());
  REQUIRE(fresh.acknowledge() == 0x23);
}

}  // namespace
}  // namespace ringdown
