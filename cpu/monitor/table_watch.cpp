// Which frames hold the guest's descriptor tables.
#include "cpu/monitor/table_watch.h"

#include <algorithm>

namespace ringdown {

void TableWatch::retire_all() {
  for (Watched& watched : watched_) watched.in_use = false;
}

void TableWatch::add(const Part& part) {
  Watched added{part, true, 0};
  for (const Watched& other : watched_) {
    if (other.part.frame == part.frame)
      added.stores_beside = std::max(added.stores_beside, other.stores_beside);
  }
  std::erase_if(watched_, [&](const Watched& other) { return other.part == part; });
  watched_.push_back(added);
  if (!added.busy()) memory_.track(part.frame, Tracking::DescriptorTable);
  if (watched_.size() > kMostParts) drop_oldest();
}

void TableWatch::drop_oldest() {
  const HostFrame frame = watched_.front().part.frame;
  watched_.erase(watched_.begin());
  const auto needs = [&](const Watched& other) { return other.part.frame == frame; };
  if (std::ranges::none_of(watched_, needs)) memory_.untrack(frame, Tracking::DescriptorTable);
}

bool TableWatch::stored(HostFrame frame, u32 offset, u32 length, std::span<const SegmentRegister> segments) {
  if (!memory_.tracked(frame, Tracking::DescriptorTable)) return false;
  const auto concerned = [&](const Watched& watched) {
    return watched.in_use && watched.part.frame == frame && watched.part.overlaps(offset, length) &&
           std::ranges::any_of(segments, [&](const SegmentRegister& segment) {
             return watched.part.holds(Selector(segment.selector));
           });
  };
  if (std::ranges::any_of(watched_, concerned)) return true;
  for (Watched& watched : watched_) {
    if (watched.part.frame != frame) continue;
    ++watched.stores_beside;
    if (watched.busy()) memory_.untrack(frame, Tracking::DescriptorTable);
  }
  return false;
}

void TableWatch::clear() {
  for (const Watched& watched : watched_) memory_.untrack(watched.part.frame, Tracking::DescriptorTable);
  watched_.clear();
}

void TableWatch::serialize(Archive& archive) {
  if (archive.loading()) clear();
  archive(watched_);
  if (!archive.loading()) return;
  const auto possible = [&](const Watched& watched) {
    const Part& part = watched.part;
    return part.frame.value < memory_.store().frame_count() && part.begin < part.end && part.end <= kPageSize;
  };
  if (watched_.size() > kMostParts || !std::ranges::all_of(watched_, possible)) {
    archive.fail("a descriptor table lies where none can be");
    watched_.clear();
  }
  for (const Watched& watched : watched_) {
    if (!watched.busy()) memory_.track(watched.part.frame, Tracking::DescriptorTable);
  }
}

}  // namespace ringdown
