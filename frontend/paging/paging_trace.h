// --paging-trace: each paging event as a line of JSON.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "core/result.h"
#include "frontend/machine/machine.h"
#include "mmu/paging_event.h"

namespace ringdown {

/// Writes events of a machine under the monitor to a file (docs/paging-trace.md has the format). The guest
/// runs on if the file takes no more.
class PagingTrace final : public PagingEventSink {
 public:
  explicit PagingTrace(Machine& machine);

  /// Creates the file; events until then have been kept.
  Result<void> open(const std::string& path);
  void paging_event(const PagingEvent& event) override;
  /// Writes what is left. The error is one line.
  Result<void> close();

 private:
  void append_entry_event(const PagingEvent& event);
  void append_table_event(const PagingEvent& event);
  void append_fault(const PagingEvent& event);
  void append_root_switch(const PagingEvent& event);
  void append_guest_entry(const PagingEvent& event);
  /// A shadow entry, taken apart.
  void append_shadow_entry(const char* name, u64 entry, u8 level);
  void write_out();

  Machine& machine_;
  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  std::string text_;  // not written yet
  int error_ = 0;     // errno of the write that failed
};

}  // namespace ringdown
