// The counters of processor, shadow and buses in the state file: --stats goes on counting behind a restore.
#pragma once

#include "core/archive.h"
#include "core/bus.h"
#include "cpu/monitor/monitor.h"
#include "cpu/processor.h"

namespace ringdown {

/// Restored last, since restoring the others counts too. (The monitor's own statistics are part of its
/// state.)
class MachineCounters final : public Serializable {
 public:
  /// `monitor` is nullptr in bare mode.
  MachineCounters(Processor& processor, Monitor* monitor, Bus& ports, Bus& device_memory)
      : processor_(processor), monitor_(monitor), ports_(ports), device_memory_(device_memory) {}

  ChunkTag chunk_tag() const override { return ChunkTag("CNTR"); }
  u16 chunk_version() const override { return PagingCounters::kProtectionCounted; }
  void serialize(Archive& archive) override {
    processor_.serialize_counters(archive);
    if (monitor_ != nullptr) monitor_->paging().serialize_counters(archive);
    ports_.serialize_counts(archive);
    device_memory_.serialize_counts(archive);
  }

 private:
  Processor& processor_;
  Monitor* monitor_;
  Bus& ports_;
  Bus& device_memory_;
};

}  // namespace ringdown
