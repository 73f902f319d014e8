// Keeps the paging events of a run, and what is needed besides to draw guest and shadow tables at any of
// them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "frontend/machine/machine.h"
#include "mmu/paging_event.h"

namespace ringdown {

/// Keeps as much from the beginning as a page for a browser may hold; counts everything. Accesses to one page
/// of a device that follow each other are kept as one event with a count.
class PagingRecorder final : public PagingEventSink {
 public:
  struct Limits {
    u64 events = 250'000;
    std::size_t bytes = std::size_t{24} << 20;  // of JSON
  };
  static constexpr std::size_t kKinds = paging_event_names::kKinds.size();
  static constexpr std::size_t kCauses = paging_event_names::kHiddenCauses.size();

  explicit PagingRecorder(Machine& machine) : PagingRecorder(machine, Limits{}) {}
  PagingRecorder(Machine& machine, Limits limits) : machine_(machine), limits_(limits) {}

  void paging_event(const PagingEvent& event) override;

  /// Everything as one JSON object, with the state that the machine has now
  /// (frontend/lab/paging/report/model.js reads it).
  std::string json();

 private:
  /// No more can be kept: from here on all is cut.
  bool is_full();
  void keep(const PagingEvent& event);
  void append_subject(const PagingEvent& event);
  void append_entry_event(const PagingEvent& event);
  void append_table_event(const PagingEvent& event);
  void append_fault(const PagingEvent& event);
  void append_root_switch(const PagingEvent& event);
  /// Non-zero entries of a guest's table, as slot and entry in turn.
  void append_guest_table(std::string& text, GuestPhysical table) const;
  void finish_device_run();
  std::string machine_json() const;
  std::string counts_json() const;
  /// Guest-physical memory as runs of pages.
  std::string memory_map_json() const;
  /// Guest-physical pages that are write-protected for their descriptor tables.
  std::string descriptor_tables_json() const;
  /// Tables of the guest's active root that nobody watches: of the others the events tell.
  std::string unwatched_tables_json() const;
  const PagingControls& controls() const { return machine_.monitor()->paging().controls(); }
  u32 entry_bytes() const;

  Machine& machine_;
  const Limits limits_;
  std::string events_;  // JSON arrays, each with a comma behind it
  Ticks last_tick_ = 0;
  u64 kept_ = 0;
  u64 told_ = 0;
  bool cut_ = false;
  std::array<u64, kKinds> counts_{};
  std::array<u64, kCauses> causes_{};
  /// Accesses to one page of a device that are not among `events_` yet.
  struct DeviceRun {
    PagingEvent first;
    Ticks tick = 0;
    u64 count = 0;
  };
  std::optional<DeviceRun> device_run_;
  std::unordered_map<u64, u64> stores_trapped_;  // by guest-physical page
};

}  // namespace ringdown
