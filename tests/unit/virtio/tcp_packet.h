// TCP packets as a test makes and judges them.
#pragma once

#include "core/internet_checksum.h"
#include "tests/unit/virtio/net_rig.h"

namespace ringdown::test {

/// A TCP packet over IPv4 or IPv6 with `payload` bytes, its checksum not yet made.
struct TcpPacket {
  bool six;
  Frame frame;
  std::size_t tcp;

  TcpPacket(bool v6, std::size_t payload, bool vlan = false) : six(v6) {
    const std::size_t ip = kEthernetHeaderLength + (vlan ? 4 : 0);
    tcp = ip + (six ? 40 : 20);
    frame = frame_to({2, 2, 2, 2, 2, 2}, tcp + 20 + payload);
    if (vlan) store_network16(frame, 12, 0x8100);
    store_network16(frame, ip - 2, six ? 0x86dd : 0x0800);
    frame[ip] = std::byte{static_cast<u8>(six ? 0x60 : 0x45)};
    if (six) {
      store_network16(frame, ip + 4, static_cast<u16>(20 + payload));
      frame[ip + 6] = std::byte{6};
    } else {
      store_network16(frame, ip + 2, static_cast<u16>(40 + payload));
      store_network16(frame, ip + 6, 0x4000);
      frame[ip + 9] = std::byte{6};
      store_network16(frame, ip + 10, 0);
    }
    store_network32(frame, tcp + 4, 1000);     // sequence number
    frame[tcp + 12] = std::byte{0x50};         // five words
    frame[tcp + 13] = std::byte{0x80 | 0x19};  // CWR, ACK, PSH, FIN
    store_network16(frame, tcp + 16, 0);
  }
  std::size_t ip() const { return tcp - (six ? 40 : 20); }

  /// Makes the checksums right.
  void finish() {
    if (!six) store_network16(frame, ip() + 10, 0);
    if (!six) insert_checksum(frame, {ip(), tcp, ip() + 10});
    store_network16(frame, tcp + 16, pseudo(frame, ip(), tcp, six));
    insert_checksum(frame, {tcp, frame.size(), tcp + 16});
  }

  /// The sum of addresses, protocol and length, for the packet as it is now.
  static u16 pseudo(std::span<const std::byte> packet, std::size_t ip, std::size_t tcp, bool six) {
    InternetChecksum sum;
    sum.add(packet.subspan(ip + (six ? 8 : 12), six ? 32 : 8));
    sum.add(u16{6});
    sum.add(static_cast<u16>(packet.size() - tcp));
    return sum.sum();
  }
  bool right(std::span<const std::byte> packet) const {
    InternetChecksum sum(pseudo(packet, ip(), tcp, six));
    sum.add(packet.subspan(tcp));
    return sum.checksum() == 0 && (six || static_cast<u16>(~internet_sum(packet.subspan(ip(), 20))) == 0);
  }
};

}  // namespace ringdown::test
