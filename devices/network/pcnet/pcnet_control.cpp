// Reset, initialization block, start and stop of the Am79C970A, and the walk along its rings (AMD 19436,
// "Initialization", "Re-initialization", "Suspend", "Descriptor management").
#include <algorithm>

#include "devices/network/pcnet/pcnet.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr unsigned kLongestRingCode = 9;  // 512 descriptors

}  // namespace

/// S_RESET: bus configuration registers and addresses stay.
void Pcnet::software_reset() {
  stop();
  register_address_ = 0;
  csr_[csr::kMasks] = 0;
  csr_[csr::kFeatures] = 0x0115;
  csr_[csr::kExtended] = 0;
  csr_[csr::kMode] = 0;
  csr_[csr::kPollingInterval] = 0;
  csr_[csr::kFifoControl] = 0x1410;
  csr_[csr::kBusTimeout] = 0x0200;
  csr_[csr::kTest] = 0;
}

void Pcnet::write_status(u16 value) {
  Register<u16> status = control(csr::kStatus);
  status.assign_masked(0, value & kStatusClears);
  status.set<InterruptEnable>(InterruptEnable::get(value));
  csr_[csr::kStatus] = status.value();
  if (Stop::get(value)) return stop();
  if (Init::get(value) && !status.get<Init>()) initialize();
  if (Start::get(value) && !status.get<Start>()) start();
  if (TransmitDemand::get(value)) poll_transmit();
}

/// Ends all that is under way, and clears what the descriptions of the registers say that STOP clears.
void Pcnet::stop() {
  scheduler_.cancel(transmit_event_);
  scheduler_.cancel(poll_event_);
  sending_ = false;
  drop_outgoing();
  arriving_.ignore();
  csr_[csr::kStatus] = Stop::kMask;
  csr_[csr::kFeatures] &= static_cast<u16>(~kFeatureClears);
  csr_[csr::kExtended] &= static_cast<u16>(~(kExtendedStatus | Suspend::kMask));
  csr_[csr::kMissedFrames] = 0;
}

bool Pcnet::masters_bus() const { return pci_command::BusMaster::get(config_word(pci_offset::kCommand)); }

/// Without the bus the controller waits for its grant, and reports that it waited too long.
bool Pcnet::may_access_memory() {
  if (masters_bus()) return true;
  set_control<MemoryError>(csr::kStatus, true);
  update_interrupt();
  return false;
}

void Pcnet::initialize() {
  if (!may_access_memory()) return;
  const u32 block = pair(csr::kInitBlock);
  if (style() == SoftwareStyle::Lance) {
    read_narrow_block(block & ~1u);
  } else {
    read_wide_block(block & ~3u);
  }
  set_control<Stop>(csr::kStatus, false);
  set_control<Init>(csr::kStatus, true);
  set_control<InitDone>(csr::kStatus, true);
}

void Pcnet::read_narrow_block(u32 address) {
  const auto word = [&](u32 offset) { return memory_.read_value<u16>(GuestPhysical(address + offset)); };
  csr_[csr::kMode] = word(0);
  for (u32 i = 0; i < 3; ++i) csr_[csr::kPhysicalAddress + i] = word(2 + 2 * i);
  for (u32 i = 0; i < 4; ++i) csr_[csr::kLogicalFilter + i] = word(8 + 2 * i);
  const auto ring = [&](const Ring& of, u32 offset) {
    const u16 upper = word(offset + 2);
    const u32 base = word(offset) | u32{upper & 0xffu} << 16 | u32{high_byte()} << 24;
    place_ring(of, base & ~7u, upper >> 13);
  };
  ring(kReceiveRing, 16);
  ring(kTransmitRing, 20);
}

void Pcnet::read_wide_block(u32 address) {
  const auto double_word = [&](u32 offset) {
    return memory_.read_value<u32>(GuestPhysical(address + offset));
  };
  const u32 mode = double_word(0);
  csr_[csr::kMode] = static_cast<u16>(mode);
  set_pair(csr::kPhysicalAddress, double_word(4));
  csr_[csr::kPhysicalAddress + 2] = static_cast<u16>(double_word(8));
  set_pair(csr::kLogicalFilter, double_word(12));
  set_pair(csr::kLogicalFilter + 2, double_word(16));
  place_ring(kReceiveRing, double_word(20) & ~15u, mode >> 20 & 0xf);
  place_ring(kTransmitRing, double_word(24) & ~15u, mode >> 28);
}

void Pcnet::place_ring(const Ring& ring, u32 base, unsigned length_code) {
  const unsigned code = std::min(length_code, kLongestRingCode);
  set_pair(ring.base, base);
  csr_[ring.length] = csr_[ring.counter] = static_cast<u16>(-(1u << code));
  set_pair(ring.current, base);
  const unsigned shift = &ring == &kReceiveRing ? 8 : 12;  // CSR6: RLEN and TLEN
  csr_[csr::kTableLengths] =
      static_cast<u16>((csr_[csr::kTableLengths] & ~(0xfu << shift)) | length_code << shift);
}

/// Both rings begin at their bases, also without a new initialization ("Re-initialization": here it differs
/// from the LANCE).
void Pcnet::start() {
  for (const Ring& ring : {kReceiveRing, kTransmitRing}) csr_[ring.counter] = csr_[ring.length];
  set_control<Stop>(csr::kStatus, false);
  set_control<Start>(csr::kStatus, true);
  set_control<TransmitterOn>(csr::kStatus, !control(csr::kMode).get<NoTransmitter>());
  set_control<ReceiverOn>(csr::kStatus, !control(csr::kMode).get<NoReceiver>());
  poll_transmit();
}

u32 Pcnet::descriptor_address(const Ring& ring, u16 counter) const {
  const u16 index = static_cast<u16>(counter - csr_[ring.length]);
  return pair(ring.base) + index * descriptor_size(style());
}

u16 Pcnet::counter_after(const Ring& ring, u16 counter) const {
  const u16 next = static_cast<u16>(counter + 1);
  return next == 0 ? csr_[ring.length] : next;
}

/// The current descriptor, which the registers for diagnosis show.
Descriptor Pcnet::current(const Ring& ring) {
  const u16 counter = csr_[ring.counter];
  const Descriptor descriptor =
      read_descriptor(memory_, descriptor_address(ring, counter), style(), high_byte());
  set_pair(ring.current, descriptor.address);
  set_pair(ring.next, descriptor_address(ring, counter_after(ring, counter)));
  set_pair(ring.buffer, descriptor.buffer);
  csr_[ring.count] = static_cast<u16>(-descriptor.length & 0xfff);
  csr_[ring.status] = descriptor.status;
  return descriptor;
}

void Pcnet::advance(const Ring& ring) { csr_[ring.counter] = counter_after(ring, csr_[ring.counter]); }

}  // namespace ringdown
