// Which blocks of an overlay's file are in use.
#pragma once

#include <vector>

#include "frontend/images/overlay_format.h"

namespace ringdown::overlay {

class Space {
 public:
  struct Run {
    Place first = kNowhere;  // nowhere: there is none
    u32 count = 0;
  };
  enum class Growth : u8 { Allowed, Forbidden };

  Space() { take(0), take(1); }

  /// Marks a block as used; false if it was.
  bool take(Place place);
  void release(Place place);
  /// Takes up to `wanted` blocks in a row, at least one. The file grows by them unless there is much free
  /// space in it, or where it must not grow.
  Run allocate(u32 wanted, Growth growth);
  /// Takes an allocation back; if it lies at the end, the file need not grow by it.
  void give_back(Run run);

  /// Blocks in the file, used or not.
  Place end() const { return end_; }
  u32 free() const { return free_; }

 private:
  void cut(Place place);
  static constexpr u32 kBits = 64;
  bool used(Place place) const { return (bits_[place / kBits] >> (place % kBits) & 1) != 0; }
  Run allocate_inside(u32 wanted);
  Place next_free(Place from) const;

  std::vector<u64> bits_;
  Place end_ = 0;
  Place cursor_ = 0;  // where the last search ended: neighbours in time are neighbours in the file
  u32 free_ = 0;
};

}  // namespace ringdown::overlay
