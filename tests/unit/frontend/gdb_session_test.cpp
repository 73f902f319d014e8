// The gdb remote protocol against a fake machine, packet by packet.
#include "frontend/debug/gdb_session.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/frontend/fake_debug_target.h"

using namespace ringdown;
using test::FakeDebugTarget;

namespace {

/// A session without acknowledgements; `ask` unframes the answer.
struct Conversation {
  Conversation() { session.receive(gdb::frame("QStartNoAckMode")); }
  std::string ask(std::string_view packet) { return unframe(session.receive(gdb::frame(packet))); }
  static std::string unframe(std::string_view text) {
    if (text.empty()) return "(nothing)";
    gdb::PacketReader reader;
    const auto items = reader.feed(text);
    REQUIRE(items.size() == 1);
    REQUIRE(items[0].kind == gdb::PacketReader::Kind::Packet);
    return items[0].payload;
  }
  std::string run() {
    const auto stop = target.run(10'000);
    REQUIRE(stop);
    return unframe(session.stopped(*stop));
  }

  FakeDebugTarget target;
  GdbSession session{target};
};

constexpr std::size_t kCoreBytes = 16 * 4 + 8 * 10 + 8 * 4;
constexpr std::size_t kAllBytes = kCoreBytes + 8 * 16 + 4 + 23 * 4;

}  // namespace

TEST_CASE("packets survive escapes, and damage is noticed") {
  const std::string payload = "a$b#c}d*e";
  gdb::PacketReader reader;
  std::string bytes = gdb::frame(payload);
  std::vector<gdb::PacketReader::Item> items;
  for (char byte : bytes) {
    for (auto& item : reader.feed(std::string_view(&byte, 1))) items.push_back(item);
  }
  REQUIRE(items.size() == 1);
  CHECK(items[0].payload == payload);
  bytes[1] = 'x';
  items = reader.feed(bytes);
  REQUIRE(items.size() == 1);
  CHECK(items[0].kind == gdb::PacketReader::Kind::Damaged);
  items = reader.feed("$" + std::string(0x5000, 'A') + "#00");
  REQUIRE(items.size() == 1);
  CHECK(items[0].kind == gdb::PacketReader::Kind::Damaged);
  CHECK(gdb::frame("OK") == "$OK#9a");
}

TEST_CASE("acknowledgements, resending, and their end") {
  FakeDebugTarget target;
  GdbSession session(target);
  CHECK(session.receive("$qC#b4") == "+$QC1#c5");
  CHECK(session.receive("-") == "$QC1#c5");
  CHECK(session.receive("+").empty());
  CHECK(session.receive("$qC#00") == "-");
  CHECK(session.receive(gdb::frame("QStartNoAckMode")) == "+$OK#9a");
  CHECK(session.receive("$qC#b4") == "$QC1#c5");
}

TEST_CASE("registers have one layout") {
  Conversation gdb;
  gdb.target.set(DebugRegister::Ecx, 0x11223344);
  const std::string all = gdb.ask("g");
  CHECK(all.size() == 2 * kAllBytes);
  CHECK(all.substr(8, 8) == "44332211");
  CHECK(gdb.ask("p8") == "00100000");
  CHECK(gdb.ask("P0=78563412") == "OK");
  CHECK(gdb.target.get(DebugRegister::Eax) == 0x12345678);
  CHECK(gdb.ask("P0=7856") == "E16");
  CHECK(gdb.ask("pff") == "E16");
  std::string changed = all;
  changed.replace(8, 8, "01000000");
  CHECK(gdb.ask("G" + changed) == "OK");
  CHECK(gdb.target.get(DebugRegister::Ecx) == 1);
  CHECK(gdb.ask("Gxy") == "E16");
}

TEST_CASE("memory is read and written as hex and binary") {
  Conversation gdb;
  CHECK(gdb.ask("M2000,3:0102ff") == "OK");
  CHECK(gdb.ask("m2000,4") == "0102ff90");
  CHECK(gdb.ask("X2001,2:$}") == "OK");
  CHECK(gdb.target.memory[0x2001] == '$');
  CHECK(gdb.target.memory[0x2002] == '}');
  CHECK(gdb.ask("X0,0:") == "OK");
  CHECK(gdb.ask("mfffe,4") == "9090");
  CHECK(gdb.ask("m20000,1") == "E0e");
  CHECK(gdb.ask("Mffff,2:0000") == "E0e");
  CHECK(gdb.ask("M2000,3:01") == "E16");
  CHECK(gdb.ask("m2000") == "E16");
  CHECK(gdb.ask("m0,ffffffff").size() == gdb::PacketReader::kMaximumPacket);
}

TEST_CASE("breakpoints, watchpoints and steps report why they stopped") {
  Conversation gdb;
  CHECK(gdb.ask("Z0,1004,1") == "OK");
  CHECK(gdb.ask("vCont;c") == "(nothing)");
  CHECK(gdb.session.running());
  CHECK(gdb.run() == "T05swbreak:;08:04100000;04:00000000;05:00000000;thread:1;");
  CHECK_FALSE(gdb.session.running());
  CHECK(gdb.ask("z0,1004,1") == "OK");
  CHECK(gdb.target.breakpoints.empty());
  CHECK(gdb.ask("vCont;s:1;c") == "(nothing)");
  CHECK(gdb.run().starts_with("T0508:05100000"));
  gdb.target.memory[0x1008] = FakeDebugTarget::kStore;
  gdb.target.set(DebugRegister::Ebx, 0x3002);
  CHECK(gdb.ask("Z2,3000,4") == "OK");
  CHECK(gdb.ask("c") == "(nothing)");
  CHECK(gdb.run().starts_with("T05watch:3002;08:09100000"));
  CHECK(gdb.ask("Z3,3000,4") == "E16");
  CHECK(gdb.ask("Z7,3000,4").empty());
  CHECK(gdb.ask("s2000") == "(nothing)");
  CHECK(gdb.run().starts_with("T0508:01200000"));
}

TEST_CASE("an interrupt just ahead of the packet that resumes stops the machine at once") {
  Conversation gdb;
  CHECK(gdb.session.receive("\x03").empty());
  CHECK_FALSE(gdb.target.interrupted);
  gdb.ask("vCont;c");
  CHECK(gdb.run().starts_with("T02"));
}

TEST_CASE("an interrupt stops a running machine only") {
  Conversation gdb;
  CHECK(gdb.session.receive("\x03").empty());
  CHECK_FALSE(gdb.target.interrupted);
  gdb.ask("?");
  gdb.ask("c");
  CHECK_FALSE(gdb.target.run(100));
  gdb.session.receive("\x03");
  CHECK(gdb.run().starts_with("T02"));
  CHECK(gdb.ask("?").starts_with("T02"));
}

TEST_CASE("the target description comes in pieces") {
  Conversation gdb;
  std::string xml;
  while (true) {
    const std::string part = gdb.ask(fmt::format("qXfer:features:read:target.xml:{:x},200", xml.size()));
    xml += part.substr(1);
    if (part[0] == 'l') break;
    REQUIRE(part[0] == 'm');
    REQUIRE(part.size() == 0x201);
  }
  CHECK(xml.find("org.gnu.gdb.i386.core") != std::string::npos);
  CHECK(xml.find("<reg name=\"cr3\" bitsize=\"32\" type=\"int32\" regnum=\"43\"/>") != std::string::npos);
  CHECK(xml.ends_with("</target>"));
  CHECK(gdb.ask("qXfer:features:read:other.xml:0,10") == "E00");
}

TEST_CASE("features that exist are announced, others are not") {
  Conversation gdb;
  const std::string features = gdb.ask("qSupported:multiprocess+");
  CHECK(features.find("PacketSize=4000") != std::string::npos);
  CHECK(features.find("Reverse") == std::string::npos);
  CHECK(gdb.ask("bs") == "E16");
  CHECK(gdb.ask("vMustReplyEmpty").empty());
  CHECK(gdb.ask("qUnknown").empty());
  CHECK(gdb.ask("Hg0") == "OK");
  CHECK(gdb.ask("qfThreadInfo") == "m1");
}

TEST_CASE("monitor commands answer in hex") {
  Conversation gdb;
  CHECK(gdb.ask("qRcmd,6869") ==
        "796f75207361696420686"
        "90a");
  CHECK(gdb.ask("qRcmd,") == "OK");
  CHECK(gdb.ask("qRcmd,6") == "E16");
}

TEST_CASE("detaching and killing end the session") {
  Conversation detach;
  detach.ask("Z0,1004,1");
  CHECK(detach.ask("D") == "OK");
  CHECK(detach.session.finished());
  CHECK(detach.target.was_detached);
  Conversation kill;
  CHECK(kill.ask("k") == "(nothing)");
  CHECK(kill.target.killed);
  Conversation ended;
  ended.ask("c");
  CHECK(Conversation::unframe(ended.session.stopped({DebugStop::Reason::Ended, {}, {}, 7})) == "W07");
  CHECK(ended.session.finished());
}

TEST_CASE("noise does no harm") {
  std::minstd_rand random(5);
  constexpr std::string_view kAlphabet = "$#gGmMXzZcsqvPp0123456789abcdef,;:=}\x03+-?";
  Conversation gdb;
  for (int round = 0; round < 2'000; ++round) {
    std::string noise;
    for (unsigned i = random() % 40; i > 0; --i) noise += kAlphabet[random() % kAlphabet.size()];
    gdb.session.receive(gdb::frame(noise));
    gdb.session.receive(noise);
    if (gdb.session.running()) gdb.session.stopped({});
  }
  gdb.session.receive("#00");
  CHECK(gdb.ask("qC") == "QC1");
}
