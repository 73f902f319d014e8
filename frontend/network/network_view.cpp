// What `network` and --summary print.
#include "frontend/network/network_view.h"

#include <fmt/core.h>

namespace ringdown {

namespace {

std::string lost_text(u64 lost) { return lost == 0 ? std::string() : fmt::format(", {} lost", lost); }

}  // namespace

std::string network_view(std::span<const AdapterReport> adapters) {
  if (adapters.empty()) return "This machine has no network adapter: --net user gives it one.\n";
  std::string text;
  for (std::size_t number = 0; number < adapters.size(); ++number) {
    const AdapterReport& a = adapters[number];
    text += fmt::format(
        "network {}: {} with mac={} on {}: sent {} frames with {} bytes{}; received {} with {}{}\n",
        number + 1, a.model, a.mac, a.net, a.traffic.frames_sent, a.traffic.bytes_sent,
        lost_text(a.sent_lost), a.traffic.frames_received, a.traffic.bytes_received,
        lost_text(a.received_lost));
  }
  return text;
}

}  // namespace ringdown
