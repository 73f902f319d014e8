// Paging events as compact JSON.
#include "frontend/lab/paging/paging_recorder.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "frontend/paging/paging_text.h"
#include "mmu/page_entry.h"
#include "mmu/shadow_table.h"

namespace ringdown {

namespace {

constexpr int kFormatVersion = 1;
/// Of guest-physical memory.
constexpr u64 kPages = u64{1} << (32 - kPageShift);
/// What the tables that nobody watched may add at the end.
constexpr std::size_t kMostUnwatched = std::size_t{4} << 20;

void close_list(std::string& text) {
  if (text.back() == ',') text.pop_back();
  text += ']';
}

/// Where a field is: its lowest bit and its width.
template <class Field>
std::array<int, 2> place() {
  return {std::countr_zero(Field::kMask), std::popcount(Field::kMask)};
}

nlohmann::ordered_json shadow_entry_layout() {
  return {{"present", place<shadow_entry::Present>()},
          {"rights", place<shadow_entry::Rights>()},
          {"withheld", place<shadow_entry::Withheld>()},
          {"withheldShift", shadow_entry::kWithheldShift},
          {"target", place<shadow_entry::Target>()},
          {"page", place<shadow_entry::GuestPage>()},
          {"user", shadow_rights::kUser},
          {"supervisorWrite", shadow_rights::kSupervisorWrite},
          {"userWrite", shadow_rights::kUserWrite},
          {"execute", shadow_rights::kExecute}};
}

}  // namespace

u32 PagingRecorder::entry_bytes() const { return geometry_of(mode_of(controls())).entry_bytes; }

void PagingRecorder::paging_event(const PagingEvent& event) {
  ++told_;
  ++counts_[static_cast<std::size_t>(event.kind)];
  const bool hidden = event.kind == PagingEventKind::HiddenFault;
  if (hidden) ++causes_[static_cast<std::size_t>(event.cause)];
  if (hidden && event.cause == HiddenCause::Protected) ++stores_trapped_[event.physical.value >> kPageShift];
  if (cut_) return;
  if (hidden && event.cause == HiddenCause::Device) {
    if (device_run_ && page_of(device_run_->first.linear) == page_of(event.linear)) {
      ++device_run_->count;
      return;
    }
    finish_device_run();
    device_run_ = DeviceRun{event, machine_.ticks(), 1};
    return;
  }
  finish_device_run();
  keep(event);
}

bool PagingRecorder::is_full() {
  if (kept_ >= limits_.events || events_.size() >= limits_.bytes) cut_ = true;
  return cut_;
}

void PagingRecorder::finish_device_run() {
  if (!device_run_) return;
  const DeviceRun run = *std::exchange(device_run_, std::nullopt);
  if (is_full()) return;
  append_text(events_, "[{},{}", static_cast<unsigned>(run.first.kind), run.tick - last_tick_);
  append_fault(run.first);
  append_text(events_, ",{}],", run.count);
  last_tick_ = run.tick;
  ++kept_;
}

void PagingRecorder::keep(const PagingEvent& event) {
  if (is_full()) return;
  append_text(events_, "[{},{}", static_cast<unsigned>(event.kind), machine_.ticks() - last_tick_);
  last_tick_ = machine_.ticks();
  append_subject(event);
  events_ += "],";
  ++kept_;
}

void PagingRecorder::append_subject(const PagingEvent& event) {
  const PagingSubject subject = subject_of(event.kind);
  if (subject == PagingSubject::Table) return append_table_event(event);
  if (subject == PagingSubject::Entry) return append_entry_event(event);
  if (subject == PagingSubject::Fault) return append_fault(event);
  if (subject == PagingSubject::Root) return append_root_switch(event);
  append_text(events_, R"(,{},{},{},"{:x}")", event.level, event.slot, event.physical.value,
              event.guest_entry);
}

void PagingRecorder::append_table_event(const PagingEvent& event) {
  append_text(events_, ",{},{},{},{},{},{}", event.table, event.level, event.physical.value,
              event.direct ? 1 : 0, event.user_side ? 1 : 0, event.slot);
  if (event.kind == PagingEventKind::Protect) {
    events_ += ",[";
    append_guest_table(events_, event.physical);
    close_list(events_);
  }
}

void PagingRecorder::append_entry_event(const PagingEvent& event) {
  append_text(events_, R"(,{},{},{},{},{},"{:x}","{:x}","{:x}")", event.table, event.level, event.slot,
              event.in_active_root ? static_cast<s64>(event.linear.value) : -1,
              event.direct ? -1 : static_cast<s64>(event.physical.value), event.guest_entry, event.old_entry,
              event.new_entry);
}

void PagingRecorder::append_fault(const PagingEvent& event) {
  append_text(events_, ",{},{},{},{}", event.linear.value, event.physical.value,
              static_cast<unsigned>(event.cause), event.error_code);
}

void PagingRecorder::append_root_switch(const PagingEvent& event) {
  const PagingControls& c = controls();
  append_text(events_, R"(,{},{},"{}",{},{},{},[)", event.guest_entry, event.old_entry, paging_mode_name(c),
              c.write_protect ? 1 : 0, c.page_size_extension ? 1 : 0, c.no_execute ? 1 : 0);
  if (mode_of(c) == PagingMode::Pae) {
    for (const u64 pointer : c.pdpte) append_text(events_, R"("{:x}",)", pointer);
  }
  close_list(events_);
}

void PagingRecorder::append_guest_table(std::string& text, GuestPhysical table) const {
  std::array<std::byte, kPageSize> page;
  machine_.memory().read(table, page);
  const u32 bytes = entry_bytes();
  for (u32 slot = 0; slot < kPageSize / bytes; ++slot) {
    u64 entry = 0;
    std::memcpy(&entry, page.data() + slot * bytes, bytes);
    if (entry != 0) append_text(text, R"({},"{:x}",)", slot, entry);
  }
}

std::string PagingRecorder::machine_json() const {
  const MachineConfig& config = machine_.config();
  return nlohmann::ordered_json{{"memory", config.memory_bytes},
                                {"cpu", config.cpu_model},
                                {"deprivilege", name_of(config.deprivilege)},
                                {"technique", name_of(config.paging.technique)},
                                {"sync", name_of(config.paging.sync)},
                                {"ticks", machine_.ticks()}}
      .dump();
}

std::string PagingRecorder::counts_json() const {
  nlohmann::ordered_json counts = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<PagingEventKind>(i);
    counts.push_back({name_of(kind), counts_[i], static_cast<unsigned>(subject_of(kind))});
  }
  nlohmann::ordered_json causes = nlohmann::ordered_json::array();
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    causes.push_back({name_of(static_cast<HiddenCause>(cause)), causes_[cause]});
  const std::map<u64, u64> by_page(stores_trapped_.begin(), stores_trapped_.end());
  return nlohmann::ordered_json{
      {"kinds", counts},
      {"causes", causes},
      {"storesTrapped", nlohmann::ordered_json(std::vector(by_page.begin(), by_page.end()))},
      {"told", told_},
      {"kept", kept_},
      {"cut", cut_}}
      .dump();
}

std::string PagingRecorder::memory_map_json() const {
  // First page, pages, first host frame or -1 for devices, 1 if writes go to the same frames.
  struct Run {
    u64 first;
    u64 pages;
    s64 frame;
    bool writable;
  };
  std::vector<Run> runs;
  for (u64 number = 0; number < kPages; ++number) {
    const GuestMemory::Page page = machine_.memory().page(GuestPhysical(number << kPageShift));
    const s64 frame = is_frame(page.read_frame) ? s64{page.read_frame} : -1;
    const bool writable = is_plain_ram(page);
    if (!runs.empty()) {
      Run& last = runs.back();
      const s64 next = last.frame < 0 ? -1 : last.frame + static_cast<s64>(last.pages);
      if (last.writable == writable && frame == next) {
        ++last.pages;
        continue;
      }
    }
    runs.push_back({number, 1, frame, writable});
  }
  std::string text = "[";
  for (const Run& run : runs)
    append_text(text, "[{},{},{},{}],", run.first, run.pages, run.frame, run.writable ? 1 : 0);
  close_list(text);
  return text;
}

std::string PagingRecorder::descriptor_tables_json() const {
  std::string text = "[";
  for (u64 number = 0; number < kPages; ++number) {
    const GuestMemory::Page page = machine_.memory().page(GuestPhysical(number << kPageShift));
    if (is_plain_ram(page) &&
        machine_.memory().tracked(HostFrame(page.read_frame), Tracking::DescriptorTable))
      append_text(text, "{},", number);
  }
  close_list(text);
  return text;
}

std::string PagingRecorder::unwatched_tables_json() const {
  const PagingControls& c = controls();
  const PagingMode mode = mode_of(c);
  std::string text = "[";
  const TableGeometry geometry = geometry_of(mode);
  const u64 directory_entries = mode == PagingMode::None ? 0 : (u64{1} << 32) >> geometry.directory_shift;
  for (u64 number = 0; number < directory_entries && text.size() < kMostUnwatched; ++number) {
    const GuestLinear linear(static_cast<u32>(number << geometry.directory_shift));
    const std::optional<WalkStep> step = read_directory_entry(machine_.memory(), c, linear);
    if (!step || !page_entry::Present::get(step->entry) ||
        maps_large_page(step->entry, mode, c.page_size_extension))
      continue;
    const GuestPhysical table = frame_address(step->entry, mode);
    const GuestMemory::Page page = machine_.memory().page(table);
    if (!is_plain_ram(page) || machine_.memory().tracked(HostFrame(page.read_frame), Tracking::ShadowedTable))
      continue;
    append_text(text, "[{},[", table.value);
    append_guest_table(text, table);
    close_list(text);
    text += "],";
  }
  close_list(text);
  return text;
}

std::string PagingRecorder::json() {
  finish_device_run();
  std::string events = events_;
  if (!events.empty()) events.pop_back();
  std::string json =
      fmt::format(R"({{"version":{},"machine":{},"layout":{},"counts":{},"memoryMap":{})", kFormatVersion,
                  machine_json(), shadow_entry_layout().dump(), counts_json(), memory_map_json());
  append_text(json, R"(,"descriptorTables":{},"unwatched":{},"events":[{}]}})",
              cut_ ? "[]" : descriptor_tables_json(), cut_ ? "[]" : unwatched_tables_json(), events);
  return json;
}

}  // namespace ringdown
