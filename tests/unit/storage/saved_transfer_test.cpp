// Drives saved at any moment of any transfer: a restored one goes on as if nothing had happened.
#include "tests/unit/storage/function_rig.h"

namespace ringdown {

using namespace test;

namespace {

constexpr u32 kTable = 0x8000;
constexpr u32 kBuffer = 0x1'0000;
constexpr u8 kDataRequest = 0x08;

/// A disk and a CD-ROM drive on one channel, with a bus master.
struct TransferRig : FunctionRig {
  TransferRig() : FunctionRig(4096, 1024) {
    for (u32 i = 0; i < 12; ++i) {
      memory.write_value<u32>(GuestPhysical(kTable + 8 * i), kBuffer + 0x1'0000 * i);
      memory.write_value<u32>(GuestPhysical(kTable + 8 * i + 4), i == 11 ? 0x8000'0000 : 0);
    }
    bus_master().write(4, Width::Dword, kTable);
  }
  std::vector<Serializable*> components() {
    return {&clock, &clock.scheduler(), &memory, &function, &channel};
  }

  /// Moves the data of whatever command is running to its end; returns what was read.
  std::vector<u16> finish() {
    std::vector<u16> data;
    u16 value = 0;
    for (int step = 0; step < 2000; ++step) {
      clock.advance(microseconds(1));
      if (command_is_packet && !packet_sent && (alternate_status() & kDataRequest) != 0) send_packet();
      if ((alternate_status() & kDataRequest) == 0 || dma) continue;
      in(7);
      for (int i = 0; i < 256 && (alternate_status() & kDataRequest) != 0; ++i) {
        if (writes) {
          out_word(value++);
        } else {
          data.push_back(in_word());
        }
      }
    }
    return data;
  }
  void send_packet() {
    for (std::size_t i = 0; i < packet.size(); i += 2) {
      out_word(static_cast<u16>(packet[i] | packet[i + 1] << 8));
    }
    packet_sent = true;
  }

  // What the driver of this rig is about.
  bool dma = false;
  bool writes = false;
  bool command_is_packet = false;
  bool packet_sent = false;
  std::array<u8, 12> packet{};
};

struct Transfer {
  const char* name;
  void (*start)(TransferRig&);
};

void start_dma(TransferRig& r, u8 code, u8 direction) {
  r.dma = true;
  r.bus_master().write(0, Width::Byte, direction | 1);
  r.command(code);
}

void start_packet(TransferRig& r, bool dma) {
  r.dma = dma;
  r.command_is_packet = true;
  r.packet = {0x28, 0, 0, 0, 0, 5, 0, 0, 70};
  r.out(6, 0xb0);
  r.out(1, dma ? 1 : 0);
  r.out(4, 0);
  r.out(5, 8);
  if (dma) r.bus_master().write(0, Width::Byte, 9);
  r.command(0xa0);
  r.clock.advance(microseconds(3));
  r.send_packet();
}

const Transfer kTransfers[] = {
    {"read",
     [](TransferRig& r) {
       r.address(10, 200);
       r.command(0x20);
     }},
    {"read with an error",
     [](TransferRig& r) {
       r.disk.bad_sector = 150;
       r.address(10, 200);
       r.command(0x20);
     }},
    {"write",
     [](TransferRig& r) {
       r.writes = true;
       r.address(20, 200);
       r.command(0x30);
     }},
    {"read by DMA",
     [](TransferRig& r) {
       r.out(2, 3);  // 0x380 sectors
       r.address(30, 0x80);
       r.out(3, 0);
       r.out(3, 30);
       start_dma(r, 0x25, 8);
     }},
    {"write by DMA",
     [](TransferRig& r) {
       r.address(40, 0);
       start_dma(r, 0xca, 0);
     }},
    {"verify",
     [](TransferRig& r) {
       r.address(50, 0);
       r.command(0x40);
     }},
    {"flush", [](TransferRig& r) { r.command(0xe7); }},
    {"packet", [](TransferRig& r) { start_packet(r, false); }},
    {"packet by DMA", [](TransferRig& r) { start_packet(r, true); }},
};

std::vector<std::byte> state_of(TransferRig& r) {
  StateWriter writer;
  for (Serializable* component : r.components()) writer.add(*component);
  return {writer.data().begin(), writer.data().end()};
}

}  // namespace

TEST_CASE("a drive restored in the middle of a transfer goes on with it") {
  for (const Transfer& transfer : kTransfers) {
    CAPTURE(transfer.name);
    for (const u64 moment : {0, 1, 50, 99, 100, 101, 103, 104, 106, 140, 220, 320}) {
      CAPTURE(moment);
      TransferRig used;
      transfer.start(used);
      used.clock.advance(microseconds(moment));
      const std::vector<std::byte> state = state_of(used);

      TransferRig fresh;
      fresh.dma = used.dma;
      fresh.writes = used.writes;
      fresh.disk = used.disk;
      auto reader = StateReader::open(state, "transfer");
      REQUIRE(reader);
      for (Serializable* component : fresh.components()) REQUIRE(reader->restore(*component));
      CHECK((state_of(fresh) == state));
      const std::vector<u16> went_on = used.finish();
      CHECK((fresh.finish() == went_on));
      CHECK((state_of(fresh) == state_of(used)));
      CHECK((fresh.disk.data == used.disk.data));
      CHECK((used.in(7) & 0x89) == (used.disk.bad_sector == 150 ? 0x01 : 0x00));
    }
  }
}

TEST_CASE("states of drives at work are refused when damaged, and do no harm") {
  for (const Transfer& transfer : kTransfers) {
    CAPTURE(transfer.name);
    for (const u64 moment : {0, 101, 130}) {
      TransferRig used;
      transfer.start(used);
      used.clock.advance(microseconds(moment));
      TransferRig fresh;
      check_snapshot_contract(used.channel, fresh.channel);
      fresh.finish();
    }
  }
}

}  // namespace ringdown
