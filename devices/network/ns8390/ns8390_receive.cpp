// The DP8390's receiver: address filter and ring of pages (data sheet, chapters 7 and 10).
#include "core/ethernet_address.h"
#include "devices/network/ethernet_crc.h"
#include "devices/network/ns8390/ns8390.h"

namespace ringdown {

using namespace ns8390;

namespace {

constexpr unsigned kRingPage = 256;
constexpr std::size_t kHeaderLength = 4;  // status, next packet, byte count
constexpr unsigned kMissedTally = 2;
/// Without the check sequence: shorter packets are fragments, even to a receiver that takes runts.
constexpr std::size_t kShortestRunt = 8 - sizeof(u32);

/// The multicast register that an address hashes to: the CRC register's six bits of the highest powers,
/// those which are shifted out first.
unsigned multicast_bit(std::span<const std::byte, 6> address) {
  const u32 crc = address_crc(address);
  unsigned bit = 0;
  for (unsigned i = 0; i < 6; ++i) bit = bit << 1 | (crc >> i & 1);
  return bit;
}

}  // namespace

void Ns8390::reception_done(std::span<const std::byte> frame) {
  enter_reset_state_if_idle();
  const std::size_t shortest = receive_configuration_.get<AcceptRunts>() ? kShortestRunt : kShortestFrame;
  if (frame.size() < shortest || frame.size() < std::tuple_size_v<MacAddress> || !passes_filter(frame))
    return;

  receive_status_.assign(0);
  receive_status_.set<GroupMatch>(is_group(destination_of(frame)));
  const bool monitor = receive_configuration_.get<Monitor>();
  receive_status_.set<ReceiverDisabled>(monitor);
  const RingPlace ring = place(frame.size());
  if (monitor || !ring.fits) {
    receive_status_.set<MissedPacket>(true);
    count(kMissedTally);
  } else {
    receive_status_.set<ReceivedGood>(true);
    store(frame, ring.next_packet);
    interrupt_status_.set<PacketReceived>(true);
  }
  if (!monitor && !ring.fits) {
    interrupt_status_.set<Overwrite>(true);
    interrupt_status_.set<ResetStatus>(true);
    overflowed_ = true;
  }
  update_interrupt();
}

/// Promiscuous mode is for station addresses: groups have their own bits (chapter 10, RCR).
bool Ns8390::passes_filter(std::span<const std::byte> frame) const {
  const std::span<const std::byte, 6> destination = destination_of(frame);
  if (is_broadcast(destination)) return receive_configuration_.get<AcceptBroadcast>();
  if (is_group(destination)) {
    const unsigned bit = multicast_bit(destination);
    return receive_configuration_.get<AcceptMulticast>() && (multicast_[bit / 8] >> bit % 8 & 1) != 0;
  }
  return receive_configuration_.get<Promiscuous>() || is_same(destination, address_);
}

u8 Ns8390::page_after(u8 page) const {
  const u8 next = static_cast<u8>(page + 1);
  return next == page_stop_ ? page_start_ : next;
}

/// A page that follows another one, or where the next packet shall begin, may not be the boundary's. The
/// first page is not compared: equal pointers mean an empty ring.
Ns8390::RingPlace Ns8390::place(std::size_t length) const {
  const std::size_t pages = (kHeaderLength + length + sizeof(u32) + kRingPage - 1) / kRingPage;
  u8 page = current_page_;
  for (std::size_t i = 0; i < pages; ++i) {
    page = page_after(page);
    if (page == boundary_) return {page, false};
  }
  return {page, true};
}

bool Ns8390::ring_has_room() const {
  constexpr int kFullFrame = 6;  // pages of 1518 bytes and their header
  const int size = page_stop_ - page_start_;
  if (!online_ || size <= 0) return true;
  const int ahead = ((boundary_ - current_page_) % size + size) % size;
  const int free = ahead != 0 ? ahead : size;
  // Drivers that keep the boundary one page behind what they read show an empty ring as one page less.
  const bool is_empty = free >= size - 1;
  return is_empty || free > kFullFrame * static_cast<int>(arriving_.count() + 1);
}

/// Writes header, packet and check sequence, and makes the page behind them the current one.
void Ns8390::store(std::span<const std::byte> frame, u8 next_packet) {
  u16 address = static_cast<u16>(current_page_ * kRingPage);
  const auto put = [&](unsigned byte) {
    local_write(address, static_cast<u8>(byte));
    if (++address % kRingPage == 0) {
      address = static_cast<u16>(page_after(static_cast<u8>(address / kRingPage - 1)) * kRingPage);
    }
  };
  const std::size_t length = frame.size() + sizeof(u32);
  // Words hold the header in this order whatever the byte order (chapter 7, "Storage format").
  const u16 header = address;
  memory_.write(header, receive_status_.value());
  memory_.write(static_cast<u16>(header + 1), next_packet);
  local_write(static_cast<u16>(header + 2), static_cast<u8>(length));
  local_write(static_cast<u16>(header + 3), static_cast<u8>(length >> 8));
  address = static_cast<u16>(header + kHeaderLength);
  for (const std::byte byte : frame) put(std::to_integer<u8>(byte));
  for (const std::byte byte : check_sequence(frame)) put(std::to_integer<u8>(byte));
  local_address_ = address;
  local_next_packet_ = current_page_ = next_packet;
}

}  // namespace ringdown
