// Two machines joined by a socket: peers that come, go, are slow or talk nonsense.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "frontend/network/frame_stream.h"
#include "frontend/network/socket_network.h"
#include "tests/unit/frontend/network_inbox.h"

namespace ringdown {
namespace {

/// One end of a wire, with the machine behind it.
struct End {
  explicit End(const std::string& text) : network(*parse_net(text), notices.taker()) {}

  Notices notices;
  NetworkInbox machine;
  SocketNetwork network;
};

/// The path of a socket of this test alone.
struct Place {
  Place() : path(std::filesystem::temp_directory_path() / ("ringdown-wire-" + std::to_string(getpid()))) {}
  ~Place() { std::filesystem::remove(path); }

  std::string listening() const { return "socket:listen=unix:" + path.string(); }
  std::string connecting() const { return "socket:connect=unix:" + path.string(); }
  /// A peer that a test speaks for itself; it blocks.
  Descriptor raw() const {
    Result<Descriptor> peer =
        SocketPlace::find({path.string(), {}, 0}, SocketRole::Connect, "test")->connect(WakePipe(), "-");
    REQUIRE(peer);
    fcntl(peer->get(), F_SETFL, 0);
    return std::move(*peer);
  }

  std::filesystem::path path;
};

void write_all(const Descriptor& peer, const std::vector<u8>& bytes) {
  REQUIRE(write(peer.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

/// Reads until the other end closes.
std::size_t read_to_end(const Descriptor& peer) {
  std::array<char, 4096> buffer;
  std::size_t total = 0;
  for (ssize_t count = 1; count > 0;) {
    count = read(peer.get(), buffer.data(), buffer.size());
    if (count > 0) total += static_cast<std::size_t>(count);
  }
  return total;
}

const Frame kPing(60, 0x11);
const Frame kPong(1514, 0x22);

}  // namespace

TEST_CASE("the cable is plugged in while there is a machine at the other end, which may come back") {
  const Place place;
  End server(place.listening());
  REQUIRE(server.network.open(server.machine.input()));
  for (int visit = 0; visit < 2; ++visit) {
    End client(place.connecting());
    REQUIRE(client.network.open(client.machine.input()));
    CHECK(server.machine.next_link());
    CHECK(client.machine.next_link());
    client.network.transmit(bytes_of(kPing));
    CHECK(server.machine.next_frame() == kPing);
    server.network.transmit(bytes_of(kPong));
    server.network.transmit(bytes_of(kPing));
    CHECK(client.machine.next_frame() == kPong);
    CHECK(client.machine.next_frame() == kPing);
    client.network.close();
    CHECK_FALSE(server.machine.next_link());
  }
  server.network.close();
  CHECK_FALSE(std::filesystem::exists(place.path));
}

TEST_CASE("the end that connects waits for the other, and for its return") {
  const Place place;
  End client(place.connecting());
  REQUIRE(client.network.open(client.machine.input()));
  client.notices.wait_for("it is tried again");
  for (int visit = 0; visit < 2; ++visit) {
    End server(place.listening());
    REQUIRE(server.network.open(server.machine.input()));
    CHECK(client.machine.next_link());
    server.network.transmit(bytes_of(kPing));
    server.network.close();
    CHECK_FALSE(client.machine.next_link());
  }
}

TEST_CASE("a peer that talks nonsense is hung up on, which is told once") {
  const Place place;
  End server(place.listening());
  REQUIRE(server.network.open(server.machine.input()));
  const std::vector<std::vector<u8>> nonsense{
      {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0, 0, 0x40, 1, 0}, {'S', 'S', 'H', '-', '2'}};
  for (const std::vector<u8>& bytes : nonsense) {
    const Descriptor peer = place.raw();
    CHECK(server.machine.next_link());
    write_all(peer, bytes);
    CHECK_FALSE(server.machine.next_link());
    CHECK(read_to_end(peer) == 0);
  }
  // Frames too short for a header are sound in the stream, and no frames.
  const Descriptor peer = place.raw();
  write_all(peer, {0, 0, 0, 2, 1, 2});
  std::vector<std::byte> stream;
  append_frame(stream, bytes_of(kPing));
  REQUIRE(write(peer.get(), stream.data(), stream.size()) == static_cast<ssize_t>(stream.size()));
  CHECK(server.machine.next_frame() == kPing);
  CHECK(server.machine.input().dropped() == 1);
  server.network.close();
  const std::vector<std::string> told = server.notices.all();
  CHECK(std::ranges::count_if(told, [](const std::string& line) {
          return line.find("which is none") != std::string::npos;
        }) == 1);
}

TEST_CASE("a peer that takes nothing costs frames, never time, and gets whole frames when it reads again") {
  const Place place;
  End server(place.listening());
  REQUIRE(server.network.open(server.machine.input()));
  const Descriptor peer = place.raw();
  CHECK(server.machine.next_link());
  std::size_t sent = 0;
  while (server.network.dropped() == 0) {
    server.network.transmit(bytes_of(kPong));
    ++sent;
  }
  // A frame in the other direction passes all the same.
  std::vector<std::byte> stream;
  append_frame(stream, bytes_of(kPing));
  REQUIRE(write(peer.get(), stream.data(), stream.size()) == static_cast<ssize_t>(stream.size()));
  CHECK(server.machine.next_frame() == kPing);
  FrameReader reader;
  std::size_t whole = 0;
  std::array<std::byte, 65536> buffer;
  while (whole < sent - 1) {
    const ssize_t count = read(peer.get(), buffer.data(), buffer.size());
    REQUIRE(count > 0);
    REQUIRE(reader.add(std::span(buffer).first(static_cast<std::size_t>(count)),
                       [&](std::span<const std::byte> frame) {
                         REQUIRE(std::ranges::equal(frame, bytes_of(kPong)));
                         ++whole;
                       }));
  }
  server.network.close();
}

TEST_CASE("a wire has two ends: a third machine is turned away") {
  const Place place;
  End server(place.listening());
  REQUIRE(server.network.open(server.machine.input()));
  const Descriptor first = place.raw();
  CHECK(server.machine.next_link());
  const Descriptor second = place.raw();
  CHECK(read_to_end(second) == 0);
  server.network.transmit(bytes_of(kPing));
  std::array<char, 64> buffer;
  CHECK(read(first.get(), buffer.data(), buffer.size()) == 64);
}

TEST_CASE("a place that is taken gives one line") {
  const Place place;
  End first(place.listening());
  REQUIRE(first.network.open(first.machine.input()));
  End second(place.listening());
  const Result<void> opened = second.network.open(second.machine.input());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("--net socket:listen=unix:") == 0);
  CHECK(opened.error().message.find("choose another address") != std::string::npos);
}

}  // namespace ringdown
