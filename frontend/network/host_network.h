// All that the network adapters of one machine are connected to on the host.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/machine/machine.h"
#include "frontend/network/network_backend.h"
#include "frontend/network/network_spec.h"
#include "frontend/network/packet_capture.h"

namespace ringdown {

/// What there is to tell of an adapter.
struct AdapterReport {
  std::string_view model;
  std::string mac;
  std::string net;  // as the user wrote it
  NicTraffic traffic;
  // Frames that came faster than the other side took them, and were dropped between the machine and the
  // outside.
  u64 sent_lost = 0;
  u64 received_lost = 0;
};

/// Made before the machine, whose cables lead here, and opened when it exists.
class HostNetwork {
 public:
  enum class Purpose : u8 {
    Live,
    Replay,  // nothing is opened: what comes is in the recording, and what the guest sends goes into captures
             // alone
  };

  /// Plugs the cables of `nics` in. Nothing is opened or created.
  static Result<std::unique_ptr<HostNetwork>> make(const NetworkSpec& spec, Purpose purpose,
                                                   std::vector<NicConfig>& nics, const NetworkNotice& notice);
  ~HostNetwork() { close(); }

  /// Opens back ends, then creates captures. Errors name the option.
  Result<void> open(Machine& machine);
  Result<void> open_captures(Machine& machine);
  /// After a state was restored: cables that are plugged in otherwise than they were become so.
  void tell_links(InputSeam& inputs) const;
  /// Ends all connections.
  void close();
  /// Whether the captures are complete.
  Result<void> close_captures();

  std::vector<AdapterReport> report(Machine& machine) const;

 private:
  struct Adapter {
    NetSpec spec;
    std::unique_ptr<EthernetWire> far_end;  // of a replay
    std::unique_ptr<NetworkBackend> backend;
    std::unique_ptr<NetworkInput> input;
    std::unique_ptr<PacketCapture> capture;
  };

  std::vector<Adapter> adapters_;
};

/// Whether any adapter can hear from outside the program.
bool is_live(const NetworkSpec& spec);

}  // namespace ringdown
