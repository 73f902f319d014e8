// A file of every frame that an adapter sends or gets, for tcpdump and Wireshark.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/ethernet.h"
#include "core/result.h"
#include "core/types.h"

struct pcap;
struct pcap_dumper;

namespace ringdown {

/// In libpcap's format with nanoseconds. Every frame is written through, so that the file can be looked at
/// while the machine runs, and is whole whatever becomes of the program.
class PacketCapture final : public FrameWatcher {
 public:
  /// Nanoseconds since 1970 by the guest's clock.
  using Time = std::function<u64()>;

  explicit PacketCapture(std::string path) : path_(std::move(path)) {}
  ~PacketCapture() override;

  /// Creates the file. The error names the option.
  Result<void> open(Time time);
  void frame(std::span<const std::byte> frame) override;
  /// Whether every frame got into the file.
  Result<void> close();

 private:
  void fail();

  std::string path_;
  Time time_;
  pcap* format_ = nullptr;
  pcap_dumper* file_ = nullptr;
  int error_ = 0;  // of the first write that failed; nothing is written after it
};

}  // namespace ringdown
