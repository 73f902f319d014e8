// What all back ends have in common.
#include "frontend/network/network_backend.h"

#include <vector>

namespace ringdown {

void NetworkInput::frame(std::span<const std::byte> frame) {
  if (frame.size() < kEthernetHeaderLength || frame.size() > kLongestFrame) {
    ++dropped_;
    return;
  }
  const auto* const first = reinterpret_cast<const u8*>(frame.data());
  const auto channel = static_cast<InputChannel>(static_cast<unsigned>(InputChannel::Nic0) + adapter_);
  if (!inputs_.post(channel, {first, first + frame.size()})) ++dropped_;
}

void NetworkInput::link(bool up) {
  inputs_.post(InputChannel::NicLink, {static_cast<u8>(adapter_), static_cast<u8>(up ? 1 : 0)});
}

void ThreadedBackend::transmit(std::span<const std::byte> frame) {
  if (connected_ && !queue_.push(frame)) ++dropped_;
}

void ThreadedBackend::start() {
  thread_ = std::thread([this] { serve(); });
}

void ThreadedBackend::set_connected(bool connected) {
  connected_ = connected;
  FrameBatch old;
  if (!connected) queue_.take(old);
}

void ThreadedBackend::close() {
  stopping_ = true;
  connected_ = false;
  queue_.ring();
  if (thread_.joinable()) thread_.join();
  closed();
}

}  // namespace ringdown
