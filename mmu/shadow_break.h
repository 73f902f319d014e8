// Faults put into the shadow on purpose, so that an audit, and a guest that dies of one, can be seen.
#pragma once

#include <optional>

#include "core/types.h"

namespace ringdown {

/// One thing that goes wrong once.
struct ShadowBreak {
  enum class Kind : u8 {
    DropSync,     // a shadow entry is not brought in line with a store to the guest's
    StaleTlb,     // the TLB is not told that a translation it holds is gone
    LoseProtect,  // a frame that becomes a table is not write-protected
  };
  Kind kind = Kind::DropSync;
  u64 nth = 1;  // of the events of that kind
};

/// Counts events and says which one goes wrong.
class ShadowBreaker {
 public:
  explicit ShadowBreaker(std::optional<ShadowBreak> wanted) : wanted_(wanted) {}
  /// Whether faults of that kind are still to come: only then events need counting.
  bool awaits(ShadowBreak::Kind kind) const { return wanted_ && wanted_->kind == kind; }
  /// One more event of a kind that is awaited: true if it goes wrong.
  bool strikes() {
    if (++count_ != wanted_->nth) return false;
    wanted_.reset();
    return true;
  }

 private:
  std::optional<ShadowBreak> wanted_;
  u64 count_ = 0;
};

}  // namespace ringdown
