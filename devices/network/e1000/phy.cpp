// PHY registers 0 to 31 and the finding of a common mode.
#include "devices/network/e1000/phy.h"

#include "core/field.h"

namespace ringdown::e1000 {

namespace {

enum class Number : u8 {
  Control = 0,
  Status = 1,
  IdentifierHigh = 2,
  IdentifierLow = 3,
  Advertisement = 4,
  PartnerAbility = 5,
  Expansion = 6,
  NextPage = 7,
  PartnerNextPage = 8,
  GigabitControl = 9,
  GigabitStatus = 10,
  ExtendedStatus = 15,
  SpecificControl = 16,
  SpecificStatus = 17,
  InterruptEnable = 18,
  InterruptStatus = 19,
  ExtendedControl = 20,
  ErrorCounter = 21,
};

// Register 0
using ControlSpeedHigh = Field<u16, 6>;
using ControlDuplex = Field<u16, 8>;
using RestartNegotiation = Field<u16, 9>;
using Isolate = Field<u16, 10>;
using PowerDown = Field<u16, 11>;
using NegotiationEnable = Field<u16, 12>;
using ControlSpeedLow = Field<u16, 13>;
using Loopback = Field<u16, 14>;
using SoftwareReset = Field<u16, 15>;
constexpr u16 kControlReset = 0x1140;  // negotiation, full duplex, 1000 Mbit/s
constexpr u16 kControlKept = 0x7d40;   // what does not clear itself

// Register 1: all modes of 10 and 100 Mbit/s but 100BASE-T4, extended status, preamble suppression,
// negotiation.
constexpr u16 kStatusAbilities = 0x7949;
using StatusLink = Field<u16, 2>;
using NegotiationComplete = Field<u16, 5>;

constexpr u16 kMarvell = 0x0141;

// Registers 4 and 5: from 10BASE-T up to 100BASE-TX full duplex, both kinds of PAUSE.
using Half10 = Field<u16, 5>;
using Full10 = Field<u16, 6>;
using Half100 = Field<u16, 7>;
using Full100 = Field<u16, 8>;
constexpr u16 kAdvertisementReset = 0x0de1;
constexpr u16 kPartnerAbility = 0x4de1;  // with "acknowledge"
// Register 6
using PartnerNegotiates = Field<u16, 0>;
using PageReceived = Field<u16, 1>;
constexpr u16 kNextPageAble = 0x0004;
constexpr u16 kNextPageReset = 0x2001;
// Register 9
using Half1000 = Field<u16, 8>;
using Full1000 = Field<u16, 9>;
constexpr u16 kGigabitControlReset = 0x0300;
// Register 10: both receivers are fine, and the partner can do both duplexes.
constexpr u16 kGigabitStatusLinked = 0x3c00;
constexpr u16 kExtendedStatus = 0x3000;  // 1000BASE-T, both duplexes
// Register 16
constexpr u16 kSpecificControlReset = 0x0060;  // crossover found by itself
// Register 17
using SpecificRealTimeLink = Field<u16, 10>;
using SpecificResolved = Field<u16, 11>;
using SpecificPage = Field<u16, 12>;
using SpecificDuplex = Field<u16, 13>;
using SpecificSpeed = Field<u16, 14, 2>;
constexpr u16 kPauseBothWays = 0x000c;
constexpr u16 kCableLength = 0x0080;  // 50 to 80 m: the middle
// Registers 18 and 19
using LinkStatusChanged = Field<u16, 10>;

/// A real partner takes longer (up to some seconds): nobody measures it, and guests wait for it.
constexpr Picoseconds kNegotiationTime = milliseconds(100);

}  // namespace

Phy::Phy(Chip chip, Scheduler& scheduler, const std::string& scheduler_name, u32 slot,
         std::function<void()> link_changed, std::function<void()> interrupt)
    : traits_(traits_of(chip)),
      scheduler_(scheduler),
      link_changed_(std::move(link_changed)),
      interrupt_(std::move(interrupt)),
      negotiation_(scheduler.add(scheduler_name, slot, [this](Picoseconds) { negotiated(); })) {
  default_registers();
}

void Phy::default_registers() {
  const auto set = [this](Number number, u16 value) { registers_[static_cast<u8>(number)] = value; };
  registers_.fill(0);
  set(Number::Control, kControlReset);
  set(Number::IdentifierHigh, kMarvell);
  set(Number::IdentifierLow, traits_.phy_identifier);
  set(Number::Advertisement, kAdvertisementReset);
  set(Number::NextPage, kNextPageReset);
  set(Number::GigabitControl, kGigabitControlReset);
  set(Number::ExtendedStatus, kExtendedStatus);
  set(Number::SpecificControl, kSpecificControlReset);
  set(Number::ExtendedControl, traits_.phy_extended_control);
}

void Phy::hardware_reset() {
  default_registers();
  restart();
}

bool Phy::loopback() const { return Loopback::get(registers_[static_cast<u8>(Number::Control)]); }

void Phy::set_cable(bool connected) {
  if (cable_ == connected) return;
  cable_ = connected;
  restart();
}

u16 Phy::read(unsigned number) {
  number %= kRegisters;
  u16 value = registers_[number];
  switch (static_cast<Number>(number)) {
    case Number::Status:
      value = StatusLink::with(kStatusAbilities, link_ && !link_was_down_);
      value = NegotiationComplete::with(
          value, link_ && NegotiationEnable::get(registers_[static_cast<u8>(Number::Control)]));
      link_was_down_ = !link_;
      return value;
    case Number::PartnerAbility:
      return link_ ? kPartnerAbility : u16{0};
    case Number::Expansion:
      value = PartnerNegotiates::with(kNextPageAble, link_);
      value = PageReceived::with(value, page_received_);
      page_received_ = false;
      return value;
    case Number::GigabitStatus:
      return link_ ? kGigabitStatusLinked : u16{0};
    case Number::SpecificStatus:
      return specific_status();
    case Number::InterruptStatus:
      registers_[number] = 0;
      return value;
    default:
      return value;
  }
}

u16 Phy::specific_status() const {
  u16 value = SpecificSpeed::with(kCableLength, static_cast<u8>(speed_));
  value = SpecificDuplex::with(value, full_duplex_);
  value = SpecificPage::with(value, page_received_);
  value = SpecificResolved::with(value, link_);
  value = SpecificRealTimeLink::with(value, link_);
  return static_cast<u16>(value | (link_ ? kPauseBothWays : 0));
}

void Phy::write(unsigned number, u16 value) {
  number %= kRegisters;
  switch (static_cast<Number>(number)) {
    case Number::Control:
      write_control(value);
      return;
    case Number::Status:
    case Number::IdentifierHigh:
    case Number::IdentifierLow:
    case Number::PartnerAbility:
    case Number::Expansion:
    case Number::PartnerNextPage:
    case Number::GigabitStatus:
    case Number::ExtendedStatus:
    case Number::SpecificStatus:
    case Number::InterruptStatus:
    case Number::ErrorCounter:
      return;
    default:
      registers_[number] = value;
  }
}

void Phy::write_control(u16 value) {
  u16& control = registers_[static_cast<u8>(Number::Control)];
  const u16 before = control;
  control = value & kControlKept;
  constexpr u16 kLoopbackOnly = Loopback::kMask;
  const bool changed = ((before ^ control) & ~kLoopbackOnly) != 0;
  // A reset by software keeps what was programmed, and makes it take effect; but the clock goes back to its
  // default.
  if (SoftwareReset::get(value))
    registers_[static_cast<u8>(Number::ExtendedControl)] = traits_.phy_extended_control;
  if (SoftwareReset::get(value) || RestartNegotiation::get(value) || changed) restart();
}

void Phy::restart() {
  scheduler_.cancel(negotiation_);
  set_link(false);
  const u16 control = registers_[static_cast<u8>(Number::Control)];
  if (!cable_ || PowerDown::get(control) || Isolate::get(control)) return;
  if (NegotiationEnable::get(control)) {
    scheduler_.schedule_after(negotiation_, kNegotiationTime);
  } else {
    negotiated();
  }
}

bool Phy::choose_mode() {
  const u16 control = registers_[static_cast<u8>(Number::Control)];
  if (!NegotiationEnable::get(control)) {
    speed_ = ControlSpeedHigh::get(control)  ? LinkSpeed::Gigabit
             : ControlSpeedLow::get(control) ? LinkSpeed::Megabit100
                                             : LinkSpeed::Megabit10;
    full_duplex_ = ControlDuplex::get(control);
    return true;
  }
  // 28B.3: the first that both can do; the partner can do all.
  const u16 gigabit = registers_[static_cast<u8>(Number::GigabitControl)];
  const u16 other = registers_[static_cast<u8>(Number::Advertisement)];
  const struct {
    bool offered;
    LinkSpeed speed;
    bool full_duplex;
  } modes[] = {
      {Full1000::get(gigabit), LinkSpeed::Gigabit, true}, {Half1000::get(gigabit), LinkSpeed::Gigabit, false},
      {Full100::get(other), LinkSpeed::Megabit100, true}, {Half100::get(other), LinkSpeed::Megabit100, false},
      {Full10::get(other), LinkSpeed::Megabit10, true},   {Half10::get(other), LinkSpeed::Megabit10, false},
  };
  for (const auto& mode : modes) {
    if (!mode.offered) continue;
    speed_ = mode.speed;
    full_duplex_ = mode.full_duplex;
    return true;
  }
  return false;
}

void Phy::negotiated() {
  if (!cable_ || !choose_mode()) return;
  page_received_ = true;
  set_link(true);
}

void Phy::set_link(bool up) {
  if (!up) link_was_down_ = true;
  if (link_ == up) return;
  link_ = up;
  const u16 enabled = registers_[static_cast<u8>(Number::InterruptEnable)];
  u16& status = registers_[static_cast<u8>(Number::InterruptStatus)];
  status = LinkStatusChanged::with(status, true);
  if (LinkStatusChanged::get(enabled)) interrupt_();
  link_changed_();
}

void Phy::serialize(Archive& archive) {
  archive(registers_, cable_, link_, link_was_down_, page_received_, speed_, full_duplex_);
  if (speed_ > LinkSpeed::Gigabit) {
    archive.fail("a PHY has no such speed");
    speed_ = LinkSpeed::Gigabit;
  }
}

}  // namespace ringdown::e1000
