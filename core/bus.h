// I/O ports and memory-mapped registers: devices see offsets and widths, never their own address.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/archive.h"
#include "core/log.h"
#include "core/result.h"
#include "core/types.h"

namespace ringdown {

/// Width of one access in bytes.
enum class Width : u8 { Byte = 1, Word = 2, Dword = 4, Qword = 8 };
constexpr unsigned bytes_of(Width width) { return static_cast<unsigned>(width); }
/// All ones of that width: what an access that nobody answers reads.
constexpr u64 open_bus(Width width) {
  return width == Width::Qword ? ~u64{0} : (u64{1} << (8 * bytes_of(width))) - 1;
}

/// A range of registers. Offsets are relative to where the range was attached; a value's unused high bits are
/// zero. Accesses that cross the end of the range or exceed its `widest` arrive split, low part first.
class BusRange {
 public:
  virtual ~BusRange() = default;
  virtual u64 read(u32 offset, Width width) = 0;
  virtual void write(u32 offset, Width width, u64 value) = 0;
};

/// Adapts two member functions of a device to a BusRange, so that a device can have several:
///   Window<Pit, &Pit::read_counter, &Pit::write_counter> counters_{*this};
/// with u64 read(u32 offset, Width) and void write(u32 offset, Width, u64 value).
template <class Device, u64 (Device::*Read)(u32, Width), void (Device::*Write)(u32, Width, u64)>
class Window final : public BusRange {
 public:
  explicit Window(Device& device) : device_(device) {}
  u64 read(u32 offset, Width width) override { return (device_.*Read)(offset, width); }
  void write(u32 offset, Width width, u64 value) override { (device_.*Write)(offset, width, value); }

 private:
  Device& device_;
};

/// One address space of devices: the 64 Ki I/O ports, or the memory map's device pages.
class Bus {
 public:
  /// `name` ("port" or "memory") goes into log lines.
  Bus(std::string name, Log& log) : name_(std::move(name)), log_(log) {}

  /// Attaches `range` at [base, base + length). `device` names it in counters. Overlap is an error of the
  /// board's wiring, or of a guest that moved a BAR onto another: the newcomer is refused.
  Result<void> attach(u64 base, u64 length, BusRange& range, std::string device, Width widest = Width::Dword);
  /// Removes the range attached at `base`; nothing happens if there is none.
  void detach(u64 base);
  /// True if some range covers `address`.
  bool covers(u64 address) const { return find(address) != nullptr; }

  /// Reads that nobody answers return all ones; writes are dropped; both are logged (category bus).
  u64 read(u64 address, Width width);
  void write(u64 address, Width width, u64 value);

  /// Accesses by device name since the machine was created.
  const std::map<std::string, u64>& access_counts() const { return counts_; }
  /// The counts as part of a state; those of devices that are not here are left out.
  void serialize_counts(Archive& archive);

 private:
  struct Attachment {
    u64 base;
    u64 length;
    BusRange* range;
    Width widest;
    u64* accesses;
    u64 end() const { return base + length; }
  };
  const Attachment* find(u64 address) const;
  /// Bytes, at most `limit`, from `address` (which nobody covers) up to the next range.
  u64 gap(u64 address, u64 limit) const;
  /// Bytes of the next piece of an access of `size` bytes at `address` within `range`.
  static unsigned piece(const Attachment& range, u64 address, unsigned size);

  std::string name_;
  Log& log_;
  std::vector<Attachment> attachments_;  // sorted by base
  std::map<std::string, u64> counts_;
};

}  // namespace ringdown
