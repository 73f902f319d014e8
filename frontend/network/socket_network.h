// A wire to another machine by a stream socket.
#pragma once

#include <optional>
#include <vector>

#include "frontend/network/frame_stream.h"
#include "frontend/network/network_backend.h"
#include "frontend/network/network_spec.h"
#include "frontend/sockets/socket.h"

namespace ringdown {

/// Connects to a peer, again and again until there is one, or waits for it; the cable is plugged in while
/// there is one. Frames stand in the stream as FrameReader has them, which QEMU's "-netdev socket" speaks
/// too.
class SocketNetwork final : public ThreadedBackend {
 public:
  SocketNetwork(NetSpec spec, NetworkNotice notice) : spec_(std::move(spec)), notice_(std::move(notice)) {}
  ~SocketNetwork() override { close(); }

  bool plugged_in_at_start() const override { return false; }
  Result<void> open(NetworkInput& input) override;
  /// The port that it listens on.
  u16 port() const { return SocketPlace::port_of(listener_.get()); }

 private:
  void serve() override;
  void closed() override;
  void stop_listening();
  Descriptor next_peer();
  Descriptor accept_peer();
  void pause(int milliseconds);
  void exchange(const Descriptor& peer);
  bool receive(const Descriptor& peer, FrameReader& reader);
  bool send_waiting(const Descriptor& peer);
  void turn_away_others();
  void tell_of_garbage(u32 length);

  NetSpec spec_;
  NetworkNotice notice_;
  NetworkInput* input_ = nullptr;
  std::optional<SocketPlace> place_;
  Descriptor listener_;
  bool told_waiting_ = false;
  bool told_garbage_ = false;
  int retry_milliseconds_ = 0;
  FrameBatch batch_;
  std::vector<std::byte> piece_;     // as it was received
  std::vector<std::byte> outgoing_;  // what the socket has not taken yet
  std::size_t sent_ = 0;             // of it
};

}  // namespace ringdown
