// PAUSE frames: those that come, and those that a full packet buffer sends.
#pragma once

#include <functional>
#include <span>

#include "devices/network/e1000/phy.h"
#include "devices/network/e1000/statistics.h"
#include "devices/network/e1000/transmitter.h"

namespace ringdown::e1000 {

/// FCAL, FCAH, FCT, FCTTV, FCRTL and FCRTH (317453, 10.5; IEEE 802.3, annex 31B).
class FlowControl {
 public:
  FlowControl(RegisterFile& registers, Statistics& statistics, Transmitter& transmitter, const Phy& phy,
              Scheduler& scheduler, std::function<void(std::span<const std::byte>)> send);

  /// Looks at every frame that comes: what it is. Whether it is filtered out besides is not decided here.
  FrameKind look_at(std::span<const std::byte> frame);
  /// How many bytes wait in the packet buffer.
  void set_level(std::size_t bytes);
  /// TCTL.SWXOFF.
  void send_xoff();

  void reset() { stopped_partner_ = false; }
  void serialize(Archive& archive) { archive(stopped_partner_); }

 private:
  void send_pause(u16 quanta);

  RegisterFile& registers_;
  Statistics& statistics_;
  Transmitter& transmitter_;
  const Phy& phy_;
  Scheduler& scheduler_;
  std::function<void(std::span<const std::byte>)> send_;
  bool stopped_partner_ = false;
};

}  // namespace ringdown::e1000
