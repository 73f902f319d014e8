// The machine's tables in memory, by the setting.
#pragma once

#include <array>

#include "core/memory.h"
#include "frontend/lab/classify/engine/knob.h"
#include "frontend/lab/classify/engine/layout.h"

namespace ringdown::classify {

/// All below kTablesEnd.
using TableImage = std::array<u8, kTablesEnd>;

/// A number that is the same for settings whose tables are.
u32 table_key(const Setting& setting);
void build_tables(const Setting& setting, TableImage& image);

/// Page directories and tables, the same in all settings: accessed and dirty everywhere, so that a walk
/// changes nothing, and open to users where the program is.
void write_page_tables(GuestMemory& memory);

}  // namespace ringdown::classify
