// The register page of the local APIC.
#include "devices/interrupts/local_apic.h"
#include "devices/interrupts/local_apic_fields.h"

namespace ringdown {

using namespace apic;

namespace {

/// Offsets in the page (SDM vol. 3, "Local APIC Register Address Map").
enum class Offset : u32 {
  Id = 0x020,
  Version = 0x030,
  TaskPriority = 0x080,
  ProcessorPriority = 0x0a0,
  EndOfInterrupt = 0x0b0,
  LogicalDestination = 0x0d0,
  DestinationFormat = 0x0e0,
  Spurious = 0x0f0,
  InService = 0x100,
  TriggerMode = 0x180,
  Requests = 0x200,
  ErrorStatus = 0x280,
  CommandLow = 0x300,
  CommandHigh = 0x310,
  LvtFirst = 0x320,
  LvtLast = 0x370,
  InitialCount = 0x380,
  CurrentCount = 0x390,
  DivideConfiguration = 0x3e0,
};
constexpr u32 operator+(Offset offset) { return static_cast<u32>(offset); }

constexpr u32 kRegisterStride = 0x10;
/// Version 14h is the Pentium 4's; five is the highest table entry.
constexpr u32 kVersion = 5u << 16 | 0x14;
constexpr u32 kHighByte = 0xff00'0000;
constexpr u32 kDestinationFormatFixed = 0x0fff'ffff;
constexpr u32 kSpuriousWritable = 0x3ff;

// Interrupt command register.
using CommandVector = Field<u32, 0, 8, u8>;
using CommandDelivery = Field<u32, 8, 3, DeliveryMode>;
using CommandDestinationMode = Field<u32, 11, 1, DestinationMode>;
using CommandDeliveryStatus = Field<u32, 12>;
using CommandAssert = Field<u32, 14>;
using CommandTrigger = Field<u32, 15, 1, TriggerMode>;
enum class Shorthand : u8 { None = 0, Self = 1, AllIncludingSelf = 2, AllExcludingSelf = 3 };
using CommandShorthand = Field<u32, 18, 2, Shorthand>;
constexpr u32 kCommandWritable = 0x000c'dfff & ~CommandDeliveryStatus::kMask;

// Divide configuration register: bits 0, 1 and 3.
using DivideLow = Field<u32, 0, 2>;
using DivideHigh = Field<u32, 3>;
constexpr u32 kDivideWritable = 0xb;

/// Writable bits of each local vector table entry, in the order of the table.
constexpr std::array<u32, 6> kLvtWritable = {
    LvtVector::kMask | LvtMasked::kMask | LvtPeriodic::kMask,
    LvtVector::kMask | LvtDelivery::kMask | LvtMasked::kMask,
    LvtVector::kMask | LvtDelivery::kMask | LvtMasked::kMask,
    LvtVector::kMask | LvtDelivery::kMask | LvtPolarity::kMask | LvtTrigger::kMask | LvtMasked::kMask,
    LvtVector::kMask | LvtDelivery::kMask | LvtPolarity::kMask | LvtTrigger::kMask | LvtMasked::kMask,
    LvtVector::kMask | LvtMasked::kMask,
};

constexpr bool in_range(u32 offset, Offset first, u32 registers) {
  return offset >= +first && offset < +first + registers * kRegisterStride;
}

}  // namespace

u64 LocalApic::read(u32 offset, Width width) {
  // Registers are the first four bytes of each sixteen; the rest is undefined, here zero.
  if (offset % kRegisterStride >= 4) return 0;
  const u32 aligned = offset / kRegisterStride * kRegisterStride;
  return u64{read_register(aligned)} >> (8 * (offset - aligned)) & open_bus(width);
}

void LocalApic::write(u32 offset, Width width, u64 value) {
  if (offset % kRegisterStride != 0 || width != Width::Dword) {
    log_.unimplemented(LogCategory::Interrupt, "local APIC register written in parts");
    return;
  }
  write_register(offset, static_cast<u32>(value));
  update_intr();
}

u32 LocalApic::read_register(u32 offset) {
  const auto word = [&](const VectorSet& set, Offset first) {
    return set.word((offset - +first) / kRegisterStride);
  };
  if (in_range(offset, Offset::InService, 8)) return word(in_service_, Offset::InService);
  if (in_range(offset, Offset::TriggerMode, 8)) return word(trigger_modes_, Offset::TriggerMode);
  if (in_range(offset, Offset::Requests, 8)) return word(requests_, Offset::Requests);
  if (in_range(offset, Offset::LvtFirst, kLvtCount)) {
    return lvt_[(offset - +Offset::LvtFirst) / kRegisterStride].value();
  }
  switch (static_cast<Offset>(offset)) {
    case Offset::Id:
      return id_;
    case Offset::Version:
      return kVersion;
    case Offset::TaskPriority:
      return task_priority_;
    case Offset::ProcessorPriority:
      return processor_priority();
    case Offset::EndOfInterrupt:
      return 0;  // write-only
    case Offset::LogicalDestination:
      return logical_destination_;
    case Offset::DestinationFormat:
      return destination_format_;
    case Offset::Spurious:
      return spurious_.value();
    case Offset::ErrorStatus:
      return error_status_;
    case Offset::CommandLow:
      return command_low_;
    case Offset::CommandHigh:
      return command_high_;
    case Offset::InitialCount:
      return timer_.initial();
    case Offset::CurrentCount:
      return timer_.current(bus_cycles());
    case Offset::DivideConfiguration:
      return divide_;
    default:
      report_error(kIllegalRegister);
      return 0;
  }
}

void LocalApic::write_register(u32 offset, u32 value) {
  if (in_range(offset, Offset::LvtFirst, kLvtCount)) {
    write_lvt((offset - +Offset::LvtFirst) / kRegisterStride, value);
    return;
  }
  switch (static_cast<Offset>(offset)) {
    case Offset::Id:
      id_ = value & kHighByte;
      break;
    case Offset::TaskPriority:
      task_priority_ = static_cast<u8>(value);
      break;
    case Offset::EndOfInterrupt:
      end_of_interrupt();
      break;
    case Offset::LogicalDestination:
      logical_destination_ = value & kHighByte;
      break;
    case Offset::DestinationFormat:
      destination_format_ = value | kDestinationFormatFixed;
      break;
    case Offset::Spurious:
      write_spurious(value);
      break;
    case Offset::ErrorStatus:
      // A write of any value makes what has happened since the last one readable.
      error_status_ = errors_;
      errors_ = 0;
      break;
    case Offset::CommandLow:
      write_command(value);
      break;
    case Offset::CommandHigh:
      command_high_ = value & kHighByte;
      break;
    case Offset::InitialCount:
      if (waits_for_tsc()) break;
      timer_.start(bus_cycles(), value);
      schedule_timer();
      break;
    case Offset::DivideConfiguration:
      write_divide(value);
      schedule_timer();
      break;
    default:
      // Read-only registers ignore writes; the others are errors.
      if (!in_range(offset, Offset::InService, 24) && offset != +Offset::Version &&
          offset != +Offset::ProcessorPriority && offset != +Offset::CurrentCount) {
        report_error(kIllegalRegister);
      }
      break;
  }
}

void LocalApic::write_spurious(u32 value) {
  spurious_.assign(value & kSpuriousWritable);
  if (software_enabled()) return;
  // Disabling by software masks the whole table, and it stays masked.
  for (Register<u32>& entry : lvt_) entry.set<LvtMasked>(true);
}

void LocalApic::write_lvt(unsigned index, u32 value) {
  Register<u32>& entry = lvt_[index];
  const bool waited_for_tsc = waits_for_tsc();
  const bool timer = index == static_cast<unsigned>(Lvt::Timer);
  entry.assign_masked(value, kLvtWritable[index] | (timer && tsc_hertz_ != 0 ? LvtTscDeadline::kMask : 0));
  if (waits_for_tsc() != waited_for_tsc) {
    // "A transition between the modes disarms the timer" (SDM vol. 3A, 10.5.4.1).
    deadline_ = 0;
    timer_.start(bus_cycles(), 0);
    schedule_timer();
  }
  if (!software_enabled()) entry.set<LvtMasked>(true);
  if (entry.get<LvtTrigger>() == TriggerMode::Edge) entry.set<LvtRemoteIrr>(false);
  if (index == static_cast<unsigned>(Lvt::Lint0)) service_lint(kLint0, false);
}

void LocalApic::write_divide(u32 value) {
  divide_ = value & kDivideWritable;
  timer_.set_divisor(bus_cycles(), divisor());
}

u32 LocalApic::divisor() const {
  // 0 to 6 are 2 to 128; 7 is 1.
  const u32 code = DivideLow::get(divide_) | (DivideHigh::get(divide_) ? 4u : 0u);
  return 1u << ((code + 1) % 8);
}

void LocalApic::write_command(u32 value) {
  command_low_ = value & kCommandWritable;
  InterruptMessage message{.vector = CommandVector::get(value),
                           .delivery = CommandDelivery::get(value),
                           .trigger = CommandTrigger::get(value),
                           .destination_mode = CommandDestinationMode::get(value),
                           .destination = static_cast<u8>(command_high_ >> 24)};
  // INIT level de-assert does nothing in this processor.
  if (message.delivery == DeliveryMode::Init && !CommandAssert::get(value) &&
      message.trigger == TriggerMode::Level) {
    return;
  }
  const bool has_vector =
      message.delivery == DeliveryMode::Fixed || message.delivery == DeliveryMode::LowestPriority;
  if (has_vector && message.vector < kFirstLegalVector) {
    report_error(kSendIllegalVector);
    return;
  }
  // Interprocessor interrupts are edge triggered whatever the trigger mode says.
  message.trigger = TriggerMode::Edge;
  switch (CommandShorthand::get(value)) {
    case Shorthand::None:
      if (addressed(message.destination_mode, message.destination)) take(message);
      break;
    case Shorthand::Self:
    case Shorthand::AllIncludingSelf:
      take(message);
      break;
    case Shorthand::AllExcludingSelf:
      break;  // there is nobody else
  }
}

}  // namespace ringdown
