// Fixed-width integers and the address types that keep linear, guest-physical and port addresses apart.
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace ringdown {

static_assert(std::endian::native == std::endian::little, "guest memory and registers are accessed in place");

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
// A compiler extension (g++ and clang), for products that must not overflow.
__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

/// An address that cannot be mixed up with one of another space. Arithmetic wraps at the width of `Rep`.
template <class Tag, class Rep>
struct Address {
  Rep value = 0;

  constexpr Address() = default;
  constexpr explicit Address(Rep v) : value(v) {}

  friend constexpr auto operator<=>(Address, Address) = default;
  friend constexpr Address operator+(Address a, Rep n) { return Address(static_cast<Rep>(a.value + n)); }
  friend constexpr Rep operator-(Address a, Address b) { return static_cast<Rep>(a.value - b.value); }
};

/// A linear address: after segmentation, before paging. 32 bits until long mode exists.
using GuestLinear = Address<struct GuestLinearTag, u32>;
/// A guest-physical address: after paging, before the machine's memory map (A20, PAM, devices).
using GuestPhysical = Address<struct GuestPhysicalTag, u64>;
/// An I/O port number.
using IoPort = Address<struct IoPortTag, u16>;
/// The number of a 4 KiB page of the machine's backing store (RAM first, then ROM), as `MemoryStore` counts.
using HostFrame = Address<struct HostFrameTag, u32>;

inline constexpr u32 kPageShift = 12;
inline constexpr u32 kPageSize = 1u << kPageShift;
inline constexpr u32 kPageOffsetMask = kPageSize - 1;

/// Retired guest instructions since the machine was created: the only clock (docs/time.md says what counts).
using Ticks = u64;

}  // namespace ringdown
