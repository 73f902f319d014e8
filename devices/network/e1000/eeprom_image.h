// What the serial EEPROM beside the controller holds.
#pragma once

#include "core/ethernet.h"
#include "devices/network/e1000/chip.h"
#include "devices/network/eeprom_93c46.h"

namespace ringdown::e1000 {

/// As on Intel's adapters: station address, identifiers, and the checksum that makes all words sum to BABAh.
Eeprom93c46::Words eeprom_image(Chip chip, const MacAddress& address);

/// The station address in its first words.
MacAddress station_address(const Eeprom93c46& eeprom);

}  // namespace ringdown::e1000
