// The words that the 8254x and their drivers expect (317453, chapter 5).
#include "devices/network/e1000/eeprom_image.h"

namespace ringdown::e1000 {

namespace {

constexpr u16 kChecksum = 0xbaba;
constexpr u16 kUnprogrammed = 0xffff;

// Words of the image, table 5-2.
constexpr unsigned kFirstForSoftware = 0x04;
constexpr unsigned kInitControl1 = 0x0a;
constexpr unsigned kSubsystemId = 0x0b;
constexpr unsigned kSubsystemVendor = 0x0c;
constexpr unsigned kDeviceId = 0x0d;
constexpr unsigned kVendorId = 0x0e;
constexpr unsigned kInitControl2 = 0x0f;
constexpr unsigned kChecksumWord = 0x3f;

/// Identifiers come from here, base addresses have 32 bits, power management.
constexpr u16 kInitControl1Value = 0x640b;
/// PAUSE in both directions is advertised.
constexpr u16 kInitControl2Value = 0x3040;

}  // namespace

Eeprom93c46::Words eeprom_image(Chip chip, const MacAddress& address) {
  const ChipTraits traits = traits_of(chip);
  Eeprom93c46::Words words{};
  for (unsigned i = 0; i < address.size(); i += 2)
    words[i / 2] = static_cast<u16>(address[i] | address[i + 1] << 8);
  // Without a table of LEDs and a board's number drivers take their defaults.
  for (unsigned i = kFirstForSoftware; i < kInitControl1; ++i) words[i] = kUnprogrammed;
  words[kInitControl1] = kInitControl1Value;
  words[kSubsystemId] = traits.subsystem_id;
  words[kSubsystemVendor] = kIntel;
  words[kDeviceId] = traits.device_id;
  words[kVendorId] = kIntel;
  words[kInitControl2] = kInitControl2Value;
  u16 sum = 0;
  for (unsigned i = 0; i < kChecksumWord; ++i) sum = static_cast<u16>(sum + words[i]);
  words[kChecksumWord] = static_cast<u16>(kChecksum - sum);
  return words;
}

MacAddress station_address(const Eeprom93c46& eeprom) {
  MacAddress address;
  for (unsigned i = 0; i < address.size(); ++i)
    address[i] = static_cast<u8>(eeprom.word(i / 2) >> (8 * (i % 2)));
  return address;
}

}  // namespace ringdown::e1000
