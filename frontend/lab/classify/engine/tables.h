// The machine's tables in memory, by the setting.
#pragma once

#include <array>

#include "core/memory.h"
#include "frontend/lab/classify/engine/knob.h"
#include "frontend/lab/classify/engine/layout.h"

namespace ringdown::classify {

/// All below kTablesEnd.
using TableImage = std::array<u8, kTablesEnd>;

/// What the tables hold in the last setting.
class Tables {
 public:
  /// Rebuilds what another setting has otherwise; returns whether there was anything.
  bool update(const Setting& setting);
  const TableImage& image() const { return image_; }

 private:
  TableImage image_{};
  std::array<u32, 4> keys_;  // of GDT, LDT, IDT and TSS: the same for settings in which they are
  bool built_ = false;
};

/// Page directories and tables, the same in all settings: accessed and dirty everywhere, so that a walk
/// changes nothing, and open to users where the program is.
void write_page_tables(GuestMemory& memory);

}  // namespace ringdown::classify
