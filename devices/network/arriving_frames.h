// Frames on their way to an adapter, each for as long as the cable takes for it.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/ethernet.h"
#include "core/scheduler.h"

namespace ringdown {

/// The first frame is on the cable, another one may follow it without a pause: the next one is taken while
/// one arrives, so that a busy guest receives at the cable's speed, too. They pass whether or not the adapter
/// hears them.
class ArrivingFrames {
 public:
  using Listening = std::function<bool()>;
  using Receiver = std::function<void(std::vector<std::byte> frame)>;

  /// `device` and `slot` name the event, as Scheduler::add wants it. `listening` is asked when a frame
  /// begins: if it says so, `receiver` gets the frame when its last bit has passed.
  ArrivingFrames(Scheduler& scheduler, const std::string& device, u32 slot, u64 bits_per_second,
                 Listening listening, Receiver receiver);
  ArrivingFrames(const ArrivingFrames&) = delete;
  ArrivingFrames& operator=(const ArrivingFrames&) = delete;

  /// Whether a frame arrives that will be received.
  bool receiving() const { return heard_; }
  bool has_room() const;
  std::size_t count() const { return frames_.size(); }
  /// An empty frame, or one that no cable carries, or for which there is no room, is dropped.
  void add(std::span<const std::byte> frame);
  /// The rest of what arrives now is not heard.
  void ignore() { heard_ = false; }

  void serialize(Archive& archive);

 private:
  static constexpr std::size_t kMost = 2;

  void arrived(Picoseconds deadline);
  void begin(Picoseconds at);

  Scheduler& scheduler_;
  u64 bits_per_second_;
  Listening listening_;
  Receiver receiver_;
  EventId event_;
  std::deque<std::vector<std::byte>> frames_;
  bool heard_ = false;  // the first of them is
};

}  // namespace ringdown
