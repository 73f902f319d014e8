// What the firmware's SMBIOS tables call this machine.
#pragma once

namespace ringdown {

class FirmwareConfig;

/// SeaBIOS makes the tables; each of its own strings is replaced by the file "smbios/fieldTYPE-OFFSET", if
/// there is one (DMTF DSP0134, types 0, 1 and 3).
void add_smbios_strings(FirmwareConfig& firmware);

}  // namespace ringdown
