// From the wire through the packet buffer into memory.
#include "devices/network/e1000/receiver.h"

#include <algorithm>

#include "core/internet_checksum.h"
#include "devices/network/e1000/receive_checksum.h"
#include "devices/network/e1000/receive_filter.h"
#include "devices/network/ethernet_crc.h"

namespace ringdown::e1000 {

namespace {

/// RCTL.LPE: 1522 bytes with the check sequence, or 16384.
constexpr std::size_t kLongest = 1518;
constexpr std::size_t kLongestJumbo = 16'380;

constexpr std::size_t kTagPlace = 12;
constexpr std::size_t kTagLength = 4;

/// Descriptors that one event uses, and the time that so many take on a PCI bus.
constexpr unsigned kBurst = 256;
constexpr Picoseconds kBurstTime = microseconds(20);

}  // namespace

void Receiver::Waiting::serialize(Archive& archive) {
  archive(report);
  u64 length = frame.size();
  archive(length);
  if (length > kLongestFrame + kCheckSequence) {
    archive.fail("a received frame is longer than it can be");
    length = 0;
  }
  frame.resize(static_cast<std::size_t>(length));
  archive.bytes(frame);
}

Receiver::Receiver(const Surroundings& around, const std::string& scheduler_name, u32 slot)
    : around_(around),
      ring_(around.registers, Offset::Rdbal),
      write_back_(around.registers, Offset::Rxdctl, sizeof(u64)),
      work_(around.scheduler.add(scheduler_name, slot, [this](Picoseconds) { drain(); })),
      delay_(around.scheduler, scheduler_name, slot + 1, [this] { report_done(); }) {}

bool Receiver::enabled() const {
  return around_.registers.get<ReceiverEnable>(Offset::Rctl) && around_.bus.enabled();
}

std::size_t Receiver::longest_frame() const {
  return around_.registers.get<LongPacketEnable>(Offset::Rctl) ? kLongestJumbo : kLongest;
}

std::size_t Receiver::capacity() const {
  return around_.registers.get<ReceiveAllocation>(Offset::Pba) * std::size_t{1024};
}

std::size_t Receiver::buffer_size() const {
  const std::size_t size = std::size_t{2048} >> around_.registers.get<BufferSize>(Offset::Rctl);
  return around_.registers.get<BufferSizeExtension>(Offset::Rctl) ? size * 16 : size;
}

bool Receiver::accepts_frame() const {
  if (waiting_.empty() || !around_.registers.get<ReceiverEnable>(Offset::Rctl)) return true;
  return waiting_bytes_ + longest_frame() + kCheckSequence <= capacity();
}

void Receiver::arrive(std::span<const std::byte> frame, FrameKind kind) {
  if (!around_.registers.get<ReceiverEnable>(Offset::Rctl)) return;
  around_.statistics.count_seen(frame);
  Report report;
  if (!taken(frame, report)) return;
  prepare(frame, report);
  if (!keep(report, kind)) {
    around_.statistics.count(Offset::Mpc);
    around_.interrupts.raise(cause::kRxo);
  } else if (kind == FrameKind::Data) {
    around_.statistics.count_received(frame);
  }
}

bool Receiver::taken(std::span<const std::byte> frame, Report& report) {
  const std::optional<Match> match = filter(around_.registers, frame);
  if (!match) return false;
  if (match == Match::Inexact) report.status |= receive_status::kInexact;
  if (frame.size() >= kShortestFrame && frame.size() <= longest_frame()) return true;
  around_.statistics.count(Offset::Rlec);
  around_.statistics.count(frame.size() < kShortestFrame ? Offset::Ruc : Offset::Roc);
  return false;
}

bool Receiver::keep(Report& report, FrameKind kind) {
  const std::span<const std::byte> bytes = arriving_.bytes();
  if (ring_.empty() && kind == FrameKind::Data) around_.statistics.count(Offset::Rnbc);
  if (waiting_.empty() && store(bytes, report)) return true;
  if (!waiting_.empty() && waiting_bytes_ + bytes.size() > capacity()) return false;
  waiting_.push_back({{bytes.begin(), bytes.end()}, report});
  waiting_bytes_ += bytes.size();
  around_.level_changed(waiting_bytes_);
  return true;
}

void Receiver::prepare(std::span<const std::byte> frame, Report& report) {
  const RegisterFile& registers = around_.registers;
  const ReceivedChecksums checksums = check_received(registers, frame);
  report.status |= checksums.status;
  report.errors |= checksums.errors;
  if (checksums.status == 0) report.status |= receive_status::kIgnoreChecksum;

  arriving_.clear();
  if (registers.get<VlanMode>(Offset::Ctrl) && is_tagged(registers, frame)) {
    report.status |= receive_status::kVlan;
    report.special = tag_of(frame);
    arriving_.append(frame.first(kTagPlace));
    arriving_.append(frame.subspan(kTagPlace + kTagLength));
  } else {
    arriving_.append(frame);
  }
  if (!registers.get<StripCrc>(Offset::Rctl)) arriving_.append(check_sequence(frame));
  const std::size_t start =
      std::min<std::size_t>(registers.get<ChecksumStart>(Offset::Rxcsum), arriving_.size());
  report.checksum = internet_sum(std::span<const std::byte>(arriving_.bytes()).subspan(start));
}

bool Receiver::store(std::span<const std::byte> frame, Report& report) {
  for (unsigned budget = kBurst; report.stored < frame.size();) {
    if (!enabled() || ring_.empty()) return false;
    if (budget-- == 0) {
      around_.scheduler.schedule_after(work_, kBurstTime);
      return false;
    }
    use_descriptor(frame, report);
  }
  completed(frame.size());
  return true;
}

void Receiver::use_descriptor(std::span<const std::byte> frame, Report& report) {
  const u64 address = ring_.head_address();
  const Descriptor descriptor = around_.bus.read_descriptor(address);
  u64 content =
      DescriptorStatus::with(descriptor.high, DescriptorStatus::get(descriptor.high) | receive_status::kDone);
  // Without a buffer a descriptor is done and takes nothing (3.2.4, "null descriptor padding").
  if (descriptor.low != 0) {
    const std::size_t length = std::min(frame.size() - report.stored, buffer_size());
    around_.bus.write(descriptor.low, frame.subspan(report.stored, length));
    report.stored += static_cast<u32>(length);
    u8 status = report.status | receive_status::kDone;
    u8 errors = 0;
    if (report.stored == frame.size()) {
      status |= receive_status::kEndOfPacket;
      errors = report.errors;
    }
    content = length | u64{report.checksum} << 16 | u64{status} << 32 | u64{errors} << 40 |
              u64{report.special} << 48;
  }
  if (write_back_.add(address + sizeof(u64), content)) write_back_.flush(around_.bus);
  take_descriptor();
}

void Receiver::take_descriptor() {
  ring_.advance();
  const u32 threshold = ring_.size() >> (1 + around_.registers.get<MinimumThreshold>(Offset::Rctl));
  if (ring_.waiting() == threshold) around_.interrupts.raise(cause::kRxdmt0);
}

void Receiver::completed(std::size_t length) {
  const u32 delay = around_.registers.get<Delay>(Offset::Rdtr);
  if (length <= around_.registers[Offset::Rsrpd]) {
    write_back_.flush(around_.bus);
    around_.interrupts.raise(cause::kSrpd);
  }
  if (delay == 0) {
    report_done();
  } else {
    delay_.start(delay, around_.registers.get<Delay>(Offset::Radv));
  }
}

void Receiver::report_done() {
  write_back_.flush(around_.bus);
  around_.interrupts.raise(cause::kRxt0);
}

void Receiver::drain() {
  const std::size_t before = waiting_bytes_;
  while (!waiting_.empty() && store(waiting_.front().frame, waiting_.front().report)) {
    waiting_bytes_ -= waiting_.front().frame.size();
    waiting_.pop_front();
  }
  if (waiting_bytes_ != before) around_.level_changed(waiting_bytes_);
}

void Receiver::start() {
  if (!waiting_.empty() && enabled() && !around_.scheduler.scheduled(work_))
    around_.scheduler.schedule_after(work_, 0);
}

void Receiver::flush() {
  if (!delay_.running()) return;
  delay_.cancel();
  report_done();
}

void Receiver::reset() {
  around_.scheduler.cancel(work_);
  delay_.cancel();
  write_back_.clear();
  waiting_.clear();
  waiting_bytes_ = 0;
}

void Receiver::serialize(Archive& archive) {
  archive(write_back_, waiting_);
  if (!archive.loading()) return;
  waiting_bytes_ = 0;
  for (const Waiting& waiting : waiting_) waiting_bytes_ += waiting.frame.size();
}

}  // namespace ringdown::e1000
