// Registers, commands and the interrupt of the DP8390 (data sheet, chapter 10).
#include "devices/network/ns8390/ns8390.h"

#include "devices/network/ethernet_timing.h"

namespace ringdown {

using namespace ns8390;

namespace {

constexpr u8 low(u16 value) { return static_cast<u8>(value); }
constexpr u8 high(u16 value) { return static_cast<u8>(value >> 8); }
constexpr void set_low(u16& value, u8 byte) { value = static_cast<u16>((value & 0xff00) | byte); }
constexpr void set_high(u16& value, u8 byte) { value = static_cast<u16>((value & 0x00ff) | byte << 8); }

}  // namespace

Ns8390::Ns8390(Scheduler& scheduler, const std::string& name, const MacAddress& address, EthernetWire& wire,
               InterruptLine interrupt)
    : scheduler_(scheduler),
      wire_(wire),
      interrupt_(interrupt),
      memory_(address),
      arriving_(
          scheduler, name, 1, kTenMegabit, [this] { return online_ && link_ && loopback() == 0; },
          [this](const std::vector<std::byte>& frame) { reception_done(frame); }) {
  sent_ = scheduler.add(name, 0, [this](Picoseconds) { transmission_done(); });
  reset();
}

/// Table "Register after reset" (chapter 11); what it does not name keeps its value.
void Ns8390::reset() {
  scheduler_.cancel(sent_);
  arriving_.ignore();
  online_ = false;
  overflowed_ = false;
  command_.assign(Stop::kMask);
  command_.set<Remote>(static_cast<u8>(RemoteCommand::Abort));
  interrupt_status_.set<ResetStatus>(true);
  interrupt_mask_ = 0;
  data_configuration_.set<LongAddress>(true);
  transmit_configuration_.set<Loopback>(0);
  update_interrupt();
}

u8 Ns8390::read_register(unsigned offset) {
  if (offset == kCommand) return command_.value();
  switch (page()) {
    case 0:
      return read_page0(offset);
    case 1:
      return read_page1(offset);
    case 2:
      return read_page2(offset);
    default:
      return 0;
  }
}

void Ns8390::write_register(unsigned offset, u8 value) {
  if (offset == kCommand) return write_command(value);
  switch (page()) {
    case 0:
      return write_page0(offset, value);
    case 1:
      return write_page1(offset, value);
    case 2:
      return write_page2(offset, value);
    default:
      return;
  }
}

u8 Ns8390::read_page0(unsigned offset) {
  switch (static_cast<Page0Read>(offset)) {
    case Page0Read::CurrentLocal0:
      return low(local_address_);
    case Page0Read::CurrentLocal1:
      return high(local_address_);
    case Page0Read::Boundary:
      return boundary_;
    case Page0Read::TransmitStatus:
      return transmit_status_.value();
    case Page0Read::Collisions:
      return 0;
    case Page0Read::Fifo:
      return read_fifo();
    case Page0Read::InterruptStatus:
      return interrupt_status_.value();
    case Page0Read::CurrentRemote0:
      return low(remote_address_);
    case Page0Read::CurrentRemote1:
      return high(remote_address_);
    case Page0Read::ReceiveStatus:
      return receive_status_.value();
    case Page0Read::Tally0:
    case Page0Read::Tally1:
    case Page0Read::Tally2:
      return read_tally(offset - static_cast<unsigned>(Page0Read::Tally0));
  }
  return 0;
}

void Ns8390::write_page0(unsigned offset, u8 value) {
  switch (static_cast<Page0Write>(offset)) {
    case Page0Write::PageStart:
      page_start_ = value;
      break;
    case Page0Write::PageStop:
      page_stop_ = value;
      break;
    case Page0Write::Boundary:
      write_boundary(value);
      break;
    case Page0Write::TransmitPage:
      transmit_page_ = value;
      break;
    case Page0Write::TransmitCount0:
      set_low(transmit_count_, value);
      break;
    case Page0Write::TransmitCount1:
      set_high(transmit_count_, value);
      break;
    case Page0Write::InterruptStatus:
      // Ones clear; RST follows the state alone.
      interrupt_status_.assign_masked(0, value & kInterrupts);
      break;
    case Page0Write::RemoteStart0:
      set_low(remote_address_, value);
      break;
    case Page0Write::RemoteStart1:
      set_high(remote_address_, value);
      break;
    case Page0Write::RemoteCount0:
      set_low(remote_count_, value);
      break;
    case Page0Write::RemoteCount1:
      set_high(remote_count_, value);
      break;
    case Page0Write::ReceiveConfiguration:
      receive_configuration_.assign(value | kReceiveConfigurationOnes);
      break;
    case Page0Write::TransmitConfiguration:
      transmit_configuration_.assign(value | kTransmitConfigurationOnes);
      break;
    case Page0Write::DataConfiguration:
      data_configuration_.assign(value | kDataConfigurationOnes);
      break;
    case Page0Write::InterruptMask:
      interrupt_mask_ = value & kInterrupts;
      break;
  }
  update_interrupt();
}

u8 Ns8390::read_page1(unsigned offset) const {
  if (offset == kCurrentPage) return current_page_;
  return offset < kCurrentPage ? address_[offset - kPhysicalAddress] : multicast_[offset - kMulticast];
}

void Ns8390::write_page1(unsigned offset, u8 value) {
  if (offset == kCurrentPage) {
    current_page_ = value;
  } else {
    (offset < kCurrentPage ? address_[offset - kPhysicalAddress] : multicast_[offset - kMulticast]) = value;
  }
}

u8 Ns8390::read_page2(unsigned offset) const {
  switch (static_cast<Page2Read>(offset)) {
    case Page2Read::PageStart:
      return page_start_;
    case Page2Read::PageStop:
      return page_stop_;
    case Page2Read::RemoteNextPacket:
      return remote_next_packet_;
    case Page2Read::TransmitPage:
      return transmit_page_;
    case Page2Read::LocalNextPacket:
      return local_next_packet_;
    case Page2Read::AddressCounter1:
      return high(local_address_);
    case Page2Read::AddressCounter0:
      return low(local_address_);
    case Page2Read::ReceiveConfiguration:
      return receive_configuration_.value();
    case Page2Read::TransmitConfiguration:
      return transmit_configuration_.value();
    case Page2Read::DataConfiguration:
      return data_configuration_.value();
    case Page2Read::InterruptMask:
      return interrupt_mask_;
  }
  return 0;
}

void Ns8390::write_page2(unsigned offset, u8 value) {
  switch (static_cast<Page2Write>(offset)) {
    case Page2Write::CurrentLocal0:
    case Page2Write::AddressCounter0:
      set_low(local_address_, value);
      break;
    case Page2Write::CurrentLocal1:
    case Page2Write::AddressCounter1:
      set_high(local_address_, value);
      break;
    case Page2Write::RemoteNextPacket:
      remote_next_packet_ = value;
      break;
    case Page2Write::LocalNextPacket:
      local_next_packet_ = value;
      break;
  }
}

void Ns8390::write_command(u8 value) {
  const bool was_transmitting = transmitting();
  command_.assign(value);
  command_.set<Transmit>(was_transmitting);
  const Register<u8> written(value);
  if (written.get<Stop>()) {
    online_ = false;
    enter_reset_state_if_idle();
  } else if (written.get<Start>()) {
    online_ = true;
    if (!overflowed_) interrupt_status_.set<ResetStatus>(false);
  }
  start_remote(static_cast<RemoteCommand>(written.get<Remote>()));
  if (written.get<Transmit>() && online_ && !was_transmitting) begin_transmission();
  update_interrupt();
}

/// What is on the cable ends before the chip enters its reset state (chapter 10, CR, STP).
void Ns8390::enter_reset_state_if_idle() {
  if (!online_ && command_.get<Stop>() && !transmitting() && !arriving_.receiving()) {
    interrupt_status_.set<ResetStatus>(true);
  }
}

/// "This bit is also set when a Receive Buffer Ring overflow occurs and is cleared when one or more packets
/// have been removed from the ring" (chapter 10, ISR, RST).
void Ns8390::write_boundary(u8 page) {
  if (overflowed_ && page != boundary_) {
    overflowed_ = false;
    if (online_) interrupt_status_.set<ResetStatus>(false);
  }
  boundary_ = page;
}

u8 Ns8390::read_tally(unsigned counter) {
  const u8 value = tallies_[counter];
  tallies_[counter] = 0;
  return value;
}

void Ns8390::count(unsigned counter) {
  constexpr u8 kFull = 192;  // chapter 10, "Network Tally Counters"
  constexpr u8 kInterrupting = 0x80;
  if (tallies_[counter] < kFull) ++tallies_[counter];
  if (tallies_[counter] >= kInterrupting) interrupt_status_.set<CounterOverflow>(true);
}

void Ns8390::update_interrupt() {
  const bool requested = (interrupt_status_.value() & interrupt_mask_ & kInterrupts) != 0;
  interrupt_.set(requested ? Level::High : Level::Low);
}

void Ns8390::serialize(Archive& archive) {
  archive(memory_, link_, command_, online_, interrupt_status_, interrupt_mask_, data_configuration_,
          transmit_configuration_, receive_configuration_, transmit_status_, receive_status_, tallies_,
          address_, multicast_, page_start_, page_stop_, boundary_, current_page_, local_address_,
          local_next_packet_, overflowed_, remote_address_, remote_count_, remote_next_packet_,
          transmit_page_, transmit_count_, fifo_, fifo_read_, arriving_);
  if (!archive.loading()) return;
  if (fifo_read_ >= fifo_.size()) {
    archive.fail("a FIFO is read behind its end");
    fifo_read_ = 0;
  }
  update_interrupt();
}

}  // namespace ringdown
