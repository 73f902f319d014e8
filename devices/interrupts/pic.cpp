// One 8259A: command decoding and the priority resolver.
#include "devices/interrupts/pic.h"

#include "core/field.h"

namespace ringdown {
namespace {

// Data sheet, "Initialization Command Words" and "Operation Command Words".
using IsIcw1 = Field<u8, 4>;
using IsOcw3 = Field<u8, 3>;
using Icw1NeedsIcw4 = Field<u8, 0>;
using Icw1Single = Field<u8, 1>;
using Icw2VectorBase = Field<u8, 3, 5>;
using Icw4AutoEnd = Field<u8, 1>;
using Icw4SpecialFullyNested = Field<u8, 4>;
using Ocw2Input = Field<u8, 0, 3>;
using Ocw3ReadRegister = Field<u8, 0, 2>;
using Ocw3Poll = Field<u8, 2>;
using Ocw3SpecialMask = Field<u8, 5, 2>;

enum class Ocw2 : u8 {
  ClearRotateOnAutoEnd = 0,
  NonSpecificEnd = 1,
  NoOperation = 2,
  SpecificEnd = 3,
  SetRotateOnAutoEnd = 4,
  RotateOnNonSpecificEnd = 5,
  SetPriority = 6,
  RotateOnSpecificEnd = 7,
};
using Ocw2Command = Field<u8, 5, 3, Ocw2>;

constexpr u8 kReadRequests = 2;
constexpr u8 kReadInService = 3;
constexpr u8 kSetSpecialMask = 3;
constexpr u8 kClearSpecialMask = 2;
constexpr u8 kPollPending = 0x80;
constexpr unsigned kDefaultInput = 7;

constexpr u8 bit(unsigned n) { return static_cast<u8>(1u << n); }

}  // namespace

void Pic::reset() {
  const u8 inputs = inputs_;
  *this = Pic(cascade_inputs_);
  inputs_ = inputs;
}

void Pic::set_input(unsigned pin, Level level) {
  const u8 mask = bit(pin & 7);
  if (level == Level::High) {
    // Only a rising edge makes a request; ELCR decides at use whether edge or level counts.
    if ((inputs_ & mask) == 0) edge_requests_ |= mask;
    inputs_ |= mask;
  } else {
    // An edge request lasts only while its input stays high (data sheet, "Edge and Level Triggered Modes").
    edge_requests_ &= static_cast<u8>(~mask);
    inputs_ &= static_cast<u8>(~mask);
  }
}

void Pic::set_edge_level(u8 value) { edge_level_ = value; }

std::optional<unsigned> Pic::highest_request() const {
  const u8 wanted = static_cast<u8>(requests() & ~mask_);
  // Special mask mode: an input that is masked while in service inhibits no others.
  const u8 inhibiting = static_cast<u8>(special_mask_ ? in_service_ & ~mask_ : in_service_);
  for (unsigned i = 1; i <= kInputs; ++i) {
    const unsigned input = (lowest_priority_ + i) % kInputs;
    const bool in_service = (inhibiting & bit(input)) != 0;
    const bool nests = special_fully_nested_ && (cascade_inputs_ & bit(input)) != 0;
    if ((wanted & bit(input)) != 0 && (!in_service || nests)) return input;
    if (in_service) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<unsigned> Pic::highest_in_service() const {
  // A non-specific end leaves masked inputs in service in special mask mode (data sheet, "EOI").
  const u8 candidates = static_cast<u8>(special_mask_ ? in_service_ & ~mask_ : in_service_);
  for (unsigned i = 1; i <= kInputs; ++i) {
    const unsigned input = (lowest_priority_ + i) % kInputs;
    if ((candidates & bit(input)) != 0) return input;
  }
  return std::nullopt;
}

unsigned Pic::acknowledge() {
  const std::optional<unsigned> input = highest_request();
  if (!input) return kDefaultInput;
  edge_requests_ &= static_cast<u8>(~bit(*input));
  if (!auto_end_) {
    in_service_ |= bit(*input);
  } else if (rotate_on_auto_end_) {
    lowest_priority_ = static_cast<u8>(*input);
  }
  return *input;
}

u8 Pic::poll() {
  poll_ = false;
  if (!interrupt_requested()) return 0;
  return static_cast<u8>(kPollPending | acknowledge());
}

u8 Pic::read_command() {
  if (poll_) return poll();
  return read_in_service_ ? in_service_ : requests();
}

u8 Pic::read_data() { return poll_ ? poll() : mask_; }

void Pic::write_command(u8 value) {
  if (IsIcw1::get(value)) {
    begin_initialization(value);
  } else if (IsOcw3::get(value)) {
    write_ocw3(value);
  } else {
    write_ocw2(value);
  }
}

void Pic::begin_initialization(u8 icw1) {
  // Clears what the data sheet lists under ICW1. LTIM has no effect: ELCR replaces it (PIIX3, "ICW1").
  edge_requests_ = 0;
  mask_ = 0;
  in_service_ = 0;
  lowest_priority_ = 7;
  special_mask_ = false;
  read_in_service_ = false;
  poll_ = false;
  rotate_on_auto_end_ = false;
  single_ = Icw1Single::get(icw1);
  icw4_needed_ = Icw1NeedsIcw4::get(icw1);
  if (!icw4_needed_) {
    auto_end_ = false;
    special_fully_nested_ = false;
  }
  expect_ = Expect::Icw2;
}

void Pic::write_data(u8 value) {
  const Expect after_icw3 = icw4_needed_ ? Expect::Icw4 : Expect::Operation;
  switch (expect_) {
    case Expect::Operation:
      mask_ = value;
      break;
    case Expect::Icw2:
      vector_base_ = static_cast<u8>(value & Icw2VectorBase::kMask);
      expect_ = single_ ? after_icw3 : Expect::Icw3;
      break;
    case Expect::Icw3:
      // The cascade is soldered: the bit set or slave number has nothing to choose.
      expect_ = after_icw3;
      break;
    case Expect::Icw4:
      auto_end_ = Icw4AutoEnd::get(value);
      special_fully_nested_ = Icw4SpecialFullyNested::get(value);
      expect_ = Expect::Operation;
      break;
  }
}

void Pic::write_ocw2(u8 value) {
  const u8 named = Ocw2Input::get(value);
  const auto end = [this](std::optional<unsigned> input) {
    if (input) in_service_ &= static_cast<u8>(~bit(*input));
  };
  switch (Ocw2Command::get(value)) {
    case Ocw2::ClearRotateOnAutoEnd:
      rotate_on_auto_end_ = false;
      break;
    case Ocw2::SetRotateOnAutoEnd:
      rotate_on_auto_end_ = true;
      break;
    case Ocw2::NonSpecificEnd:
      end(highest_in_service());
      break;
    case Ocw2::RotateOnNonSpecificEnd:
      if (const std::optional<unsigned> input = highest_in_service()) {
        end(input);
        lowest_priority_ = static_cast<u8>(*input);
      }
      break;
    case Ocw2::SpecificEnd:
      end(named);
      break;
    case Ocw2::RotateOnSpecificEnd:
      end(named);
      lowest_priority_ = named;
      break;
    case Ocw2::SetPriority:
      lowest_priority_ = named;
      break;
    case Ocw2::NoOperation:
      break;
  }
}

void Pic::write_ocw3(u8 value) {
  poll_ = Ocw3Poll::get(value);
  if (const u8 read = Ocw3ReadRegister::get(value); read == kReadRequests || read == kReadInService) {
    read_in_service_ = read == kReadInService;
  }
  if (const u8 mode = Ocw3SpecialMask::get(value); mode == kSetSpecialMask || mode == kClearSpecialMask) {
    special_mask_ = mode == kSetSpecialMask;
  }
}

void Pic::serialize(Archive& archive) {
  archive(inputs_, edge_requests_, mask_, in_service_, edge_level_, vector_base_, lowest_priority_, expect_,
          single_, icw4_needed_, read_in_service_, poll_, special_mask_, special_fully_nested_, auto_end_,
          rotate_on_auto_end_);
  if (lowest_priority_ >= kInputs || expect_ > Expect::Icw4) {
    archive.fail("8259A state is impossible");
    *this = Pic(cascade_inputs_);
  }
}

}  // namespace ringdown
