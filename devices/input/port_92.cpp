// System control port A.
#include "devices/input/port_92.h"

#include "core/field.h"

namespace ringdown {
namespace {

using FastInit = Field<u8, 0>;
using FastA20 = Field<u8, 1>;
constexpr u8 kDefined = FastInit::kMask | FastA20::kMask;

}  // namespace

Port92::Port92(A20Gate& gate, MachineControl& control) : gate_(gate), control_(control) { reset(); }

void Port92::reset() {
  value_ = 0;
  gate_.set(A20Gate::Source::Port92, false);
}

u64 Port92::read(u32, Width) { return value_; }

void Port92::write(u32, Width, u64 value) {
  const u8 byte = static_cast<u8>(value) & kDefined;
  // Only the change from 0 to 1 resets.
  if (FastInit::get(byte) && !FastInit::get(value_)) control_.request_processor_reset();
  value_ = byte;
  gate_.set(A20Gate::Source::Port92, FastA20::get(value_));
}

void Port92::serialize(Archive& archive) {
  archive(value_);
  if (!archive.loading()) return;
  value_ &= kDefined;
  gate_.set(A20Gate::Source::Port92, FastA20::get(value_));
}

}  // namespace ringdown
