// What PAUSE frames look like, and when they are obeyed and sent.
#include "devices/network/e1000/flow_control.h"

#include <algorithm>
#include <array>

#include "core/ethernet.h"
#include "core/internet_checksum.h"

namespace ringdown::e1000 {

namespace {

constexpr std::size_t kSourceField = 6;
constexpr std::size_t kTypeField = 12;
constexpr std::size_t kOpcodeField = 14;
constexpr std::size_t kTimeField = 16;
constexpr std::size_t kPauseLength = 18;
constexpr u16 kPause = 1;
constexpr u64 kQuantumBits = 512;

/// An address as a pair of registers holds it.
MacAddress address_in(const RegisterFile& registers, Offset low, Offset high) {
  MacAddress address;
  for (std::size_t i = 0; i < address.size(); ++i)
    address[i] = static_cast<u8>(registers[i < 4 ? low : high] >> (8 * (i % 4)));
  return address;
}

bool begins_with(std::span<const std::byte> frame, const MacAddress& address) {
  return std::ranges::equal(frame.first(address.size()), std::as_bytes(std::span(address)));
}

}  // namespace

FlowControl::FlowControl(RegisterFile& registers, Statistics& statistics, Transmitter& transmitter,
                         const Phy& phy, Scheduler& scheduler,
                         std::function<void(std::span<const std::byte>)> send)
    : registers_(registers),
      statistics_(statistics),
      transmitter_(transmitter),
      phy_(phy),
      scheduler_(scheduler),
      send_(std::move(send)) {}

FrameKind FlowControl::look_at(std::span<const std::byte> frame) {
  if (frame.size() < kPauseLength || load_network16(frame, kTypeField) != registers_[Offset::Fct])
    return FrameKind::Data;
  const bool ours = begins_with(frame, address_in(registers_, Offset::Fcal, Offset::Fcah)) ||
                    begins_with(frame, address_in(registers_, Offset::Ral0, Offset::Rah0));
  if (!ours || !registers_.get<ReceiverEnable>(Offset::Rctl)) return FrameKind::Data;
  if (load_network16(frame, kOpcodeField) != kPause) {
    statistics_.count(Offset::Fcruc);
    return FrameKind::FlowControl;
  }
  const u16 quanta = load_network16(frame, kTimeField);
  statistics_.count(quanta == 0 ? Offset::Xonrxc : Offset::Xoffrxc);
  if (registers_.get<ReceiveFlowControl>(Offset::Ctrl)) {
    const Picoseconds quantum = kQuantumBits * (kPicosecondsPerSecond / bits_per_second(phy_.speed()));
    transmitter_.pause_until(scheduler_.now() + quanta * quantum);
  }
  return FrameKind::FlowControl;
}

void FlowControl::set_level(std::size_t bytes) {
  const u32 high = registers_[Offset::Fcrth] & kFifoThreshold;
  if (high == 0 || !registers_.get<TransmitFlowControl>(Offset::Ctrl)) return;
  if (!stopped_partner_ && bytes >= high) {
    stopped_partner_ = true;
    send_xoff();
  } else if (stopped_partner_ && bytes <= (registers_[Offset::Fcrtl] & kFifoThreshold)) {
    stopped_partner_ = false;
    if (!registers_.get<XonEnable>(Offset::Fcrtl)) return;
    statistics_.count(Offset::Xontxc);
    send_pause(0);
  }
}

void FlowControl::send_xoff() {
  statistics_.count(Offset::Xofftxc);
  send_pause(static_cast<u16>(registers_[Offset::Fcttv]));
}

void FlowControl::send_pause(u16 quanta) {
  std::array<std::byte, kShortestFrame> frame{};
  const auto put = [&frame](std::size_t at, const MacAddress& address) {
    std::ranges::copy(std::as_bytes(std::span(address)), frame.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, address_in(registers_, Offset::Fcal, Offset::Fcah));
  put(kSourceField, address_in(registers_, Offset::Ral0, Offset::Rah0));
  store_network16(frame, kTypeField, static_cast<u16>(registers_[Offset::Fct]));
  store_network16(frame, kOpcodeField, kPause);
  store_network16(frame, kTimeField, quanta);
  statistics_.count_sent(frame, FrameKind::FlowControl);
  send_(frame);
}

}  // namespace ringdown::e1000
