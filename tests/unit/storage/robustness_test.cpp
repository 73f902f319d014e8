// Guests that do anything to the IDE registers: no access may crash, hang or leave the images' bounds.
#include <random>

#include "tests/unit/storage/function_rig.h"

namespace ringdown {

using namespace test;

namespace {

struct HostileRig : FunctionRig {
  HostileRig() : FunctionRig(1000, 999) {}
};

/// Most of a READ(10), which random words would hardly ever form.
void start_packet_read(HostileRig& r, u32 frame, bool dma) {
  r.out(6, 0xb0);
  r.out(1, dma ? 1 : 0);
  r.command(0xa0);
  r.clock.advance(microseconds(10));
  for (const u32 word : {0x0028u, 0u, frame << 8, 0u, 0x0003u, 0u}) r.out_word(static_cast<u16>(word));
}

}  // namespace

TEST_CASE("random accesses to the IDE registers do no harm") {
  HostileRig r;
  std::minstd_rand random(12345);
  const auto pick = [&random](u32 limit) { return static_cast<u32>(random() % limit); };
  constexpr Width kWidths[] = {Width::Byte, Width::Word, Width::Dword};
  // Codes that do something, so that most commands get beyond the decoder.
  constexpr u8 kCodes[] = {0x20, 0x24, 0x25, 0x30, 0x34, 0x35, 0x90, 0x91, 0xa0, 0xa1, 0xb0, 0xc4,
                           0xc5, 0xc6, 0xc8, 0xca, 0xe4, 0xe8, 0xec, 0xef, 0x08, 0x27, 0x29, 0x39};
  for (u32 address = 0; address < HostileRig::kMemory; address += 4) {
    r.memory.write_value<u32>(GuestPhysical(address), static_cast<u32>(random()) & 0x8001'fffe);
  }
  for (int step = 0; step < 100'000; ++step) {
    switch (pick(9)) {
      case 0:
        r.out(7, pick(4) == 0 ? static_cast<u8>(pick(256)) : kCodes[pick(std::size(kCodes))]);
        break;
      case 1:
        r.out(1 + pick(6), static_cast<u8>(pick(256)));
        break;
      case 2:
        r.out(2 + pick(4), static_cast<u8>(pick(4)));
        break;
      case 3:
        for (u32 i = pick(600); i > 0; --i) r.ports.read(kCommandBlock, kWidths[pick(3)]);
        break;
      case 4:
        for (u32 i = pick(600); i > 0; --i) r.ports.write(kCommandBlock, kWidths[pick(3)], pick(256));
        break;
      case 5:
        r.bus_master().write(pick(16), kWidths[pick(3)], pick(4) == 0 ? random() : pick(16));
        break;
      case 6:
        r.ports.read(kCommandBlock + pick(8), kWidths[pick(3)]);
        if (pick(50) == 0) r.control(static_cast<u8>(pick(256)));
        break;
      case 7:
        if (pick(8) == 0) start_packet_read(r, pick(256), pick(2) == 0);
        break;
      default:
        r.clock.advance(microseconds(pick(200)));
        break;
    }
  }
  // Whatever happened, a reset brings both drives back.
  r.function.reset();
  CHECK(r.in(7) == 0x50);
  CHECK(r.disk.reads > 0);
  CHECK(r.disk.writes > 0);
  CHECK(r.disc.reads > 0);
}

}  // namespace ringdown
