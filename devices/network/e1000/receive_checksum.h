// Checksums of received packets, as far as a controller looks into them.
#pragma once

#include <span>

#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// What goes into the descriptor.
struct ReceivedChecksums {
  u8 status = 0;  // which were checked
  u8 errors = 0;  // and did not agree
};

/// Checks what RXCSUM asks for (317453, 3.2.9): the header of IPv4, and TCP or UDP over IPv4 or IPv6, in
/// Ethernet II or SNAP frames with or without a VLAN tag. Fragments, IPv6 with extension headers and UDP
/// without a checksum are not checked.
ReceivedChecksums check_received(const RegisterFile& registers, std::span<const std::byte> frame);

}  // namespace ringdown::e1000
