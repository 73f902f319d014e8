// Network adapters on the command line: what they are, where they lead, and what they have where nobody says
// it.
#include "frontend/cli/network_options.h"

#include <catch2/catch.hpp>

#include "frontend/machine/nic_models.h"

namespace ringdown {
namespace {

Options parsed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  const auto result = parse_command_line(arguments);
  if (!result) FAIL(result.error().message);
  return std::get<Options>(*result);
}

}  // namespace

TEST_CASE("a machine has no network adapter unless one is asked for") {
  const Options options = parsed({});
  CHECK(options.machine.nics.empty());
  CHECK(options.network.nets.empty());
}

TEST_CASE("a net alone gives an e1000, an adapter alone the network of the user") {
  const Options net = parsed({"--net", "tap:tap3"});
  REQUIRE(net.machine.nics.size() == 1);
  CHECK(net.machine.nics[0].model == NicModel::E1000);
  CHECK(net.network.nets.at(0).kind == NetKind::Tap);
  CHECK(net.network.nets.at(0).name == "tap3");
  const Options nic = parsed({"--nic", "pcnet"});
  REQUIRE(nic.network.nets.size() == 1);
  CHECK(nic.machine.nics.at(0).model == NicModel::Pcnet);
  CHECK(nic.network.nets[0].kind == NetKind::User);
}

TEST_CASE("the nth net is the nth adapter's") {
  const Options options =
      parsed({"--net", "none", "--nic", "ne2000,port=0x320,irq=9", "--net", "socket:listen=unix:/a,b",
              "--nic", "rtl8029,mac=00:11:22:33:44:FE", "--net", "socket:connect=[::1]:99"});
  REQUIRE(options.machine.nics.size() == 3);
  REQUIRE(options.network.nets.size() == 3);
  CHECK(options.machine.nics[0].isa_port == 0x320);
  CHECK(options.machine.nics[0].isa_irq == 9);
  CHECK(options.network.nets[0].kind == NetKind::None);
  CHECK(options.machine.nics[1].mac == MacAddress{0x00, 0x11, 0x22, 0x33, 0x44, 0xfe});
  CHECK(options.network.nets[1].listen);
  CHECK(options.network.nets[1].address.path == "/a,b");
  CHECK(options.machine.nics[2].model == NicModel::E1000);
  CHECK_FALSE(options.network.nets[2].listen);
  CHECK(options.network.nets[2].address.host == "::1");
  CHECK(options.network.nets[2].address.port == 99);
}

TEST_CASE("adapters that can meet on a wire have different addresses by default") {
  const auto mac = [](std::vector<std::string> arguments, std::size_t number = 0) {
    return parsed(std::move(arguments)).machine.nics.at(number).mac;
  };
  CHECK(mac({"--net", "user"}) == MacAddress{0x52, 0x54, 0x00, 0x12, 0x34, 0x56});
  CHECK(mac({"--net", "user", "--net", "user"}, 1) == MacAddress{0x52, 0x54, 0x00, 0x12, 0x34, 0x57});
  CHECK(mac({"--net", "socket:listen=h:1"}) != mac({"--net", "socket:connect=h:1"}));
  CHECK(mac({"--net", "user", "--net", "socket:listen=h:1"}, 1) !=
        mac({"--net", "user", "--net", "socket:connect=h:1"}, 1));
  CHECK(mac({"--net", "tap:tap0"}) != mac({"--net", "tap:tap1"}));
  CHECK(mac({"--net", "tap:tap0"}) == mac({"--net", "tap:tap0"}));
}

TEST_CASE("forwards have addresses where they are given") {
  const ForwardSpec plain = *parse_forward("tcp:2222:22");
  CHECK_FALSE(plain.udp);
  CHECK(plain.host_address == "127.0.0.1");
  CHECK(plain.host_port == 2222);
  CHECK(plain.guest_address == "10.0.2.15");
  CHECK(plain.guest_port == 22);
  const ForwardSpec full = *parse_forward("udp:0.0.0.0:53:10.0.2.16:5353");
  CHECK(full.udp);
  CHECK(full.host_address == "0.0.0.0");
  CHECK(full.host_port == 53);
  CHECK(full.guest_address == "10.0.2.16");
  CHECK(full.guest_port == 5353);
  CHECK(parse_forward("tcp:localhost:1:2")->host_address == "127.0.0.1");
  CHECK(parse_forward("tcp:1:10.0.2.20:2")->guest_address == "10.0.2.20");
  for (const char* const text : {"", "tcp", "tcp:", "tcp::", "tcp:1:", "tcp:1:0", "tcp:1:65536", "tcp:a:b:c",
                                 "sctp:1:2", "tcp:1:2:3", "tcp:256.0.0.1:1:2", "tcp:1:2:3:4:5"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_forward(text));
  }
}

TEST_CASE("adapters get boot ROMs where the network is booted from") {
  CHECK(parsed({"--net", "user"}).machine.nics[0].rom == NicRom::Absent);
  const Options options = parsed({"--boot", "network", "--nic", "ne2000", "--nic", "pcnet", "--nic",
                                  "e1000,rom=off", "--nic", "rtl8029,rom=my.rom"});
  CHECK(options.machine.boot_order[0] == BootDevice::Network);
  CHECK(options.machine.boot_order[1] == BootDevice::Disk);
  CHECK(options.machine.nics[0].rom == NicRom::Absent);
  CHECK(options.machine.nics[1].rom == NicRom::Boot);
  CHECK(options.machine.nics[2].rom == NicRom::Off);
  CHECK(options.machine.nics[3].rom == NicRom::File);
  CHECK(options.machine.nics[3].rom_path == "my.rom");
}

TEST_CASE("every model can be asked for by its name") {
  for (const NicModelRow& row : nic_models()) CHECK(parse_nic(row.name)->model == row.model);
}

}  // namespace ringdown
