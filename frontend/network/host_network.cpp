// Makes and opens what --net and --pcap ask for.
#include "frontend/network/host_network.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/machine/nic_models.h"
#include "frontend/network/guest_clock.h"
#include "frontend/network/socket_network.h"
#include "frontend/network/tap_network.h"
#include "frontend/network/user_network.h"

namespace ringdown {

namespace {

/// Where frames go in a replay.
class NoWire final : public EthernetWire {
 public:
  void transmit(std::span<const std::byte>) override {}
};

Result<std::unique_ptr<NetworkBackend>> make_backend(const NetSpec& spec, const UserNetworkSpec& user,
                                                     const NetworkNotice& notice) {
  switch (spec.kind) {
    case NetKind::None:
      break;
    case NetKind::User:
      return make_user_network(user, notice);
    case NetKind::Tap:
      return std::unique_ptr<NetworkBackend>(std::make_unique<TapNetwork>(spec, notice));
    case NetKind::Socket:
      return std::unique_ptr<NetworkBackend>(std::make_unique<SocketNetwork>(spec, notice));
  }
  return std::unique_ptr<NetworkBackend>();
}

}  // namespace

bool is_live(const NetworkSpec& spec) {
  return std::ranges::any_of(spec.nets, [](const NetSpec& net) { return net.kind != NetKind::None; });
}

Result<std::unique_ptr<HostNetwork>> HostNetwork::make(const NetworkSpec& spec, Purpose purpose,
                                                       std::vector<NicConfig>& nics,
                                                       const NetworkNotice& notice) {
  auto network = std::make_unique<HostNetwork>();
  UserNetworkSpec user = spec.user;
  for (std::size_t number = 0; number < spec.nets.size(); ++number) {
    Adapter& adapter = network->adapters_.emplace_back();
    adapter.spec = spec.nets[number];
    if (number < spec.captures.size()) {
      adapter.capture = std::make_unique<PacketCapture>(spec.captures[number]);
      nics[number].watcher = adapter.capture.get();
    }
    Result<std::unique_ptr<NetworkBackend>> backend = make_backend(adapter.spec, user, notice);
    if (!backend) return backend.error();
    if (!*backend) continue;
    if (adapter.spec.kind == NetKind::User) user.forwards.clear();
    nics[number].plugged_in = (*backend)->plugged_in_at_start();
    if (purpose == Purpose::Replay) {
      adapter.far_end = std::make_unique<NoWire>();
      nics[number].wire = adapter.far_end.get();
    } else {
      adapter.backend = std::move(*backend);
      nics[number].wire = adapter.backend.get();
    }
  }
  return network;
}

Result<void> HostNetwork::open(Machine& machine) {
  for (unsigned number = 0; number < adapters_.size(); ++number) {
    Adapter& adapter = adapters_[number];
    if (!adapter.backend) continue;
    adapter.input = std::make_unique<NetworkInput>(machine.inputs(), number);
    if (Result<void> opened = adapter.backend->open(*adapter.input); !opened) return opened;
  }
  return {};
}

Result<void> HostNetwork::open_captures(Machine& machine) {
  for (Adapter& adapter : adapters_) {
    if (!adapter.capture) continue;
    if (Result<void> opened = adapter.capture->open(guest_clock(machine)); !opened) return opened;
  }
  return {};
}

void HostNetwork::tell_links(InputSeam& inputs) const {
  for (unsigned number = 0; number < adapters_.size(); ++number) {
    const Adapter& adapter = adapters_[number];
    NetworkInput(inputs, number).link(adapter.backend != nullptr && adapter.backend->plugged_in_at_start());
  }
}

void HostNetwork::close() {
  for (Adapter& adapter : adapters_) {
    if (adapter.backend) adapter.backend->close();
  }
}

Result<void> HostNetwork::close_captures() {
  Result<void> all;
  for (Adapter& adapter : adapters_) {
    if (!adapter.capture) continue;
    if (Result<void> closed = adapter.capture->close(); !closed && all) all = closed;
  }
  return all;
}

std::vector<AdapterReport> HostNetwork::report(Machine& machine) const {
  std::vector<AdapterReport> reports;
  for (unsigned number = 0; number < adapters_.size(); ++number) {
    const Adapter& adapter = adapters_[number];
    const NicConfig& nic = machine.config().nics[number];
    AdapterReport& report = reports.emplace_back();
    report.model = row_of(nic.model).name;
    report.mac = fmt::format("{:02x}", fmt::join(nic.mac, ":"));
    report.net = adapter.spec.text;
    report.traffic = machine.board().network().traffic(number);
    if (adapter.backend) report.sent_lost = adapter.backend->dropped();
    if (adapter.input) report.received_lost = adapter.input->dropped();
  }
  return reports;
}

}  // namespace ringdown
