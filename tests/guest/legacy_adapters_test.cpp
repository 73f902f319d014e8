// Debian's drivers of the old adapters, on two of a kind with a cable between them: probe, address, recovery
// from a ring that overflows, pings in fragments, a file. (ne2k-pci does so in
// tests/lockstep/network_test.cpp.)
#include <algorithm>

#include "tests/support/network_work.h"

namespace ringdown::test {
namespace {

constexpr Ticks kLimit = 20'000'000'000;
constexpr unsigned kKilobytes = 300;

constexpr const char* kReadyForFlood = "ready for the flood";

/// Receives a flood of small frames on eth0 at the cable's speed, which is too fast for a driver on so slow a
/// processor: `lost` of the adapter's statistics must tell.
std::string flooded(const std::string& lost) {
  return std::string("ip link set eth0 up; echo ") + kReadyForFlood +
         " >/dev/ttyS0; sleep 2\n"
         "cd /sys/class/net/eth0/statistics; grep . rx_packets " +
         lost + "; [ $(cat rx_packets) -gt 0 ] && [ $(cat " + lost + ") -gt 0 ] || exit 1\n";
}

void flood(InputSeam& inputs) {
  constexpr unsigned kFrames = 3000;
  std::vector<u8> frame(kShortestFrame);
  std::fill_n(frame.begin(), 6, u8{0xff});
  bool all_posted = true;
  for (unsigned i = 0; i < kFrames; ++i) all_posted &= inputs.post(InputChannel::Nic0, frame);
  REQUIRE(all_posted);
}

void check_work(NicModel model, const LinuxBoot& boot) {
  CrossedAdapters cable;
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  config.ticks_per_second = 20'000'000;
  cable.plug_into(config, model);
  // Of ISA cards, each needs its own place, and not the second serial port's interrupt.
  config.nics[0].isa_irq = 10;
  config.nics[1].isa_port = 0x320;
  config.nics[1].isa_irq = 5;
  check_network_work(config, boot, cable, kLimit, [](GuestMachine& guest) {
    if (guest.wait_for_console(kReadyForFlood, kLimit)) flood(guest.machine().inputs());
  });
  REQUIRE(cable.frames() > kKilobytes * 1024 / 1500);
}

TEST_CASE("Debian's pcnet32 finds two PCnets in order, with their link, and talks to itself through them") {
  LinuxBoot boot = network_work(kKilobytes);
  boot.initramfs = "network-tools";
  boot.command =
      "ip link set eth0 up\n"
      "/sbin/ethtool -t eth0 offline || exit 1\n"  // through its loopback
      "/sbin/ethtool eth0 | grep 'Link detected: yes' || exit 1\n" +
      flooded("rx_errors") + boot.command;
  check_work(NicModel::Pcnet, boot);
}

TEST_CASE("Debian's ne talks to itself through two NE2000s on ISA") {
  LinuxBoot boot = network_work(kKilobytes);
  boot.initramfs = "isa-network";
  boot.command = flooded("rx_over_errors") + boot.command;
  boot.parameters += " ne.io=0x300,0x320 ne.irq=10,5";
  check_work(NicModel::Ne2000, boot);
}

}  // namespace
}  // namespace ringdown::test
