// Devices under a monitor: what is counted is what the guests' code asks for, and a guest's work is looked
// at.
#include "frontend/lab/io/io_lab.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/cli/output_files.h"
#include "frontend/lab/io/io_blocks.h"
#include "frontend/lab/io/io_wire.h"
#include "frontend/lab/scratch_disk.h"

namespace ringdown::test {

namespace {

IoResult measure(IoDevice device, IoWork work, u32 units, u32 batch) {
  const Result<IoResult> result = measure_io({device, work, units, batch});
  REQUIRE(result);
  return *result;
}

/// What a unit more costs: what precedes the first one falls out.
IoTraps each(IoDevice device, IoWork work, u32 batch) {
  const IoTraps few = measure(device, work, batch, batch).traps;
  const IoTraps more = measure(device, work, 2 * batch, batch).traps;
  return {more.ports - few.ports, more.memory - few.memory, more.interrupts - few.interrupts,
          more.others - few.others, more.under_vtx - few.under_vtx};
}

}  // namespace

TEST_CASE("A block by PIO traps for every word, and one by DMA for its command alone") {
  constexpr u64 kWords = 2048;
  /// Six registers of the drive's command block, and its status in the handler.
  constexpr u64 kCommand = 7;
  /// The table, the status twice, start and stop.
  constexpr u64 kBusMaster = 5;
  /// The entry and its IRET, two ends of interrupt; CLI, STI, HLT before it and CLI, STI behind it.
  constexpr u64 kInterrupt = 9;
  const IoTraps pio = each(IoDevice::IdePio, IoWork::Read, 1);
  CHECK(pio.ports == kWords + kCommand);
  CHECK(pio.interrupts == kInterrupt);
  for (const IoWork work : {IoWork::Read, IoWork::Write}) {
    const IoTraps dma = each(IoDevice::IdeDma, work, 1);
    CHECK(dma.ports == kCommand + kBusMaster);
    CHECK(dma.interrupts == kInterrupt);
    CHECK(dma.memory == 0);
    CHECK(dma.under_vtx == dma.ports + 4);  // of the nine the entry, its two ends, and HLT
  }
}

TEST_CASE("A packet traps for every word of an NE2000, on ISA and on PCI alike") {
  constexpr u64 kWords = 750;
  const IoTraps isa = each(IoDevice::Ne2000, IoWork::Send, 1);
  CHECK(isa.ports > kWords);
  CHECK(isa.ports < kWords + 20);
  CHECK(each(IoDevice::Rtl8029, IoWork::Send, 1) == isa);
  CHECK(each(IoDevice::Ne2000, IoWork::Receive, 1).ports > kWords);
}

TEST_CASE("A block of a virtqueue costs its notification and its interrupt, a batch no more") {
  for (const IoWork work : {IoWork::Read, IoWork::Write}) {
    const IoTraps one = each(IoDevice::VirtioBlk, work, 1);
    CHECK(one.ports == 2);
    CHECK(one.interrupts == 9);
    const IoTraps batch = each(IoDevice::VirtioBlk, work, kIoMostBatch);
    CHECK(batch.ports == one.ports);
    CHECK(batch.interrupts == one.interrupts);
  }
}

TEST_CASE("A ring of descriptors costs a packet some register accesses, and a virtqueue fewer") {
  // The doorbell; the cause, its acknowledgement, and that interrupts may come again.
  CHECK(each(IoDevice::Pcnet, IoWork::Send, 1).ports == 4);
  CHECK(each(IoDevice::Pcnet, IoWork::Receive, 1).ports == 3);
  // The ring's tail; the cause, interrupts off and on. Received buffers are given back by a tail too.
  CHECK(each(IoDevice::E1000, IoWork::Send, kIoMostBatch).memory == 4);
  CHECK(each(IoDevice::E1000, IoWork::Receive, kIoMostBatch).memory == 4);
  CHECK(each(IoDevice::E1000, IoWork::Send, 1).ports == 0);
  // The notification and the cause; buffers to receive into are given back without one.
  for (const u32 batch : {1u, kIoMostBatch}) {
    CHECK(each(IoDevice::VirtioNet, IoWork::Send, batch).ports == 2);
    CHECK(each(IoDevice::VirtioNet, IoWork::Receive, batch).ports == 1);
  }
}

TEST_CASE("A guest that does not do its work is an error, and keeps nobody waiting") {
  const auto complaint = [](const IoCase& one) {
    const Result<IoResult> result = measure_io(one);
    return result ? std::string() : result.error().message;
  };
  // Nothing comes that it could receive.
  CHECK(complaint({IoDevice::Ne2000, IoWork::Read, 1, 1}).find("the run ended by quit") != std::string::npos);
  // It writes to its disk.
  CHECK(complaint({IoDevice::IdeDma, IoWork::Send, 1, 1}).find("0 packets came") != std::string::npos);
}

TEST_CASE("What a guest sends is looked at") {
  IoWire wire;
  const auto send = [&](const std::vector<u8>& packet) { wire.transmit(std::as_bytes(std::span(packet))); };
  send(numbered_packet(0));
  send(numbered_packet(1));
  CHECK(wire.check_sent(2));
  CHECK_FALSE(wire.check_sent(3));
  send(numbered_packet(3));
  CHECK_FALSE(wire.check_sent(2));
  CHECK_FALSE(wire.check_sent(3));
}

TEST_CASE("What a guest wrote to its disk is looked at") {
  const Result<ScratchDisk> disk = ScratchDisk::create(numbered_blocks());
  REQUIRE(disk);
  CHECK(check_written_blocks(disk->path(), 0));
  CHECK_FALSE(check_written_blocks(disk->path(), 1));
  std::vector<std::byte> content = numbered_blocks();
  content[0] = std::byte{1};
  REQUIRE(write_whole_file(disk->path(), content));
  CHECK_FALSE(check_written_blocks(disk->path(), 0));
  content.resize(1);
  REQUIRE(write_whole_file(disk->path(), content));
  CHECK_FALSE(check_written_blocks(disk->path(), 0));
}

TEST_CASE("Cases are grouped by what is done, and told in a table and in JSON") {
  IoRequest request;
  request.devices = {IoDevice::IdeDma, IoDevice::IdePio};
  const std::vector<IoCase> cases = io_cases(request);
  REQUIRE(cases.size() == 8);
  CHECK(describe(cases[0]) == describe(cases[1]));
  CHECK(describe(cases[0]) == "read 1,000 blocks of 4 KiB, one at a time");
  CHECK(describe({IoDevice::IdePio, IoWork::Send, 1'234'567, 32}) ==
        "send 1,234,567 packets of 1,500 bytes, 32 at a time");
  CHECK(describe({IoDevice::IdePio, IoWork::Write, 1, 1}) == "write 1 block of 4 KiB, one at a time");
  const std::vector<IoResult> results{{cases[0], {1000, 2000, 3000, 4000, 500}, 0.25}};
  const std::string table = io_table(results);
  CHECK(table.find("10000        10.00       1.00       2.00        3.00       4.00        0.50    0.2500") !=
        std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(io_json(results));
  REQUIRE(json.size() == 1);
  CHECK(json[0] == nlohmann::json{{"device", "ide-dma"},
                                  {"work", "read 1,000 blocks of 4 KiB, one at a time"},
                                  {"traps", 10000},
                                  {"units", 1000},
                                  {"seconds", 0.25}});
}

}  // namespace ringdown::test
