// A Debian guest that talks to itself through two network adapters, for tests of what must not depend on when
// or how.
#pragma once

#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/crossed_adapters.h"
#include "tests/support/guest_machine.h"

namespace ringdown::test {

/// A file of `kilobytes` goes from the second adapter, in a network namespace of its own, to the first; ends
/// with status 0 if it arrives as it was.
inline LinuxBoot network_work(unsigned kilobytes) {
  return {.initramfs = "network",
          .command = "head -c " + std::to_string(kilobytes) +
                     "k /dev/urandom >/tmp/data\n"
                     "ip link set eth0 up; ip address add 10.1.0.1/24 dev eth0\n"
                     "unshare -n sleep 9999 &\n"
                     "sleep 0.2\n"
                     "ip link set eth1 netns $!\n"
                     "nsenter -t $! -n sh -c 'ip link set eth1 up; ip address add 10.1.0.2/24 dev eth1\n"
                     "  httpd -p 80 -h /tmp'\n"
                     "for i in $(seq 50); do ping -c 1 -W 1 10.1.0.2 && break; done\n"
                     "ping -c 2 -s 4000 10.1.0.2 || exit 1\n"
                     "wget -q -O - http://10.1.0.2/data | cmp - /tmp/data\n",
          .parameters = "quiet"};
}

/// Runs it on the adapters of `config`, which `cable` connects, after what `first` does with the guest; fails
/// the test unless it ends with status 0 within `limit`.
inline void check_network_work(const MachineConfig& config, const LinuxBoot& boot, CrossedAdapters& cable,
                               Ticks limit, const std::function<void(GuestMachine&)>& first = {}) {
  GuestMachine guest(with_linux(config, boot));
  cable.connect(guest.machine().inputs());
  if (first) first(guest);
  guest.run_to(limit);
  INFO(guest.console() << guest.output());
  REQUIRE(guest.last_stop().reason == StopReason::Exit);
  REQUIRE(guest.last_stop().exit_code == 0);
}

}  // namespace ringdown::test
