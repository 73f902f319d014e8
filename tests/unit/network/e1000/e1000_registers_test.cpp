// Configuration space, the two ways to the registers, their masks, and the EEPROM.
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

u32 config(E1000Rig& rig, u8 offset) { return rig.card.read_config(offset, Width::Dword); }

TEST_CASE("Each chip has its identifiers", "[e1000]") {
  const auto [chip, id, subsystem] = GENERATE(std::make_tuple(Chip::I82543Gc, 0x1004u, 0x1004u),
                                              std::make_tuple(Chip::I82540Em, 0x100eu, 0x001eu),
                                              std::make_tuple(Chip::I82545Em, 0x100fu, 0x1001u));
  E1000Rig rig(chip);
  CHECK(config(rig, 0x00) == (id << 16 | 0x8086));
  CHECK(config(rig, 0x2c) == (subsystem << 16 | 0x8086));
  CHECK(config(rig, 0x08) >> 16 == 0x0200);
  const u32 capability = config(rig, static_cast<u8>(config(rig, 0x34)));
  CHECK((capability & 0xff) == 1);
  CHECK((capability >> 8 & 0xff) == (chip == Chip::I82545Em ? 0xe4 : 0));
}

TEST_CASE("Base addresses size as 128 KiB of memory and 8 ports", "[e1000]") {
  E1000Rig rig;
  for (const u8 bar : {0x10, 0x14, 0x18, 0x1c, 0x30}) rig.card.write_config(bar, Width::Dword, 0xffff'ffff);
  CHECK(config(rig, 0x10) == 0xfffe'0000);
  CHECK(config(rig, 0x14) == 0);
  CHECK(config(rig, 0x18) == 0xffff'fff9);
  CHECK(config(rig, 0x1c) == 0);
  CHECK(config(rig, 0x30) == 0);
  E1000Rig with_rom(Chip::I82540Em, std::vector<u8>(70'000));
  with_rom.card.write_config(0x30, Width::Dword, 0xffff'ffff);
  CHECK(config(with_rom, 0x30) == 0xfffe'0001);
}

// What Intel's own register test writes, and the bits it expects back.
TEST_CASE("Registers keep the bits that diagnostics look for", "[e1000]") {
  struct Row {
    Offset offset;
    u32 mask;
  };
  E1000Rig rig;
  std::vector<Row> rows = {
      {Offset::Fcal, 0xffff'ffff},  {Offset::Fcah, 0xffff},       {Offset::Fct, 0xffff},
      {Offset::Vet, 0xffff},        {Offset::Rdtr, 0xffff},       {Offset::Rdbah, 0xffff'ffff},
      {Offset::Rdlen, 0xf'ff80},    {Offset::Rdh, 0xffff},        {Offset::Rdt, 0xffff},
      {Offset::Fcrth, 0xfff8},      {Offset::Fcttv, 0xffff},      {Offset::Tipg, 0x3fff'ffff},
      {Offset::Tdbah, 0xffff'ffff}, {Offset::Tdlen, 0xf'ff80},    {Offset::Rdbal, 0xffff'fff0},
      {Offset::Txcw, 0xc000'ffff},  {Offset::Tdbal, 0xffff'fff0}, {Offset::Tidv, 0xffff}};
  for (u32 i = 0; i < 16; ++i) rows.push_back({Offset::Rah0 + i * 8, 0x8003'ffff});
  for (u32 i = 0; i < 128; ++i) rows.push_back({Offset::Mta + i * 4, 0xffff'ffff});
  for (const Row& row : rows) {
    for (const u32 pattern : {0x5a5a'5a5au, 0xa5a5'a5a5u, 0u, 0xffff'ffffu}) {
      CAPTURE(static_cast<u32>(row.offset), pattern);
      rig.set(row.offset, pattern);
      CHECK(rig.get(row.offset) == (pattern & row.mask));
    }
  }
  rig.set(Offset::Rctl, 0xffff'ffff);
  CHECK((rig.get(Offset::Rctl) & 0x06df'b3fe) == 0x06df'b3fe);
  const u32 status = rig.get(Offset::Status);
  rig.set(Offset::Status, ~status);
  CHECK(rig.get(Offset::Status) == status);
}

TEST_CASE("Registers answer at the 82542's places too", "[e1000]") {
  E1000Rig rig;
  const auto at = [&rig](u32 offset) { return rig.registers().read(offset, Width::Dword); };
  rig.set(Offset::Rdbal, 0x1230);
  rig.set(Offset::Tdt, 7);
  rig.set(Offset::Mta + 4 * 127, 0x77);
  rig.set(Offset::Vfta + 4 * 3, 0x33);
  CHECK(at(0x110) == 0x1230);
  CHECK(at(0x438) == 7);
  CHECK(at(0x200 + 4 * 127) == 0x77);
  CHECK(at(0x600 + 4 * 3) == 0x33);
  CHECK(at(0x40) == rig.get(Offset::Ral0));
  rig.registers().write(0x128, Width::Dword, 9);
  CHECK(rig.get(Offset::Rdt) == 9);
}

TEST_CASE("Parts of registers can be read, not written", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Fcal, 0x4433'2211);
  CHECK(rig.registers().read(0x28, Width::Byte) == 0x11);
  CHECK(rig.registers().read(0x2b, Width::Byte) == 0x44);
  CHECK(rig.registers().read(0x2a, Width::Word) == 0x4433);
  rig.registers().write(0x28, Width::Byte, 0x99);
  rig.registers().write(0x2a, Width::Word, 0x9999);
  CHECK(rig.get(Offset::Fcal) == 0x4433'2211);
}

TEST_CASE("Where there is no register, zero is read and writes are lost", "[e1000]") {
  E1000Rig rig;
  for (const u32 offset : {0x0004u, 0x0ffcu, 0x7ffcu, 0x9bfcu + 4, 0x1'0000u, 0x1'fffcu}) {
    rig.registers().write(offset, Width::Dword, 0xffff'ffff);
    CHECK(rig.registers().read(offset, Width::Dword) == 0);
  }
}

TEST_CASE("IOADDR and IODATA lead to the same registers", "[e1000]") {
  E1000Rig rig;
  rig.io().write(0, Width::Dword, static_cast<u32>(Offset::Fcal));
  rig.io().write(4, Width::Dword, 0xdead'beef);
  CHECK(rig.get(Offset::Fcal) == 0xdead'beef);
  CHECK(rig.io().read(4, Width::Dword) == 0xdead'beef);
  CHECK(rig.io().read(0, Width::Dword) == static_cast<u32>(Offset::Fcal));
  rig.io().write(0, Width::Word, 0x2c);
  CHECK(rig.io().read(0, Width::Dword) == static_cast<u32>(Offset::Fcal));
  rig.io().write(0, Width::Dword, 0xffff'fffc);
  CHECK(rig.io().read(4, Width::Dword) == 0);
}

/// Reads a word over the pins, as drivers do.
u16 read_by_pins(E1000Rig& rig, u8 address) {
  constexpr u32 kClock = 1, kSelect = 2, kData = 4, kOut = 8, kRequest = 0x40, kGrant = 0x80;
  rig.set(Offset::Eecd, kRequest);
  REQUIRE((rig.get(Offset::Eecd) & kGrant) != 0);
  const auto clock_bit = [&rig](bool bit) {
    const u32 pins = kRequest | kSelect | (bit ? kData : 0);
    rig.set(Offset::Eecd, pins);
    rig.set(Offset::Eecd, pins | kClock);
    const bool out = (rig.get(Offset::Eecd) & kOut) != 0;
    rig.set(Offset::Eecd, pins);
    return out;
  };
  const u32 command = 0b110 << 6 | address;
  for (int bit = 8; bit >= 0; --bit) clock_bit((command >> bit & 1) != 0);
  u16 word = 0;
  for (int bit = 0; bit < 16; ++bit) word = static_cast<u16>(word << 1 | (clock_bit(false) ? 1 : 0));
  rig.set(Offset::Eecd, 0);
  return word;
}

TEST_CASE("The EEPROM holds the address, and its words sum to BABAh", "[e1000]") {
  E1000Rig rig(GENERATE(Chip::I82543Gc, Chip::I82540Em, Chip::I82545Em));
  u16 sum = 0;
  for (u8 i = 0; i < 64; ++i) sum = static_cast<u16>(sum + read_by_pins(rig, i));
  CHECK(sum == 0xbaba);
  CHECK(read_by_pins(rig, 0) == 0x5452);
  CHECK(read_by_pins(rig, 2) == 0x5634);
  CHECK(rig.get(Offset::Ral0) == 0x1200'5452);
  CHECK(rig.get(Offset::Rah0) == 0x8000'5634);
}

TEST_CASE("EERD reads a word at once, except on the 82543GC", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Eerd, 2 << 8 | 1);
  CHECK(rig.get(Offset::Eerd) == (0x5634'0000u | 2 << 8 | 0x10));
  E1000Rig old(Chip::I82543Gc);
  old.set(Offset::Eerd, 2 << 8 | 1);
  CHECK(old.get(Offset::Eerd) == 0);
}

TEST_CASE("A reset by software spares configuration space, PHY and packet buffer", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Pba, 0x20);
  rig.set(Offset::Rctl, 0x8002);
  rig.set(Offset::Ims, 0xff);
  rig.set(Offset::Ral0, 0);
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | 1u << 26);
  CHECK((rig.get(Offset::Ctrl) >> 26 & 1) == 0);
  CHECK(rig.get(Offset::Rctl) == 0);
  CHECK(rig.get(Offset::Ims) == 0);
  CHECK(rig.get(Offset::Ral0) == 0x1200'5452);
  CHECK(rig.get(Offset::Pba) == 0x20);
  CHECK((config(rig, 0x04) & 7) == 7);
  rig.set(Offset::Ctrl, rig.get(Offset::Ctrl) | 1u << 6);
  CHECK((rig.get(Offset::Status) & 2) != 0);
  rig.card.reset();
  CHECK(rig.get(Offset::Pba) == 0x30);
  CHECK((config(rig, 0x04) & 7) == 0);
}

TEST_CASE("EE_RST loads the address again", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Ral0, 0);
  rig.set(Offset::CtrlExt, 1u << 13);
  CHECK(rig.get(Offset::CtrlExt) == 0);
  CHECK(rig.get(Offset::Ral0) == 0x1200'5452);
}

}  // namespace
}  // namespace ringdown
