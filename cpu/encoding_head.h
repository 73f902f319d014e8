// The bytes of an instruction that decide everything about it but its displacement and immediates.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "core/types.h"

namespace ringdown {

/// Prefixes, opcode, ModRM and SIB of an instruction of the one-byte map or the 0F map, and the code size
/// they are read in. Where others begin (VEX, 3DNow!, the maps 0F38 and 0F3A) it is only the first of what
/// decides.
struct EncodingHead {
  static constexpr u8 kMaximumLength = 7;

  u64 bytes = 0;  // the first in the low byte
  u8 length = 0;  // 0: longer than kMaximumLength, or it ends behind what there is
  u8 modrm = 0;   // offset; 0: none
  u8 sib = 0;     // offset; 0: none
  /// Different for all heads and code sizes; 0 for none.
  u64 key(bool code32) const {
    return length == 0 ? 0 : bytes | static_cast<u64>(length) << 56 | static_cast<u64>(code32) << 63;
  }
};

/// Whether a ModRM byte follows the opcode (Intel SDM vol. 2D, tables ).
constexpr bool has_modrm(bool two_byte_map, u8 opcode) {
  const auto within = [opcode](u8 first, u8 last) { return opcode >= first && opcode <= last; };
  if (two_byte_map) {
    return within(0x00, 0x03) || opcode == 0x0d || within(0x10, 0x2f) || within(0x40, 0x76) ||
           within(0x78, 0x7f) || within(0x90, 0x9f) || within(0xa3, 0xa5) || within(0xab, 0xaf) ||
           within(0xb0, 0xc7) || within(0xd0, 0xff);
  }
  return (opcode < 0x40 && (opcode & 7) < 4) || within(0x62, 0x63) || opcode == 0x69 || opcode == 0x6b ||
         within(0x80, 0x8f) || within(0xc0, 0xc1) || within(0xc4, 0xc7) || within(0xd0, 0xd3) ||
         within(0xd8, 0xdf) || within(0xf6, 0xf7) || within(0xfe, 0xff);
}

constexpr bool is_legacy_prefix(u8 byte) {
  switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
      return true;
    default:
      return false;
  }
}

/// The head of the instruction at the beginning of `code`.
inline EncodingHead head_of(std::span<const u8> code, bool code32) {
  struct Kind {
    bool prefix, modrm, modrm_behind_0f;
  };
  static constexpr std::array<Kind, 256> kKinds = [] {
    std::array<Kind, 256> kinds{};
    for (unsigned byte = 0; byte < kinds.size(); ++byte) {
      const u8 opcode = static_cast<u8>(byte);
      kinds[byte] = {is_legacy_prefix(opcode), has_modrm(false, opcode), has_modrm(true, opcode)};
    }
    return kinds;
  }();
  constexpr u8 kAddressSize = 0x67, kTwoByteMap = 0x0f;

  EncodingHead head;
  const std::size_t end = std::min<std::size_t>(code.size(), EncodingHead::kMaximumLength);
  std::size_t at = 0;
  const auto take = [&] {
    const u8 byte = code[at];
    head.bytes |= static_cast<u64>(byte) << (8 * at++);
    return byte;
  };
  bool address32 = code32;
  while (at < end && kKinds[code[at]].prefix) {
    if (take() == kAddressSize) address32 = !code32;
  }
  if (at == end) return head;
  u8 opcode = take();
  bool modrm = kKinds[opcode].modrm;
  if (opcode == kTwoByteMap) {
    if (at == end) return head;
    opcode = take();
    modrm = kKinds[opcode].modrm_behind_0f;
  }
  if (modrm) {
    if (at == end) return head;
    head.modrm = static_cast<u8>(at);
    const u8 fields = take();
    if (address32 && (fields & 7) == 4 && fields < 0xc0) {
      if (at == end) return head;
      head.sib = static_cast<u8>(at);
      take();
    }
  }
  head.length = static_cast<u8>(at);
  return head;
}

}  // namespace ringdown
