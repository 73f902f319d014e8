// One row per register or table: reset value, what guest and device can change, since which chip.
#include "devices/network/e1000/register_file.h"

#include <vector>

namespace ringdown::e1000 {

namespace {

enum class SoftwareReset : u8 { Clears, Spares };

struct Row {
  Offset first;
  u32 count;
  u32 reset;
  u32 writable;
  u32 device = 0;  // bits that only the device changes
  Chip since = Chip::I82543Gc;
  SoftwareReset software_reset = SoftwareReset::Clears;
  u32 stride = sizeof(u32);
};

constexpr u32 kAllBits = 0xffff'ffff;
constexpr u32 kRingBase = 0xffff'fff0;
constexpr u32 kRingLength = 0x000f'ff80;
constexpr Chip kNewer = Chip::I82540Em;
constexpr SoftwareReset kSpared = SoftwareReset::Spares;

// 317453, table 13-2 and the sections on each. Thresholds of FIFOs, inter-packet gaps and the like can be
// set, and change nothing where frames take no time inside the chip.
constexpr Row kRows[] = {
    {Offset::Ctrl, 1, 0x0000'0201, 0xfffc'1be9},
    {Offset::Status, 1, 0, 0},
    {Offset::Eecd, 1, 0x0000'0010, 0x0000'0077, 0x0000'0080},
    {Offset::Eerd, 1, 0, kAllBits, 0, kNewer},
    {Offset::CtrlExt, 1, 0, 0x00ff'fff8},
    {Offset::Mdic, 1, 0x1000'0000, 0x7fff'ffff, 0, kNewer},
    {Offset::Fcal, 1, 0, kAllBits},
    {Offset::Fcah, 1, 0, 0x0000'ffff},
    {Offset::Fct, 1, 0, 0x0000'ffff},
    {Offset::Vet, 1, 0x0000'8100, 0x0000'ffff},
    {Offset::Icr, 1, 0, 0},
    {Offset::Itr, 1, 0, 0x0000'ffff, 0, kNewer},
    {Offset::Ics, 1, 0, 0},
    {Offset::Ims, 1, 0, 0},
    {Offset::Imc, 1, 0, 0},
    {Offset::Rctl, 1, 0, 0x06df'b3fe},
    {Offset::Fcttv, 1, 0, 0x0000'ffff},
    {Offset::Txcw, 1, 0, 0xc000'ffff},
    {Offset::Rxcw, 1, 0, 0},
    {Offset::Tctl, 1, 0, 0x037f'fffa},
    {Offset::Tipg, 1, 0x0060'2008, 0x3fff'ffff},
    {Offset::Aifs, 1, 0, 0x0000'ffff},
    {Offset::Ledctl, 1, 0x0706'8302, 0xcfcf'cfcf, 0, kNewer},
    {Offset::Pba, 1, 0x0000'0030, 0x0000'007f, 0, Chip::I82543Gc, kSpared},
    {Offset::Fcrtl, 1, 0, 0x8000'fff8},
    {Offset::Fcrth, 1, 0, 0x0000'fff8},
    {Offset::Rdfh, 1, 0, 0x0000'1fff},
    {Offset::Rdft, 1, 0, 0x0000'1fff},
    {Offset::Rdfhs, 1, 0, 0x0000'1fff},
    {Offset::Rdfts, 1, 0, 0x0000'1fff},
    {Offset::Rdfpc, 1, 0, 0x0000'1fff},
    {Offset::Rdbal, 1, 0, kRingBase},
    {Offset::Rdbah, 1, 0, kAllBits},
    {Offset::Rdlen, 1, 0, kRingLength},
    {Offset::Rdh, 1, 0, 0x0000'ffff},
    {Offset::Rdt, 1, 0, 0x0000'ffff},
    {Offset::Rdtr, 1, 0, 0x0000'ffff},
    {Offset::Rxdctl, 1, 0x0101'0000, 0x013f'3f3f},
    {Offset::Radv, 1, 0, 0x0000'ffff, 0, kNewer},
    {Offset::Rsrpd, 1, 0, 0x0000'0fff, 0, kNewer},
    {Offset::Txdmac, 1, 0, 0x0000'0001},
    {Offset::Tdfh, 1, 0, 0x0000'07ff},
    {Offset::Tdft, 1, 0, 0x0000'07ff},
    {Offset::Tdfhs, 1, 0, 0x0000'1fff},
    {Offset::Tdfts, 1, 0, 0x0000'1fff},
    {Offset::Tdfpc, 1, 0, 0x0000'1fff},
    {Offset::Tdbal, 1, 0, kRingBase},
    {Offset::Tdbah, 1, 0, kAllBits},
    {Offset::Tdlen, 1, 0, kRingLength},
    {Offset::Tdh, 1, 0, 0x0000'ffff},
    {Offset::Tdt, 1, 0, 0x0000'ffff},
    {Offset::Tidv, 1, 0, 0x0000'ffff},
    {Offset::Txdctl, 1, 0, 0xff3f'3f3f},
    {Offset::Tadv, 1, 0, 0x0000'ffff, 0, kNewer},
    {Offset::Tspmt, 1, 0x0100'0400, kAllBits, 0, kNewer},
    {Offset::Statistics, 64, 0, 0, kAllBits},
    {Offset::Rxcsum, 1, 0, 0x0000'07ff},
    {Offset::Mta, kHashWords, 0, kAllBits},
    {Offset::Ral0, kReceiveAddresses, 0, kAllBits, 0, Chip::I82543Gc, SoftwareReset::Clears, 8},
    {Offset::Rah0, kReceiveAddresses, 0, 0x8003'ffff, 0, Chip::I82543Gc, SoftwareReset::Clears, 8},
    {Offset::Vfta, kHashWords, 0, kAllBits},
    {Offset::Wuc, 1, 0, 0x0000'000b, 0x0000'0004, Chip::I82543Gc, kSpared},
    {Offset::Wufc, 1, 0, 0x000f'80ff, 0, Chip::I82543Gc, kSpared},
    {Offset::Wus, 1, 0, 0, 0x000f'00ff, Chip::I82543Gc, kSpared},
    {Offset::Manc, 1, 0, 0x0003'ffff, 0, kNewer, kSpared},
    {Offset::Ipav, 1, 0, 0x0001'000f, 0, Chip::I82543Gc, kSpared},
    {Offset::Ip4at, 4, 0, kAllBits, 0, Chip::I82543Gc, kSpared, 8},
    {Offset::Ip6at, 4, 0, kAllBits, 0, Chip::I82543Gc, kSpared},
    {Offset::Wupl, 1, 0, 0, 0x0000'0fff, Chip::I82543Gc, kSpared},
    {Offset::Wupm, 32, 0, 0, kAllBits, Chip::I82543Gc, kSpared},
    {Offset::Fflt, 4, 0, 0x0000'07ff, 0, Chip::I82543Gc, kSpared, 8},
    {Offset::Ffmt, 128, 0, 0x0000'000f, 0, Chip::I82543Gc, kSpared, 8},
    {Offset::Ffvt, 128, 0, kAllBits, 0, Chip::I82543Gc, kSpared, 8},
};

/// Second places of registers, where the 82542 had them (13.4, "alternate").
struct Alias {
  u32 from;
  Offset to;
  u32 count;
};

constexpr Alias kAliases[] = {
    {0x0040, Offset::Ral0, 2 * kReceiveAddresses},
    {0x0108, Offset::Rdtr, 1},
    {0x0110, Offset::Rdbal, 3},
    {0x0120, Offset::Rdh, 1},
    {0x0128, Offset::Rdt, 1},
    {0x0160, Offset::Fcrtl, 1},
    {0x0168, Offset::Fcrth, 1},
    {0x0200, Offset::Mta, kHashWords},
    {0x0420, Offset::Tdbal, 3},
    {0x0430, Offset::Tdh, 1},
    {0x0438, Offset::Tdt, 1},
    {0x0440, Offset::Tidv, 1},
    {0x0600, Offset::Vfta, kHashWords},
    {0x8000, Offset::Rdfh, 1},
    {0x8008, Offset::Rdft, 1},
    {0x8010, Offset::Tdfh, 1},
    {0x8018, Offset::Tdft, 1},
};

constexpr u16 kNothing = 0xffff;

/// By double word of the space: which register that is, and its rules.
struct Map {
  std::vector<u16> place = std::vector<u16>(RegisterFile::kLength / sizeof(u32), kNothing);
  std::vector<const Row*> row = std::vector<const Row*>(RegisterFile::kLength / sizeof(u32), nullptr);
};

/// Calls `visit(row, index of the double word)` for every register of `chip`.
template <class Visit>
void for_each_register(Chip chip, Visit visit) {
  for (const Row& row : kRows) {
    if (chip < row.since) continue;
    for (u32 i = 0; i < row.count; ++i) {
      visit(row, (static_cast<u32>(row.first) + i * row.stride) / sizeof(u32));
    }
  }
}

Map make_map(Chip chip) {
  Map map;
  for_each_register(chip, [&map](const Row& row, std::size_t index) {
    map.place[index] = static_cast<u16>(index);
    map.row[index] = &row;
  });
  for (const Alias& alias : kAliases) {
    for (u32 i = 0; i < alias.count; ++i) {
      map.place[alias.from / sizeof(u32) + i] = map.place[static_cast<u32>(alias.to) / sizeof(u32) + i];
    }
  }
  return map;
}

const Map& map_of(Chip chip) {
  static const Map first = make_map(Chip::I82543Gc);
  static const Map newer = make_map(kNewer);
  return chip < kNewer ? first : newer;
}

}  // namespace

RegisterFile::RegisterFile(Chip chip) : chip_(chip) { reset(Resetting::Power); }

std::optional<Offset> RegisterFile::find(u32 offset) const {
  if (offset >= kLength) return std::nullopt;
  const u16 place = map_of(chip_).place[offset / sizeof(u32)];
  if (place == kNothing) return std::nullopt;
  return static_cast<Offset>(place * sizeof(u32));
}

void RegisterFile::write(Offset offset, u32 value) {
  const u32 writable = map_of(chip_).row[index(offset)]->writable;
  u32& current = values_[index(offset)];
  current = (current & ~writable) | (value & writable);
}

void RegisterFile::reset(Resetting kind) {
  for_each_register(chip_, [this, kind](const Row& row, std::size_t index) {
    if (kind == Resetting::Power || row.software_reset == SoftwareReset::Clears) values_[index] = row.reset;
  });
}

void RegisterFile::serialize(Archive& archive) {
  for_each_register(chip_, [this, &archive](const Row& row, std::size_t index) {
    archive(values_[index]);
    const u32 possible = row.reset | row.writable | row.device;
    if ((values_[index] & ~possible) == 0) return;
    archive.fail("a network register has bits that it cannot have");
    values_[index] &= possible;
  });
}

}  // namespace ringdown::e1000
