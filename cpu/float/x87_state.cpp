// Tags, error summary and initialisation of the x87 state.
#include "cpu/float/x87_state.h"

#include "cpu/float/classify.h"

namespace ringdown {

namespace {

X87Tag tag_of(Float80 value) {
  switch (classify(value)) {
    case FloatClass::Zero:
      return X87Tag::Zero;
    case FloatClass::Normal:
      return X87Tag::Valid;
    case FloatClass::Denormal:
    case FloatClass::Infinity:
    case FloatClass::QuietNan:
    case FloatClass::SignalingNan:
    case FloatClass::Unsupported:
      return X87Tag::Special;
  }
  return X87Tag::Special;
}

}  // namespace

void X87State::update_error_summary() {
  const u8 flags = status.get<x87_status::Flags>();
  const u8 masks = control.get<x87_control::Masks>();
  const bool pending = (flags & ~masks & x87_exception::kAll) != 0;
  status.set<x87_status::ErrorSummary>(pending);
  status.set<x87_status::Busy>(pending);
}

u16 X87State::tag_word() const {
  unsigned tags = 0;
  for (u8 i = 0; i < 8; ++i) {
    const X87Tag tag = is_empty(i) ? X87Tag::Empty : tag_of(registers[i]);
    tags |= static_cast<unsigned>(tag) << (2 * i);
  }
  return static_cast<u16>(tags);
}

void X87State::set_tag_word(u16 tags) {
  valid = 0;
  for (u8 i = 0; i < 8; ++i) {
    if (static_cast<X87Tag>(tags >> (2 * i) & 3) != X87Tag::Empty) mark_valid(i);
  }
}

void X87State::initialize() {
  control.assign(x87_control::kInitial);
  status.assign(0);
  valid = 0;
  last_opcode = 0;
  instruction_offset = 0;
  instruction_selector = 0;
  data_offset = 0;
  data_selector = 0;
}

}  // namespace ringdown
