// What is counted when.
#include "devices/network/e1000/statistics.h"

#include <array>

#include "core/ethernet_address.h"

namespace ringdown::e1000 {

namespace {

constexpr std::size_t kCheckSequence = 4;
constexpr u32 kFull = 0xffff'ffff;
constexpr Offset kPairs[] = {Offset::Gorcl, Offset::Gotcl, Offset::Torl, Offset::Totl};

}  // namespace

u32 Statistics::read(Offset offset) {
  const u32 value = registers_[offset];
  for (const Offset low : kPairs) {
    if (offset == low) return value;
    if (offset == low + sizeof(u32)) registers_.set(low, 0);
  }
  registers_.set(offset, 0);
  return value;
}

void Statistics::count(Offset offset) {
  const u32 value = registers_[offset];
  if (value != kFull) registers_.set(offset, value + 1);
}

void Statistics::add_octets(Offset low, u64 octets) {
  const Offset high = low + sizeof(u32);
  const u64 before = u64{registers_[high]} << 32 | registers_[low];
  const u64 sum = before + octets;
  const u64 after = sum < before ? ~u64{0} : sum;
  registers_.set(low, static_cast<u32>(after));
  registers_.set(high, static_cast<u32>(after >> 32));
}

void Statistics::count_size(Offset first, std::size_t wire_length) {
  constexpr std::array<std::size_t, 5> kUpTo = {64, 127, 255, 511, 1023};
  u32 bucket = 0;
  while (bucket < kUpTo.size() && wire_length > kUpTo[bucket]) ++bucket;
  count(first + bucket * static_cast<u32>(sizeof(u32)));
}

void Statistics::count_sent(std::span<const std::byte> frame, FrameKind kind) {
  const std::size_t wire_length = frame.size() + kCheckSequence;
  count(Offset::Tpt);
  add_octets(Offset::Totl, wire_length);
  if (kind == FrameKind::FlowControl || frame.size() < kShortestFrame) return;
  count(Offset::Gptc);
  add_octets(Offset::Gotcl, wire_length);
  count_size(Offset::Ptc64, wire_length);
  if (is_broadcast(destination_of(frame))) {
    count(Offset::Bptc);
  } else if (is_group(destination_of(frame))) {
    count(Offset::Mptc);
  }
}

void Statistics::count_seen(std::span<const std::byte> frame) {
  count(Offset::Tpr);
  add_octets(Offset::Torl, frame.size() + kCheckSequence);
}

void Statistics::count_received(std::span<const std::byte> frame) {
  const std::size_t wire_length = frame.size() + kCheckSequence;
  count(Offset::Gprc);
  add_octets(Offset::Gorcl, wire_length);
  count_size(Offset::Prc64, wire_length);
  if (is_broadcast(destination_of(frame))) {
    count(Offset::Bprc);
  } else if (is_group(destination_of(frame))) {
    count(Offset::Mprc);
  }
}

}  // namespace ringdown::e1000
