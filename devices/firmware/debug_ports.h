// Ports for development: firmware's debug console, the test exit, and the power-on self test code.
#pragma once

#include <functional>

#include "core/archive.h"
#include "core/bus.h"
#include "core/machine_control.h"

namespace ringdown {

/// Port 402h: SeaBIOS writes its log there if a read gives E9h.
class DebugConsole final : public BusRange {
 public:
  using Sink = std::function<void(char)>;

  /// Without a sink the port says it is not there, which spares the firmware the work.
  explicit DebugConsole(Sink sink) : sink_(std::move(sink)) {}

  u64 read(u32, Width width) override { return sink_ ? kPresent : open_bus(width); }
  void write(u32, Width, u64 value) override {
    if (sink_) sink_(static_cast<char>(value));
  }

 private:
  static constexpr u64 kPresent = 0xe9;
  Sink sink_;
};

/// Port 501h: a test guest ends the process with the code it writes.
class DebugExit final : public BusRange {
 public:
  explicit DebugExit(MachineControl& control) : control_(control) {}

  u64 read(u32, Width width) override { return open_bus(width); }
  void write(u32, Width, u64 value) override { control_.request_exit(static_cast<u8>(value)); }

 private:
  MachineControl& control_;
};

/// Port 80h: a latch in front of two seven-segment digits, which can be read back. Programs write it to wait.
class PostPort final : public BusRange, public Serializable {
 public:
  u64 read(u32, Width) override { return code_; }
  void write(u32, Width, u64 value) override { code_ = static_cast<u8>(value); }
  u8 code() const { return code_; }

  ChunkTag chunk_tag() const override { return ChunkTag("POST"); }
  void serialize(Archive& archive) override { archive(code_); }

 private:
  u8 code_ = 0;
};

}  // namespace ringdown
