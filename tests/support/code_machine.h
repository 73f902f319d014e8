// A processor with RAM, descriptor tables for four rings, recorded devices and a clock: runs guest code given
// as hexadecimal bytes, bare or under whatever takes its traps.
#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string_view>
#include <vector>

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/scheduler.h"
#include "cpu/processor.h"

namespace ringdown::test {

/// An access that reached a device, and when.
struct DeviceAccess {
  Ticks tick = 0;
  u32 offset = 0;
  u64 value = 0;
  bool write = false;
  friend bool operator==(const DeviceAccess&, const DeviceAccess&) = default;
};
std::ostream& operator<<(std::ostream& out, const DeviceAccess& access);

/// Registers that read as the instruction count and remember every access.
class RecordingDevice final : public BusRange {
 public:
  explicit RecordingDevice(const TickSource& clock) : clock_(clock) {}
  u64 read(u32 offset, Width width) override;
  void write(u32 offset, Width width, u64 value) override;

  std::vector<DeviceAccess> accesses;
  /// Run after a write has been recorded: what the device does besides (raise an interrupt, DMA).
  std::function<void(u32 offset, u64 value)> on_write;

 private:
  const TickSource& clock_;
};

/// An exception or interrupt that reached the handler that halts, with its frame.
struct Taken {
  int vector = -1;  // none
  u32 error_code = 0;
  u32 eip = 0;
  u32 cs = 0;
  u32 eflags = 0;
};

class CodeMachine : private InterruptAcknowledge {
 public:
  // Linear is physical until a test turns paging on.
  static constexpr u32 kGdt = 0x1000, kIdt = 0x2000, kTss = 0x3000, kLdt = 0x6000, kHandlers = 0x7000;
  static constexpr u32 kCode = 0x1'0000, kData = 0x3'0000, kTables = 0x8'0000;
  /// Top of the stack of a ring.
  static constexpr u32 stack_top(unsigned ring) { return 0x2'1000 + 0x1000 * ring; }
  static constexpr u32 kRamSize = 0x20'0000;
  /// The recording device's page, and its 16 ports.
  static constexpr u32 kDevicePage = 0x20'0000;
  static constexpr u16 kPort = 0x40;
  /// Flat 32-bit segments of a ring, with that RPL.
  static constexpr u16 code(unsigned ring) { return static_cast<u16>((1 + 2 * ring) * 8 | ring); }
  static constexpr u16 data(unsigned ring) { return static_cast<u16>((2 + 2 * ring) * 8 | ring); }
  static constexpr u16 kTssSelector = 9 * 8, kLdtSelector = 10 * 8;
  /// Further GDT entries for tests.
  static constexpr u16 kFree = 11 * 8;
  static constexpr u16 kGdtLimit = 32 * 8 - 1;
  static constexpr Ticks kTicksPerSecond = 1'000'000'000;

  /// `ram_size` is at most kRamSize, and beyond kTables if a test wants paging.
  explicit CodeMachine(ProcessorConfig config = {}, const CpuModel& model = CpuModel::standard(),
                       u32 ram_size = kRamSize);

  // The state below is the guest's: set before a monitor is attached.
  /// Protected mode at a ring, EIP at kCode, with every handler a HLT at ring 0.
  void set_ring(unsigned ring);
  /// Real mode: all selectors zero but CS, which is kCode >> 4; handlers are HLTs again.
  void set_real_mode();
  /// Identity paging of the low 4 MiB with 4 KiB pages that user code may write, tables at kTables.
  void enable_paging();
  static constexpr u32 kPageTable = kTables + kPageSize;
  static constexpr u32 page_entry(u32 linear) { return kPageTable + 4 * (linear >> kPageShift); }

  /// Hexadecimal bytes, separated as one likes, to a linear address. Returns the address behind.
  u32 place(u32 linear, std::string_view hex);
  /// The same at kCode.
  u32 place(std::string_view hex) { return place(kCode, hex); }

  template <class T>
  T peek(u32 address) const {
    return memory.read_value<T>(GuestPhysical(address));
  }
  template <class T>
  void poke(u32 address, T value) {
    memory.write_value<T>(GuestPhysical(address), value);
  }
  u32 get(Gpr reg) const { return cpu.registers.get(reg); }
  void set(Gpr reg, u32 value) { cpu.registers.set(reg, value); }

  void gdt(u16 selector, u64 raw) { poke<u64>(kGdt + Selector(selector).offset(), raw); }
  /// An interrupt gate to ring 0; `dpl` says who may INT through it.
  void gate(u8 vector, u32 handler, unsigned dpl = 0);

  /// Runs `ticks` more instructions, events at their exact tick; returns why it ended earlier, or Budget.
  Exit run(Ticks ticks = 1000);
  /// Runs, and says which handler's HLT ended it.
  Taken run_to_handler(Ticks ticks = 1000);

  /// Calls back when `tick` instructions have retired in total.
  void at(Ticks tick, std::function<void()> callback);
  /// Drives INTR; the acknowledge cycle returns `vector` and releases the line. The vector is not part of a
  /// saved state: it is kInterruptVector where nothing else has been said.
  void interrupt(u8 vector = kInterruptVector);
  static constexpr u8 kInterruptVector = 0x40;

  PrivilegedState& guest() { return cpu.guest_view().state; }
  /// All of the guest's EFLAGS.
  u32 eflags() { return cpu.guest_view().eflags(); }

  Log log;
  Bus ports{"port", log};
  Bus devices{"memory", log};
  MemoryStore store;
  GuestMemory memory{store, devices};
  Scheduler scheduler{kTicksPerSecond};
  Processor cpu;
  RecordingDevice port{cpu};
  RecordingDevice page{cpu};

 private:
  u8 acknowledge() override;

  std::vector<EventId> events_;
  u8 vector_ = kInterruptVector;
};

/// A code or data descriptor: `access` is its byte 5, `flags` the high half of its byte 6.
constexpr u64 segment_descriptor(u32 base, u32 limit, u8 access, u8 flags = 0xc) {
  return (limit & 0xffff) | (u64{base & 0xff'ffff} << 16) | (u64{access} << 40) |
         (u64{(limit >> 16) & 0xf} << 48) | (u64{flags} << 52) | (u64{base >> 24} << 56);
}

}  // namespace ringdown::test
