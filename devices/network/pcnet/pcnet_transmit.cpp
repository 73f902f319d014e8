// The Am79C970A's transmitter: polling, buffer chaining, and what becomes of a frame (AMD 19436, "Transmit
// descriptor table entry", "Transmit operation").
#include <algorithm>

#include "devices/network/ethernet_crc.h"
#include "devices/network/ethernet_timing.h"
#include "devices/network/pcnet/pcnet.h"

namespace ringdown {

using namespace pcnet;

namespace {

constexpr Picoseconds kBusClock = nanoseconds(30);
constexpr Picoseconds kShortestPoll = microseconds(1);  // what the bus takes for one, and some more
constexpr Picoseconds kByteTime = 8 * kPicosecondsPerSecond / kTenMegabit;
constexpr std::size_t kBabble = 1519;  // with the check sequence

}  // namespace

void Pcnet::transmit_event() {
  if (sending_) {
    buffer_sent();
  } else {
    poll_transmit();
  }
}

void Pcnet::schedule_poll(Picoseconds due) {
  if (control(csr::kFeatures).get<DisablePolling>()) return;
  const u32 clocks = 0x1'0000 - csr_[csr::kPollingInterval];
  const Picoseconds interval = std::max(clocks * kBusClock, kShortestPoll);
  const u64 passed = (scheduler_.now() - due) / interval;
  scheduler_.schedule(poll_event_, later(due, (passed + 1) * interval));
}

void Pcnet::poll_transmit(Picoseconds due) {
  if (sending_ || !control(csr::kStatus).get<TransmitterOn>() || suspended()) return;
  if (!may_access_memory()) return schedule_poll(due);
  Descriptor descriptor = current(kTransmitRing);
  if (!descriptor.get<Own>()) return schedule_poll(due);
  if (descriptor.get<StartOfPacket>()) return take_buffer(descriptor);
  // Outside a frame, buffers that begin none are given back.
  descriptor.set<Own>(false);
  pcnet::write_status(memory_, descriptor, style());
  advance(kTransmitRing);
  scheduler_.schedule_after(transmit_event_, kShortestPoll);
}

/// Fetches a buffer and puts it on the cable. One buffer is under way at a time, each as long as the cable
/// takes for it, so that no ring makes for more work than the cable has room for.
void Pcnet::take_buffer(const Descriptor& descriptor) {
  if (outgoing_length_ == 0) {
    first_status_ = descriptor.status;
    set_control<TransmitStarted>(csr::kFeatures, true);
  }
  const std::size_t have = outgoing_.size();
  outgoing_.resize(std::min<std::size_t>(have + descriptor.length, kLongestFrame));
  memory_.read_or_ones(GuestPhysical(descriptor.buffer), std::span(outgoing_).subspan(have));
  outgoing_length_ = std::min<u32>(outgoing_length_ + descriptor.length, kLongestFrame + 1);
  Picoseconds time = descriptor.length * kByteTime;
  if (descriptor.get<EndOfPacket>()) {
    time += frame_time(outgoing_length_, kTenMegabit) - outgoing_length_ * kByteTime;
  }
  sending_ = true;
  sending_descriptor_ = descriptor;
  scheduler_.schedule_after(transmit_event_, time);
  update_interrupt();
}

void Pcnet::buffer_sent() {
  sending_ = false;
  if (!may_access_memory()) {
    drop_outgoing();
    return schedule_poll(scheduler_.now());
  }
  const Descriptor sent = sending_descriptor_;
  if (sent.get<EndOfPacket>()) return finish_frame();
  give_back(sent, 0);
  const Descriptor next = current(kTransmitRing);
  if (!next.get<Own>()) return underflow(sent);
  take_buffer(next);
}

/// The next buffer of a frame is not the controller's: the frame ends in the middle.
void Pcnet::underflow(const Descriptor& descriptor) {
  Descriptor failed = descriptor;
  failed.set<Own>(false);
  failed.set<Failed>(true);
  write_transmitted(memory_, failed, style(), kBufferMissing | kUnderflow);
  drop_outgoing();
  if (!control(csr::kMasks).get<NoUnderflowStop>()) set_control<TransmitterOn>(csr::kStatus, false);
  set_control<TransmitDone>(csr::kStatus, true);
  update_interrupt();
  if (control(csr::kStatus).get<TransmitterOn>()) schedule_poll(scheduler_.now());
}

void Pcnet::drop_outgoing() {
  outgoing_.clear();
  outgoing_length_ = 0;
}

void Pcnet::finish_frame() {
  const Descriptor last = sending_descriptor_;
  const bool with_sequence = appends_sequence(last);
  if (control(csr::kFeatures).get<PadTransmitted>() && outgoing_.size() < kShortestFrame) {
    outgoing_.resize(kShortestFrame);
  }
  const std::size_t on_cable = outgoing_length_ + (with_sequence ? sizeof(u32) : 0);
  if (on_cable >= kBabble) set_control<Babble>(csr::kStatus, true);
  const u16 errors = send_frame(with_sequence);
  give_back(last, errors);
  report_transmission(last, errors);
  drop_outgoing();
  update_interrupt();
  poll_transmit();
}

/// DXMTFCS, and the bit of the descriptors that overrides it. Padding always brings a check sequence.
bool Pcnet::appends_sequence(const Descriptor& last) const {
  if (control(csr::kFeatures).get<PadTransmitted>()) return true;
  const bool by_mode = !control(csr::kMode).get<NoCheckSequence>();
  if (style() == SoftwareStyle::Ilacc) return by_mode && !last.get<AddCheckSequence>();
  return by_mode || AddCheckSequence::get(first_status_);
}

u16 Pcnet::send_frame(bool with_sequence) {
  const Register<u16> mode = control(csr::kMode);
  if (mode.get<Loopback>()) {
    if (mode.get<ForceCollision>()) return kRetriesSpent;
    if (!mode.get<InternalLoopback>() && link_) put_on_wire(with_sequence);
    loop_back(with_sequence);
    return 0;
  }
  if (link_) {
    put_on_wire(with_sequence);
    return 0;
  }
  // The link test finds a pulled cable, where 10BASE-T then has neither carrier nor heartbeat.
  if (mode.get<NoLinkTest>()) return 0;
  set_control<CollisionError>(csr::kStatus, true);
  return kCarrierLost;
}

void Pcnet::put_on_wire(bool with_sequence) {
  std::span<const std::byte> frame = outgoing_;
  if (outgoing_length_ > kLongestFrame) return;
  if (!with_sequence) {
    // The frame's own last bytes are its check sequence: where they are wrong, no receiver takes it.
    if (!ends_with_check_sequence(frame)) return;
    frame = frame.first(frame.size() - sizeof(u32));
  }
  if (frame.size() >= kEthernetHeaderLength) wire_.transmit(frame);
}

void Pcnet::loop_back(bool with_sequence) {
  std::vector<std::byte> frame = outgoing_;
  if (with_sequence) {
    const std::array<std::byte, 4> sequence = check_sequence(frame);
    frame.insert(frame.end(), sequence.begin(), sequence.end());
  }
  const bool good = ends_with_check_sequence(frame);
  take_frame(frame, good ? CheckSequence::Good : CheckSequence::Bad, From::Loopback);
}

void Pcnet::give_back(Descriptor descriptor, u16 errors) {
  descriptor.set<Own>(false);
  descriptor.status &= static_cast<u16>(~kTransmitResults);
  descriptor.set<Failed>(errors != 0);
  write_transmitted(memory_, descriptor, style(), errors);
  advance(kTransmitRing);
}

/// TOKINTD and LTINTEN keep quiet about frames that went well.
void Pcnet::report_transmission(const Descriptor& last, u16 errors) {
  const Register<u16> extended = control(csr::kExtended);
  const bool quiet =
      extended.get<NoGoodInterrupt>() || (extended.get<LastInterruptOnly>() && !last.get<LastInterrupt>());
  if (errors != 0 || !quiet) set_control<TransmitDone>(csr::kStatus, true);
}

}  // namespace ringdown
