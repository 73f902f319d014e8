// Descriptors of the PCnet's rings in guest memory, in the four software styles.
#pragma once

#include "core/archive.h"
#include "core/dma_memory.h"
#include "core/field.h"

namespace ringdown::pcnet {

/// BCR20, SWSTYLE (AMD 19436, "Software style"). What else the register may hold is taken as Lance.
enum class SoftwareStyle : u8 {
  Lance = 0,       // 16 bits wide: 8 bytes, addresses of 24 bits
  Ilacc = 1,       // as PcnetPci but for one bit
  PcnetPci = 2,    // 32 bits wide: 16 bytes
  PcnetBurst = 3,  // the same in an order that suits bursts
};

constexpr u32 descriptor_size(SoftwareStyle style) { return style == SoftwareStyle::Lance ? 8 : 16; }

// The status half of a descriptor: RMD1 and TMD1, bits 31 to 16.
using Own = Field<u16, 15>;
using Failed = Field<u16, 14>;
using StartOfPacket = Field<u16, 9>;
using EndOfPacket = Field<u16, 8>;
// Of a receive descriptor.
using BadCheckSequence = Field<u16, 11>;  // CRC
using BufferError = Field<u16, 10>;       // BUFF
using PhysicalMatch = Field<u16, 6>;      // PAM: not in the 16-bit style, as those behind it
using FilterMatch = Field<u16, 5>;        // LAFM
using BroadcastMatch = Field<u16, 4>;     // BAM
// Of a transmit descriptor.
using AddCheckSequence = Field<u16, 13>;         // ADD_FCS; style Ilacc: NO_FCS
using LastInterrupt = Field<u16, 12>;            // LTINT read, MORE written
inline constexpr u16 kTransmitResults = 0x5c00;  // ERR, MORE, ONE, DEF

// What TMD2 (16-bit style: TMD3) reports, bits 31 to 16.
inline constexpr u16 kBufferMissing = 0x8000;  // BUFF
inline constexpr u16 kUnderflow = 0x4000;      // UFLO
inline constexpr u16 kCarrierLost = 0x0800;    // LCAR
inline constexpr u16 kRetriesSpent = 0x0400;   // RTRY

struct Descriptor {
  u32 address = 0;  // its own
  u32 buffer = 0;
  u16 status = 0;
  u16 length = 0;  // of the buffer, 1 to 4096

  template <class F>
  bool get() const {
    return F::get(status);
  }
  template <class F>
  void set(bool value) {
    status = F::with(status, value);
  }
  void serialize(Archive& archive) { archive(address, buffer, status, length); }
};

/// `high_byte` completes addresses of 24 bits.
Descriptor read_descriptor(const DmaMemory& memory, u32 address, SoftwareStyle style, u8 high_byte);

/// Gives a receive descriptor back: the message's length, then the status.
void write_received(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style, u16 length);

/// Gives a transmit descriptor back: what went wrong, then the status.
void write_transmitted(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style,
                       u16 errors);

/// The status alone.
void write_status(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style);

}  // namespace ringdown::pcnet
