// Registers, update cycles and interrupts of the MC146818.
#include "devices/timers/rtc.h"

#include "core/field.h"

namespace ringdown {
namespace {

constexpr u32 kIndexOffset = 0;
constexpr u32 kDataOffset = 1;
constexpr u32 kExtendedIndexOffset = 2;
constexpr u8 kIndexMask = 0x7f;
constexpr u8 kNmiMask = 0x80;
constexpr unsigned kBankSize = 128;

// Register A.
using RateSelect = Field<u8, 0, 4>;
using DividerSelect = Field<u8, 4, 3>;
constexpr u8 kUpdateInProgress = 0x80;
constexpr u8 kDividerNormal = 2;      // 32.768 kHz time base
constexpr u8 kDividerResetFirst = 6;  // 6 and 7 hold the chain in reset

// Register B; the enables stand at the places of the flags in register C.
using Hours24 = Field<u8, 1>;
using BinaryData = Field<u8, 2>;
using SquareWaveEnable = Field<u8, 3>;
using Set = Field<u8, 7>;
constexpr u8 kUpdateEnded = 0x10;
constexpr u8 kAlarm = 0x20;
constexpr u8 kPeriodic = 0x40;
constexpr u8 kInterruptRequest = 0x80;
constexpr u8 kSources = kUpdateEnded | kAlarm | kPeriodic;

// Register D: the battery was never empty.
constexpr u8 kValidRam = 0x80;

/// UIP comes 244 us before an update cycle, which takes 1984 us (data sheet, "Update Cycle").
constexpr Picoseconds kUipLead = microseconds(244 + 1984);
/// Cycles of the crystal per second; the first update comes half a second after the divider is released.
constexpr u64 kSecond = 32'768;

RtcFormat format_of(u8 register_b) { return {BinaryData::get(register_b), Hours24::get(register_b)}; }

}  // namespace

Rtc::Rtc(Scheduler& scheduler, InterruptLine line, const CmosConfig& config)
    : scheduler_(scheduler), line_(line), memory_(make_cmos(config)) {
  update_event_ = scheduler.add("rtc", 0, [this](Picoseconds) { on_update(); });
  periodic_event_ = scheduler.add("rtc", 1, [this](Picoseconds) {
    note_periodic();
    schedule_periodic();
  });
  // 1024 Hz, as PC firmware sets it.
  reg(RtcIndex::A) = RateSelect::with(DividerSelect::with(0, kDividerNormal), 6);
  reg(RtcIndex::B) = Hours24::kMask;
  schedule_update();
}

void Rtc::reset() {
  note_periodic();
  reg(RtcIndex::B) &= static_cast<u8>(~(kSources | SquareWaveEnable::kMask));
  reg(RtcIndex::C) = 0;
  nmi_masked_ = true;
  drive_nmi_enable();
  schedule_periodic();
  update_line();
}

void Rtc::set_time(const CivilTime& time) { store_time(memory_, time, format_of(reg(RtcIndex::B))); }

CivilTime Rtc::time() const { return load_time(memory_, format_of(reg(RtcIndex::B))); }

bool Rtc::divider_runs() const { return DividerSelect::get(reg(RtcIndex::A)) == kDividerNormal; }

bool Rtc::update_in_progress() const {
  if (!scheduler_.scheduled(update_event_) || Set::get(reg(RtcIndex::B))) return false;
  return scheduler_.now() + kUipLead >= scheduler_.deadline(update_event_);
}

u64 Rtc::periodic_cycles() const {
  const u8 rate = RateSelect::get(reg(RtcIndex::A));
  if (rate == 0 || !divider_runs()) return 0;
  // Rates 1 and 2 repeat 8 and 9 for this time base (data sheet, table 5).
  return u64{1} << (rate <= 2 ? rate + 6 : rate - 1);
}

void Rtc::note_periodic() {
  const u64 period = periodic_cycles();
  if (period == 0) return;
  const u64 periods = divider_cycles() / period;
  if (periods != periodic_seen_) {
    periodic_seen_ = periods;
    reg(RtcIndex::C) |= kPeriodic;
    update_line();
  }
}

void Rtc::schedule_periodic() {
  // PF is set whether or not it interrupts; without PIE it is enough to look when register C is read.
  const u64 period = periodic_cycles();
  if (period == 0 || (reg(RtcIndex::B) & kPeriodic) == 0) {
    scheduler_.cancel(periodic_event_);
    return;
  }
  const u64 next = divider_origin_ + (divider_cycles() / period + 1) * period;
  scheduler_.schedule(periodic_event_, time_of_cycle(next, kCrystalHertz));
}

void Rtc::schedule_update() {
  if (!divider_runs()) {
    scheduler_.cancel(update_event_);
    return;
  }
  // Updates come in the middle of each second of the chain.
  const u64 seconds = (divider_cycles() + kSecond / 2) / kSecond;
  scheduler_.schedule(update_event_,
                      time_of_cycle(divider_origin_ + seconds * kSecond + kSecond / 2, kCrystalHertz));
}

void Rtc::on_update() {
  schedule_update();
  if (Set::get(reg(RtcIndex::B))) return;
  advance_second(memory_, format_of(reg(RtcIndex::B)));
  reg(RtcIndex::C) |= kUpdateEnded;
  if (alarm_matches(memory_)) reg(RtcIndex::C) |= kAlarm;
  update_line();
}

void Rtc::update_line() {
  u8& c = reg(RtcIndex::C);
  c &= kSources;
  if ((c & reg(RtcIndex::B) & kSources) != 0) c |= kInterruptRequest;
  line_.set(c >= kInterruptRequest ? Level::High : Level::Low);
}

u64 Rtc::read(u32 offset, Width) {
  if (offset == kDataOffset) return read_register(index_);
  // The index ports are write-only (PIIX3); the second bank is plain memory.
  if (offset == kIndexOffset || offset == kExtendedIndexOffset) return open_bus(Width::Byte);
  return memory_[kBankSize + extended_index_];
}

void Rtc::connect_nmi_enable(InterruptLine line) {
  nmi_enable_ = line;
  drive_nmi_enable();
}

void Rtc::write(u32 offset, Width, u64 value) {
  const u8 byte = static_cast<u8>(value);
  if (offset == kIndexOffset) {
    index_ = byte & kIndexMask;
    nmi_masked_ = (byte & kNmiMask) != 0;
    drive_nmi_enable();
  } else if (offset == kDataOffset) {
    write_register(index_, byte);
  } else if (offset == kExtendedIndexOffset) {
    extended_index_ = byte & kIndexMask;
  } else {
    memory_[kBankSize + extended_index_] = byte;
  }
}

u8 Rtc::read_register(u8 index) {
  switch (static_cast<RtcIndex>(index)) {
    case RtcIndex::A:
      return static_cast<u8>(reg(RtcIndex::A) | (update_in_progress() ? kUpdateInProgress : 0));
    case RtcIndex::C:
      return read_c();
    case RtcIndex::D:
      return kValidRam;
    default:
      return memory_[index];
  }
}

u8 Rtc::read_c() {
  note_periodic();
  const u8 value = reg(RtcIndex::C);
  reg(RtcIndex::C) = 0;
  update_line();
  return value;
}

void Rtc::write_register(u8 index, u8 value) {
  switch (static_cast<RtcIndex>(index)) {
    case RtcIndex::A:
      write_a(value);
      break;
    case RtcIndex::B:
      write_b(value);
      break;
    case RtcIndex::C:
    case RtcIndex::D:
      break;  // read-only
    default:
      memory_[index] = value;
  }
}

void Rtc::write_a(u8 value) {
  note_periodic();
  const bool was_reset = DividerSelect::get(reg(RtcIndex::A)) >= kDividerResetFirst;
  reg(RtcIndex::A) = value & static_cast<u8>(~kUpdateInProgress);
  if (was_reset && divider_runs()) divider_origin_ = cycles_in(scheduler_.now(), kCrystalHertz);
  if (const u64 period = periodic_cycles(); period != 0) periodic_seen_ = divider_cycles() / period;
  schedule_update();
  schedule_periodic();
}

void Rtc::write_b(u8 value) {
  note_periodic();
  // SET going on clears UIE (data sheet, "Register B").
  if (Set::get(value)) value &= static_cast<u8>(~kUpdateEnded);
  reg(RtcIndex::B) = value;
  schedule_periodic();
  update_line();
}

void Rtc::serialize(Archive& archive) {
  archive(memory_, index_, extended_index_, nmi_masked_, divider_origin_, periodic_seen_);
  if (!archive.loading()) return;
  index_ &= kIndexMask;
  extended_index_ &= kIndexMask;
  drive_nmi_enable();
  update_line();
}

}  // namespace ringdown
