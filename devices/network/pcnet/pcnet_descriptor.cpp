// Layouts of the PCnet's descriptors (AMD 19436, "Receive descriptors", "Transmit descriptors").
#include "devices/network/pcnet/pcnet_descriptor.h"

namespace ringdown::pcnet {

namespace {

// Offsets within a descriptor. BCNT is at the same place in every style.
constexpr u32 kCount = 4;
constexpr u32 kLanceHighAddress = 2;
constexpr u32 kLanceStatus = 3;
constexpr u32 kLanceResult = 6;
constexpr u32 kWideStatus = 6;
constexpr u32 kWideResult = 8;
constexpr u32 kBurstResult = 0;
constexpr u32 kBurstBuffer = 8;

constexpr u16 kBufferLargest = 4096;

GuestPhysical at(u32 address) { return GuestPhysical(address); }
GuestPhysical at(u32 address, u32 offset) { return at(address + offset); }

u32 result_offset(SoftwareStyle style) {
  return style == SoftwareStyle::PcnetBurst ? kBurstResult : kWideResult;
}

}  // namespace

Descriptor read_descriptor(const DmaMemory& memory, u32 address, SoftwareStyle style, u8 high_byte) {
  Descriptor descriptor;
  descriptor.address = address;
  const u16 count = memory.read_value<u16>(at(address, kCount));
  // Twelve bits, a two's complement.
  descriptor.length = static_cast<u16>(kBufferLargest - (count & 0xfff));
  if (style == SoftwareStyle::Lance) {
    descriptor.buffer = memory.read_value<u16>(at(address)) |
                        u32{memory.read_value<u8>(at(address, kLanceHighAddress))} << 16 |
                        u32{high_byte} << 24;
    descriptor.status = static_cast<u16>(memory.read_value<u8>(at(address, kLanceStatus)) << 8);
  } else {
    descriptor.buffer =
        memory.read_value<u32>(at(address, style == SoftwareStyle::PcnetBurst ? kBurstBuffer : 0));
    descriptor.status = memory.read_value<u16>(at(address, kWideStatus));
  }
  return descriptor;
}

void write_status(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style) {
  if (style == SoftwareStyle::Lance) {
    memory.write_value(at(descriptor.address, kLanceStatus), static_cast<u8>(descriptor.status >> 8));
  } else {
    memory.write_value(at(descriptor.address, kWideStatus), descriptor.status);
  }
}

void write_received(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style, u16 length) {
  if (style == SoftwareStyle::Lance) {
    memory.write_value(at(descriptor.address, kLanceResult), length);
  } else {
    memory.write_value(at(descriptor.address, result_offset(style)), u32{length});
  }
  write_status(memory, descriptor, style);
}

void write_transmitted(const DmaMemory& memory, const Descriptor& descriptor, SoftwareStyle style,
                       u16 errors) {
  if (style == SoftwareStyle::Lance) {
    memory.write_value(at(descriptor.address, kLanceResult), errors);
  } else {
    memory.write_value(at(descriptor.address, result_offset(style)), u32{errors} << 16);
  }
  write_status(memory, descriptor, style);
}

}  // namespace ringdown::pcnet
