// An interface of the host as the other end of the cable.
#pragma once

#include <vector>

#include "frontend/network/network_backend.h"
#include "frontend/network/network_spec.h"

namespace ringdown {

/// A tap device: what the guest sends arrives at the host's interface of that name, and the other way round.
class TapNetwork final : public ThreadedBackend {
 public:
  TapNetwork(NetSpec spec, NetworkNotice notice) : spec_(std::move(spec)), notice_(std::move(notice)) {}
  ~TapNetwork() override { close(); }

  Result<void> open(NetworkInput& input) override;

 private:
  void serve() override;
  void closed() override { device_.reset(); }
  void receive();
  void send_waiting();

  NetSpec spec_;
  NetworkNotice notice_;
  NetworkInput* input_ = nullptr;
  Descriptor device_;
  std::vector<std::byte> frame_;
  FrameBatch batch_;
};

}  // namespace ringdown
