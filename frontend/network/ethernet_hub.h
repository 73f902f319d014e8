// Machines of one process on one wire.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "frontend/network/network_backend.h"

namespace ringdown {

/// A hub: what one port sends, all others get.
class EthernetHub {
 public:
  class Port final : public EthernetWire {
   public:
    explicit Port(EthernetHub& hub) : hub_(hub) {}
    /// Where frames for this port go, from now on; until then they are lost.
    void connect(InputSeam& inputs, unsigned adapter);
    void disconnect();
    void transmit(std::span<const std::byte> frame) override { hub_.spread(*this, frame); }

   private:
    friend class EthernetHub;
    EthernetHub& hub_;
    std::optional<NetworkInput> input_;  // guarded by the hub's mutex
  };

  /// A port that lives as long as the hub.
  Port& add_port();

 private:
  void spread(const Port& from, std::span<const std::byte> frame);

  std::mutex mutex_;
  std::deque<Port> ports_;
};

}  // namespace ringdown
