// Turns paging events into lines of JSON.
#include "frontend/paging/paging_trace.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "frontend/paging/paging_text.h"
#include "mmu/shadow_table.h"

namespace ringdown {

namespace {

constexpr int kFormatVersion = 1;
constexpr std::size_t kWriteAt = std::size_t{1} << 20;

std::string header(Machine& machine) {
  const MachineConfig& config = machine.config();
  const nlohmann::ordered_json json{{"format", "ringdown-paging-trace"},
                                    {"version", kFormatVersion},
                                    {"machine",
                                     {{"memory", config.memory_bytes},
                                      {"cpu", config.cpu_model},
                                      {"mode", "trap"},
                                      {"deprivilege", name_of(config.deprivilege)},
                                      {"technique", name_of(config.paging.technique)},
                                      {"sync", name_of(config.paging.sync)}}}};
  return json.dump() + "\n";
}

}  // namespace

PagingTrace::PagingTrace(Machine& machine) : machine_(machine), text_(header(machine)) {}

Result<void> PagingTrace::open(const std::string& path) {
  path_ = path;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (!file_)
    return Error{fmt::format("--paging-trace {}: cannot be created: {}", path, std::strerror(errno))};
  return {};
}

void PagingTrace::paging_event(const PagingEvent& event) {
  if (error_ != 0) return;
  append_text(text_, R"({{"tick":{},"event":"{}")", machine_.ticks(), name_of(event.kind));
  switch (subject_of(event.kind)) {
    case PagingSubject::Table:
      append_table_event(event);
      break;
    case PagingSubject::Entry:
      append_entry_event(event);
      break;
    case PagingSubject::GuestEntry:
      append_text(text_, R"(,"level":{},"slot":{})", event.level, event.slot);
      append_guest_entry(event);
      break;
    case PagingSubject::Fault:
      append_fault(event);
      break;
    case PagingSubject::Root:
      append_root_switch(event);
      break;
  }
  text_ += "}\n";
  if (text_.size() >= kWriteAt && file_) write_out();
}

void PagingTrace::append_table_event(const PagingEvent& event) {
  append_text(text_, R"(,"table":{},"level":{},"physical":"{:#010x}")", event.table, event.level,
              event.physical.value);
  if (event.direct) text_ += R"(,"direct":true)";
  if (event.kind == PagingEventKind::Activate) append_text(text_, R"(,"gib":{})", event.slot);
  if (machine_.config().deprivilege == Deprivilege::Ring3)
    append_text(text_, R"(,"side":"{}")", event.user_side ? "user" : "kernel");
}

void PagingTrace::append_entry_event(const PagingEvent& event) {
  append_text(text_, R"(,"table":{},"level":{},"slot":{})", event.table, event.level, event.slot);
  if (event.in_active_root) append_text(text_, R"(,"linear":"{:#010x}")", event.linear.value);
  append_guest_entry(event);
  append_shadow_entry("old", event.old_entry, event.level);
  append_shadow_entry("new", event.new_entry, event.level);
}

void PagingTrace::append_guest_entry(const PagingEvent& event) {
  if (event.direct) {
    text_ += R"(,"direct":true)";
    return;
  }
  const int digits = 2 + 2 * event.entry_bytes;
  append_text(text_, R"(,"physical":"{:#010x}","guest":"{:#0{}x}")", event.physical.value, event.guest_entry,
              digits);
}

void PagingTrace::append_shadow_entry(const char* name, u64 entry, u8 level) {
  using namespace shadow_entry;
  append_text(text_, R"(,"{}":)", name);
  if (!Present::get(entry)) {
    text_ += "null";
  } else if (level == 1) {
    append_text(text_, R"({{"frame":"{:#x}","page":"{:#x}","rights":"{}","withheld":"{}"}})",
                Target::get(entry), GuestPage::get(entry), rights_text(Rights::get(entry)),
                withheld_text(entry));
  } else {
    append_text(text_, R"({{"table":{},"rights":"{}"}})", Target::get(entry),
                rights_text(Rights::get(entry)));
  }
}

void PagingTrace::append_fault(const PagingEvent& event) {
  append_text(text_, R"(,"linear":"{:#010x}")", event.linear.value);
  if (event.kind == PagingEventKind::HiddenFault) {
    append_text(text_, R"(,"physical":"{:#010x}","cause":"{}")", event.physical.value, name_of(event.cause));
  }
  append_text(text_, R"(,"error_code":{},"access":"{}")", event.error_code,
              error_code_text(event.error_code));
}

void PagingTrace::append_root_switch(const PagingEvent& event) {
  const PagingControls& controls = machine_.monitor()->paging().controls();
  append_text(text_, R"(,"physical":"{:#010x}","cr3":"{:#010x}","old_cr3":"{:#010x}","paging":"{}")",
              event.physical.value, event.guest_entry, event.old_entry, paging_mode_name(controls));
  append_text(text_, R"(,"write_protect":{},"page_size_extension":{},"no_execute":{})",
              controls.write_protect, controls.page_size_extension, controls.no_execute);
}

void PagingTrace::write_out() {
  if (std::fwrite(text_.data(), 1, text_.size(), file_.get()) != text_.size()) error_ = errno;
  text_.clear();
}

Result<void> PagingTrace::close() {
  if (!file_) return {};
  if (error_ == 0) write_out();
  if (std::fclose(file_.release()) != 0 && error_ == 0) error_ = errno;
  if (error_ == 0) return {};
  return Error{fmt::format("--paging-trace {}: {}: the trace is incomplete", path_, std::strerror(error_))};
}

}  // namespace ringdown
