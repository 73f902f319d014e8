// The receive side: from frames on the wire to descriptors.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/ethernet.h"
#include "core/scheduler.h"
#include "devices/network/e1000/bus_master.h"
#include "devices/network/e1000/frame_buffer.h"
#include "devices/network/e1000/interrupts.h"
#include "devices/network/e1000/statistics.h"
#include "devices/network/e1000/write_back.h"

namespace ringdown::e1000 {

/// A frame that passes the filters goes to memory at once where there are descriptors for it, and otherwise
/// waits in the packet buffer.
class Receiver {
 public:
  struct Surroundings {
    RegisterFile& registers;
    BusMaster& bus;
    Statistics& statistics;
    Interrupts& interrupts;
    Scheduler& scheduler;
    /// Told how many bytes the packet buffer holds when that changes.
    std::function<void(std::size_t)> level_changed;
  };
  static constexpr u32 kSchedulerSlots = 3;

  /// Uses kSchedulerSlots slots from `slot` on.
  Receiver(const Surroundings& around, const std::string& scheduler_name, u32 slot);

  /// Whether the packet buffer would take the longest frame there can be now.
  bool accepts_frame() const;
  /// A frame from the wire, between kEthernetHeaderLength and kLongestFrame bytes.
  void arrive(std::span<const std::byte> frame, FrameKind kind);

  /// Something that frames wait for may have changed: the tail, the enable bit, bus mastering.
  void start();
  /// RDTR.FPD: ends the delay of RXT0.
  void flush();

  void reset();
  void serialize(Archive& archive);

 private:
  static constexpr std::size_t kCheckSequence = 4;

  /// What descriptors say of a frame, and how much of it they have already.
  struct Report {
    u8 status = 0;
    u8 errors = 0;
    u16 checksum = 0;
    u16 special = 0;
    u32 stored = 0;
    void serialize(Archive& archive) { archive(status, errors, checksum, special, stored); }
  };
  struct Waiting {
    std::vector<std::byte> frame;
    Report report;
    void serialize(Archive& archive);
  };

  bool enabled() const;
  std::size_t longest_frame() const;
  std::size_t capacity() const;
  std::size_t buffer_size() const;
  bool taken(std::span<const std::byte> frame, Report& report);
  /// Makes `arriving_` what memory gets.
  void prepare(std::span<const std::byte> frame, Report& report);
  /// Puts it into memory or the packet buffer; false if there is no room in either.
  bool keep(Report& report, FrameKind kind);
  /// Writes as much as there are descriptors for; true if that was all of the frame.
  bool store(std::span<const std::byte> frame, Report& report);
  void use_descriptor(std::span<const std::byte> frame, Report& report);
  void take_descriptor();
  void completed(std::size_t length);
  void report_done();
  void drain();

  Surroundings around_;
  Ring ring_;
  WriteBack write_back_;
  EventId work_;
  DelayTimers delay_;

  FrameBuffer<kLongestFrame + kCheckSequence> arriving_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;  // derived
};

}  // namespace ringdown::e1000
