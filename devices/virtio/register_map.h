// Registers of several widths side by side, reached by accesses of any width.
#pragma once

#include <algorithm>
#include <span>

#include "core/bus.h"

namespace ringdown {

/// One register within a region: where it begins, and its bytes (1, 2, 4 or 8).
struct RegisterPlace {
  u8 offset;
  u8 size;
};

/// The register that has the byte at `offset`; null if none has.
inline const RegisterPlace* register_at(std::span<const RegisterPlace> map, u32 offset) {
  const auto found = std::ranges::find_if(map, [offset](const RegisterPlace& place) {
    return offset >= place.offset && offset < u32{place.offset} + place.size;
  });
  return found != map.end() ? &*found : nullptr;
}

/// Calls `part(place, first, at, count)` for the bytes [first, first + count) of each register that an access
/// touches, `at` bytes into the access.
template <class Part>
void for_each_register(std::span<const RegisterPlace> map, u32 offset, Width width, Part part) {
  for (unsigned at = 0; at < bytes_of(width);) {
    const RegisterPlace* place = register_at(map, offset + at);
    if (place == nullptr) {
      ++at;
      continue;
    }
    const unsigned first = offset + at - place->offset;
    const unsigned count = std::min(place->size - first, bytes_of(width) - at);
    part(*place, first, at, count);
    at += count;
  }
}

/// Bits of `count` bytes, which are fewer than eight or all of a quadword.
constexpr u64 byte_mask(unsigned count) {
  return count >= sizeof(u64) ? ~u64{0} : (u64{1} << (8 * count)) - 1;
}

/// `read(place)` returns a register. What lies between them reads zero.
template <class Read>
u64 read_registers(std::span<const RegisterPlace> map, u32 offset, Width width, Read read) {
  u64 value = 0;
  for_each_register(map, offset, width,
                    [&](const RegisterPlace& place, unsigned first, unsigned at, unsigned count) {
                      value |= (read(place) >> (8 * first) & byte_mask(count)) << (8 * at);
                    });
  return value;
}

/// `write(place, first, count, bytes)` puts `count` bytes into a register from its byte `first` on.
template <class Write>
void write_registers(std::span<const RegisterPlace> map, u32 offset, Width width, u64 value, Write write) {
  for_each_register(map, offset, width,
                    [&](const RegisterPlace& place, unsigned first, unsigned at, unsigned count) {
                      write(place, first, count, value >> (8 * at) & byte_mask(count));
                    });
}

/// `old` with `count` bytes replaced from byte `first` on.
constexpr u64 with_bytes(u64 old, unsigned first, unsigned count, u64 bytes) {
  const u64 mask = byte_mask(count) << (8 * first);
  return (old & ~mask) | (bytes << (8 * first) & mask);
}

}  // namespace ringdown
