// The DP8390's transmitter and its loopback (data sheet, chapters 8 and 12).
#include <algorithm>

#include "core/ethernet_address.h"
#include "devices/network/ethernet_crc.h"
#include "devices/network/ethernet_timing.h"
#include "devices/network/ns8390/ns8390.h"

namespace ringdown {

using namespace ns8390;

void Ns8390::begin_transmission() {
  command_.set<Transmit>(true);
  transmit_status_.assign(kTransmitStatusOnes);
  scheduler_.schedule_after(sent_, frame_time(transmit_count_, kTenMegabit));
}

void Ns8390::transmission_done() {
  command_.set<Transmit>(false);
  transmit_status_.assign(kTransmitStatusOnes | TransmittedGood::kMask);
  const std::vector<std::byte> packet = frame_to_send();
  local_address_ = static_cast<u16>((transmit_page_ << 8) + transmit_count_);
  if (loopback() != 0) loop_back(packet);
  if (loopback() == 0 || loopback() == kLoopbackOnCable) send(packet);
  interrupt_status_.set<PacketTransmitted>(true);
  enter_reset_state_if_idle();
  update_interrupt();
}

/// The bytes of the packet as the local DMA fetches them. Loopback fetches bytes alone: of words those on the
/// upper half of the bus, so that the count is twice their number (chapter 12, restrictions).
std::vector<std::byte> Ns8390::frame_to_send() const {
  const bool upper_only = loopback() != 0 && words();
  const unsigned step = upper_only ? 2 : 1;
  std::vector<std::byte> packet;
  packet.reserve(transmit_count_ / step);
  for (u32 i = 0; i + step <= transmit_count_; i += step) {
    const u16 address = static_cast<u16>((transmit_page_ << 8) + i);
    packet.push_back(static_cast<std::byte>(upper_only ? memory_.read(address | 1) : local_read(address)));
  }
  return packet;
}

void Ns8390::send(std::vector<std::byte> frame) {
  // A cable that is pulled shows no carrier, which does not end the transmission (chapter 10, TSR, CRS).
  if (!link_) return transmit_status_.set<CarrierLost>(true);
  if (transmit_configuration_.get<InhibitCrc>()) {
    // The packet's own last bytes are its check sequence: where they are wrong, no receiver takes it.
    if (!ends_with_check_sequence(frame)) return;
    frame.resize(frame.size() - sizeof(u32));
  }
  if (frame.size() < kEthernetHeaderLength || frame.size() > kLongestFrame) return;
  wire_.transmit(frame);
}

/// Tables "Loopback modes" and "Loopback tests" (chapter 12). Carrier and heartbeat come from what the mode
/// leaves out. Transmitter and receiver share the CRC logic: a check sequence that the chip itself appends
/// counts as wrong.
void Ns8390::loop_back(std::span<const std::byte> packet) {
  transmit_status_.set<CarrierLost>(loopback() == kLoopbackInController);
  transmit_status_.set<HeartbeatFailed>(loopback() != kLoopbackOnCable);
  std::vector<std::byte> received(packet.begin(), packet.end());
  const bool appends = !transmit_configuration_.get<InhibitCrc>();
  if (appends) {
    const std::array<std::byte, 4> appended = check_sequence(packet);
    received.insert(received.end(), appended.begin(), appended.end());
  }
  fill_fifo(received);
  if (packet.size() < std::tuple_size_v<MacAddress> || !passes_filter(packet)) return;
  const bool good = !appends && ends_with_check_sequence(packet);
  receive_status_.assign(good ? ReceivedGood::kMask : CrcError::kMask);
  receive_status_.set<GroupMatch>(is_group(destination_of(packet)));
}

/// The FIFO turns round while the packet passes, and ends with its length: low byte, high byte, high byte.
void Ns8390::fill_fifo(std::span<const std::byte> packet) {
  const auto put = [this](std::size_t at, std::size_t byte) {
    fifo_[at % fifo_.size()] = static_cast<u8>(byte);
  };
  const std::size_t length = packet.size();
  for (std::size_t i = length - std::min(length, fifo_.size()); i < length; ++i) {
    put(i, std::to_integer<u8>(packet[i]));
  }
  put(length, length);
  put(length + 1, length >> 8);
  put(length + 2, length >> 8);
  fifo_read_ = 0;
}

u8 Ns8390::read_fifo() {
  const u8 value = fifo_[fifo_read_];
  fifo_read_ = static_cast<u8>((fifo_read_ + 1) % fifo_.size());
  return value;
}

}  // namespace ringdown
