// Through which TLB entries each host frame may be written.
#pragma once

#include <array>
#include <vector>

#include "core/types.h"

namespace ringdown {

/// One entry of one of the memory unit's TLBs.
struct TlbPlace {
  u16 tlb = 0;
  u16 slot = 0;
  friend bool operator==(const TlbPlace&, const TlbPlace&) = default;
};

/// Two places for each frame: a frame is seldom writable for more than its owner and the kernel. A frame that
/// had more is marked, and all TLBs must be searched for it. A place may be out of date: whoever reads it
/// looks at the entry.
class FrameWriters {
 public:
  explicit FrameWriters(u32 frames) : places_(frames, kNobody) {}

  /// `holds(place)`: the entry there does grant writes to the frame.
  template <class Holds>
  void add(u32 frame, TlbPlace place, Holds holds) {
    Places& places = places_[frame];
    if (places[0] == kMany) return;
    for (TlbPlace& known : places) {
      if (known != kNone && known != place && holds(known)) continue;
      known = place;
      return;
    }
    places[0] = kMany;
  }
  /// Calls `visit(place)` for each place that may grant writes, or `search()` if they are not known.
  template <class Visit, class Search>
  void visit(u32 frame, Visit visit, Search search) const {
    const Places& places = places_[frame];
    if (places[0] == kMany) return search();
    for (const TlbPlace known : places) {
      if (known != kNone) visit(known);
    }
  }
  bool none(u32 frame) const { return places_[frame] == kNobody; }
  /// No entry grants writes to the frame any more.
  void clear(u32 frame) { places_[frame] = kNobody; }

 private:
  // No TLB has so many slots.
  static constexpr TlbPlace kNone{0xffff, 0xffff};
  static constexpr TlbPlace kMany{0xffff, 0xfffe};
  using Places = std::array<TlbPlace, 2>;
  static constexpr Places kNobody{kNone, kNone};
  std::vector<Places> places_;
};

}  // namespace ringdown
