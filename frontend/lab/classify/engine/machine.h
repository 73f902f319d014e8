// The experiment machine: the processor with nothing around it but memory and ports that remember accesses.
// No monitor: the definitions are about the hardware.
#pragma once

#include "core/bus.h"
#include "core/log.h"
#include "core/memory.h"
#include "cpu/processor.h"
#include "frontend/lab/classify/engine/case.h"
#include "frontend/lab/classify/engine/outcome.h"
#include "frontend/lab/classify/engine/tables.h"

namespace ringdown::classify {

class ExperimentMachine {
 public:
  explicit ExperimentMachine(const CpuModel& model, HandlerSubstitution substitution = {});

  /// Runs the one instruction of the case. The result depends on the arguments alone, unless what runs is
  /// not determined by the state.
  void run(const Case& c, const Setting& setting, Outcome& outcome);

 private:
  /// Every port: reads as a constant.
  class Ports final : public BusRange {
   public:
    u64 read(u32, Width width) override {
      ++reads;
      return 0x5a5a'5a5a & open_bus(width);
    }
    void write(u32, Width, u64) override { ++writes; }
    u32 reads = 0;
    u32 writes = 0;
  };

  void map_memory();
  u8* page_at(u32 physical) { return store_.page(HostFrame(physical >> kPageShift)); }
  void place_tables(const Setting& setting);
  bool tables_changed();
  void place_code(const Case& c, u32 physical);
  void place_data(const Case& c, u32 physical);
  void load_processor(const Case& c, const PrivilegedState& state);
  /// Whether an exception was delivered, and which.
  std::optional<u8> step();
  void take(const PrivilegedState& before, u32 data_physical, Outcome& outcome);

  const CpuModel& model_;
  Log log_;
  Bus ports_bus_{"port", log_};
  Bus devices_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_{store_, devices_};
  Processor cpu_;
  Ports ports_;
  u64 apic_base_ = 0;
  bool ferr_ = false;
  std::array<u64, 32> exceptions_{};
  Tables tables_;
  bool tables_intact_ = false;  // memory holds them
};

}  // namespace ringdown::classify
