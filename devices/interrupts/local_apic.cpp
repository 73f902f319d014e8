// What the local APIC does with interrupts: acceptance, priority, acknowledge, inputs, timer.
#include "devices/interrupts/local_apic.h"

#include <algorithm>

#include "devices/interrupts/local_apic_fields.h"

namespace ringdown {

using namespace apic;

namespace {

constexpr u64 kResetAddress = 0xfee0'0000;
constexpr u8 kPriorityClass = 0xf0;
constexpr u8 kBroadcast = 0xff;
constexpr u32 kFlatModel = 0xf;
constexpr unsigned kModelShift = 28;
constexpr unsigned kIdShift = 24;

}  // namespace

LocalApic::LocalApic(Scheduler& scheduler, Wiring wiring, Log& log, u64 bus_hertz, u8 id)
    : scheduler_(scheduler), wiring_(wiring), log_(log), bus_hertz_(bus_hertz), reset_id_(id) {
  timer_event_ = scheduler.add("lapic", 0, [this](Picoseconds) { on_timer(); });
  reset();
}

LocalApic::~LocalApic() { unmap_page(); }

void LocalApic::remove() {
  removed_ = true;
  reset();
}

void LocalApic::reset() {
  unmap_page();
  base_.assign(0);
  if (!removed_) {
    base_.assign(kResetAddress);
    base_.set<BaseBootstrapProcessor>(true);
    base_.set<BaseEnable>(true);
  }
  id_ = u32{reset_id_} << kIdShift;
  reset_registers();
  map_page();
  update_intr();
}

void LocalApic::init() {
  reset_registers();
  update_intr();
}

void LocalApic::reset_registers() {
  // SDM vol. 3, "Local APIC State After Power-Up or Reset".
  task_priority_ = 0;
  logical_destination_ = 0;
  destination_format_ = ~0u;
  spurious_.assign(SpuriousVector::kMask);
  error_status_ = errors_ = command_low_ = command_high_ = 0;
  lvt_.fill(Register<u32>(LvtMasked::kMask));
  requests_ = in_service_ = trigger_modes_ = {};
  external_message_ = false;
  timer_ = {};
  deadline_ = 0;
  write_divide(0);
  schedule_timer();
}

bool LocalApic::enabled() const { return base_.get<BaseEnable>(); }
bool LocalApic::software_enabled() const { return spurious_.get<SoftwareEnable>(); }

bool LocalApic::set_apic_base(u64 value) {
  if ((value & ~kBaseDefined) != 0 || removed_) return false;
  const bool was_enabled = enabled();
  unmap_page();
  base_.assign(value);
  base_.set<BaseBootstrapProcessor>(true);
  // "Prior initialization to the APIC may be lost": it is.
  if (was_enabled && !enabled()) reset_registers();
  map_page();
  update_intr();
  return true;
}

void LocalApic::map_page() {
  if (!enabled()) return;
  mapped_at_ = base_.value() & BaseAddress::kMask;
  const GuestPhysical page(mapped_at_);
  mapped_ = static_cast<bool>(wiring_.memory.devices().attach(mapped_at_, kPageSize, registers_, "lapic"));
  if (!mapped_) {
    log_.unimplemented(LogCategory::Interrupt, "local APIC page on top of another device's registers");
    return;
  }
  covered_ = wiring_.memory.page(page);
  if (mapped_at_ >> 32 == 0) wiring_.memory.map_device(page, kPageSize);
}

void LocalApic::unmap_page() {
  if (!mapped_) return;
  mapped_ = false;
  wiring_.memory.devices().detach(mapped_at_);
  if (mapped_at_ >> 32 == 0) wiring_.memory.map(GuestPhysical(mapped_at_), kPageSize, covered_);
}

bool LocalApic::addressed(DestinationMode mode, u8 destination) const {
  if (destination == kBroadcast) return true;
  if (mode == DestinationMode::Physical) return destination == id_ >> kIdShift;
  const u8 logical = static_cast<u8>(logical_destination_ >> kIdShift);
  if (destination_format_ >> kModelShift == kFlatModel) return (logical & destination) != 0;
  // Cluster model: the high half names the cluster, 15 all of them.
  const u8 cluster = destination & 0xf0;
  return (cluster == 0xf0 || cluster == (logical & 0xf0)) && (logical & destination & 0x0f) != 0;
}

bool LocalApic::deliver(const InterruptMessage& message) {
  if (!enabled() || !addressed(message.destination_mode, message.destination)) return false;
  return take(message);
}

bool LocalApic::take(const InterruptMessage& message) {
  switch (message.delivery) {
    case DeliveryMode::Fixed:
    case DeliveryMode::LowestPriority:
      return accept_fixed(message.vector, message.trigger);
    case DeliveryMode::Nmi:
      wiring_.pins.pulse_nmi();
      return true;
    case DeliveryMode::ExtInt:
      external_message_ = true;
      update_intr();
      return true;
    case DeliveryMode::Smi:
      wiring_.pins.pulse_smi();
      return true;
    case DeliveryMode::Init:
      wiring_.pins.pulse_init();
      return true;
    case DeliveryMode::StartUp:
      // A processor that does not wait for it ignores a start-up message.
      return true;
    case DeliveryMode::Reserved:
      break;
  }
  return false;
}

bool LocalApic::accept_fixed(u8 vector, TriggerMode trigger) {
  if (vector < kFirstLegalVector) {
    report_error(kReceiveIllegalVector);
    return true;
  }
  if (!software_enabled()) return false;
  requests_.insert(vector);
  if (trigger == TriggerMode::Level) {
    trigger_modes_.insert(vector);
  } else {
    trigger_modes_.erase(vector);
  }
  update_intr();
  return true;
}

u8 LocalApic::processor_priority() const {
  const u8 serving = in_service_.highest().value_or(0) & kPriorityClass;
  return (task_priority_ & kPriorityClass) >= serving ? task_priority_ : serving;
}

std::optional<u8> LocalApic::deliverable() const {
  const std::optional<u8> vector = requests_.highest();
  if (!vector || (*vector & kPriorityClass) <= (processor_priority() & kPriorityClass)) return std::nullopt;
  return vector;
}

bool LocalApic::external_requested() const {
  if (external_message_) return true;
  const auto external = [this](unsigned pin, Lvt index) {
    const Register<u32> entry = lvt_[static_cast<unsigned>(index)];
    return lint_[pin] && !entry.get<LvtMasked>() && entry.get<LvtDelivery>() == DeliveryMode::ExtInt;
  };
  return external(kLint0, Lvt::Lint0) || external(kLint1, Lvt::Lint1);
}

void LocalApic::update_intr() {
  const bool requested = enabled() ? external_requested() || deliverable().has_value() : lint_[kLint0];
  wiring_.pins.set_intr(requested ? Level::High : Level::Low);
}

u8 LocalApic::acknowledge() {
  // ExtINT goes first: it has no place among the priorities.
  if (!enabled() || external_requested()) {
    external_message_ = false;
    const u8 vector = wiring_.external.acknowledge();
    update_intr();
    return vector;
  }
  const std::optional<u8> vector = deliverable();
  if (vector) {
    requests_.erase(*vector);
    in_service_.insert(*vector);
  }
  update_intr();
  return vector.value_or(spurious_.get<SpuriousVector>());
}

void LocalApic::end_of_interrupt() {
  const std::optional<u8> vector = in_service_.highest();
  if (!vector) return;
  in_service_.erase(*vector);
  if (trigger_modes_.contains(*vector)) {
    Register<u32>& lint0 = lvt(Lvt::Lint0);
    if (lint0.get<LvtRemoteIrr>() && lint0.get<LvtVector>() == *vector) {
      lint0.set<LvtRemoteIrr>(false);
      service_lint(kLint0, false);
    }
    if (io_apic_ != nullptr) io_apic_->end_of_interrupt(*vector);
  }
  update_intr();
}

void LocalApic::report_error(u32 error) {
  const bool reported = (errors_ & error) != 0;
  errors_ |= error;
  // Also ends the recursion of an error entry whose own vector is illegal.
  if (!reported) deliver_local(Lvt::Error);
}

void LocalApic::deliver_local(Lvt index) {
  const Register<u32> entry = lvt(index);
  if (entry.get<LvtMasked>()) return;
  // Timer and error entries have no delivery mode; its bits are zero there, which is Fixed.
  take({.vector = entry.get<LvtVector>(), .delivery = entry.get<LvtDelivery>()});
}

void LocalApic::set_input(unsigned pin, Level level) {
  if (pin > kLint1) return;
  const bool rising = level == Level::High && !lint_[pin];
  lint_[pin] = level == Level::High;
  if (enabled()) {
    service_lint(pin, rising);
  } else if (pin == kLint1 && rising) {
    wiring_.pins.pulse_nmi();
  }
  update_intr();
}

void LocalApic::service_lint(unsigned pin, bool rising) {
  const Lvt index = pin == kLint0 ? Lvt::Lint0 : Lvt::Lint1;
  Register<u32>& entry = lvt(index);
  if (entry.get<LvtMasked>() || entry.get<LvtDelivery>() == DeliveryMode::ExtInt) return;
  // Only LINT0 with fixed delivery can be level triggered ("Trigger Mode").
  const bool level = pin == kLint0 && entry.get<LvtDelivery>() == DeliveryMode::Fixed &&
                     entry.get<LvtTrigger>() == TriggerMode::Level;
  if (!level) {
    if (rising) deliver_local(index);
  } else if (lint_[pin] && !entry.get<LvtRemoteIrr>()) {
    entry.set<LvtRemoteIrr>(accept_fixed(entry.get<LvtVector>(), TriggerMode::Level));
  }
}

bool LocalApic::waits_for_tsc() const {
  return lvt_[static_cast<unsigned>(Lvt::Timer)].get<LvtTscDeadline>();
}

void LocalApic::set_tsc_deadline(u64 deadline, s64 tsc_offset) {
  if (!waits_for_tsc()) return;
  deadline_ = deadline;
  tsc_offset_ = tsc_offset;
  schedule_timer();
}

void LocalApic::schedule_deadline() {
  if (deadline_ == 0) return scheduler_.cancel(timer_event_);
  const u64 now = tsc();
  // A deadline that has passed interrupts at once.
  if (now >= deadline_) return scheduler_.schedule(timer_event_, scheduler_.now());
  const u128 cycle = u128{cycles_in(scheduler_.now(), tsc_hertz_)} + (deadline_ - now);
  const bool ever = cycle <= cycles_in(kNeverTime, tsc_hertz_);
  scheduler_.schedule(timer_event_, ever ? time_of_cycle(static_cast<u64>(cycle), tsc_hertz_) : kNeverTime);
}

void LocalApic::on_timer() {
  const Register<u32> entry = lvt(Lvt::Timer);
  if (waits_for_tsc()) {
    if (deadline_ != 0 && tsc() >= deadline_) {
      deadline_ = 0;
      deliver_local(Lvt::Timer);
    }
    return schedule_timer();
  }
  if (timer_.expire(bus_cycles(), entry.get<LvtPeriodic>())) deliver_local(Lvt::Timer);
  schedule_timer();
}

void LocalApic::schedule_timer() {
  if (waits_for_tsc()) return schedule_deadline();
  if (const std::optional<u64> expiry = timer_.next_expiry()) {
    scheduler_.schedule(timer_event_, time_of_cycle(*expiry, bus_hertz_));
  } else {
    scheduler_.cancel(timer_event_);
  }
}

void LocalApic::serialize(Archive& archive) {
  if (archive.loading()) unmap_page();
  archive(base_, id_, task_priority_, logical_destination_, destination_format_, spurious_, error_status_,
          errors_, command_low_, command_high_, divide_, lvt_, requests_, in_service_, trigger_modes_, timer_,
          lint_, external_message_);
  if (archive.version() >= 2) archive(deadline_, tsc_offset_);
  if (!archive.loading()) return;
  if (waits_for_tsc() && tsc_hertz_ == 0) {
    archive.fail("its APIC timer waits for a TSC deadline, which this processor lacks");
    lvt(Lvt::Timer).set<LvtTscDeadline>(false);
  }
  if ((base_.value() & ~kBaseDefined) != 0) {
    archive.fail("IA32_APIC_BASE is impossible");
    base_.assign(kResetAddress);
  }
  map_page();
  update_intr();
}

}  // namespace ringdown
