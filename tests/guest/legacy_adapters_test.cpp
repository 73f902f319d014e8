// Debian's drivers of the old adapters, on two of a kind with a cable between them: probe, address, pings in
// fragments, a file. (ne2k-pci does so in tests/lockstep/network_test.cpp.)
#include "tests/support/network_work.h"

namespace ringdown::test {
namespace {

constexpr Ticks kLimit = 20'000'000'000;
constexpr unsigned kKilobytes = 300;

void check_work(NicModel model, const LinuxBoot& boot) {
  CrossedAdapters cable;
  MachineConfig config;
  config.memory_bytes = u64{64} << 20;
  cable.plug_into(config, model);
  // Of ISA cards, each needs its own place.
  config.nics[1].isa_port = 0x320;
  config.nics[1].isa_irq = 5;
  check_network_work(config, boot, cable, kLimit);
  REQUIRE(cable.frames() > kKilobytes * 1024 / 1500);
}

TEST_CASE("Debian's pcnet32 finds two PCnets in order, with their link, and talks to itself through them") {
  LinuxBoot boot = network_work(kKilobytes);
  boot.initramfs = "network-tools";
  boot.command =
      "ip link set eth0 up\n"
      "/sbin/ethtool -t eth0 offline || exit 1\n"  // through its loopback
      "/sbin/ethtool eth0 | grep 'Link detected: yes' || exit 1\n" +
      boot.command;
  check_work(NicModel::Pcnet, boot);
}

TEST_CASE("Debian's ne talks to itself through two NE2000s on ISA") {
  LinuxBoot boot = network_work(kKilobytes);
  boot.initramfs = "isa-network";
  boot.parameters += " ne.io=0x300,0x320 ne.irq=3,5";
  check_work(NicModel::Ne2000, boot);
}

}  // namespace
}  // namespace ringdown::test
