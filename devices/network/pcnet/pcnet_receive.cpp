// The Am79C970A's receiver: address match, buffer chaining, look-ahead, Magic Packet (AMD 19436, "Receive
// operation", "Look-ahead packet processing", "Magic Packet mode").
#include <algorithm>

#include "core/ethernet_address.h"
#include "devices/network/ethernet_crc.h"
#include "devices/network/pcnet/pcnet.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr std::size_t kShortestWithSequence = kShortestFrame + sizeof(u32);
constexpr unsigned kLongestSearch = 512;  // descriptors: the longest ring of an initialization block

MacAddress station_address(std::span<const u16> registers) {
  MacAddress address;
  for (unsigned i = 0; i < address.size(); ++i) {
    address[i] = static_cast<u8>(registers[i / 2] >> (8 * (i % 2)));
  }
  return address;
}

}  // namespace

bool Pcnet::listening() const {
  return control(csr::kStatus).get<ReceiverOn>() && !suspended() && link_ &&
         !control(csr::kMode).get<Loopback>();
}

void Pcnet::reception_done(std::vector<std::byte> frame) {
  const std::array<std::byte, 4> sequence = check_sequence(frame);
  frame.insert(frame.end(), sequence.begin(), sequence.end());
  take_frame(frame, CheckSequence::Good, From::Cable);
  update_interrupt();
}

void Pcnet::take_frame(std::span<const std::byte> frame, CheckSequence sequence, From from) {
  if (!control(csr::kStatus).get<ReceiverOn>()) return;
  const bool runts = from == From::Loopback || control(csr::kTest).get<AcceptRunts>();
  if (frame.size() < (runts ? std::tuple_size_v<MacAddress> + sizeof(u32) : kShortestWithSequence)) return;
  const std::optional<u16> matched = match(frame);
  if (!matched) return;
  const Register<u16> extended = control(csr::kExtended);
  if (extended.get<MagicMode>() && extended.get<MagicEnable>()) {
    // In this mode frames are looked at, not received.
    if (is_magic(frame)) set_control<MagicReceived>(csr::kExtended, true);
    return;
  }
  store(frame.first(stripped_length(frame)), *matched, sequence);
}

std::optional<u16> Pcnet::match(std::span<const std::byte> frame) const {
  const Register<u16> mode = control(csr::kMode);
  const std::span<const std::byte, 6> destination = destination_of(frame);
  const MacAddress own = station_address(std::span(csr_).subspan(csr::kPhysicalAddress, 3));
  if (!is_group(destination)) {
    if (is_same(destination, own) && !mode.get<NoPhysical>()) return PhysicalMatch::kMask;
  } else if (is_broadcast(destination) && !mode.get<NoBroadcast>()) {
    return BroadcastMatch::kMask;
  } else if (in_logical_filter(destination)) {
    return FilterMatch::kMask;
  }
  return mode.get<Promiscuous>() ? std::optional<u16>(0) : std::nullopt;
}

/// The upper six bits of the CRC register choose a bit of LADRF.
bool Pcnet::in_logical_filter(std::span<const std::byte, 6> address) const {
  const u32 bit = address_crc(address) >> 26;
  return (csr_[csr::kLogicalFilter + bit / 16] >> bit % 16 & 1) != 0;
}

/// Six bytes of ones and the station's address sixteen times, anywhere in the frame.
bool Pcnet::is_magic(std::span<const std::byte> frame) const {
  const MacAddress own = station_address(std::span(csr_).subspan(csr::kPhysicalAddress, 3));
  std::vector<std::byte> pattern(6, std::byte{0xff});
  for (unsigned i = 0; i < 16; ++i) {
    for (const u8 byte : own) pattern.push_back(std::byte{byte});
  }
  return std::search(frame.begin(), frame.end(), pattern.begin(), pattern.end()) != frame.end();
}

/// Automatic stripping takes padding and check sequence from frames whose length field says that they were
/// padded.
std::size_t Pcnet::stripped_length(std::span<const std::byte> frame) const {
  constexpr std::size_t kShortestData = kShortestFrame - kEthernetHeaderLength;
  if (!control(csr::kFeatures).get<StripReceived>() || frame.size() < kShortestWithSequence) {
    return frame.size();
  }
  const std::size_t length = std::to_integer<std::size_t>(frame[12]) << 8 | std::to_integer<u8>(frame[13]);
  return length < kShortestData ? kEthernetHeaderLength + length : frame.size();
}

void Pcnet::miss() {
  set_control<Missed>(csr::kStatus, true);
  if (++csr_[csr::kMissedFrames] == 0) set_control<MissedOverflow>(csr::kFeatures, true);
}

/// With look-ahead the host marks where frames may begin (CSR3, LAPPEN): buffers before that are given back.
void Pcnet::skip_to_start_of_packet() {
  for (unsigned i = 0; i < kLongestSearch; ++i) {
    Descriptor descriptor = current(kReceiveRing);
    if (descriptor.get<StartOfPacket>()) return;
    if (descriptor.get<Own>()) {
      descriptor.set<Own>(false);
      pcnet::write_status(memory_, descriptor, style());
    }
    advance(kReceiveRing);
  }
}

void Pcnet::store(std::span<const std::byte> frame, u16 matched, CheckSequence sequence) {
  if (!may_access_memory()) return miss();
  if (control(csr::kMasks).get<LookAhead>()) skip_to_start_of_packet();
  Descriptor descriptor = current(kReceiveRing);
  if (!descriptor.get<Own>()) return miss();
  set_control<ReceiveDone>(csr::kStatus, true);
  std::span<const std::byte> rest = frame;
  descriptor.status = StartOfPacket::kMask;
  while (true) {
    const std::size_t count = std::min<std::size_t>(rest.size(), descriptor.length);
    (void)memory_.write(GuestPhysical(descriptor.buffer), rest.first(count));
    rest = rest.subspan(count);
    advance(kReceiveRing);
    if (rest.empty()) break;
    pcnet::write_status(memory_, descriptor, style());
    const Descriptor next = current(kReceiveRing);
    if (!next.get<Own>()) {
      descriptor.set<Failed>(true);
      descriptor.set<BufferError>(true);
      return pcnet::write_status(memory_, descriptor, style());
    }
    descriptor = next;
    descriptor.status = 0;
  }
  const bool bad = sequence == CheckSequence::Bad;
  descriptor.set<EndOfPacket>(true);
  descriptor.set<Failed>(bad);
  descriptor.set<BadCheckSequence>(bad);
  descriptor.status |= matched;
  write_received(memory_, descriptor, style(), static_cast<u16>(frame.size() & 0xfff));
}

}  // namespace ringdown
