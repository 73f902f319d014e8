// Registers and inputs of the 82093AA.
#include "devices/interrupts/io_apic.h"

namespace ringdown {
namespace {

// Memory-mapped registers.
constexpr u32 kSelectOffset = 0x00;
constexpr u32 kWindowOffset = 0x10;

// Indirect registers.
constexpr u8 kId = 0x00;
constexpr u8 kVersion = 0x01;
constexpr u8 kArbitration = 0x02;
constexpr u8 kRedirectionFirst = 0x10;
constexpr u32 kIdMask = 0x0f00'0000;
constexpr u32 kVersionNumber = 0x11;

// Redirection table entry ("I/O Redirection Table Registers").
using Vector = Field<u64, 0, 8, u8>;
using Delivery = Field<u64, 8, 3, DeliveryMode>;
using DestinationIsLogical = Field<u64, 11, 1, DestinationMode>;
using RemoteIrr = Field<u64, 14>;
using Trigger = Field<u64, 15, 1, TriggerMode>;
using Masked = Field<u64, 16>;
using Destination = Field<u64, 56, 8, u8>;
constexpr u64 kLowWritable = 0x1'afff;  // all but delivery status and remote IRR
constexpr u64 kHighWritable = Destination::kMask;

/// Only these modes wait for an end of interrupt.
bool acknowledged_by_eoi(DeliveryMode mode) {
  return mode == DeliveryMode::Fixed || mode == DeliveryMode::LowestPriority;
}

}  // namespace

void IoApic::reset() {
  select_ = 0;
  id_ = 0;
  entries_ = make_entries();
}

u64 IoApic::read(u32 offset, Width width) {
  const u32 shift = 8 * (offset & 3);
  u64 value = 0;
  if ((offset & ~3u) == kSelectOffset) value = select_;
  if ((offset & ~3u) == kWindowOffset) value = read_register();
  return value >> shift & open_bus(width);
}

void IoApic::write(u32 offset, Width width, u64 value) {
  if (offset == kSelectOffset) {
    select_ = static_cast<u8>(value);
  } else if (offset == kWindowOffset && width == Width::Dword) {
    // The window takes whole registers only ("IOWIN").
    write_register(static_cast<u32>(value));
  }
}

u32 IoApic::read_register() const {
  switch (select_) {
    case kId:
    case kArbitration:
      return id_;
    case kVersion:
      return (kInputs - 1) << 16 | kVersionNumber;
    default:
      break;
  }
  const unsigned index = select_ - unsigned{kRedirectionFirst};
  if (select_ < kRedirectionFirst || index >= 2 * kInputs) return 0;
  return static_cast<u32>(entries_[index / 2].value() >> (index % 2 * 32));
}

void IoApic::write_register(u32 value) {
  if (select_ == kId) id_ = value & kIdMask;
  const unsigned index = select_ - unsigned{kRedirectionFirst};
  if (select_ < kRedirectionFirst || index >= 2 * kInputs) return;
  if (index % 2 == 0) {
    write_entry(index / 2, value, kLowWritable);
  } else {
    write_entry(index / 2, u64{value} << 32, kHighWritable);
  }
}

void IoApic::write_entry(unsigned pin, u64 value, u64 writable) {
  Entry& entry = entries_[pin];
  entry.assign_masked(value, writable);
  // Remote IRR has no meaning for edges; system software clears a stuck one by this way round.
  if (entry.get<Trigger>() == TriggerMode::Edge) entry.set<RemoteIrr>(false);
  service(pin, false);
}

void IoApic::set_input(unsigned pin, Level level) {
  if (pin >= kInputs) return;
  const u32 bit = 1u << pin;
  const bool was_high = (inputs_ & bit) != 0;
  inputs_ = level == Level::High ? inputs_ | bit : inputs_ & ~bit;
  service(pin, level == Level::High && !was_high);
}

void IoApic::service(unsigned pin, bool rising) {
  Entry& entry = entries_[pin];
  // A masked edge is neither delivered nor held pending ("Interrupt Mask").
  if (entry.get<Masked>()) return;
  if (entry.get<Trigger>() == TriggerMode::Edge || !acknowledged_by_eoi(entry.get<Delivery>())) {
    if (rising) send(entry);
  } else if ((inputs_ >> pin & 1) != 0 && !entry.get<RemoteIrr>()) {
    entry.set<RemoteIrr>(true);
    if (!send(entry)) entry.set<RemoteIrr>(false);
  }
}

bool IoApic::send(const Entry& entry) {
  return messages_.deliver({.vector = entry.get<Vector>(),
                            .delivery = entry.get<Delivery>(),
                            .trigger = entry.get<Trigger>(),
                            .destination_mode = entry.get<DestinationIsLogical>(),
                            .destination = entry.get<Destination>()});
}

void IoApic::end_of_interrupt(u8 vector) {
  for (unsigned pin = 0; pin < kInputs; ++pin) {
    Entry& entry = entries_[pin];
    if (entry.get<Vector>() != vector || !entry.get<RemoteIrr>()) continue;
    entry.set<RemoteIrr>(false);
    service(pin, false);
  }
}

void IoApic::serialize(Archive& archive) { archive(select_, id_, inputs_, entries_); }

}  // namespace ringdown
