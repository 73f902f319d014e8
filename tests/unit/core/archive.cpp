// The archive: every kind of value makes the round trip, and every damaged file gives one line that names it.
#include "core/archive.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "tests/support/contract.h"

using namespace ringdown;

namespace {

enum class Colour : u16 { Red = 7, Green = 9 };

struct Inner {
  u32 a = 0;
  std::string name;
  void serialize(Archive& archive) { archive(a, name); }
  friend bool operator==(const Inner&, const Inner&) = default;
};

struct Everything final : Serializable {
  u8 byte = 0;
  s64 negative = 0;
  double real = 0;
  bool flag = false;
  Colour colour = Colour::Red;
  GuestPhysical address;
  Register<u16> reg;
  std::array<u16, 3> plain_array{};
  Inner inner_array[2];
  std::vector<u32> numbers;
  std::vector<Inner> inners;
  std::deque<u8> fifo;
  std::optional<Inner> present, absent = Inner{1, "x"};
  ChunkTag tag{"EVRY"};
  u16 written_version = 3;
  u16 seen_version = 0;

  ChunkTag chunk_tag() const override { return tag; }
  u16 chunk_version() const override { return written_version; }
  void serialize(Archive& archive) override {
    seen_version = archive.version();
    archive(byte, negative, real, flag, colour, address, reg, plain_array, inner_array, numbers, inners, fifo,
            present, absent);
  }
  void fill() {
    byte = 0xa5;
    negative = -5;
    real = 0.1;
    flag = true;
    colour = Colour::Green;
    address = GuestPhysical(0x1'2345'6789);
    reg.assign(0xbeef);
    plain_array = {1, 2, 3};
    inner_array[1] = {4, "four"};
    numbers.assign(200'000, 0x01020304);
    inners = {{1, "one"}, {2, std::string("t\0wo", 4)}};
    fifo = {9, 8, 7};
    present = Inner{5, "five"};
    absent.reset();
  }
};

struct EverythingRig {
  Everything everything;
  std::vector<Serializable*> parts() { return {&everything}; }
  void drive() { everything.fill(); }
};

std::vector<std::byte> good_file() {
  Everything everything;
  everything.fill();
  return test::saved(everything);
}

std::string open_error(std::vector<std::byte> data) {
  const Result<StateReader> reader = StateReader::open(std::move(data), "some.state");
  REQUIRE_FALSE(reader);
  const std::string message = reader.error().message;
  CHECK(message.starts_with("some.state: "));
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

bool mentions(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

constexpr std::size_t kFormatVersionOffset = 8;

}  // namespace

RINGDOWN_SNAPSHOT_CONTRACT(EverythingRig)

TEST_CASE("every kind of value makes the round trip") {
  Everything loaded;
  REQUIRE(test::restore(loaded, good_file()));
  Everything expected;
  expected.fill();
  CHECK(loaded.seen_version == 3);
  CHECK(loaded.byte == expected.byte);
  CHECK(loaded.negative == -5);
  CHECK(loaded.real == 0.1);
  CHECK(loaded.flag);
  CHECK(loaded.colour == Colour::Green);
  CHECK(loaded.address == expected.address);
  CHECK(loaded.reg.value() == 0xbeef);
  CHECK(loaded.plain_array == expected.plain_array);
  CHECK(loaded.inner_array[1] == expected.inner_array[1]);
  CHECK(loaded.numbers == expected.numbers);
  CHECK(loaded.inners == expected.inners);
  CHECK(loaded.fifo == expected.fifo);
  CHECK(loaded.present == expected.present);
  CHECK_FALSE(loaded.absent);
}

TEST_CASE("a foreign file is told apart from a damaged one") {
  CHECK(mentions(open_error({}), "not a Ringdown state file"));
  const std::string elf(
      "\x7f"
      "ELF and more that is long enough for a header");
  const auto bytes = std::as_bytes(std::span(elf));
  CHECK(mentions(open_error({bytes.begin(), bytes.end()}), "not a Ringdown state file"));
}

TEST_CASE("a file cut short anywhere is refused") {
  const std::vector<std::byte> good = good_file();
  for (std::size_t length = 1; length < good.size(); length += length < 64 ? 1 : 7919) {
    CAPTURE(length);
    CHECK(mentions(open_error({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}),
                   "cut short"));
  }
}

TEST_CASE("a flipped bit anywhere is refused") {
  const std::vector<std::byte> good = good_file();
  for (std::size_t offset = 0; offset < good.size(); offset += offset < 64 ? 1 : 7919) {
    std::vector<std::byte> bad = good;
    bad[offset] ^= std::byte{0x10};
    CAPTURE(offset);
    open_error(std::move(bad));
  }
}

TEST_CASE("bytes after the end are refused") {
  std::vector<std::byte> bad = good_file();
  bad.push_back(std::byte{0});
  CHECK(mentions(open_error(bad), "after the last chunk"));
}

TEST_CASE("a newer format and a newer chunk ask for a newer Ringdown") {
  std::vector<std::byte> newer = good_file();
  newer[kFormatVersionOffset] = std::byte{2};
  CHECK(mentions(open_error(newer), "use a newer Ringdown"));

  Everything old;
  old.written_version = 2;
  auto reader = StateReader::open(good_file(), "some.state");
  REQUIRE(reader);
  const Result<void> refused = reader->restore(old);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "some.state: chunk 'EVRY' has version 3, newer than the 2 this Ringdown reads: use a newer Ringdown");
}

TEST_CASE("an older chunk is offered with its version") {
  Everything old;
  old.written_version = 1;
  old.fill();
  Everything current;
  REQUIRE(test::restore(current, test::saved(old)));
  CHECK(current.seen_version == 1);
}

TEST_CASE("a missing chunk is named, a double one refused, and their order is free") {
  Everything a, b;
  a.tag = ChunkTag("AAAA");
  a.byte = 1;
  b.tag = ChunkTag("BBBB");
  b.byte = 2;
  StateWriter writer;
  writer.add(a);
  writer.add(b);
  auto reader = StateReader::open({writer.data().begin(), writer.data().end()}, "some.state");
  REQUIRE(reader);
  a.byte = b.byte = 0;
  REQUIRE(reader->restore(b));
  REQUIRE(reader->restore(a));
  CHECK(a.byte == 1);
  CHECK(b.byte == 2);
  Everything missing;
  const Result<void> refused = reader->restore(missing);
  REQUIRE_FALSE(refused);
  CHECK(mentions(refused.error().message, "some.state: has no chunk 'EVRY'"));

  writer.add(a);
  CHECK(mentions(open_error({writer.data().begin(), writer.data().end()}), "twice"));
}

TEST_CASE("after a failure the rest reads as zero and a damaged length allocates nothing") {
  struct Short final : Serializable {
    std::vector<u64> values;
    std::vector<Inner> inners;
    u32 after = 1;
    ChunkTag chunk_tag() const override { return ChunkTag("SHRT"); }
    void serialize(Archive& archive) override { archive(values, inners, after); }
  } component;
  for (const u64 length : {u64{1} << 27, u64{1} << 40, ~u64{0}}) {
    std::vector<std::byte> payload(64);
    std::memcpy(payload.data(), &length, sizeof(length));
    component.after = 1;
    CHECK_FALSE(test::accepts(component, payload));
    CHECK(component.values.capacity() <= 2 * 64 * 1024);
    CHECK(component.after == 0);
  }
}
