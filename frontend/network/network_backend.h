// What a network adapter's cable leads to, outside the machine.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "core/ethernet.h"
#include "core/input_seam.h"
#include "core/result.h"
#include "frontend/network/frame_queue.h"

namespace ringdown {

/// Tells the user something, from any thread.
using NetworkNotice = std::function<void(const std::string&)>;

/// The way into the machine of one adapter, from any thread.
class NetworkInput {
 public:
  NetworkInput(InputSeam& inputs, unsigned adapter) : inputs_(inputs), adapter_(adapter) {}
  /// A frame that has come; dropped if the machine does not take them fast enough, or if it is none.
  void frame(std::span<const std::byte> frame);
  /// The cable is plugged in at the other end, or not.
  void link(bool up);
  u64 dropped() const { return dropped_; }

 private:
  InputSeam& inputs_;
  unsigned adapter_;
  std::atomic<u64> dropped_{0};
};

/// Made in two steps: making it touches nothing, so that every option is checked before anything is created.
class NetworkBackend : public EthernetWire {
 public:
  /// Whether the cable is plugged in when the machine starts; otherwise the back end tells when it is.
  virtual bool plugged_in_at_start() const { return true; }
  /// Opens, creates or connects; `input` outlives what happens until close(). Errors name the option.
  virtual Result<void> open(NetworkInput& input) = 0;
  /// Ends all that goes on; what the guest sends afterwards is dropped.
  virtual void close() = 0;
  /// Frames of the guest that did not get away, since they came faster than the other end takes them.
  virtual u64 dropped() const = 0;
};

/// One that lives in a thread of its own and gets the guest's frames in a queue.
class ThreadedBackend : public NetworkBackend {
 public:
  ~ThreadedBackend() override = default;
  void transmit(std::span<const std::byte> frame) final;
  void close() final;
  u64 dropped() const final { return dropped_; }

 protected:
  /// The thread runs `serve()` until `stopping()`; the queue's bell is rung then.
  void start();
  virtual void serve() = 0;
  /// Called at the end of close(), without the thread.
  virtual void closed() {}
  bool stopping() const { return stopping_; }
  FrameQueue& queue() { return queue_; }
  /// Frames are dropped, uncounted, while there is no other end.
  void set_connected(bool connected);

 private:
  FrameQueue queue_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<u64> dropped_{0};
  std::thread thread_;
};

}  // namespace ringdown
