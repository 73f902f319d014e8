// Power states, and the frames that end them.
#include "core/internet_checksum.h"
#include "tests/unit/network/e1000/e1000_rig.h"

namespace ringdown {
namespace {

using namespace test;

constexpr u8 kPowerControl = 0xe0;

void power_down(E1000Rig& rig, u32 filters) {
  rig.set(Offset::Wufc, filters);
  rig.card.write_config(kPowerControl, Width::Word, 0x0103);
}

/// The causes of a wake-up by that frame; the adapter is powered up again.
u32 wake(E1000Rig& rig, const Frame& frame) {
  rig.card.receive(frame);
  const bool event = (rig.card.read_config(kPowerControl, Width::Word) & 0x8000) != 0;
  rig.card.write_config(kPowerControl, Width::Word, 0x8000);
  const u32 causes = rig.get(Offset::Wus);
  CHECK(event == (causes != 0));
  rig.set(Offset::Wus, 0xffff'ffff);
  CHECK(rig.get(Offset::Wus) == 0);
  return causes;
}

u32 wake(const Frame& frame, u32 filters) {
  E1000Rig rig;
  power_down(rig, filters);
  return wake(rig, frame);
}

TEST_CASE("In D3 neither space is decoded, and coming back is a reset", "[e1000]") {
  E1000Rig rig;
  rig.card.write_config(0x10, Width::Dword, 0xc000'0000);
  rig.set(Offset::Rctl, 2);
  CHECK(rig.card.window_base(0) == 0xc000'0000);
  power_down(rig, 0);
  CHECK_FALSE(rig.card.window_base(0));
  CHECK(rig.card.accepts_frame());
  rig.card.write_config(kPowerControl, Width::Word, 0);
  CHECK(rig.card.window_base(0) == 0xc000'0000);
  CHECK(rig.get(Offset::Rctl) == 0);
}

TEST_CASE("Each filter wakes for its frames", "[e1000]") {
  constexpr u32 kMagic = 2, kExact = 4, kToAll = 16;
  CHECK(wake(frame_to(kStation, 100), kExact) == kExact);
  CHECK(wake(frame_to(kOtherStation, 100), kExact) == 0);
  CHECK(wake(frame_to(kBroadcast, 100), kToAll) == kToAll);
  CHECK(wake(frame_to(kBroadcast, 100), kExact) == 0);
  Frame magic = frame_to(kOtherStation, 150);
  std::fill_n(magic.begin() + 20, 6, std::byte{0xff});
  for (std::size_t i = 26; i < 26 + 96; ++i) magic[i] = static_cast<std::byte>(kStation[(i - 26) % 6]);
  CHECK(wake(magic, 0xff) == kMagic);
  magic[26 + 95] ^= std::byte{1};
  CHECK(wake(magic, 0xff) == 0);
}

TEST_CASE("Addresses of IP and ARP wake", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Ip4at + 8, 0x0200'000a);  // 10.0.0.2, the second
  rig.set(Offset::Ipav, 2);
  Frame arp = typed_frame(kBroadcast, 60, 0x0806);
  store_network32(arp, 38, 0x0a00'0002);
  power_down(rig, 0x60);
  CHECK(wake(rig, arp) == 0x20);
  Frame ip = typed_frame(kOtherStation, 60, 0x0800);
  store_network32(ip, 30, 0x0a00'0002);
  power_down(rig, 0x60);
  CHECK(wake(rig, ip) == 0x40);
  store_network32(ip, 30, 0x0a00'0003);
  power_down(rig, 0x60);
  CHECK(wake(rig, ip) == 0);
}

TEST_CASE("A flexible filter compares the bytes of its mask", "[e1000]") {
  E1000Rig rig;
  rig.set(Offset::Fflt + 8, 64);
  rig.set(Offset::Ffmt + 50 * 8, 2);
  rig.set(Offset::Ffvt + 50 * 8, 0x5f00);
  power_down(rig, 2u << 16);
  CHECK(wake(rig, frame_to(kOtherStation, 100)) == 2u << 16);  // its byte 50 is 5Fh
  rig.set(Offset::Ffvt + 50 * 8, 0x6000);
  power_down(rig, 2u << 16);
  CHECK(wake(rig, frame_to(kOtherStation, 100)) == 0);
  rig.set(Offset::Ffmt + 50 * 8, 0);
  power_down(rig, 2u << 16);
  CHECK(wake(rig, frame_to(kOtherStation, 63)) == 0);
}

TEST_CASE("The waking frame's beginning is kept", "[e1000]") {
  E1000Rig rig;
  power_down(rig, 4);
  wake(rig, frame_to(kStation, 100));
  CHECK(rig.get(Offset::Wupl) == 100);
  CHECK(rig.get(Offset::Wupm) == 0x1200'5452);
}

TEST_CASE("A link that changes wakes", "[e1000]") {
  E1000Rig rig;
  power_down(rig, 1);
  rig.card.set_link(false);
  CHECK((rig.card.read_config(kPowerControl, Width::Word) & 0x8000) != 0);
}

}  // namespace
}  // namespace ringdown
