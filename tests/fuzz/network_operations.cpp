// What drivers and attackers do to network adapters and virtio disks: rings in memory, doorbells, and frames
// from the wire.
#include <array>

#include "tests/fuzz/device_operations.h"

namespace ringdown::test {

namespace {

// Where rings and buffers lie in the rig's 2 MiB.
constexpr u32 kTransmitRing = 0x10'0000, kReceiveRing = 0x10'4000, kInitialization = 0x10'8000,
              kBuffers = 0x12'0000, kBufferStep = 0x1000;
constexpr u32 kVirtioRings = 0x18'0000, kVirtioRingStep = 0x8000;
/// Addresses that no descriptor should have: beyond memory, firmware, registers, the ring itself.
constexpr u32 kBadAddresses[] = {0x7fff'f000,   0xffff'fff0, rig_base::kE1000, rig_base::kVirtioNet,
                                 kTransmitRing, 0xfec0'0000, 0x1f'fff0};

/// Mostly one of the buffers.
u32 buffer(u8 choice) {
  constexpr u8 kBad = 0xf0;
  return choice >= kBad ? of(kBadAddresses, choice) : kBuffers + choice % 64 * kBufferStep + choice / 64;
}

template <class T>
void poke(DeviceRig& rig, u64 address, T value) {
  rig.machine().memory().write_value(GuestPhysical(address), value);
}

void write_register(DeviceRig& rig, u32 address, u32 value) {
  rig.machine().device_memory().write(address, Width::Dword, value);
}

// --- The wire ---------------------------------------------------------------------------------------------

/// Headers that filters and checksums look at, with junk behind them.
std::vector<u8> frame_of(const DeviceOperation& o) {
  constexpr std::array<u8, 2> kTypes[] = {{0x08, 0x00}, {0x86, 0xdd}, {0x81, 0x00}, {0x08, 0x06},
                                          {0x88, 0x08}, {0x00, 0x40}, {0x88, 0xcc}, {0x08, 0x00}};
  constexpr u32 kLengths[] = {60, 64, 1514, 1518, 1522, 2048, 4096, 9018, 16'384};
  std::vector<u8> frame(of(kLengths, o.c & 15) - (o.c >> 4));
  for (std::size_t i = 0; i < frame.size(); ++i)
    frame[i] = static_cast<u8>((o.value >> (8 * (i % 4))) + i / 64);
  const MacAddress own = rig_mac(static_cast<RigCard>(o.a & 3));
  constexpr MacAddress kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, kPause{0x01, 0x80, 0xc2, 0, 0, 1};
  const MacAddress multicast{0x01, 0x00, 0x5e, o.b, o.a, o.c};
  const MacAddress* const kDestinations[] = {&own, &kBroadcast, &multicast, &kPause};
  std::ranges::copy(*kDestinations[o.a >> 2 & 3], frame.begin());
  std::ranges::copy(of(kTypes, o.a >> 4), frame.begin() + 12);
  if ((o.b & 1) != 0) frame[14] = 0x45;                   // IPv4 without options
  if ((o.b & 2) != 0) frame[23] = o.b >> 2 & 63;          // its protocol
  if ((o.a >> 4) % 8 == 4) frame[15] = 1, frame[14] = 0;  // PAUSE
  return frame;
}

InputChannel channel_of(u8 card) {
  return static_cast<InputChannel>(static_cast<unsigned>(InputChannel::Nic0) + (card & 3u));
}

void frame(const DeviceOperation& o, DeviceRig& rig, Digest&) { rig.post(channel_of(o.a), frame_of(o)); }

/// What a card sent comes back to it, or reaches another one.
void reflect(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  if (!rig.last_frame().empty()) rig.post(channel_of(o.a), rig.last_frame());
}

void link(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  rig.post(InputChannel::NicLink, {static_cast<u8>(o.a & 3), static_cast<u8>(o.b & 1)});
}

// --- 8254x ------------------------------------------------------------------------------------------------

constexpr u32 kRctl = 0x100, kTctl = 0x400, kRdbal = 0x2800, kTdbal = 0x3800;
constexpr u32 kRingLength = 8, kRingHead = 0x10, kRingTail = 0x18;

void e1000_register(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  constexpr u32 kRegisters[] = {
      0x0000, 0x0008, 0x0010, 0x0014, 0x0018, 0x0020, 0x0028, 0x002c, 0x0030, 0x0038, 0x00c0, 0x00c4,
      0x00c8, 0x00d0, 0x00d8, 0x0100, 0x0170, 0x0178, 0x0180, 0x0400, 0x0410, 0x0458, 0x0e00, 0x1000,
      0x2160, 0x2168, 0x2410, 0x2418, 0x2420, 0x2428, 0x2430, 0x2800, 0x2804, 0x2808, 0x2810, 0x2818,
      0x2820, 0x2828, 0x282c, 0x2c00, 0x3410, 0x3418, 0x3420, 0x3428, 0x3430, 0x3800, 0x3804, 0x3808,
      0x3810, 0x3818, 0x3820, 0x3828, 0x382c, 0x3830, 0x4000, 0x4074, 0x4080, 0x5000, 0x5200, 0x5400,
      0x5404, 0x5600, 0x5800, 0x5808, 0x5810, 0x5820, 0x5838, 0x5900, 0x5a00};
  const u32 address = rig_base::kE1000 + of(kRegisters, o.a) + (o.c >> 4) * 4u;
  if ((o.c & 1) != 0) return read.add(rig.machine().device_memory().read(address, Width::Dword));
  write_register(rig, address, (o.c & 2) != 0 ? 1u << (o.b % 32) : o.value);
}

/// A ring with its length, head and tail; the unit is turned on.
void e1000_ring(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const bool transmit = (o.a & 1) != 0;
  const u32 ring = rig_base::kE1000 + (transmit ? kTdbal : kRdbal);
  write_register(rig, ring, (o.a & 0x80) != 0 ? buffer(o.c) : transmit ? kTransmitRing : kReceiveRing);
  write_register(rig, ring + 4, 0);
  write_register(rig, ring + kRingLength, (o.b % 64) * 128u);
  write_register(rig, ring + kRingHead, (o.a & 2) != 0 ? o.c : 0);
  write_register(rig, rig_base::kE1000 + (transmit ? kTctl : kRctl), 2 | (o.value & 0x07ff'fffc));
  write_register(rig, ring + kRingTail, o.c);
}

/// A descriptor of any kind, and the doorbell.
void e1000_descriptor(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const bool transmit = (o.a & 1) != 0;
  const u32 number = o.a >> 2 & 15;
  const u32 at = (transmit ? kTransmitRing : kReceiveRing) + 16 * number;
  const bool context = (o.a & 0x40) != 0;
  poke(rig, at, context ? o.value : buffer(o.b));
  poke(rig, at + 4, context ? o.value * 0x0101'0101u : 0u);
  poke(rig, at + 8, (o.value & 0xfff0'ffff) | (o.c << 20));
  poke(rig, at + 12, (o.value >> 16 | o.value << 16) & ((o.a & 0x80) != 0 ? 0xffff'ffff : 0x00ff'0030));
  if ((o.a & 2) != 0)
    write_register(rig, rig_base::kE1000 + (transmit ? kTdbal : kRdbal) + kRingTail, (number + 1) % 16);
}

// --- PCnet ------------------------------------------------------------------------------------------------

void pcnet_register(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  using rig_base::kPcnetPorts;
  constexpr u32 kRdp = 0x10, kRap = 0x12, kReset = 0x14, kBdp = 0x16;
  rig.out(kPcnetPorts + kRap, Width::Word, o.b % 128u);
  switch (o.a % 8) {
    case 0:
    case 1:
    case 2:
      return rig.out(kPcnetPorts + kRdp, Width::Word, o.value & 0xffff);
    case 3:
      return rig.out(kPcnetPorts + kBdp, Width::Word, o.value & 0xffff);
    case 4:
      return read.add(rig.in(kPcnetPorts + kRdp, Width::Word));
    case 5:
      return read.add(rig.in(kPcnetPorts + kBdp, Width::Word));
    case 6:
      return rig.out(kPcnetPorts + kRdp, Width::Word, 1u << (o.c % 16));
    default:
      return read.add(rig.in(kPcnetPorts + kReset, Width::Word));
  }
}

void pcnet_csr(DeviceRig& rig, u32 number, u32 value) {
  rig.out(rig_base::kPcnetPorts + 0x12, Width::Word, number);
  rig.out(rig_base::kPcnetPorts + 0x10, Width::Word, value);
}

/// The initialization block in one of its two forms, and INIT with STRT.
void pcnet_start(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const bool wide = (o.a & 1) != 0;
  rig.out(rig_base::kPcnetPorts + 0x12, Width::Word, 20);
  rig.out(rig_base::kPcnetPorts + 0x16, Width::Word, wide ? 2 + (o.a >> 1 & 1) : 0);
  poke(rig, kInitialization,
       wide ? (o.value & 0xffff) | u32{o.b} << 20 | u32{o.c & 0xf0u} << 24 : o.value & 0xffff);
  const u32 addresses = kInitialization + (wide ? 20 : 16);
  poke(rig, addresses, kReceiveRing | (wide ? 0 : u32{o.b & 0xe0u} << 24));
  poke(rig, addresses + 4, kTransmitRing | (wide ? 0 : u32{o.c & 0xe0u} << 24));
  pcnet_csr(rig, 1, kInitialization & 0xffff);
  pcnet_csr(rig, 2, kInitialization >> 16);
  pcnet_csr(rig, 0, 0x43);
}

void pcnet_descriptor(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u32 kOwn = 0x8000'0000, kStartAndEnd = 0x0300'0000;
  const bool transmit = (o.a & 1) != 0;
  const u32 at = (transmit ? kTransmitRing : kReceiveRing) + (o.a >> 4) * ((o.a & 2) != 0 ? 16u : 8u);
  const u32 flags = (o.a & 4) != 0 ? o.value : kOwn | kStartAndEnd | 0xf000 | ((0u - o.c * 16u) & 0xfff);
  if ((o.a & 2) != 0) {
    poke(rig, at, buffer(o.b));
    poke(rig, at + 4, flags);
  } else {
    poke(rig, at, (buffer(o.b) & 0x00ff'ffff) | (flags & 0xff00'0000));
    poke(rig, at + 4, flags & 0xffff);
  }
  if ((o.a & 8) != 0) pcnet_csr(rig, 0, 0x48);
}

// --- DP8390 -----------------------------------------------------------------------------------------------

void ns8390_start(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const auto write = [&](u32 reg, u32 value) {
    rig.out(rig_base::kRtl8029Ports + reg, Width::Byte, value & 0xff);
  };
  write(0x00, 0x21);
  write(0x0e, o.a);              // DCR
  write(0x01, 0x40 + o.b % 32);  // PSTART
  write(0x02, 0x60 + o.c % 64);  // PSTOP
  write(0x03, o.value >> 24);    // BNRY
  write(0x0c, o.value);          // RCR
  write(0x0d, o.value >> 8);     // TCR
  write(0x0f, 0xff);             // IMR
  write(0x00, 0x61);
  write(0x07, o.value >> 16);  // CURR
  write(0x00, 0x22);
}

/// Words by remote DMA, then perhaps the send command.
void ns8390_send(const DeviceOperation& o, DeviceRig& rig, Digest& read) {
  constexpr u32 kData = 0x10;
  const auto write = [&](u32 reg, u32 value) {
    rig.out(rig_base::kRtl8029Ports + reg, Width::Byte, value & 0xff);
  };
  const bool reads = (o.a & 2) != 0;
  write(0x08, o.value);  // RSAR
  write(0x09, o.value >> 8);
  write(0x0a, o.b * 2u);  // RBCR
  write(0x0b, (o.a & 4) != 0 ? o.value >> 16 : 0);
  write(0x00, reads ? 0x0a : 0x12);
  const Width width = (o.a & 8) != 0 ? Width::Byte : Width::Word;
  for (unsigned i = 0; i < o.b; ++i) {
    if (reads) {
      read.add(rig.in(rig_base::kRtl8029Ports + kData, width));
    } else {
      rig.out(rig_base::kRtl8029Ports + kData, width, (o.value + i) & open_bus(width));
    }
  }
  if ((o.a & 1) == 0) return;
  write(0x04, o.value >> 8);  // TPSR
  write(0x05, o.c);           // TBCR
  write(0x06, o.a >> 4);
  write(0x00, 0x26);
}

// --- Virtio -----------------------------------------------------------------------------------------------

constexpr u32 kQueueSize = 256;  // the largest ring that the operations lay out

u32 legacy_ports(u8 choice) {
  return (choice & 1) != 0 ? rig_base::kVirtioDiskPorts : rig_base::kVirtioNetPorts;
}
u32 ring_of(u8 choice) { return kVirtioRings + (choice & 7u) * kVirtioRingStep; }

/// Features, status and one queue of the legacy interface. A ring's device is bit 0 of `a`, its queue bits 1
/// and 2.
void virtio_start(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const u32 base = legacy_ports(o.a);
  if ((o.a & 8) != 0) rig.out(base + 18, Width::Byte, 0);
  rig.out(base + 4, Width::Dword, (o.a & 16) != 0 ? o.value : 0x3000'0000 | o.value % 0x100'0000);
  rig.out(base + 14, Width::Word, o.a >> 1 & 3);
  rig.out(base + 8, Width::Dword, ((o.a & 32) != 0 ? buffer(o.c) : ring_of(o.a)) >> 12);
  rig.out(base + 18, Width::Byte, (o.a & 64) != 0 ? o.b : 7);
}

/// A descriptor, in the ring or in an indirect table.
void virtio_descriptor(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  constexpr u32 kDescriptor = 16;
  const u32 at = ring_of(o.a) + (o.a >> 3 & 15) * kDescriptor;
  poke(rig, at, u64{(o.a & 0x80) != 0 ? ring_of(o.b) + (o.b >> 3) * kDescriptor : buffer(o.b)});
  poke(rig, at + 8, (o.c & 1) != 0 ? o.value : o.value % 4096);
  poke(rig, at + 12, static_cast<u16>(o.c >> 1 & 7));
  poke(rig, at + 14, static_cast<u16>((o.c & 0x80) != 0 ? o.value >> 16 : o.c >> 4));
}

/// The request's header of the disk, or the packet's of the adapter, into a buffer.
void virtio_header(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  poke(rig, buffer(o.b), o.value);
  poke(rig, buffer(o.b) + 4, u32{o.a});
  poke(rig, buffer(o.b) + 8, u64{o.c});
}

/// Heads become available, and the doorbell rings.
void virtio_offer(const DeviceOperation& o, DeviceRig& rig, Digest&) {
  const u32 available = ring_of(o.a) + 16 * kQueueSize;
  for (u32 i = 0; i < 4; ++i)
    poke(rig, available + 4 + (o.c + i) % kQueueSize * 2, static_cast<u16>(o.value >> (8 * i) & 0x1f));
  poke(rig, available, static_cast<u16>(o.a >> 7));
  poke(rig, available + 2, static_cast<u16>((o.a & 8) != 0 ? o.value >> 16 : o.c + (o.b & 7)));
  poke(rig, available + 4 + 2 * kQueueSize, static_cast<u16>(o.c));  // used_event
  rig.out(legacy_ports(o.a) + 16, Width::Word, (o.a & 16) != 0 ? o.b : o.a >> 1 & 3);
}

}  // namespace

std::span<const DeviceAction> network_actions() {
  static constexpr DeviceAction kActions[] = {
      {"frame", frame},
      {"reflect", reflect},
      {"link", link},
      {"e1000 register", e1000_register},
      {"e1000 ring", e1000_ring},
      {"e1000 descriptor", e1000_descriptor},
      {"pcnet register", pcnet_register},
      {"pcnet start", pcnet_start},
      {"pcnet descriptor", pcnet_descriptor},
      {"ns8390 start", ns8390_start},
      {"ns8390 send", ns8390_send},
      {"virtio start", virtio_start},
      {"virtio descriptor", virtio_descriptor},
      {"virtio header", virtio_header},
      {"virtio offer", virtio_offer},
  };
  return kActions;
}

}  // namespace ringdown::test
