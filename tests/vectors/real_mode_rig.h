// A processor with memory and nothing else, set up in real mode from a captured state and compared with one.
#pragma once

#include <memory>
#include <string>

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "cpu/processor.h"
#include "tests/vectors/moo.h"

namespace ringdown::test {

class RealModeRig {
 public:
  explicit RealModeRig(ProcessorConfig config);

  /// Runs a test from its initial state to HLT. Returns what differs from its final state, or nothing.
  /// `ignored_flags` are not compared, neither in FLAGS nor where an exception pushed them.
  std::string run(const MooTest& test, u16 ignored_flags);

 private:
  void set_up(const MooState& state);
  void set_segment(Segment segment, u16 selector);
  u16 value(MooRegister reg) const;
  std::string compare(const MooTest& test, u16 ignored_flags);

  Log log_;
  Bus ports_{"port", log_};
  Bus devices_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, devices_};
  std::unique_ptr<Processor> cpu_;
};

}  // namespace ringdown::test
