// The user's network as a guest sees it, by packets made by hand.
#include "frontend/network/user_network.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "frontend/sockets/socket.h"
#include "tests/unit/frontend/guest_packets.h"
#include "tests/unit/frontend/network_inbox.h"

namespace ringdown {
namespace {

using namespace packets;

/// A machine on the user's network.
struct Machine {
  explicit Machine(const UserNetworkSpec& spec)
      : network(std::move(*make_user_network(spec, notices.taker()))) {}
  ~Machine() { network->close(); }

  void open() { REQUIRE(network->open(inbox.input())); }
  void send(const Frame& frame) { network->transmit(bytes_of(frame)); }
  /// Asks for an address; the router knows the guest from then on.
  Frame dhcp_offer() {
    send(dhcp_discover());
    return inbox.next_frame_that([](const Frame& f) { return is_ip(f, kUdp) && to_port(f) == 68; });
  }
  /// All that was sent before has been dealt with when this comes back.
  void ask_router() {
    send(arp(1, kGuest, kRouter));
    inbox.next_frame_that([](const Frame& f) { return is_arp(f, 2); });
  }
  /// The port that a forward of any port got.
  u16 told_port() {
    unsigned port = 0;
    REQUIRE(std::sscanf(notices.all().at(0).c_str(), "--forward %*[^ ] 127.0.0.1:%u leads", &port) == 1);
    return static_cast<u16>(port);
  }

  Notices notices;
  NetworkInbox inbox;
  std::unique_ptr<NetworkBackend> network;
};

UserNetworkSpec forwarding(const std::string& forward) {
  UserNetworkSpec spec;
  spec.forwards.push_back(*parse_forward(forward));
  return spec;
}

Descriptor host_listener() {
  return std::move(*SocketPlace::find({{}, "127.0.0.1", 0}, SocketRole::Listen, "test")->listen());
}

bool has_connection(const Descriptor& listener) {
  pollfd polled{listener.get(), POLLIN, 0};
  return poll(&polled, 1, 0) == 1;
}

sockaddr_in host_address(u16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

TEST_CASE("a guest on the user's network gets its address and the file to boot by DHCP") {
  UserNetworkSpec spec;
  spec.boot_file = "menu.ipxe";
  Machine machine(spec);
  machine.open();
  const Frame offer = machine.dhcp_offer();
  const std::span<const u8> bootp = std::span(offer).subspan(kUdpDataAt);
  CHECK(std::ranges::equal(bootp.subspan(16, 4), kGuest));
  CHECK(std::string(reinterpret_cast<const char*>(&bootp[108])) == "menu.ipxe");
}

TEST_CASE("a guest on the user's network reads the files of its folder by TFTP") {
  UserNetworkSpec spec;
  const auto folder = std::filesystem::temp_directory_path() / ("ringdown-tftp-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "hello") << "from the host";
  spec.tftp_folder = folder;
  spec.restricted = true;  // makes no difference
  Machine machine(spec);
  machine.open();
  machine.dhcp_offer();
  machine.send(
      udp(kGuest, 3000, kRouter, 69, joined(word(1), text("hello"), Bytes{0}, text("octet"), Bytes{0})));
  const Frame data =
      machine.inbox.next_frame_that([](const Frame& f) { return is_ip(f, kUdp) && to_port(f) == 3000; });
  CHECK(Bytes(data.begin() + kUdpDataAt, data.end()) == joined(word(3), word(1), text("from the host")));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a guest reaches the host, but not with --restrict") {
  const Descriptor listener = host_listener();
  const u16 port = SocketPlace::port_of(listener.get());
  const auto is_answer = [](const Frame& f) {
    return is_ip(f, kTcp) && to_port(f) == 4000 && f[kTcpFlagsAt] == (kSyn | kAck);
  };
  {
    UserNetworkSpec spec;
    spec.restricted = true;
    Machine machine(spec);
    machine.open();
    machine.dhcp_offer();
    machine.send(tcp(4000, kRouter, port, kSyn));
    machine.ask_router();
    CHECK_FALSE(has_connection(listener));
  }
  Machine machine(UserNetworkSpec{});
  machine.open();
  machine.dhcp_offer();
  machine.send(tcp(4000, kRouter, port, kSyn));
  CHECK(from_port(machine.inbox.next_frame_that(is_answer)) == port);
  CHECK(has_connection(listener));
}

TEST_CASE("a forward leads connections of the host to the guest, with --restrict too") {
  UserNetworkSpec spec = forwarding("tcp:0:22");
  spec.restricted = true;
  Machine machine(spec);
  machine.open();
  machine.dhcp_offer();
  const Result<Descriptor> client =
      SocketPlace::find({{}, "127.0.0.1", machine.told_port()}, SocketRole::Connect, "test")
          ->connect(WakePipe(), "-");
  REQUIRE(client);
  const Frame syn = machine.inbox.next_frame_that([](const Frame& f) { return is_ip(f, kTcp); });
  CHECK(to_port(syn) == 22);
  CHECK(syn[kTcpFlagsAt] == kSyn);
}

TEST_CASE("a forward of UDP leads datagrams to the guest, who is asked for by ARP") {
  Machine machine(forwarding("udp:0:5353"));
  machine.open();
  const Descriptor client(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = host_address(machine.told_port());
  REQUIRE(sendto(client.get(), "knock", 5, 0, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
          5);
  machine.inbox.next_frame_that([](const Frame& f) { return is_arp(f, 1); });
  machine.send(arp(2, kGuest, kRouter));
  const Frame datagram = machine.inbox.next_frame_that([](const Frame& f) { return is_ip(f, kUdp); });
  CHECK(to_port(datagram) == 5353);
  CHECK(Bytes(datagram.begin() + kUdpDataAt, datagram.begin() + kUdpDataAt + 5) == text("knock"));
}

TEST_CASE("a port of the host that is taken gives one line") {
  const Descriptor listener = host_listener();
  const u16 port = SocketPlace::port_of(listener.get());
  Machine machine(forwarding("tcp:" + std::to_string(port) + ":22"));
  const Result<void> opened = machine.network->open(machine.inbox.input());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("--forward tcp:" + std::to_string(port)) == 0);
  CHECK(opened.error().message.find("choose another port") != std::string::npos);
}

TEST_CASE("junk from the guest harms nobody on the user's network") {
  Machine machine(UserNetworkSpec{});
  machine.open();
  Frame junk = udp(kGuest, 1, kRouter, 2, Bytes(100));
  u32 random = 1;
  for (unsigned i = 0; i < 2000; ++i) {
    random = random * 1103515245 + 12345;
    junk[14 + (random >> 16) % (junk.size() - 14)] = static_cast<u8>(random >> 8);
    machine.send(Frame(junk.begin(), junk.begin() + 14 + static_cast<std::ptrdiff_t>((random >> 20) % 100)));
  }
  machine.ask_router();
}

}  // namespace ringdown
