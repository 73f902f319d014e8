// Which frames wake a controller that is powered down.
#pragma once

#include <span>

#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// WUC, WUFC, WUS, WUPL, WUPM, the addresses of ARP and IP, and the flexible filters (317453, 6.4 and 13.6).
class WakeUp {
 public:
  explicit WakeUp(RegisterFile& registers) : registers_(registers) {}

  /// A frame that came in D3: true if it wakes. What it was is noted in WUS, and its beginning in WUPM.
  bool wakes(std::span<const std::byte> frame);
  /// The link came or went.
  bool link_changed();

 private:
  bool note(u32 causes);

  RegisterFile& registers_;
};

}  // namespace ringdown::e1000
