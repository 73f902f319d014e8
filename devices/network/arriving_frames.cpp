// Frames on their way to an adapter, each for as long as the cable takes for it.
#include "devices/network/arriving_frames.h"

#include <utility>

#include "devices/network/ethernet_timing.h"
#include "devices/network/frame_state.h"

namespace ringdown {

ArrivingFrames::ArrivingFrames(Scheduler& scheduler, const std::string& device, u32 slot, u64 bits_per_second,
                               Listening listening, Receiver receiver)
    : scheduler_(scheduler),
      bits_per_second_(bits_per_second),
      listening_(std::move(listening)),
      receiver_(std::move(receiver)) {
  event_ = scheduler.add(device, slot, [this](Picoseconds deadline) { arrived(deadline); });
}

/// Frames that have no event, as a forged state may have them, stand in nobody's way.
bool ArrivingFrames::has_room() const { return frames_.size() < kMost || !scheduler_.scheduled(event_); }

void ArrivingFrames::add(std::span<const std::byte> frame) {
  if (frame.empty() || frame.size() > kLongestFrame || !has_room()) return;
  if (!scheduler_.scheduled(event_)) frames_.clear();
  frames_.emplace_back(frame.begin(), frame.end());
  if (frames_.size() == 1) begin(scheduler_.now());
}

void ArrivingFrames::begin(Picoseconds at) {
  heard_ = listening_();
  scheduler_.schedule(event_, later(at, frame_time(frames_.front().size(), bits_per_second_)));
}

void ArrivingFrames::arrived(Picoseconds deadline) {
  if (frames_.empty()) return;  // of a forged state
  std::vector<std::byte> frame = std::move(frames_.front());
  frames_.pop_front();
  const bool heard = std::exchange(heard_, false);
  if (!frames_.empty()) begin(deadline);
  if (heard) receiver_(std::move(frame));
}

void ArrivingFrames::serialize(Archive& archive) {
  u8 count = static_cast<u8>(frames_.size());
  archive(heard_, count);
  if (count > kMost) {
    archive.fail("more frames arrive than a cable holds");
    count = 0;
  }
  frames_.resize(count);
  for (std::vector<std::byte>& frame : frames_) serialize_frame(archive, frame);
}

}  // namespace ringdown
