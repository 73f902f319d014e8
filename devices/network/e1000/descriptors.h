// Descriptors in guest memory (317453, sections 3.2.3 and 3.3.3 to 3.3.7).
#pragma once

#include "core/archive.h"
#include "core/field.h"

namespace ringdown::e1000 {

inline constexpr u32 kDescriptorLength = 16;

/// Any descriptor: two quad words. In all kinds the status is in bits 39:32 of the second.
struct Descriptor {
  u64 low = 0;
  u64 high = 0;
  void serialize(Archive& archive) { archive(low, high); }
};

inline constexpr u32 kStatusByte = 12;  // of a transmit or receive descriptor
using DescriptorStatus = Field<u64, 32, 8>;
inline constexpr u8 kDescriptorDone = 0x01;

// The second quad word of transmit descriptors: what all kinds share, and what the extended ones do.
using EndOfPacket = Field<u64, 24>;
using InsertCheckSequence = Field<u64, 25>;
using LegacyInsertChecksum = Field<u64, 26>;
using SegmentationEnable = Field<u64, 26>;
using ReportStatus = Field<u64, 27>;
using Extended = Field<u64, 29>;
using VlanEnable = Field<u64, 30>;
using InterruptDelay = Field<u64, 31>;
using Special = Field<u64, 48, 16>;

// Legacy
using LegacyLength = Field<u64, 0, 16>;
using ChecksumOffset = Field<u64, 16, 8>;
using LegacyChecksumStart = Field<u64, 40, 8>;

// Extended: type 0 is a context, 1 data.
using DescriptorType = Field<u64, 20, 4>;
inline constexpr u64 kContextType = 0;
using DataLength = Field<u64, 0, 20>;
using InsertIpChecksum = Field<u64, 40>;         // POPTS.IXSM
using InsertTransportChecksum = Field<u64, 41>;  // POPTS.TXSM

/// A context descriptor, as the controller keeps two of: for segmentation and for checksums alone.
struct Context {
  Descriptor raw;

  std::size_t ip_start() const { return Field<u64, 0, 8>::get(raw.low); }
  std::size_t ip_checksum() const { return Field<u64, 8, 8>::get(raw.low); }
  std::size_t ip_end() const { return Field<u64, 16, 16>::get(raw.low); }
  std::size_t transport_start() const { return Field<u64, 32, 8>::get(raw.low); }
  std::size_t transport_checksum() const { return Field<u64, 40, 8>::get(raw.low); }
  std::size_t transport_end() const { return Field<u64, 48, 16>::get(raw.low); }
  bool tcp() const { return Field<u64, 24>::get(raw.high); }
  bool ipv4() const { return Field<u64, 25>::get(raw.high); }
  std::size_t header_length() const { return Field<u64, 40, 8>::get(raw.high); }
  std::size_t segment_size() const { return Field<u64, 48, 16>::get(raw.high); }

  void serialize(Archive& archive) { archive(raw); }
};

// Receive descriptors: status and errors.
namespace receive_status {
inline constexpr u8 kDone = 0x01;
inline constexpr u8 kEndOfPacket = 0x02;
inline constexpr u8 kIgnoreChecksum = 0x04;
inline constexpr u8 kVlan = 0x08;
inline constexpr u8 kTransportChecked = 0x20;
inline constexpr u8 kIpChecked = 0x40;
inline constexpr u8 kInexact = 0x80;
}  // namespace receive_status
namespace receive_error {
inline constexpr u8 kTransport = 0x20;
inline constexpr u8 kIp = 0x40;
}  // namespace receive_error

}  // namespace ringdown::e1000
