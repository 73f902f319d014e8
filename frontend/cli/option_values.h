// Values of single options: sizes, counts, names with parts behind commas.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "frontend/machine/machine_config.h"

namespace ringdown {

/// "256M", "3.5G", "640K"; without a suffix MiB. The error names --memory.
Result<u64> parse_memory(std::string_view text);
/// The same for --shadow-memory.
Result<u64> parse_shadow_memory(std::string_view text);
/// "drop-sync:N", "stale-tlb:N" or "lose-protect:N"; the error names --break-shadow.
Result<ShadowBreak> parse_shadow_break(std::string_view text);
/// "name=NAME,file=FILE" or "name=NAME,string=TEXT", as QEMU's -fw_cfg has it; reads the file.
Result<FirmwareFile> parse_firmware_file(std::string_view text);
/// A count with an optional suffix K, M or G of powers of 1000.
Result<u64> parse_count(std::string_view text, std::string_view option);
/// Takes the text up to a comma that is not doubled off the front; a doubled one becomes one.
std::string take_part(std::string_view& text);

}  // namespace ringdown
