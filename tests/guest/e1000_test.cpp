// Debian's driver of the 8254x family on each of the three chips: its own tests of the hardware, and two
// adapters that talk to each other with and without offload.
#include "tests/support/network_work.h"

namespace ringdown::test {
namespace {

constexpr Ticks kLimit = 40'000'000'000;
constexpr unsigned kKilobytes = 1000;

/// A cable to somebody who never says anything.
class SilentWire final : public EthernetWire {
 public:
  void transmit(std::span<const std::byte>) override {}
};

// Offline: registers, EEPROM, interrupt, loopback; then the link.
constexpr const char* kSelfTests =
    "for nic in eth0 eth1 eth2; do ip link set $nic up; done; sleep 1\n"
    "for nic in eth0 eth1 eth2; do\n"
    "  /sbin/ethtool -t $nic offline || exit 1\n"
    "  /sbin/ethtool $nic | grep 'Speed: 1000Mb/s' || exit 1\n"
    "  ip link set $nic down\n"
    "done\n";

// The same file through tagged frames, which the adapters tag, filter and strip.
constexpr const char* kTaggedWork =
    "ip link add link eth0 name eth0.7 type vlan id 7\n"
    "ip address add 10.7.0.1/24 dev eth0.7; ip link set eth0.7 up\n"
    "nsenter -t $! -n sh -c 'ip link add link eth1 name eth1.7 type vlan id 7\n"
    "  ip address add 10.7.0.2/24 dev eth1.7; ip link set eth1.7 up'\n"
    "ping -c 2 -s 4000 10.7.0.2 || exit 1\n"
    "wget -q -O - http://10.7.0.2/data | cmp - /tmp/data || exit 1\n";

// And in jumbo frames, which need several buffers each.
constexpr const char* kJumboWork =
    "ip link set eth0 mtu 9000; nsenter -t $! -n ip link set eth1 mtu 9000\n"
    "for i in $(seq 50); do ping -c 1 -W 1 -s 8900 10.1.0.2 && break; done\n"
    "ping -c 2 -s 8900 10.1.0.2 || exit 1\n"
    "wget -q -O - http://10.1.0.2/data | cmp - /tmp/data || exit 1\n";

// Segments were made by the adapter, and nothing went wrong.
constexpr const char* kStatistics =
    "nsenter -t $! -n /sbin/ethtool -S eth1 >/tmp/statistics\n"
    "grep -E 'tx_tcp_seg_good: [1-9]' /tmp/statistics || exit 1\n"
    "! grep -E '(errors|failed): [1-9]' /tmp/statistics\n";

TEST_CASE("Debian's e1000 finds nothing wrong with each chip, and talks to itself through two of them") {
  CrossedAdapters cable;
  SilentWire silence;
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  cable.plug_into(config, NicModel::E1000_82543Gc);
  config.nics[1].model = NicModel::E1000;
  config.nics.push_back({.model = NicModel::E1000_82545Em, .wire = &silence});
  LinuxBoot boot = network_work(kKilobytes);
  boot.initramfs = "network-tools";
  boot.command =
      kSelfTests + boot.command + "[ $? = 0 ] || exit 1\n" + kTaggedWork + kJumboWork + kStatistics;
  check_network_work(config, boot, cable, kLimit);
}

}  // namespace
}  // namespace ringdown::test
