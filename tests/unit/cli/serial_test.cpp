// Serial lines on the host: where they lead, escape keys, bounded output, sockets and files.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "frontend/serial/escape_keys.h"
#include "frontend/serial/line_editor.h"
#include "frontend/serial/output_queue.h"
#include "frontend/serial/stream_serial.h"
#include "frontend/sockets/socket.h"

namespace ringdown {
namespace {

std::vector<u8> bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string read_some(int fd) {
  std::array<char, 256> buffer{};
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  return count > 0 ? std::string(buffer.data(), static_cast<std::size_t>(count)) : std::string();
}

/// The machine's side of a port.
struct Port {
  InputSeam seam;
  std::string received;
  Ticks now = 0;
  Port() {
    seam.connect(InputChannel::Serial0,
                 [this](const std::vector<u8>& payload) { received.append(payload.begin(), payload.end()); });
  }
  bool receives(const std::string& text) {
    for (int tries = 0; tries < 500 && received != text; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      seam.deliver({++now, 0});
    }
    return received == text;
  }
};

std::string temporary(const char* name) {
  return (std::filesystem::temp_directory_path() / (std::string(name) + std::to_string(getpid()))).string();
}

/// What the editor hands over at Enter.
std::string typed_line(LineEditor& editor, std::string_view keys) {
  std::string line;
  for (const char key : keys) {
    const LineEditor::Result result = editor.type(static_cast<u8>(key));
    if (result.complete) line = result.line;
  }
  return line;
}

}  // namespace

TEST_CASE("lines are named as QEMU names them") {
  CHECK(parse_serial("none")->kind == SerialKind::None);
  CHECK(parse_serial("stdio")->kind == SerialKind::Stdio);
  CHECK(parse_serial("pty")->kind == SerialKind::Pty);
  CHECK(parse_serial("file:/a:b")->path == "/a:b");
  const SerialSpec tcp = *parse_serial("tcp:localhost:4000,server");
  CHECK(tcp.host == "localhost");
  CHECK(tcp.port == 4000);
  CHECK(tcp.listen);
  CHECK_FALSE(parse_serial("unix:/tmp/x")->listen);
  for (const char* const bad :
       {"", "file:", "file", "tcp:4000", "tcp:host:0", "tcp:host:99999", "com1", "unix:"}) {
    INFO(bad);
    CHECK(parse_serial(bad).error().message.starts_with("--serial"));
  }
}

TEST_CASE("Ctrl-A and one more key is the emulator's, everything else the guest's") {
  EscapeKeys keys;
  const std::vector<u8> typed = bytes(
      "ab\x03\x01"
      "a\x01\x01\x01q\x01xz");
  std::span<const u8> rest(typed);
  const EscapeKeys::Step first = keys.take(rest);
  CHECK(first.for_guest == bytes("ab\x03\x01\x01"));
  CHECK(first.action == EscapeAction::Quit);
  CHECK(keys.take(rest).for_guest == bytes("z"));
  // The two keys may arrive apart.
  const std::vector<u8> half = bytes("\x01");
  rest = half;
  CHECK(keys.take(rest).action == EscapeAction::None);
  const std::vector<u8> other = bytes("b");
  rest = other;
  CHECK(keys.take(rest).action == EscapeAction::Break);
}

TEST_CASE("a line can be corrected before it is sent") {
  LineEditor editor;
  CHECK(typed_line(editor, "hexx\x7f\x7flp\r") == "help");
  CHECK(editor.type('x').echo == "x");
  CHECK(editor.type(0x15).echo == "\b \b");
  CHECK(editor.type(0x7f).echo.empty());
}

TEST_CASE("special keys and a terminal's answers are no text") {
  LineEditor editor;
  CHECK(typed_line(editor, "a\x1b[A\x1b[24;80Rb\x1bOPc\x1bxd\r") == "abcd");
}

TEST_CASE("output that nobody takes is dropped after a while, and finishing does not hang") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  OutputQueue queue;
  queue.connect(ends[1]);
  const std::vector<u8> chunk(100'000, 'x');
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) queue.write(chunk);
  queue.finish(std::chrono::milliseconds(100));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("everything written is taken in order before finishing") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  std::string got;
  std::thread reader([&] {
    while (true) {
      const std::string part = read_some(ends[0]);
      if (part.empty()) return;
      got += part;
    }
  });
  std::string sent;
  {
    OutputQueue queue;
    queue.connect(ends[1]);
    for (int i = 0; i < 20'000; ++i) {
      const std::string part = std::to_string(i) + "\n";
      sent += part;
      queue.write(bytes(part));
    }
    queue.finish(std::chrono::milliseconds(2000));
  }
  close(ends[1]);
  reader.join();
  close(ends[0]);
  CHECK(got == sent);
}

TEST_CASE("a file holds what the guest sent") {
  const std::string path = temporary("ringdown-serial-file");
  Port port;
  FileSerial serial(path);
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(serial.open({port.seam, 0}));
  serial.transmit(bytes("hello\n"));
  serial.close();
  std::string line;
  std::getline(std::ifstream(path), line);
  CHECK(line == "hello");
  std::filesystem::remove(path);
  FileSerial impossible("/nowhere/x");
  CHECK_FALSE(impossible.open({port.seam, 0}));
}

TEST_CASE("a pseudo-terminal carries both directions") {
  std::string notice;
  Port port;
  PtySerial serial([&](const std::string& text) { notice = text; });
  REQUIRE(serial.open({port.seam, 0}));
  const std::size_t at = notice.find("/dev/");
  REQUIRE(at != std::string::npos);
  const Descriptor slave(open(notice.c_str() + at, O_RDWR | O_NOCTTY));
  REQUIRE(slave);
  serial.transmit(bytes("out"));
  CHECK(read_some(slave.get()) == "out");
  REQUIRE(write(slave.get(), "in", 2) == 2);
  CHECK(port.receives("in"));
  serial.close();
}

TEST_CASE("a socket server takes one peer after another") {
  const auto connected = [](const std::string& path) {
    Result<Descriptor> fd =
        SocketPlace::find({path, {}, 0}, SocketRole::Connect, "test")->connect(WakePipe(), "-");
    if (fd) fcntl(fd->get(), F_SETFL, 0);  // it blocks
    return fd;
  };
  SerialSpec spec{SerialKind::Unix, temporary("ringdown-serial-socket"), "", 0, true};
  Port port;
  SocketSerial server(spec, [](const std::string&) {});
  REQUIRE(server.open({port.seam, 0}));
  {
    const Result<Descriptor> first = connected(spec.path);
    REQUIRE(first);
    REQUIRE(write(first->get(), "one", 3) == 3);
    CHECK(port.receives("one"));
    server.transmit(bytes("hi"));
    CHECK(read_some(first->get()) == "hi");
  }
  const Result<Descriptor> second = connected(spec.path);
  REQUIRE(second);
  REQUIRE(write(second->get(), "two", 3) == 3);
  CHECK(port.receives("onetwo"));
  server.close();
  CHECK_FALSE(std::filesystem::exists(spec.path));
  spec.listen = false;
  SocketSerial client(spec, [](const std::string&) {});
  CHECK(client.open({port.seam, 0}).error().message.find("--serial unix:") == 0);
}

}  // namespace ringdown
