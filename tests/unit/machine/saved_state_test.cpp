// State files as input: damaged, foreign or of another machine, each is refused by one line; forged ones do
// no harm.
#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "frontend/machine/machine.h"

namespace ringdown::test {

namespace {

using Bytes = std::vector<std::byte>;

MachineConfig small_config(RunMode mode = RunMode::Trap) {
  MachineConfig config;
  config.memory_bytes = u64{2} << 20;
  config.mode = mode;
  return config;
}

class SmallMachine {
 public:
  explicit SmallMachine(const MachineConfig& config = small_config()) {
    auto created = Machine::create(config, log_);
    INFO((created ? std::string() : created.error().message));
    REQUIRE(created);
    machine_ = std::move(*created);
  }
  Machine* operator->() { return machine_.get(); }

 private:
  Log log_;
  std::unique_ptr<Machine> machine_;
};

/// The firmware at work: real mode and protected mode, most devices set up.
Bytes small_state(RunMode mode = RunMode::Trap) {
  SmallMachine machine(small_config(mode));
  machine->run(2'000'000);
  return machine->save_state();
}

/// The error line of a state that must be refused.
std::string refusal(const Bytes& state, const MachineConfig& config = small_config()) {
  SmallMachine machine(config);
  const Result<void> loaded = machine->load_state(state, "some.state");
  REQUIRE_FALSE(loaded);
  const std::string line = loaded.error().message;
  CHECK(line.find("some.state: ") == 0);
  CHECK(line.find('\n') == std::string::npos);
  return line;
}

// The chunk header of core/archive.cpp: tag, version, size, CRC-32.
constexpr std::size_t kFileHeader = 16;
constexpr std::size_t kSizeOffset = 6;
constexpr std::size_t kCrcOffset = 14;
constexpr std::size_t kChunkHeader = 18;

struct ChunkPlace {
  std::size_t header;
  std::size_t payload_size;
};

std::vector<ChunkPlace> chunks_of(const Bytes& state) {
  std::vector<ChunkPlace> chunks;
  for (std::size_t at = kFileHeader; at < state.size();) {
    u64 size = 0;
    std::memcpy(&size, state.data() + at + kSizeOffset, sizeof(size));
    chunks.push_back({at, static_cast<std::size_t>(size)});
    at += kChunkHeader + static_cast<std::size_t>(size);
  }
  return chunks;
}

void repair_checksum(Bytes& state, const ChunkPlace& chunk) {
  const auto* bytes = reinterpret_cast<const Bytef*>(state.data() + chunk.header);
  uLong crc = crc32_z(0, bytes, kCrcOffset);
  crc = crc32_z(crc, bytes + kChunkHeader, chunk.payload_size);
  const u32 value = static_cast<u32>(crc);
  std::memcpy(state.data() + chunk.header + kCrcOffset, &value, sizeof(value));
}

}  // namespace

TEST_CASE("A machine goes on from its state, with its counters") {
  SmallMachine original;
  original->run(2'000'000);
  SmallMachine restored;
  REQUIRE(restored->load_state(original->save_state(), "some.state"));
  CHECK(restored->save_state() == original->save_state());
  CHECK(restored->ports().access_counts() == original->ports().access_counts());
  CHECK(restored->processor().memory.counters().misses == original->processor().memory.counters().misses);
  CHECK(restored->monitor()->paging().counters().fills == original->monitor()->paging().counters().fills);
}

TEST_CASE("Damaged state files are refused wherever the damage lies") {
  const Bytes state = small_state();
  SmallMachine machine;
  const auto refused = [&](const Bytes& damaged) {
    const Result<void> loaded = machine->load_state(damaged, "some.state");
    return !loaded && loaded.error().message.find("some.state: ") == 0 &&
           loaded.error().message.find('\n') == std::string::npos;
  };
  const std::size_t kStep = state.size() / 400 + 1;
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < state.size(); at += kStep) places.push_back(at);
  for (std::size_t at = 0; at < kFileHeader; ++at) places.push_back(at);
  for (const ChunkPlace& chunk : chunks_of(state)) {
    for (std::size_t at = 0; at <= kChunkHeader; ++at) places.push_back(chunk.header + at);
  }
  for (const std::size_t at : places) {
    if (at >= state.size()) continue;
    CAPTURE(at);
    Bytes flipped = state;
    flipped[at] ^= std::byte{0x10};
    REQUIRE(refused(flipped));
    REQUIRE(refused({state.begin(), state.begin() + static_cast<std::ptrdiff_t>(at)}));
  }
  REQUIRE(machine->load_state(state, "some.state"));
}

TEST_CASE("What is no state file is named so") {
  CHECK(refusal({}).find("not a Ringdown state file") != std::string::npos);
  CHECK(refusal(Bytes(5000, std::byte{'x'})).find("not a Ringdown state file") != std::string::npos);
}

TEST_CASE("A state of another machine is refused with what differs") {
  const Bytes state = small_state();
  MachineConfig config = small_config();
  SECTION("memory") {
    config.memory_bytes = u64{4} << 20;
    CHECK(refusal(state, config).find("--memory: 2M, and this machine has 4M: start") != std::string::npos);
  }
  SECTION("mode") {
    config.mode = RunMode::Bare;
    CHECK(refusal(state, config).find("--mode: trap, and this machine has bare") != std::string::npos);
    CHECK(refusal(small_state(RunMode::Bare)).find("--mode: bare, and this machine has trap") !=
          std::string::npos);
  }
  SECTION("ring") {
    config.deprivilege = Deprivilege::Ring3;
    CHECK(refusal(state, config).find("--deprivilege: ring1, and this") != std::string::npos);
  }
  SECTION("paging") {
    config.paging.technique = Technique::Nested;
    CHECK(refusal(state, config).find("--paging: shadow, and this machine has nested") != std::string::npos);
  }
  SECTION("kernel") {
    config.firmware_items.push_back({0x15, {'q', 'u', 'i', 'e', 't'}});
    CHECK(refusal(state, config).find("--append: none, and this machine has 5 bytes") != std::string::npos);
  }
  SECTION("drives") {
    config.disks.push_back({.path = "", .unit = 2, .read_only = true, .cdrom = true});
    CHECK(refusal(state, config).find("unit 2: none, and this machine has a CD-ROM drive") !=
          std::string::npos);
  }
}

TEST_CASE("Forged states do no harm") {
  const Bytes state = small_state();
  const std::vector<ChunkPlace> chunks = chunks_of(state);
  std::minstd_rand random(1);
  unsigned accepted = 0;
  constexpr unsigned kForgeries = 300;
  for (unsigned i = 0; i < kForgeries; ++i) {
    const ChunkPlace& chunk = chunks[i % chunks.size()];
    if (chunk.payload_size == 0) continue;
    Bytes forged = state;
    for (unsigned change = random() % 4 + 1; change > 0; --change) {
      const std::size_t at = chunk.header + kChunkHeader + random() % chunk.payload_size;
      forged[at] = static_cast<std::byte>(random() % 4 == 0 ? 0xff : random() & 0xff);
    }
    repair_checksum(forged, chunk);
    CAPTURE(i);
    SmallMachine machine;
    if (!machine->load_state(forged, "some.state")) continue;
    ++accepted;
    machine->run(machine->ticks() + 20'000);
  }
  CHECK(accepted > 0);
}

}  // namespace ringdown::test
