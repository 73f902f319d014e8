// What repeated string instructions do to elements that lie together in host memory: as they would one by
// one, but in bulk.
#pragma once

#include <algorithm>
#include <cstring>

#include "core/types.h"

namespace ringdown::string_runs {

/// Which way ESI and EDI go.
enum class Direction : u8 { Up, Down };

/// `count` elements, of which the first to be processed is at `first`.
template <class T, Direction D>
struct Run {
  u8* first = nullptr;
  u32 count = 0;

  u32 bytes() const { return count * static_cast<u32>(sizeof(T)); }
  /// The lowest address.
  u8* begin() const { return D == Direction::Up ? first : first + sizeof(T) - bytes(); }
  u8* at(u32 i) const {
    const std::size_t distance = std::size_t{i} * sizeof(T);
    return D == Direction::Up ? first + distance : first - distance;
  }
  T operator[](u32 i) const {
    T value;
    std::memcpy(&value, at(i), sizeof(T));
    return value;
  }
  void set(u32 i, T value) const { std::memcpy(at(i), &value, sizeof(T)); }
  Run front(u32 elements) const { return {first, elements}; }
};

/// The first `done` bytes from `begin` on repeat until there are `size`.
inline void repeat_upwards(u8* begin, std::size_t size, std::size_t done) {
  for (std::size_t chunk; done < size; done += chunk) {
    chunk = std::min(done, size - done);
    std::memcpy(begin + done, begin, chunk);
  }
}
/// The last `done` bytes before `end` repeat downwards.
inline void repeat_downwards(u8* end, std::size_t size, std::size_t done) {
  for (std::size_t chunk; done < size; done += chunk) {
    chunk = std::min(done, size - done);
    std::memcpy(end - done - chunk, end - chunk, chunk);
  }
}

/// Copies as many elements as both have. If what was just written is read again, a pattern spreads.
template <class T, Direction D>
void copy(const Run<T, D>& to, const Run<T, D>& from) {
  const std::size_t size = to.bytes();
  u8* const target = to.begin();
  u8* const source = from.begin();
  u8* const ahead = D == Direction::Up ? target : source;
  u8* const behind = D == Direction::Up ? source : target;
  const bool spreads = ahead > behind && ahead < behind + size;
  if (!spreads) {
    std::memmove(target, source, size);
    return;
  }
  const auto distance = static_cast<std::size_t>(ahead - behind);
  if (distance < sizeof(T)) {
    for (u32 i = 0; i < to.count; ++i) to.set(i, from[i]);
  } else if (D == Direction::Up) {
    std::memcpy(target, source, distance);
    repeat_upwards(target, size, distance);
  } else {
    std::memcpy(target + size - distance, source + size - distance, distance);
    repeat_downwards(target + size, size, distance);
  }
}

template <class T, Direction D>
void fill(const Run<T, D>& to, T value) {
  constexpr u32 kByHand = 16;  // a pattern of this many elements is worth copying
  u8* const begin = to.begin();
  const auto byte = static_cast<u8>(value);
  if (value == static_cast<T>(T{byte} * (static_cast<T>(~T{0}) / 0xff))) {
    std::memset(begin, byte, to.bytes());
    return;
  }
  const u32 by_hand = std::min(to.count, kByHand);
  for (u32 i = 0; i < by_hand; ++i) std::memcpy(begin + i * sizeof(T), &value, sizeof(T));
  repeat_upwards(begin, to.bytes(), by_hand * sizeof(T));
}

/// How many of `count` elements there are up to and including the first for which `mark(i)` is not zero, or
/// all. Blocks without one are passed over by vectors.
template <class Mark>
[[gnu::always_inline]] inline u32 count_to_mark(u32 count, Mark mark) {
  constexpr u32 kBlock = 32;
  u32 i = 0;
  for (; count - i >= kBlock; i += kBlock) {
    decltype(mark(0)) any = 0;
    for (u32 j = 0; j < kBlock; ++j) any |= mark(i + j);
    if (any != 0) break;
  }
  while (i < count) {
    if (mark(i++) != 0) break;
  }
  return i;
}

template <class T>
[[gnu::always_inline]] inline T mark_different(T a, T b) {
  return a ^ b;
}
template <class T>
[[gnu::always_inline]] inline T mark_equal(T a, T b) {
  return a == b ? static_cast<T>(~T{0}) : T{0};
}

/// How many elements SCAS looks at: up to the first that is `wanted`, or the first that is not.
template <class T, Direction D>
u32 scan(const Run<T, D>& run, T wanted, bool for_equal) {
  if (!for_equal) return count_to_mark(run.count, [&](u32 i) { return mark_different<T>(run[i], wanted); });
  if constexpr (sizeof(T) == 1 && D == Direction::Up) {
    const void* const found = std::memchr(run.first, wanted, run.count);
    if (found == nullptr) return run.count;
    return static_cast<u32>(static_cast<const u8*>(found) - run.first) + 1;
  } else {
    return count_to_mark(run.count, [&](u32 i) { return mark_equal<T>(run[i], wanted); });
  }
}

/// How many pairs CMPS looks at: up to the first that is equal, or the first that is not.
template <class T, Direction D>
u32 compare(const Run<T, D>& a, const Run<T, D>& b, bool for_equal) {
  if (for_equal) return count_to_mark(b.count, [&](u32 i) { return mark_equal<T>(a[i], b[i]); });
  return count_to_mark(b.count, [&](u32 i) { return mark_different<T>(a[i], b[i]); });
}

}  // namespace ringdown::string_runs
