// What drivers and attackers do to drives and the firmware's interface: the sequences that start a transfer.
#include <array>

#include "frontend/machine/board_layout.h"
#include "tests/fuzz/device_operations.h"

namespace ringdown::test {

namespace {

using namespace board;

/// Commands of disks that exist, and some that do not.
constexpr u8 kAtaCommands[] = {0x00, 0x08, 0x10, 0x20, 0x21, 0x24, 0x25, 0x27, 0x29, 0x30, 0x34, 0x35, 0x37,
                               0x39, 0x40, 0x42, 0x70, 0x90, 0x91, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0xa0,
                               0xa1, 0xb0, 0xc4, 0xc5, 0xc6, 0xc8, 0xc9, 0xca, 0xcb, 0xe0, 0xe1, 0xe2, 0xe3,
                               0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xea, 0xec, 0xef, 0xf5, 0xf8, 0xf9};
constexpr u8 kPacketCommands[] = {0x00, 0x03, 0x12, 0x15, 0x1a, 0x1b, 0x1e, 0x23, 0x25, 0x28,
                                  0x2a, 0x2b, 0x2f, 0x35, 0x3c, 0x42, 0x43, 0x44, 0x45, 0x46,
                                  0x47, 0x4a, 0x4b, 0x4e, 0x51, 0x52, 0x55, 0x5a, 0xa4, 0xa8,
                                  0xad, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe};
/// Commands of an 82077AA, with the bits MT, MFM and SK as drivers set them.
constexpr u8 kFloppyCommands[] = {0xe6, 0xc5, 0x46, 0x45, 0x42, 0xec, 0xc9, 0x4d, 0x4a, 0x07, 0x0f,
                                  0x08, 0x03, 0x04, 0x0e, 0x10, 0x12, 0x13, 0x14, 0x94, 0x16, 0x51,
                                  0x59, 0x5d, 0x8f, 0xcf, 0x01, 0x33, 0x18, 0x66, 0x4c};

constexpr u32 kFirmwareDescriptor = 0x9000;

/// A command: mostly of the table, else any.
template <std::size_t N>
u8 command_of(const u8 (&table)[N], u8 choice) {
  constexpr u8 kAny = 0xe0;
  return choice < kAny ? of(table, choice) : static_cast<u8>(choice * 37);
}

u32 ide_base(u8 choice) { return (choice & 1) == 0 ? kIdePrimary : kIdeSecondary; }
u8 ide_drive(u8 choice) { return static_cast<u8>((choice & 2) << 3); }

void ata_command(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u8 kExtendedFrom = 0x24, kExtendedTo = 0x42, kSmart = 0xb0, kLba = 0x40;
  const u32 base = ide_base(o.a);
  const u8 command = command_of(kAtaCommands, o.b);
  const auto write = [&](u32 reg, u32 value) { rig.out(base + reg, Width::Byte, value & 0xff); };
  write(6, ide_drive(o.a) | ((o.a & 4) != 0 ? kLba : 0) | (o.a >> 4 & ((o.a & 8) != 0 ? 0xf : 0)));
  if ((command >= kExtendedFrom && command <= kExtendedTo) || command == 0xea) {
    for (u32 reg = 1; reg < 6; ++reg) write(reg, (o.a & 8) != 0 ? o.value >> 24 : 0);
  }
  write(1, o.value >> 24);
  write(2, o.c);
  write(3, o.value);
  write(4, command == kSmart ? 0x4f : o.value >> 8);
  write(5, command == kSmart ? 0xc2 : o.value >> 16);
  write(7, command);
}

void packet_command(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u8 kPacket = 0xa0;
  constexpr u32 kByteCounts[] = {2048, 0xfffe, 2, 13};
  const u32 base = ide_base(o.a | ((o.a & 4) != 0 ? 0 : 1));
  const u32 byte_count = of(kByteCounts, o.a >> 6);
  rig.out(base + 6, Width::Byte, ide_drive(o.a));
  rig.out(base + 1, Width::Byte, o.a >> 3 & 3);  // DMA, overlap
  rig.out(base + 4, Width::Byte, byte_count & 0xff);
  rig.out(base + 5, Width::Byte, byte_count >> 8);
  rig.out(base + 7, Width::Byte, kPacket);
  rig.pass(2);
  const auto v = [&](unsigned shift) { return static_cast<u8>(o.value >> shift); };
  const std::array<u8, 12> packet{command_of(kPacketCommands, o.b),
                                  static_cast<u8>(v(24) >> 4),
                                  v(24),
                                  v(16),
                                  v(8),
                                  v(0),
                                  v(12),
                                  static_cast<u8>(o.c >> 6),
                                  o.c,
                                  static_cast<u8>(o.c << 2),
                                  v(4),
                                  0};
  for (std::size_t i = 0; i < packet.size(); i += 2)
    rig.out(base, Width::Word, packet[i] | u32{packet[i + 1]} << 8);
}

void data_burst(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  const u32 base = ide_base(o.a);
  const Width width = (o.a & 4) != 0 ? Width::Dword : Width::Word;
  for (unsigned i = 0; i < o.b * 4u; ++i) {
    if ((o.a & 8) != 0) {
      rig.out(base, width, (o.value + i) & open_bus(width));
    } else {
      read.add(rig.in(base, width));
    }
    if ((o.a & 16) != 0 && i % 256 == 255) rig.pass(o.c % 4);
  }
}

void bus_master(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u32 kLastRegion = 0x8000'0000;
  const u32 base = rig_base::kBusMaster + ((o.a & 1) != 0 ? 8 : 0);
  const unsigned regions = o.b % 16 + 1;
  for (unsigned i = 0; i < regions; ++i) {
    const u32 length = (o.c * 0x202u * (i + 1)) & 0xffff;
    const bool last = i + 1 == regions && (o.a & 2) == 0;
    rig.machine().memory().write_value(GuestPhysical(kDescriptorTable + 8 * i), o.value + i * 0x1'0000);
    rig.machine().memory().write_value(GuestPhysical(kDescriptorTable + 8 * i + 4),
                                       length | (last ? kLastRegion : 0));
  }
  rig.out(base + 2, Width::Byte, 6);
  rig.out(base + 4, Width::Dword, kDescriptorTable);
  rig.out(base, Width::Byte, (o.a & 4) != 0 ? 0 : 1 | ((o.a & 8) != 0 ? 0 : 8));
}

void isa_dma(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u8 kPages[] = {0x87, 0x83, 0x81, 0x82, 0x8f, 0x8b, 0x89, 0x8a};
  const u8 channel = o.a & 7;
  const u32 base = channel < 4 ? kDma8237Low : kDma8237High;
  const u32 step = channel < 4 ? 1 : 2;
  const auto write = [&](u32 reg, u32 value) { rig.out(base + reg * step, Width::Byte, value & 0xff); };
  write(10, 4u | (channel & 3u));
  write(12, 0);
  write(11, (o.b & 0xfcu) | (channel & 3u));
  for (const u32 reg : {u32{channel} % 4 * 2, u32{channel} % 4 * 2 + 1}) {
    const u32 value = reg % 2 == 0 ? o.value : o.value >> 16;
    write(reg, value);
    write(reg, value >> 8);
  }
  rig.out(kPages[channel], Width::Byte, o.c);
  if ((o.a & 8) == 0) write(10, channel & 3u);
}

/// A command with the parameters of a READ or WRITE; shorter ones take the first of them.
void floppy_command(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u32 kDigitalOutput = kFloppy + 2, kFifo = kFloppy + 5;
  if ((o.a & 0x80) == 0) rig.out(kDigitalOutput, Width::Byte, 0x1cu | (o.a & 1u) | (16u << (o.a & 1)));
  const auto v = [&](unsigned shift) { return static_cast<u8>(o.value >> shift); };
  const u8 head = o.a >> 2 & 1;
  const std::array<u8, 9> bytes{command_of(kFloppyCommands, o.b),
                                static_cast<u8>((o.a & 3) | head << 2),
                                static_cast<u8>(v(0) % 85),
                                (o.a & 8) != 0 ? v(8) : head,
                                static_cast<u8>(o.c & 0x1f),
                                static_cast<u8>((o.a & 16) != 0 ? v(16) : 2),
                                static_cast<u8>(o.c >> 5 != 0 ? v(24) : 18),
                                0x1b,
                                0xff};
  const std::size_t count = (o.a & 0x60) != 0 ? bytes.size() : o.c >> 5;
  for (std::size_t i = 0; i < count; ++i) rig.out(kFifo, Width::Byte, bytes[i]);
}

void firmware_dma(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const auto big_endian = [](u32 value) { return __builtin_bswap32(value); };
  GuestMemory& memory = rig.machine().memory();
  const u32 length = (o.value & 0xffff) << (o.a >> 5 & 3);
  const u32 key = (o.b & 0x80) != 0 ? o.b & 0x3fu : o.b;
  memory.write_value(GuestPhysical(kFirmwareDescriptor), big_endian(key << 16 | (o.a & 0x1f)));
  memory.write_value(GuestPhysical(kFirmwareDescriptor + 4), big_endian(length));
  memory.write_value(GuestPhysical(kFirmwareDescriptor + 8), big_endian(o.c == 0xff ? 15 : 0));
  memory.write_value(GuestPhysical(kFirmwareDescriptor + 12), big_endian((o.value & 0xffff'0000) | o.c << 4));
  rig.out(kFirmwareConfigurationDma, Width::Dword, 0);
  rig.out(kFirmwareConfigurationDma + 4, Width::Dword, big_endian(kFirmwareDescriptor));
}

}  // namespace

std::span<const DeviceAction> drive_actions() {
  static constexpr DeviceAction kActions[] = {
      {"ata command", ata_command},   {"packet command", packet_command},
      {"data burst", data_burst},     {"bus master", bus_master},
      {"ISA DMA", isa_dma},           {"floppy command", floppy_command},
      {"firmware DMA", firmware_dma},
  };
  return kActions;
}

}  // namespace ringdown::test
