// The walk along the transmit ring, and when it rests.
#include "devices/network/e1000/transmitter.h"

#include <algorithm>

#include "devices/network/ethernet_timing.h"

namespace ringdown::e1000 {

namespace {

/// Descriptors that one event looks at, and the time that so many take on a PCI bus.
constexpr unsigned kBurst = 256;
constexpr Picoseconds kBurstTime = microseconds(20);

/// The packet buffer, of which PBA gives a part to the receiver.
constexpr u32 kPacketBufferKilobytes = 64;

}  // namespace

Transmitter::Transmitter(const Surroundings& around, const std::string& scheduler_name, u32 slot)
    : around_(around),
      ring_(around.registers, Offset::Tdbal),
      write_back_(around.registers, Offset::Txdctl, sizeof(u8)),
      work_(around.scheduler.add(scheduler_name, slot, [this](Picoseconds) { run(); })),
      delay_(around.scheduler, scheduler_name, slot + 1, [this] { report_done(); }) {}

bool Transmitter::enabled() const {
  return around_.registers.get<TransmitterEnable>(Offset::Tctl) && around_.bus.enabled();
}

void Transmitter::start() {
  if (enabled() && !around_.scheduler.scheduled(work_)) around_.scheduler.schedule_after(work_, 0);
}

void Transmitter::flush() {
  if (!delay_.running()) return;
  delay_.cancel();
  report_done();
}

void Transmitter::pause_until(Picoseconds end) {
  paused_until_ = end;
  around_.scheduler.schedule(work_, end);
}

bool Transmitter::paused() const { return around_.scheduler.now() < paused_until_; }

bool Transmitter::wait_for_buffer() {
  const u32 receiver = around_.registers.get<ReceiveAllocation>(Offset::Pba);
  const u64 bits = u64{std::max(kPacketBufferKilobytes, receiver + 1) - receiver} * 1024 * 8;
  const Picoseconds whole = bits * (kPicosecondsPerSecond / bits_per_second(around_.phy.speed()));
  if (buffer_empty_at_ <= around_.scheduler.now() + whole) return false;
  // Half of it at a time: an event for each frame would cost more than it tells.
  around_.scheduler.schedule(work_, buffer_empty_at_ - whole / 2);
  return true;
}

void Transmitter::run() {
  bool worked = false;
  for (unsigned budget = kBurst; enabled();) {
    if (paused()) {
      around_.scheduler.schedule(work_, paused_until_);
      return;
    }
    if (wait_for_buffer()) return;
    if (!descriptor_) {
      if (ring_.empty()) {
        if (worked) around_.interrupts.raise(cause::kTxqe);
        return;
      }
      if (budget-- == 0) {
        around_.scheduler.schedule_after(work_, kBurstTime);
        return;
      }
      descriptor_ = around_.bus.read_descriptor(ring_.head_address());
      consumed_ = 0;
    }
    if (consume()) finish_descriptor();
    worked = true;
  }
}

void Transmitter::finish_descriptor() {
  const u64 options = descriptor_->high;
  const u64 address = ring_.head_address();
  descriptor_.reset();
  ring_.advance();
  if (ReportStatus::get(options)) report(options, address + kStatusByte);

  if (ring_.waiting() == around_.registers.get<LowThreshold>(Offset::Txdctl) * 8)
    around_.interrupts.raise(cause::kTxdLow);
}

void Transmitter::report(u64 options, u64 status_address) {
  const bool due = write_back_.add(status_address, DescriptorStatus::get(options) | kDescriptorDone);
  const u32 delay = around_.registers.get<Delay>(Offset::Tidv);
  if (InterruptDelay::get(options) && delay != 0) {
    if (due) write_back_.flush(around_.bus);
    delay_.start(delay, around_.registers.get<Delay>(Offset::Tadv));
  } else if (due) {
    report_done();
  }
}

void Transmitter::report_done() {
  write_back_.flush(around_.bus);
  around_.interrupts.raise(cause::kTxdw);
}

void Transmitter::put_on_wire() {
  const std::span<const std::byte> frame = frame_.bytes();
  if (frame.size() < kEthernetHeaderLength) return;
  const Picoseconds now = around_.scheduler.now();
  buffer_empty_at_ =
      std::max(buffer_empty_at_, now) + frame_time(frame.size(), bits_per_second(around_.phy.speed()));
  around_.statistics.count_sent(frame, FrameKind::Data);
  around_.send(frame);
}

void Transmitter::reset() {
  around_.scheduler.cancel(work_);
  delay_.cancel();
  write_back_.clear();
  descriptor_.reset();
  packet_ = {};
  checksum_context_ = segmentation_context_ = {};
  header_.clear();
  frame_.clear();
  buffer_empty_at_ = paused_until_ = 0;
}

void Transmitter::serialize(Archive& archive) {
  archive(descriptor_, consumed_, packet_, checksum_context_, segmentation_context_, header_, frame_,
          write_back_, buffer_empty_at_, paused_until_);
}

}  // namespace ringdown::e1000
