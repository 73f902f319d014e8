// Port 61h's half of the NMI logic.
#include "devices/interrupts/nmi_sources.h"

#include "core/field.h"

namespace ringdown {
namespace {

using SystemErrorDisable = Field<u8, 2>;
using IoCheckDisable = Field<u8, 3>;
using IoCheckStatus = Field<u8, 6>;
constexpr u8 kDisables = SystemErrorDisable::kMask | IoCheckDisable::kMask;

}  // namespace

void NmiSources::report_io_check() {
  if (IoCheckDisable::get(disabled_)) return;
  io_check_ = true;
  update();
}

void NmiSources::reset() {
  disabled_ = 0;
  io_check_ = false;
  update();
}

void NmiSources::set_input(unsigned, Level level) {
  enabled_ = level == Level::High;
  update();
}

u64 NmiSources::read(u32, Width width) {
  const u8 other = static_cast<u8>(speaker_port_.read(0, width)) & static_cast<u8>(~kDisables);
  return IoCheckStatus::with(static_cast<u8>(other | disabled_), io_check_);
}

void NmiSources::write(u32, Width width, u64 value) {
  disabled_ = static_cast<u8>(value) & kDisables;
  if (IoCheckDisable::get(disabled_)) io_check_ = false;
  update();
  speaker_port_.write(0, width, value & static_cast<u8>(~kDisables));
}

// The processor takes the edge.
void NmiSources::update() { nmi_.set(io_check_ && enabled_ ? Level::High : Level::Low); }

void NmiSources::serialize(Archive& archive) {
  archive(disabled_, io_check_);
  if (!archive.loading()) return;
  disabled_ &= kDisables;
  update();
}

}  // namespace ringdown
