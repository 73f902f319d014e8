// Lets a machine run on, and tells how it ends.
#include "frontend/lab/violate/aftermath.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "frontend/fault_story.h"

namespace ringdown {

namespace {

/// Instructions between two looks at where the guest is, and of each look.
constexpr Ticks kBetweenLooks = 10'000'000;
constexpr Ticks kLook = 5'000;
/// A loop of at most so many instructions that is seen so often in a row, and in which nothing else runs, is
/// where the guest hangs: kernels wait less long for a device.
constexpr std::size_t kSmallLoop = 32;
constexpr unsigned kHangingLooks = 30;

/// Tells whether a guest stays in one loop.
class LoopWatch {
 public:
  explicit LoopWatch(LockstepSide& side) : side_(side) {}

  /// Runs through one look.
  void look() {
    std::set<u32> seen;
    const Ticks end = side_.machine().ticks() + kLook;
    while (side_.machine().ticks() < end && !side_.ended()) {
      seen.insert(linear_eip());
      side_.run_to(side_.machine().ticks() + 1);
    }
    const bool same = !loop_.empty() && std::includes(loop_.begin(), loop_.end(), seen.begin(), seen.end());
    times_ = same ? times_ + 1 : 0;
    if (!same) {
      loop_ = seen.size() <= kSmallLoop ? std::move(seen) : std::set<u32>();
      since_ = end - kLook;
    }
  }
  bool hangs() const { return times_ >= kHangingLooks; }
  std::string text() const {
    return fmt::format("hangs: in one loop of {} instructions at {:08x} for {} million instructions",
                       loop_.size(), *loop_.begin(), (side_.machine().ticks() - since_) / 1'000'000);
  }

 private:
  u32 linear_eip() const {
    const SystemView& guest = side_.machine().processor().guest_view();
    return guest.state.segment(Segment::Cs).base + guest.registers.eip;
  }

  LockstepSide& side_;
  std::set<u32> loop_;  // linear addresses
  unsigned times_ = 0;
  Ticks since_ = 0;
};

}  // namespace

AfterSide run_on(LockstepSide& side, Ticks within) {
  const Ticks begin = side.machine().ticks();
  const std::size_t said = side.output().size();
  const Ticks end = begin + std::min(within, ~begin);
  LoopWatch loop(side);
  while (!side.ended() && !loop.hangs() && side.machine().ticks() < end) {
    side.run_to(std::min(end, side.machine().ticks() + kBetweenLooks));
    if (side.machine().ticks() < end) loop.look();
  }
  AfterSide after;
  after.output = side.output().substr(said);
  after.instructions = side.machine().ticks() - begin;
  after.end = side.end() == SideEnd::TripleFault ? triple_fault_story(side.machine())
              : side.ended()                     ? side.end_text()
              : loop.hangs()                     ? loop.text()
                                                 : "runs on";
  return after;
}

}  // namespace ringdown
