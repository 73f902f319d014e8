// Everything that reaches the machine from outside, stamped with the instruction count: record and replay.
#pragma once

#include <atomic>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/result.h"
#include "core/scheduler.h"
#include "core/types.h"

namespace ringdown {

/// Who receives an input. The numbers stand in recordings: never reuse one.
enum class InputChannel : u8 {
  Keyboard = 1,  // payload: scan codes of set 2 as the keyboard sends them
  Mouse = 2,     // payload: s16 dx, s16 dy, s8 wheel, u8 buttons
  Serial0 = 3,   // payload: received bytes
  Serial1 = 4,
  Serial2 = 5,
  Serial3 = 6,
  ClockRate = 7,  // payload: u64 ticks per second
  PowerButton = 8,
  SerialBreak = 9,  // payload: u8 port
  Medium = 10,      // payload: as MediumChange encodes it
  RtcTime = 11,     // payload: as `to_payload` of a CivilTime encodes it
  Nmi = 12,         // the NMI button
  Nic0 = 13,        // payload: a frame that has come over the network adapter's cable
  Nic1 = 14,
  Nic2 = 15,
  Nic3 = 16,
  NicLink = 17,  // payload: u8 adapter, u8 1 if its cable is plugged in
};

/// When an input arrives: a halted processor retires nothing while time passes, so both clocks count.
struct InputMoment {
  Ticks ticks = 0;
  Picoseconds time = 0;
  friend auto operator<=>(const InputMoment&, const InputMoment&) = default;
};

struct InputEvent {
  InputMoment at;
  InputChannel channel{};
  std::vector<u8> payload;
};

/// Hands inputs from any thread to the machine's thread, at instruction boundaries that the machine chooses.
class InputSeam : public Serializable {
 public:
  using Receiver = std::function<void(const std::vector<u8>& payload)>;
  /// Whether the receiver takes one more input now; until then its inputs wait, in order.
  using Gate = std::function<bool()>;

  /// One receiver per channel, connected at machine construction.
  void connect(InputChannel channel, Receiver receiver, Gate gate = {});

  /// From any thread: queues an input; false if it was dropped, since kMostQueued of its channel wait.
  /// Ignored while replaying. `wake` (if set) is called afterwards.
  bool post(InputChannel channel, std::vector<u8> payload);
  static constexpr unsigned kMostQueued = 4096;
  void set_wake(std::function<void()> wake);

  /// Machine thread, at an instruction boundary: delivers what was posted (or, replaying, what is due at
  /// `now`) and records it with `now`. At most once at a moment: what comes later waits for the next.
  void deliver(InputMoment now);
  /// Machine thread: something was posted and can be delivered.
  bool pending();
  /// While replaying: the count of the next input, so that the machine stops there; kNever without one, and
  /// if it lies at `now` or before, where only time must pass.
  Ticks next_replay_ticks(Ticks now) const;
  /// While replaying: the time of the next input if its count has been reached; kNeverTime otherwise.
  Picoseconds next_replay_time(Ticks now) const;

  /// Starts recording to `path`; the file is written through as inputs arrive. A later write that fails (disk
  /// full) ends the recording: see recording_failed().
  Result<void> record_to(const std::string& path);
  bool recording_failed() const { return recording_failed_; }
  /// Loads a recording; from now on posted inputs are ignored.
  Result<void> replay_from(const std::string& path);

  static constexpr Ticks kNever = ~Ticks{0};

  /// Saves how many inputs were delivered, so that a restored machine replays those that come after.
  ChunkTag chunk_tag() const override { return ChunkTag("INPT"); }
  void serialize(Archive& archive) override;

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Connection {
    Receiver receiver;
    Gate gate;
    std::deque<InputEvent> held;  // machine thread: what waits for the gate
  };

  const InputEvent* next_to_replay() const;
  void deliver_replayed(InputMoment now);
  void deliver_posted(InputMoment now);
  void hand_over(InputEvent event, InputMoment now, const Receiver& receiver);
  void record(const InputEvent& event);
  void drop_held();

  std::map<InputChannel, Connection> connections_;
  std::mutex mutex_;  // guards the next three
  std::vector<InputEvent> posted_;
  std::map<InputChannel, unsigned> queued_;  // posted and not delivered
  std::function<void()> wake_;
  std::atomic<bool> replaying_{false};
  std::vector<InputEvent> replay_;
  bool recording_failed_ = false;
  u64 replay_first_ = 0;  // inputs the machine had received when the recording began
  std::optional<InputMoment> last_delivery_;
  u64 delivered_ = 0;  // inputs delivered since the machine was created
  std::unique_ptr<std::FILE, CloseFile> record_file_;
};

}  // namespace ringdown
