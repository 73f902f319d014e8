// Which frames a controller takes from the wire.
#pragma once

#include <optional>
#include <span>

#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// Why a frame was taken.
enum class Match : u8 {
  Exact,    // a receive address or broadcast
  Inexact,  // the hash table or a promiscuous mode: software has to look itself
};

/// Destination (or source), VLAN and MAC control filters (317453, 3.2.1, 10.1 and 13.5): by which a frame
/// would be taken, if it is. `frame` has at least a header.
std::optional<Match> filter(const RegisterFile& registers, std::span<const std::byte> frame);

/// Whether it matches one of the receive addresses.
bool matches_receive_address(const RegisterFile& registers, std::span<const std::byte> frame);
/// Whether the multicast table has its destination.
bool matches_hash(const RegisterFile& registers, std::span<const std::byte> frame);

/// Whether its type is the one of VET.
bool is_tagged(const RegisterFile& registers, std::span<const std::byte> frame);
/// The tag behind that type, which is within the frame then.
u16 tag_of(std::span<const std::byte> frame);

}  // namespace ringdown::e1000
