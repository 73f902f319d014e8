// Registers, counter and interrupts of the HPET.
#include "devices/timers/hpet.h"

namespace ringdown {
namespace {

constexpr u64 kFemtosecondsPerPicosecond = 1000;

// Register offsets (section 2.3.1).
constexpr u32 kCapabilities = 0x000;
constexpr u32 kConfiguration = 0x010;
constexpr u32 kStatus = 0x020;
constexpr u32 kCounter = 0x0f0;
constexpr u32 kTimersFirst = 0x100;
constexpr u32 kTimerStride = 0x20;
constexpr u32 kTimerConfiguration = 0x00;
constexpr u32 kTimerComparator = 0x08;
constexpr u32 kRegisterBytes = 8;

// General configuration register.
using Enable = Field<u64, 0>;
using LegacyRoute = Field<u64, 1>;
constexpr u64 kConfigurationWritable = Enable::kMask | LegacyRoute::kMask;
constexpr unsigned kLegacyTimers = 2;

constexpr u64 kCapabilityValue = Hpet::kPeriodFemtoseconds << 32 | Hpet::kBlockId;
static_assert(Field<u32, 0, 8>::get(Hpet::kBlockId) == 1, "REV_ID");
static_assert(Field<u32, 8, 5>::get(Hpet::kBlockId) == 3 - 1, "NUM_TIM_CAP: the last timer");
static_assert(Field<u32, 13>::get(Hpet::kBlockId), "COUNT_SIZE_CAP: 64 bits");
static_assert(Field<u32, 15>::get(Hpet::kBlockId), "LEG_RT_CAP");
static_assert(Field<u32, 16, 16>::get(Hpet::kBlockId) == 0x8086, "VENDOR_ID");

}  // namespace

u64 Hpet::counts_in(Picoseconds time) {
  return static_cast<u64>(u128{time} * kFemtosecondsPerPicosecond / kPeriodFemtoseconds);
}

Picoseconds Hpet::time_of_count(u128 counts) {
  constexpr u128 kLast = u128{kNeverTime} * kFemtosecondsPerPicosecond / kPeriodFemtoseconds;
  if (counts > kLast) return kNeverTime;
  return static_cast<Picoseconds>((counts * kPeriodFemtoseconds + kFemtosecondsPerPicosecond - 1) /
                                  kFemtosecondsPerPicosecond);
}

Hpet::Hpet(Scheduler& scheduler, InterruptSink& io_apic, LegacyReplacement& legacy, Log& log)
    : scheduler_(scheduler), io_apic_(io_apic), legacy_(legacy), log_(log) {
  for (unsigned index = 0; index < kTimers; ++index) {
    timers_[index].event = scheduler.add("hpet", index, [this, index](Picoseconds) { on_match(index); });
  }
}

void Hpet::reset() {
  for (unsigned index = 0; index < kTimers; ++index) {
    line(index).lower();
    timers_[index].comparator = {};
    timers_[index].edge_high = false;
  }
  configuration_ = status_ = 0;
  base_ = base_count_ = 0;
  legacy_.set_replaced(false);
  schedule_all();
}

// --- The counter ------------------------------------------------------------------------------------------

u64 Hpet::counter() const {
  return Enable::get(configuration_) ? base_ + (counts_in(scheduler_.now()) - base_count_) : base_;
}

void Hpet::set_counter(u64 value) {
  base_ = value;
  base_count_ = counts_in(scheduler_.now());
}

void Hpet::schedule(unsigned index) {
  Timer& timer = timers_[index];
  if (!Enable::get(configuration_)) return scheduler_.cancel(timer.event);
  const u64 distance = timer.comparator.distance(counter());
  const u128 match = u128{counts_in(scheduler_.now())} + (distance != 0 ? u128{distance} : u128{1} << 64);
  scheduler_.schedule(timer.event, time_of_count(match));
}

void Hpet::schedule_all() {
  for (unsigned index = 0; index < kTimers; ++index) schedule(index);
}

// --- Interrupts -------------------------------------------------------------------------------------------

bool Hpet::has_legacy_interrupt(unsigned index) const {
  return LegacyRoute::get(configuration_) && index < kLegacyTimers;
}

InterruptLine Hpet::line(unsigned index) {
  if (has_legacy_interrupt(index))
    return {legacy_, index == 0 ? LegacyReplacement::kTimer0 : LegacyReplacement::kTimer1};
  const unsigned route = timers_[index].comparator.route();
  return route == 0 ? InterruptLine() : InterruptLine(io_apic_, route);
}

void Hpet::drive(unsigned index) {
  const Timer& timer = timers_[index];
  const bool pending = timer.comparator.level_triggered() ? (status_ >> index & 1) != 0 : timer.edge_high;
  line(index).set(pending && timer.comparator.interrupt_enabled() ? Level::High : Level::Low);
}

void Hpet::on_match(unsigned index) {
  Timer& timer = timers_[index];
  timer.comparator.matched(counter());
  if (timer.comparator.level_triggered()) {
    // Set although the interrupt is disabled (section 2.3.8, Tn_INT_ENB_CNF).
    status_ |= 1u << index;
  } else if (timer.comparator.interrupt_enabled()) {
    // An 8259A takes an edge only if the wire is still high at its acknowledge.
    line(index).lower();
    timer.edge_high = true;
  }
  drive(index);
  schedule(index);
}

// --- Registers --------------------------------------------------------------------------------------------

u64 Hpet::read(u32 offset, Width width) {
  const u32 within = offset % kRegisterBytes;
  return read_register(offset - within) >> (8 * within) & open_bus(width);
}

void Hpet::write(u32 offset, Width width, u64 value) {
  // Software must write aligned halves or whole registers (section 2.3.1).
  if (width != Width::Dword || offset % bytes_of(width) != 0)
    return log_.unimplemented(LogCategory::Timer, "HPET register written in parts");
  const u32 shift = 8 * (offset % kRegisterBytes);
  write_register(offset - offset % kRegisterBytes, value << shift, open_bus(width) << shift);
}

u64 Hpet::read_register(u32 offset) {
  if (offset >= kTimersFirst && offset < kTimersFirst + kTimers * kTimerStride) {
    const HpetComparator& comparator = timers_[(offset - kTimersFirst) / kTimerStride].comparator;
    const u32 within = offset % kTimerStride;
    if (within == kTimerConfiguration) return comparator.configuration();
    return within == kTimerComparator ? comparator.comparator() : 0;
  }
  switch (offset) {
    case kCapabilities:
      return kCapabilityValue;
    case kConfiguration:
      return configuration_;
    case kStatus:
      return status_;
    case kCounter:
      return counter();
    default:
      return 0;
  }
}

void Hpet::write_register(u32 offset, u64 value, u64 mask) {
  if (offset >= kTimersFirst && offset < kTimersFirst + kTimers * kTimerStride) {
    return write_timer((offset - kTimersFirst) / kTimerStride, offset % kTimerStride, value, mask);
  }
  if (offset == kConfiguration) {
    write_configuration(value, mask & kConfigurationWritable);
  } else if (offset == kStatus) {
    status_ &= ~static_cast<u32>(value & mask);
    for (unsigned index = 0; index < kTimers; ++index) drive(index);
  } else if (offset == kCounter) {
    set_counter((counter() & ~mask) | (value & mask));
    schedule_all();
  }
}

void Hpet::write_configuration(u64 value, u64 mask) {
  const u64 wanted = (configuration_ & ~mask) | (value & mask);
  if (LegacyRoute::get(wanted) != LegacyRoute::get(configuration_)) {
    for (unsigned index = 0; index < kLegacyTimers; ++index) {
      line(index).lower();
      timers_[index].edge_high = false;
    }
  }
  const u64 now = counter();
  configuration_ = wanted;
  set_counter(now);
  legacy_.set_replaced(LegacyRoute::get(wanted));
  for (unsigned index = 0; index < kTimers; ++index) drive(index);
  schedule_all();
}

void Hpet::write_timer(unsigned index, u32 offset, u64 value, u64 mask) {
  Timer& timer = timers_[index];
  if (offset == kTimerComparator) {
    timer.comparator.set_comparator(value, mask);
  } else if (offset == kTimerConfiguration) {
    const unsigned route = timer.comparator.route();
    InterruptLine before = line(index);
    timer.comparator.set_configuration(value, mask);
    if (timer.comparator.route() != route && !has_legacy_interrupt(index)) {
      before.lower();
      timer.edge_high = false;
    }
    if (!timer.comparator.interrupt_enabled()) timer.edge_high = false;
    if (timer.comparator.level_triggered()) {
      timer.edge_high = false;
    } else {
      status_ &= ~(1u << index);
    }
    drive(index);
  }
  schedule(index);
}

void Hpet::serialize(Archive& archive) {
  archive(configuration_, status_, base_, base_count_);
  for (Timer& timer : timers_) archive(timer.comparator, timer.edge_high);
  if (!archive.loading()) return;
  if ((configuration_ & ~kConfigurationWritable) != 0 || status_ >> kTimers != 0) {
    archive.fail("HPET state is impossible");
    configuration_ = status_ = 0;
  }
  legacy_.set_replaced(LegacyRoute::get(configuration_));
  for (unsigned index = 0; index < kTimers; ++index) drive(index);
}

}  // namespace ringdown
