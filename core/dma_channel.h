// An ISA DMA channel as the device on it sees it.
#pragma once

#include <cstddef>
#include <span>

#include "core/interrupt_line.h"
#include "core/types.h"

namespace ringdown {

/// A device that moves data over an ISA DMA channel.
class DmaClient {
 public:
  virtual ~DmaClient() = default;
  /// The channel can move data for the request that this device holds high: it was unmasked or enabled.
  virtual void dma_ready() = 0;
};

/// One of the channels 0 to 3 (bytes) and 5 to 7 (words) of the two 8237s. The device chooses when data
/// moves; the guest's programming of the channel decides where, how much, and in which direction.
class DmaChannel {
 public:
  virtual ~DmaChannel() = default;

  /// What one transfer did.
  struct Transfer {
    std::size_t bytes = 0;        // a multiple of the channel's width; 0 while the guest keeps it off
    bool terminal_count = false;  // TC: the programmed count was reached, and the transfer ended there
  };

  /// One device per channel, connected at construction of the machine.
  virtual void connect(DmaClient& client) = 0;
  /// DREQ. The level is the device's state: it drives it again after a restore.
  virtual void set_request(Level level) = 0;
  /// Moves from device to memory at most `data`.
  virtual Transfer to_memory(std::span<const std::byte> data) = 0;
  /// Moves from memory to the device at most `data`.
  virtual Transfer from_memory(std::span<std::byte> data) = 0;
};

}  // namespace ringdown
