// The transmit side: from descriptors to frames on the wire.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/scheduler.h"
#include "devices/network/e1000/bus_master.h"
#include "devices/network/e1000/descriptors.h"
#include "devices/network/e1000/frame_buffer.h"
#include "devices/network/e1000/interrupts.h"
#include "devices/network/e1000/phy.h"
#include "devices/network/e1000/statistics.h"
#include "devices/network/e1000/write_back.h"

namespace ringdown::e1000 {

/// Fetches descriptors and data as fast as the packet buffer takes them, and puts frames on the wire when
/// they enter it; the buffer then drains at the wire's speed. All work is done by events, bounded for each: a
/// register write only starts it.
class Transmitter {
 public:
  struct Surroundings {
    RegisterFile& registers;
    BusMaster& bus;
    Statistics& statistics;
    Interrupts& interrupts;
    const Phy& phy;
    Scheduler& scheduler;
    /// Takes each frame that is sent.
    std::function<void(std::span<const std::byte>)> send;
  };
  static constexpr u32 kSchedulerSlots = 3;

  /// Uses kSchedulerSlots slots from `slot` on.
  Transmitter(const Surroundings& around, const std::string& scheduler_name, u32 slot);

  /// Something it waits for may have changed: the tail, its enable bit, bus mastering.
  void start();
  /// TIDV.FPD: ends the delay of TXDW.
  void flush();
  /// PAUSE: nothing is sent until then; a moment that has passed ends a pause.
  void pause_until(Picoseconds end);
  bool paused() const;

  void reset();
  void serialize(Archive& archive);

 private:
  /// What a controller takes together: the longest frame with a VLAN tag (317453, 3.3.3.1: 16,288 bytes of
  /// data).
  static constexpr std::size_t kMostData = 16'288;
  static constexpr std::size_t kTagLength = 4;
  static constexpr std::size_t kMostHeader = 255;

  /// What the descriptors of a packet have said so far.
  struct Packet {
    bool open = false;      // its end has not come
    bool given_up = false;  // nothing of it is sent any more
    u64 first = 0;          // the options of its first descriptor
    Context context;        // as it was then
    u32 segment = 0;
    u32 offset = 0;  // of this segment's payload
    bool segmented() const { return Extended::get(first) && SegmentationEnable::get(first); }
    void serialize(Archive& archive) { archive(open, given_up, first, context, segment, offset); }
  };

  bool enabled() const;
  /// Comes back later if the packet buffer is full.
  bool wait_for_buffer();
  void run();
  /// Takes as much of the descriptor as makes one frame; true if it is used up.
  bool consume();
  void take_context();
  void begin_packet();
  void take_data(std::size_t length);
  bool take_segments(std::size_t length);
  void end_packet();
  /// Sends what has been put together as one segment, and begins the next.
  void send_segment(bool last);
  void send_packet();
  void insert_tag(u64 options);
  void put_on_wire();
  void finish_descriptor();
  void report(u64 options, u64 status_address);
  void report_done();

  Surroundings around_;
  Ring ring_;
  WriteBack write_back_;
  EventId work_;
  DelayTimers delay_;

  std::optional<Descriptor> descriptor_;  // being worked on
  u32 consumed_ = 0;                      // bytes of its data
  Packet packet_;
  Context checksum_context_;
  Context segmentation_context_;
  FrameBuffer<kMostHeader> header_;  // the prototype of segments
  FrameBuffer<kMostData + kTagLength> frame_;
  Picoseconds buffer_empty_at_ = 0;
  Picoseconds paused_until_ = 0;
};

}  // namespace ringdown::e1000
