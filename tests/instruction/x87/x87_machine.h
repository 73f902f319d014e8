// A processor with RAM and paging, on which x87 instructions run one by one and faults are caught.
#pragma once

#include <optional>
#include <vector>

#include "core/memory.h"
#include "cpu/cpu_model.h"
#include "cpu/processor.h"

namespace ringdown::test {

using Code = std::vector<u8>;

/// Remembers an exception instead of delivering it.
class FaultCatcher final : public TrapHandler {
 public:
  explicit FaultCatcher(Processor& cpu) : cpu_(cpu) {}

  bool stops(const InstructionRow&, const Operation&, u32, u8) const override { return false; }
  u8 policy() const override { return 0; }
  Privilege privilege() const override { return Privilege::User; }
  Outcome on_sensitive(const Operation&) override { return Outcome::NotRetired; }
  Outcome on_exception(const Fault& fault, const Operation*) override;
  void on_event(Event) override {}
  void on_smi(const IoInstruction*) override {}
  void on_init() override {}
  AccessStatus read_physical_table(GuestLinear, std::span<std::byte>) override { return AccessStatus::Done; }
  AccessStatus write_physical_table(GuestLinear, std::span<const std::byte>) override {
    return AccessStatus::Done;
  }
  SystemView& guest_view() override { return cpu_.physical_view(); }

  std::optional<Fault> caught;

 private:
  Processor& cpu_;
};

/// Flat protected mode at CPL 3 with CR0.NE, EDI at kData. Every page is mapped but kHole.
class X87Machine {
 public:
  static constexpr u32 kCode = 0x1000;
  static constexpr u32 kData = 0x2000;
  static constexpr u32 kHole = 0x5000;
  static constexpr u16 kCodeSelector = 0x1b;
  static constexpr u16 kDataSelector = 0x23;

  explicit X87Machine(ProcessorConfig config = {});
  ~X87Machine();

  /// Runs the one instruction; true if it completed, otherwise `fault()` tells why not.
  bool execute(const Code& code);
  /// Runs `count` instructions of one block.
  bool execute_block(const Code& code, unsigned count);
  const Fault& fault() const { return *catcher_.caught; }

  /// Changes CR0 bits.
  void set_cr0(u32 bits, bool on);
  /// Virtual-8086 mode with the code segment at paragraph kCode / 16 and the others at zero: 16-bit code, and
  /// the real-mode layouts of the environment.
  void enter_virtual_8086();

  template <class T>
  void poke(u32 address, const T& value) {
    memory_.write_value(GuestPhysical(address), value);
  }
  template <class T>
  T peek(u32 address) {
    return memory_.read_value<T>(GuestPhysical(address));
  }

  GuestMemory& memory() { return memory_; }
  X87State& x87() { return cpu.x87; }
  u16 status() const { return cpu.x87.status.value(); }
  /// ST(i).
  Float80 st(u8 i) const { return cpu.x87.registers[cpu.x87.physical(i)]; }

 private:
  void build_page_table();

  Log log_;
  Bus bus_{"memory", log_};
  Bus ports_{"port", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, bus_};

 public:
  Processor cpu;
  /// Levels of FERR#, as the processor drove them.
  std::vector<bool> ferr;

 private:
  FaultCatcher catcher_{cpu};
};

}  // namespace ringdown::test
