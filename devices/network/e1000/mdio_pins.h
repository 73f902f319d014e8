// The management interface of a PHY, bit by bit.
#pragma once

#include "core/archive.h"
#include "devices/network/e1000/phy.h"

namespace ringdown::e1000 {

/// A PHY's end of MDC and MDIO (IEEE 802.3, 22.2.4.5): it samples at rising edges of MDC, and changes what it
/// drives behind them.
class MdioPins {
 public:
  static constexpr unsigned kPhyAddress = 1;

  explicit MdioPins(Phy& phy) : phy_(phy) {}

  /// `data` is what the station drives; a line that nobody drives is pulled up.
  void drive(bool clock, bool data);
  /// What the PHY drives while the station does not.
  bool data() const { return data_; }

  void serialize(Archive& archive);

 private:
  void rising_edge(bool bit);
  void header_complete();

  Phy& phy_;
  u16 header_ = 0xffff;  // the last 14 bits: start, operation, PHY, register
  u32 ones_ = 0;         // of the preamble, up to its length
  u8 position_ = 0;      // bits behind the preamble
  u16 shift_ = 0;
  bool reading_ = false;
  bool addressed_ = false;
  bool clock_ = false;
  bool data_ = true;
};

}  // namespace ringdown::e1000
