// The strings of SMBIOS types 0, 1 and 3.
#include "devices/firmware/smbios_strings.h"

#include <fmt/core.h>

#include <string_view>

#include "devices/firmware/firmware_config.h"

namespace ringdown {

void add_smbios_strings(FirmwareConfig& firmware) {
  struct String {
    unsigned type;
    unsigned offset;  // of the string's number in the structure
    std::string_view text;
  };
  constexpr String kStrings[] = {
      {0, 0x04, "SeaBIOS"},             // BIOS vendor
      {1, 0x04, "Ringdown"},            // system manufacturer
      {1, 0x05, "PC (i440FX, PIIX3)"},  // product
      {3, 0x04, "Ringdown"},            // chassis manufacturer
  };
  for (const String& string : kStrings) {
    std::vector<u8> content(string.text.begin(), string.text.end());
    content.push_back(0);
    firmware.add_file(fmt::format("smbios/field{}-{}", string.type, string.offset), std::move(content));
  }
}

}  // namespace ringdown
