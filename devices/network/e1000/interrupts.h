// Interrupt causes, their mask, and the throttle in front of INTA#.
#pragma once

#include <functional>
#include <string>

#include "core/archive.h"
#include "core/interrupt_line.h"
#include "core/scheduler.h"
#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// ICR, ICS, IMS, IMC and ITR (317453, 13.4.17 to 13.4.21).
class Interrupts {
 public:
  /// `drive` is told the level of INTA# when it changes.
  Interrupts(const RegisterFile& registers, Scheduler& scheduler, const std::string& scheduler_name, u32 slot,
             std::function<void(Level)> drive);

  void raise(u32 causes);
  /// Reading acknowledges everything.
  u32 read_causes();
  /// Acknowledges the bits that are one.
  void acknowledge(u32 causes);
  u32 mask() const { return mask_; }
  void enable(u32 causes);
  void disable(u32 causes);

  void reset();
  void serialize(Archive& archive);

 private:
  void update();
  void set_level(Level level);

  const RegisterFile& registers_;
  Scheduler& scheduler_;
  std::function<void(Level)> drive_;
  EventId throttle_;

  u32 causes_ = 0;
  u32 mask_ = 0;
  Level level_ = Level::Low;
  Picoseconds quiet_until_ = 0;  // INTA# is not asserted again before that
};

/// A timer that every event starts anew, and one beside it that only the first of them starts: whichever ends
/// first ends both. RDTR and RADV, TIDV and TADV.
class DelayTimers {
 public:
  /// Two slots from `slot` on.
  DelayTimers(Scheduler& scheduler, const std::string& scheduler_name, u32 slot,
              const std::function<void()>& expired);

  /// In units of 1.024 us; an absolute delay of zero is none.
  void start(u32 delay, u32 absolute_delay);
  bool running() const { return scheduler_.scheduled(relative_); }
  void cancel();

 private:
  Scheduler& scheduler_;
  EventId relative_;
  EventId absolute_;
};

}  // namespace ringdown::e1000
