// The seam between a network adapter and whatever its cable leads to.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/types.h"

namespace ringdown {

using MacAddress = std::array<u8, 6>;

/// Bytes of a frame's header: destination, source, type or length.
inline constexpr std::size_t kEthernetHeaderLength = 14;
/// The shortest frame on a wire, without its check sequence (IEEE 802.3, 3.2.7): what is shorter was padded.
inline constexpr std::size_t kShortestFrame = 60;
/// The longest, without its check sequence, that a wire carries here: jumbo frames of 16 KiB.
inline constexpr std::size_t kLongestFrame = 16 * 1024;

/// Where an adapter's frames go. A frame is what lies between preamble and frame check sequence.
class EthernetWire {
 public:
  virtual ~EthernetWire() = default;
  /// Called on the machine's thread with at most kLongestFrame bytes; it must not block, and copies what it
  /// keeps.
  virtual void transmit(std::span<const std::byte> frame) = 0;
};

/// The adapter's end of the cable. Called on the machine's thread, at instruction boundaries.
class EthernetPort {
 public:
  virtual ~EthernetPort() = default;
  /// Whether a frame of any length would be taken now; what comes meanwhile is kept back for it. An adapter
  /// that is switched off, or that filters the frame out, takes it and drops it.
  virtual bool accepts_frame() const = 0;
  /// A frame has arrived: between kShortestFrame and kLongestFrame bytes.
  virtual void receive(std::span<const std::byte> frame) = 0;
  /// The cable has been plugged in at both ends, or pulled. A reset leaves that as it is.
  virtual void set_link(bool up) = 0;
};

/// Sees every frame that an adapter sends or is handed, on the machine's thread.
class FrameWatcher {
 public:
  virtual ~FrameWatcher() = default;
  virtual void frame(std::span<const std::byte> frame) = 0;
};

}  // namespace ringdown
