// The filters in the order of the manual's figure.
#include "devices/network/e1000/receive_filter.h"

#include <algorithm>

#include "core/ethernet_address.h"
#include "core/internet_checksum.h"

namespace ringdown::e1000 {

namespace {

constexpr std::size_t kTypeField = 12;
constexpr std::size_t kTagField = 14;
constexpr std::size_t kMacControlOpcode = 14;
constexpr u16 kMacControl = 0x8808;
constexpr u16 kPause = 0x0001;
constexpr u32 kTagIdentifier = 0x0fff;
constexpr u16 kTagCfi = 0x1000;

/// RAH.ASEL.
constexpr u32 kBySource = 1;

bool passes_vlan_filter(const RegisterFile& registers, std::span<const std::byte> frame) {
  if (!registers.get<VlanFilterEnable>(Offset::Rctl) || !is_tagged(registers, frame)) return true;
  const u16 tag = tag_of(frame);
  const u32 identifier = tag & kTagIdentifier;
  const u32 word = registers[Offset::Vfta + identifier / 32 * static_cast<u32>(sizeof(u32))];
  if ((word >> (identifier % 32) & 1) == 0) return false;
  return !registers.get<CfiEnable>(Offset::Rctl) ||
         ((tag & kTagCfi) != 0) == registers.get<CfiValue>(Offset::Rctl);
}

}  // namespace

bool is_tagged(const RegisterFile& registers, std::span<const std::byte> frame) {
  return frame.size() >= kTagField + sizeof(u16) &&
         load_network16(frame, kTypeField) == registers[Offset::Vet];
}

u16 tag_of(std::span<const std::byte> frame) { return load_network16(frame, kTagField); }

bool matches_receive_address(const RegisterFile& registers, std::span<const std::byte> frame) {
  for (u32 i = 0; i < kReceiveAddresses; ++i) {
    const u32 place = i * 2 * static_cast<u32>(sizeof(u32));
    const u32 high = registers[Offset::Rah0 + place];
    if (!AddressValid::get(high)) continue;
    const u64 address = u64{high & 0xffff} << 32 | registers[Offset::Ral0 + place];
    const std::size_t from = AddressSelect::get(high) == kBySource ? sizeof(MacAddress) : 0;
    u64 other = 0;
    for (std::size_t byte = 0; byte < sizeof(MacAddress); ++byte) {
      other |= std::to_integer<u64>(frame[from + byte]) << (8 * byte);
    }
    if (address == other) return true;
  }
  return false;
}

bool matches_hash(const RegisterFile& registers, std::span<const std::byte> frame) {
  // RCTL.MO: bits 47:36, 46:35, 45:34 or 43:32 of the address, whose last byte has bits 47:40.
  constexpr unsigned kShift[] = {4, 3, 2, 0};
  const u32 last = std::to_integer<u32>(frame[4]) | std::to_integer<u32>(frame[5]) << 8;
  const u32 hash = last >> kShift[registers.get<MulticastOffset>(Offset::Rctl)] & 0xfff;
  return (registers[Offset::Mta + hash / 32 * static_cast<u32>(sizeof(u32))] >> (hash % 32) & 1) != 0;
}

std::optional<Match> filter(const RegisterFile& registers, std::span<const std::byte> frame) {
  if (!passes_vlan_filter(registers, frame)) return std::nullopt;
  const bool mac_control = load_network16(frame, kTypeField) == kMacControl;
  const bool pause = mac_control && frame.size() >= kMacControlOpcode + sizeof(u16) &&
                     load_network16(frame, kMacControlOpcode) == kPause;
  if (pause && registers.get<DiscardPauseFrames>(Offset::Rctl)) return std::nullopt;

  const auto destination = destination_of(frame);
  if (matches_receive_address(registers, frame)) return Match::Exact;
  if (is_broadcast(destination) && registers.get<BroadcastAccept>(Offset::Rctl)) return Match::Exact;
  if (mac_control && !pause && registers.get<PassMacControl>(Offset::Rctl)) return Match::Inexact;
  const bool taken = is_group(destination)
                         ? registers.get<MulticastPromiscuous>(Offset::Rctl) || matches_hash(registers, frame)
                         : registers.get<UnicastPromiscuous>(Offset::Rctl);
  return taken ? std::optional(Match::Inexact) : std::nullopt;
}

}  // namespace ringdown::e1000
