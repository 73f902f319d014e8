// The PCnet's ports and registers: address PROM, word and double word mode, what resets leave, EEPROM, LEDs.
#include "devices/network/eeprom_93c46.h"
#include "tests/unit/network/pcnet/pcnet_rig.h"

namespace ringdown::test {
namespace {

TEST_CASE_METHOD(PcnetRig, "Configuration space says what it is and places ports and registers") {
  REQUIRE(nic.read_config(0, Width::Dword) == 0x20001022);
  REQUIRE(nic.read_config(9, Width::Byte) == 0);
  REQUIRE(nic.read_config(10, Width::Word) == 0x0200);
  REQUIRE(nic.read_config(0x3c, Width::Dword) == 0xff060100);
  nic.write_config(0x10, Width::Dword, 0xc000);
  nic.write_config(0x14, Width::Dword, 0xfeb00000);
  REQUIRE(nic.window_base(0) == 0xc000);
  REQUIRE(nic.window_base(1) == 0xfeb00000);
  set_bcr(22, 0x1808);
  REQUIRE(nic.read_config(0x3e, Width::Word) == 0x1808);
}

TEST_CASE_METHOD(PcnetRig, "The address PROM has the station's address, a sum and two marks") {
  unsigned sum = 0;
  for (u32 i = 0; i < 16; ++i) {
    const u8 byte = read_byte(ports, i);
    if (i < 6) REQUIRE(byte == kStation[i]);
    if (i != 12 && i != 13) sum += byte;
  }
  REQUIRE(ports.read(12, Width::Word) == sum);
  REQUIRE(ports.read(14, Width::Word) == 0x5757);
  REQUIRE(ports.read(0, Width::Dword) == 0x12005452);
  REQUIRE(read_byte(ports, 9) == 0x11);
  write_byte(ports, 0, 0x77);
  REQUIRE(read_byte(ports, 0) == kStation[0]);
  set_bcr(2, 0x0102);  // APROMWE
  write_byte(ports, 0, 0x77);
  REQUIRE(read_byte(ports, 0) == 0x77);
}

TEST_CASE_METHOD(PcnetRig, "After reset the registers hold what the data sheet says") {
  REQUIRE(csr(0) == kStop);
  REQUIRE(csr(3) == 0);
  REQUIRE(csr(4) == 0x0115);
  REQUIRE(csr(5) == 0);
  REQUIRE(csr(80) == 0x1410);
  REQUIRE(csr(88) == 0x1003);
  REQUIRE(csr(89) == 0x0262);
  REQUIRE(csr(100) == 0x0200);
  REQUIRE(bcr(2) == 0x0002);
  REQUIRE(bcr(18) == 0x9001);
  REQUIRE(bcr(20) == 0x0200);
  REQUIRE(csr(58) == 0x0200);
  REQUIRE(bcr(22) == 0xff06);
  REQUIRE(csr(200) == 0);
  REQUIRE(bcr(200) == 0);
}

TEST_CASE_METHOD(PcnetRig, "A double word to RDP chooses double word mode, which only RST# ends") {
  ports.write(0x10, Width::Dword, 0);
  REQUIRE(ports.read(0x10, Width::Dword) == kStop);
  ports.write(0x14, Width::Dword, 88);
  REQUIRE(ports.read(0x14, Width::Dword) == 88);
  REQUIRE(ports.read(0x10, Width::Dword) == 0x1003);
  ports.write(0x14, Width::Dword, 18);
  REQUIRE(ports.read(0x1c, Width::Dword) == 0x9081);
  ports.read(0x18, Width::Dword);  // S_RESET
  REQUIRE(ports.read(0x14, Width::Dword) == 0);
  ports.write(0x14, Width::Dword, 18);
  REQUIRE(ports.read(0x1c, Width::Dword) == 0x9081);
  nic.reset();
  REQUIRE(bcr(18) == 0x9001);
}

TEST_CASE_METHOD(PcnetRig, "S_RESET stops the controller and keeps the bus configuration") {
  start(2);
  set_csr(3, 0x5f00);
  set_csr(4, 0x0915);
  REQUIRE((csr(0) & kOn) == kOn);
  ports.read(0x14, Width::Word);
  REQUIRE(ports.read(0x12, Width::Word) == 0);
  REQUIRE(csr(0) == kStop);
  REQUIRE(csr(3) == 0);
  REQUIRE(csr(4) == 0x0115);
  REQUIRE(bcr(20) == 0x0302);
}

TEST_CASE_METHOD(PcnetRig,
                 "Most registers can be written only while the controller is stopped or suspended") {
  set_csr(24, 0x1234);
  set_csr(15, 0x8000);
  REQUIRE(csr(24) == 0x1234);
  start(0);
  const u16 base = csr(24);
  set_csr(24, 0x4321);
  set_csr(15, 0x8000);
  set_bcr(20, 3);
  REQUIRE(csr(24) == base);
  REQUIRE(csr(15) == 0);
  REQUIRE(bcr(20) == 0x0200);
  set_csr(5, 1);
  REQUIRE((csr(5) & 1) != 0);
  set_csr(15, 0x8000);
  REQUIRE(csr(15) == 0x8000);
}

TEST_CASE_METHOD(PcnetRig, "The software styles set their bits") {
  const u16 expected[] = {0x0200, 0x0101, 0x0302, 0x0303};
  for (unsigned each = 0; each < 4; ++each) {
    set_csr(58, each);
    REQUIRE(bcr(20) == expected[each]);
  }
  set_csr(92, 0x3000);
  REQUIRE(csr(92) == static_cast<u16>(-8));
  set_csr(92, 0xf000);
  REQUIRE(csr(92) == static_cast<u16>(-512));
  set_csr(124, 0x0008);
  REQUIRE(csr(124) == 0);
  set_csr(4, 0x8115);
  set_csr(124, 0x0008);
  REQUIRE(csr(124) == 8);
}

TEST_CASE_METHOD(PcnetRig, "An LED shows the link that its register asks for") {
  REQUIRE(bcr(4) == 0x80c0);
  REQUIRE(bcr(5) == 0x0084);
  nic.set_link(false);
  REQUIRE(bcr(4) == 0x00c0);
}

struct EepromRig : PcnetRig {
  void bit(bool value) {
    set_bcr(19, 0x14 | (value ? 1 : 0));
    set_bcr(19, 0x16 | (value ? 1 : 0));
  }
  void command(unsigned bits) {
    set_bcr(19, 0x10);
    bit(true);
    for (unsigned i = 8; i > 0; --i) bit((bits >> (i - 1) & 1) != 0);
  }
  unsigned word(unsigned address) {
    command(0x80 | address);
    unsigned value = 0;
    for (unsigned i = 0; i < 16; ++i) {
      bit(false);
      value = value << 1 | (bcr(19) & 1);
    }
    return value;
  }
  void write(unsigned address, unsigned value) {
    command(0x30);
    command(0x40 | address);
    for (unsigned i = 16; i > 0; --i) bit((value >> (i - 1) & 1) != 0);
    set_bcr(19, 0);
  }
};

TEST_CASE_METHOD(EepromRig, "The EEPROM is read and written by its port, and loaded if its sum is right") {
  REQUIRE((bcr(19) & 0xe000) == 0xa000);  // valid, present
  for (unsigned i = 0; i < 8; ++i) REQUIRE(word(i) == ports.read(2 * i, Width::Word));
  const unsigned old = word(0);
  write(0, 0x5455);
  REQUIRE(word(0) == 0x5455);
  set_bcr(19, 0x4000);
  REQUIRE((bcr(19) & 0x8000) == 0);
  REQUIRE(ports.read(0, Width::Word) == old);
  write(2, word(2) - 3);  // the sum is right again
  set_bcr(19, 0x4000);
  REQUIRE((bcr(19) & 0x8000) != 0);
  REQUIRE(ports.read(0, Width::Word) == 0x5455);
}

}  // namespace
}  // namespace ringdown::test
