// The controller's end of the PCI bus.
#pragma once

#include "core/dma_memory.h"
#include "devices/network/e1000/descriptors.h"
#include "devices/network/e1000/register_file.h"

namespace ringdown::e1000 {

/// Reads and writes memory while the command register lets it. Other devices' registers are out of reach:
/// reads of them find all ones, and writes are lost.
class BusMaster {
 public:
  explicit BusMaster(GuestMemory& memory) : memory_(memory) {}

  bool enabled() const { return enabled_ && powered_; }
  void set_enabled(bool enabled) { enabled_ = enabled; }
  bool powered() const { return powered_; }
  void set_powered(bool powered) { powered_ = powered; }

  void read(u64 address, std::span<std::byte> data) const;
  void write(u64 address, std::span<const std::byte> data) const;
  Descriptor read_descriptor(u64 address) const;

 private:
  DmaMemory memory_;
  bool enabled_ = false;  // both derived from configuration space
  bool powered_ = true;
};

/// A ring of descriptors, as its registers describe it.
class Ring {
 public:
  /// `base` is RDBAL or TDBAL.
  Ring(RegisterFile& registers, Offset base) : registers_(registers), base_(base) {}

  u32 size() const { return registers_[base_ + kLength] / kDescriptorLength; }
  u32 head() const { return registers_[base_ + kHead]; }
  bool empty() const { return size() == 0 || head() == registers_[base_ + kTail]; }
  /// Descriptors from head to tail.
  u32 waiting() const;
  u64 head_address() const {
    return (u64{registers_[base_ + kBaseHigh]} << 32 | registers_[base_]) + u64{head()} * kDescriptorLength;
  }
  void advance();

 private:
  // The registers of both rings follow each other in the same way.
  static constexpr u32 kBaseHigh = 0x04;
  static constexpr u32 kLength = 0x08;
  static constexpr u32 kHead = 0x10;
  static constexpr u32 kTail = 0x18;

  RegisterFile& registers_;
  Offset base_;
};

}  // namespace ringdown::e1000
