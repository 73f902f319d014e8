// The gigabit PHY: Marvell's 88E1000 beside the 82543GC, the 88E1011 inside the later chips.
#pragma once

#include <array>
#include <functional>

#include "core/archive.h"
#include "core/scheduler.h"
#include "devices/network/e1000/chip.h"

namespace ringdown::e1000 {

/// What the wire runs at; the numbers are those of STATUS.SPEED.
enum class LinkSpeed : u8 { Megabit10 = 0, Megabit100 = 1, Gigabit = 2 };

constexpr u64 bits_per_second(LinkSpeed speed) {
  return speed == LinkSpeed::Gigabit      ? 1'000'000'000
         : speed == LinkSpeed::Megabit100 ? 100'000'000
                                          : 10'000'000;
}

/// Registers, auto-negotiation with a partner that can do everything, and the link. (IEEE 802.3, clauses 22,
/// 28 and 40; what is the PHY's own from 317453, section 13.4.7.)
class Phy {
 public:
  /// `link_changed` is called when link, speed or duplex is another; `interrupt` when the PHY asserts INT#.
  Phy(Chip chip, Scheduler& scheduler, const std::string& scheduler_name, u32 slot,
      std::function<void()> link_changed, std::function<void()> interrupt);

  u16 read(unsigned number);
  void write(unsigned number, u16 value);
  /// The reset pin: registers take their defaults and negotiation begins anew.
  void hardware_reset();

  /// The cable leads to a partner.
  void set_cable(bool connected);

  bool link() const { return link_; }
  LinkSpeed speed() const { return speed_; }
  bool full_duplex() const { return full_duplex_; }
  /// What is sent comes back, and nothing reaches the cable.
  bool loopback() const;

  void serialize(Archive& archive);

 private:
  static constexpr unsigned kRegisters = 32;

  void write_control(u16 value);
  void default_registers();
  /// Drops the link and finds it anew: after a while if it is negotiated, else at once.
  void restart();
  void negotiated();
  void set_link(bool up);
  bool choose_mode();
  u16 specific_status() const;

  ChipTraits traits_;
  Scheduler& scheduler_;
  std::function<void()> link_changed_;
  std::function<void()> interrupt_;
  EventId negotiation_;

  std::array<u16, kRegisters> registers_{};
  bool cable_ = false;
  bool link_ = false;
  bool link_was_down_ = true;  // since register 1 was read
  bool page_received_ = false;
  LinkSpeed speed_ = LinkSpeed::Gigabit;
  bool full_duplex_ = true;
};

}  // namespace ringdown::e1000
