// Ports of the 8254 and port 61h, and the event that moves IRQ0.
#include "devices/timers/pit.h"

#include <algorithm>

#include "core/field.h"

namespace ringdown {
namespace {

constexpr u32 kControlWordOffset = 3;
constexpr u8 kReadBack = 3;

using ControlCounter = Field<u8, 6, 2>;
// Read-back command: active-low selections.
using ReadBackNoStatus = Field<u8, 4>;
using ReadBackNoCount = Field<u8, 5>;

// Port 61h.
using TimerGate2 = Field<u8, 0>;
using SpeakerData = Field<u8, 1>;
using RefreshToggle = Field<u8, 4>;
using Timer2Out = Field<u8, 5>;
constexpr u8 kPort61Writable = 0x0f;
/// The PC refreshes memory every 18 pulses of the timer clock, about 15.09 us.
constexpr u64 kRefreshPulses = 18;

}  // namespace

Pit::Pit(Scheduler& scheduler, InterruptLine output) : scheduler_(scheduler), output_(output) {
  event_ =
      scheduler.add("pit", 0, [this](Picoseconds deadline) { update_output(cycles_in(deadline, kHertz)); });
  reset();
}

void Pit::reset() {
  counters_ = {};
  control_ = 0;
  counters_[2].set_gate(pulse(), false);
  update_output(pulse());
}

void Pit::update_output(u64 at) {
  output_.set(counters_[0].out(at) ? Level::High : Level::Low);
  if (const std::optional<u64> next = counters_[0].next_change(at)) {
    scheduler_.schedule(event_, time_of_cycle(*next, kHertz));
  } else {
    scheduler_.cancel(event_);
  }
}

u64 Pit::read_counter(u32 offset, Width) {
  // The control word register cannot be read; its data lines float.
  if (offset == kControlWordOffset) return open_bus(Width::Byte);
  return counters_[offset].read(pulse());
}

void Pit::write_counter(u32 offset, Width, u64 value) {
  if (offset == kControlWordOffset) {
    write_control_word(static_cast<u8>(value));
  } else {
    counters_[offset].write(pulse(), static_cast<u8>(value));
  }
  update_output(pulse());
}

void Pit::write_control_word(u8 value) {
  const u8 selected = ControlCounter::get(value);
  if (selected == kReadBack) {
    read_back(value);
    return;
  }
  if (PitCounter::ControlAccess::get(value) == PitCounter::Access::Latch) {
    counters_[selected].latch_count(pulse());
  } else {
    counters_[selected].program(pulse(), value);
  }
}

void Pit::read_back(u8 value) {
  for (unsigned i = 0; i < counters_.size(); ++i) {
    if ((value & (2u << i)) == 0) continue;
    if (!ReadBackNoCount::get(value)) counters_[i].latch_count(pulse());
    if (!ReadBackNoStatus::get(value)) counters_[i].latch_status(pulse());
  }
}

u64 Pit::read_control(u32, Width) {
  const bool refresh = (pulse() / kRefreshPulses & 1) != 0;
  return RefreshToggle::with(Timer2Out::with(control_, counters_[2].out(pulse())), refresh);
}

void Pit::write_control(u32, Width, u64 value) {
  control_ = static_cast<u8>(value) & kPort61Writable;
  counters_[2].set_gate(pulse(), TimerGate2::get(control_));
}

bool Pit::speaker() { return SpeakerData::get(control_) && counters_[2].out(pulse()); }

void Pit::serialize(Archive& archive) {
  if (archive.version() != kStateVersion)
    return archive.fail("its 8254 counts otherwise: save the state again");
  archive(counters_, control_);
  if (archive.loading()) output_.set(counters_[0].out(pulse()) ? Level::High : Level::Low);
}

}  // namespace ringdown
