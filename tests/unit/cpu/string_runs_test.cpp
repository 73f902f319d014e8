// Runs of string elements in bulk against the same elements one by one.
#include "cpu/execute/string_runs.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <vector>

namespace ringdown::test {
namespace {

using string_runs::Direction;
using string_runs::Run;

constexpr u32 kSize = 1024;

std::vector<u8> numbered() {
  std::vector<u8> bytes(kSize);
  std::iota(bytes.begin(), bytes.end(), u8{1});
  return bytes;
}

/// Elements whose lowest byte is at `begin`.
template <class T, Direction D>
Run<T, D> run_at(std::vector<u8>& bytes, u32 begin, u32 count) {
  u8* const lowest = bytes.data() + begin;
  return {D == Direction::Up ? lowest : lowest + (count - 1) * sizeof(T), count};
}

template <class T, Direction D>
void check_copies() {
  for (const u32 count : {1u, 2u, 3u, 17u, 64u}) {
    for (int shift = -40; shift <= 40; ++shift) {
      std::vector<u8> bulk = numbered();
      std::vector<u8> single = bulk;
      constexpr u32 kFrom = 400;
      const u32 to = static_cast<u32>(static_cast<int>(kFrom) + shift);
      string_runs::copy(run_at<T, D>(bulk, to, count), run_at<T, D>(bulk, kFrom, count));
      for (u32 i = 0; i < count; ++i) {
        run_at<T, D>(single, to, count).set(i, run_at<T, D>(single, kFrom, count)[i]);
      }
      CAPTURE(sizeof(T), count, shift);
      REQUIRE(bulk == single);
    }
  }
}

template <class T, Direction D>
void check_fills() {
  for (const T value : {T{0}, static_cast<T>(0x5a5a'5a5a), static_cast<T>(0x1234'5678)}) {
    for (u32 count = 1; count < 70; ++count) {
      std::vector<u8> bulk = numbered();
      std::vector<u8> single = bulk;
      string_runs::fill(run_at<T, D>(bulk, 99, count), value);
      for (u32 i = 0; i < count; ++i) run_at<T, D>(single, 99, count).set(i, value);
      CAPTURE(sizeof(T), count, value);
      REQUIRE(bulk == single);
    }
  }
}

/// The element that decides is tried at every place, and at none.
template <class T, Direction D>
void check_searches() {
  constexpr u32 kCount = 101;
  constexpr T kUsual{0x11};
  for (u32 place = 0; place <= kCount; ++place) {
    std::vector<u8> a(kSize, 0);
    std::vector<u8> b(kSize, 0);
    const auto run = run_at<T, D>(a, 7, kCount);
    const auto other = run_at<T, D>(b, 50, kCount);
    for (u32 i = 0; i < kCount; ++i) {
      run.set(i, kUsual);
      other.set(i, kUsual);
    }
    if (place < kCount) run.set(place, static_cast<T>(kUsual ^ T{0x80}));
    const u32 expected = place < kCount ? place + 1 : kCount;
    CAPTURE(sizeof(T), place);
    REQUIRE(string_runs::scan(run, kUsual, false) == expected);
    REQUIRE(string_runs::scan(run, static_cast<T>(kUsual ^ T{0x80}), true) == expected);
    REQUIRE(string_runs::compare(run, other, false) == expected);
    for (u32 i = 0; i < kCount; ++i) other.set(i, static_cast<T>(kUsual ^ T{0x80}));
    REQUIRE(string_runs::compare(run, other, true) == expected);
  }
}

template <class T, Direction D>
void check_all() {
  check_copies<T, D>();
  check_fills<T, D>();
  check_searches<T, D>();
}

TEST_CASE("runs of string elements are what single steps make of them") {
  check_all<u8, Direction::Up>();
  check_all<u16, Direction::Up>();
  check_all<u32, Direction::Up>();
  check_all<u8, Direction::Down>();
  check_all<u16, Direction::Down>();
  check_all<u32, Direction::Down>();
}

}  // namespace
}  // namespace ringdown::test
