// Guest, shadow and host beside each other, as text.
#include "frontend/debug/paging_views.h"

#include <fmt/core.h>

#include <map>
#include <optional>

#include "cpu/paging_controls.h"
#include "frontend/debug/console_views.h"
#include "frontend/paging/paging_text.h"
#include "mmu/page_entry.h"
#include "mmu/shadow_paging.h"
#include "mmu/shadow_table.h"

namespace ringdown {

namespace {

constexpr const char* kBare = "bare: there is no monitor, the processor walks the guest's own tables.\n";

/// nullptr with another technique, or in bare mode.
const ShadowPaging* shadow_of(Machine& machine) {
  if (machine.monitor() == nullptr) return nullptr;
  return dynamic_cast<const ShadowPaging*>(&machine.monitor()->paging());
}

std::string_view level_name(u8 level) { return level == 2 ? "page directory" : "page table"; }

/// What the tables in a guest's page are, by page number.
struct TableUse {
  bool directory = false;
  bool page_table = false;
  u32 present = 0;
};
std::map<u64, TableUse> table_uses(const ShadowPaging* shadow) {
  std::map<u64, TableUse> uses;
  if (shadow == nullptr) return uses;
  for (const ShadowPaging::TableSummary& table : shadow->tables()) {
    if (table.direct) continue;
    TableUse& use = uses[table.base.value >> kPageShift];
    (table.level == 2 ? use.directory : use.page_table) = true;
    use.present += table.present;
  }
  return uses;
}

/// "page table", "page directory, descriptor table": for what a frame is write-protected; empty if it is not.
std::string protection_text(Machine& machine, HostFrame frame, const TableUse* use) {
  std::string text;
  const auto add = [&](bool wanted, std::string_view word) {
    if (wanted) append_text(text, "{}{}", text.empty() ? "" : ", ", word);
  };
  if (machine.memory().tracked(frame, Tracking::ShadowedTable) && use != nullptr) {
    add(use->directory, level_name(2));
    add(use->page_table, level_name(1));
  }
  add(machine.memory().tracked(frame, Tracking::DescriptorTable), "descriptor table");
  return text;
}

std::string host_text(Machine& machine, GuestPhysical address) {
  const GuestMemory::Page page = machine.memory().page(address);
  if (!is_frame(page.read_frame)) return "no frame: a device, or nothing";
  const HostFrame frame(page.read_frame);
  const std::map<u64, TableUse> uses = table_uses(shadow_of(machine));
  const auto use = uses.find(machine.memory().apply_a20(address).value >> kPageShift);
  const std::string protection = protection_text(machine, frame, use == uses.end() ? nullptr : &use->second);
  return fmt::format("frame {:x}, {}{}{}", frame.value,
                     is_plain_ram(page) ? "RAM" : "read-only or shared with ROM",
                     protection.empty() ? ", not write-protected" : ", write-protected: ", protection);
}

/// "entry 768 of table 35: to table 16; user, write, execute".
std::string shadow_text(const ShadowPaging::Step& step, u8 level) {
  using namespace shadow_entry;
  std::string text = fmt::format("entry {} of shadow {} {}: ", step.slot, level_name(level), step.table);
  if (!Present::get(step.entry)) return text + "not present";
  const u32 target = Target::get(step.entry);
  text +=
      level == 2 ? fmt::format("to shadow page table {}", target) : fmt::format("to host frame {:x}", target);
  append_text(text, "; {}", rights_words(Rights::get(step.entry)));
  if (const std::string withheld = withheld_text(step.entry); level == 1 && !withheld.empty())
    text += "; write withheld";
  return text;
}

/// Lines of one level under a common name.
class Levels {
 public:
  void begin(std::string_view name) { name_ = name; }
  void line(std::string_view whose, std::string_view what) {
    append_text(text_, "{:<16} {:<7} {}\n", name_, whose, what);
    name_ = {};
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void show_level(Levels& levels, Machine& machine, u8 level, const WalkResult& walk,
                const std::vector<ShadowPaging::Step>& steps) {
  levels.begin(level == 2 ? "directory entry" : "table entry");
  const std::size_t index = level == 2 ? 0 : 1;
  if (index < walk.depth) {
    const WalkStep& step = walk.steps[index];
    levels.line("guest", fmt::format("at {:08x}: {:08x}{}", step.entry_address.value, step.entry,
                                     entry_flags(step.entry)));
  } else {
    levels.line("guest", "none");
  }
  if (index < steps.size()) levels.line("shadow", shadow_text(steps[index], level));
  if (index < walk.depth) levels.line("host", host_text(machine, walk.steps[index].entry_address));
}

}  // namespace

std::string paging_view(Machine& machine, GuestLinear address) {
  const PagingControls controls = paging_controls(machine.processor().guest_view());
  const WalkResult walk = walk_page(machine.memory(), controls, address);
  const ShadowPaging* const shadow = shadow_of(machine);
  const std::vector<ShadowPaging::Step> steps =
      shadow != nullptr ? shadow->steps(address) : std::vector<ShadowPaging::Step>();
  Levels levels;
  levels.begin("root");
  levels.line("guest", fmt::format("paging {}, CR3 {:08x}, WP {:d}", paging_mode_name(controls), controls.cr3,
                                   controls.write_protect));
  for (const u8 level : {u8{2}, u8{1}}) show_level(levels, machine, level, walk, steps);
  levels.begin("page");
  if (walk.present && !walk.reserved_bit) {
    const GuestPhysical physical = walk.page + (address.value & kPageOffsetMask);
    levels.line("guest", fmt::format("guest-physical {:08x}: {}, {}, {}{}", physical.value,
                                     walk.user ? "user" : "supervisor", walk.writable ? "write" : "read-only",
                                     walk.no_execute ? "no execute" : "execute",
                                     walk.large ? ", in a large page" : ""));
    levels.line("host", host_text(machine, physical));
  } else {
    levels.line("guest", walk.reserved_bit ? "a reserved bit is set: page fault" : "not present: page fault");
  }
  std::string text = levels.take();
  if (machine.monitor() == nullptr) return text + kBare;
  if (shadow != nullptr) return text;
  const PagingTechnique& paging = machine.monitor()->paging();
  return text + fmt::format("{}: {}\n", name_of(paging.technique()), paging.describe(address));
}

std::string paging_statistics_view(Machine& machine) {
  if (machine.monitor() == nullptr) return kBare;
  const PagingTechnique& paging = machine.monitor()->paging();
  std::string text = fmt::format("technique: {}\n", name_of(paging.technique()));
  const PagingCounters& c = paging.counters();
  for (const auto& [count, what] : std::initializer_list<std::pair<u64, const char*>>{
           {c.fills, "entries filled"},
           {c.syncs, "entries synced with the guest's"},
           {c.hidden_faults, "hidden faults"},
           {c.true_faults, "true page faults"},
           {c.write_protect_traps, "stores to write-protected frames"},
           {c.device_accesses, "instructions that accessed device pages"},
           {c.root_switches, "root switches"},
           {c.root_cache_hits, "of them to roots that were at hand"},
           {c.audits, "audits"}})
    append_text(text, "{:>14}  {}\n", count, what);
  if (const ShadowPaging* const shadow = shadow_of(machine)) {
    u64 directories = 0, page_tables = 0, direct = 0, entries = 0;
    for (const ShadowPaging::TableSummary& table : shadow->tables()) {
      ++(table.direct ? direct : table.level == 2 ? directories : page_tables);
      entries += table.present;
    }
    append_text(text, "{:>14}  shadow page directories\n{:>14}  shadow page tables\n", directories,
                page_tables);
    append_text(text, "{:>14}  tables for large pages, or paging off\n{:>14}  entries present\n", direct,
                entries);
  }
  append_text(text, "{:>14}  KiB of host memory\n", paging.memory_used() >> 10);
  return text;
}

std::string protected_frames_view(Machine& machine) {
  if (machine.monitor() == nullptr) return kBare;
  const std::map<u64, TableUse> uses = table_uses(shadow_of(machine));
  std::string text;
  u64 count = 0;
  constexpr u64 kPages = u64{1} << (32 - kPageShift);
  for (u64 number = 0; number < kPages; ++number) {
    const GuestMemory::Page page = machine.memory().page(GuestPhysical(number << kPageShift));
    if (!is_plain_ram(page) || !is_write_protected(machine.memory(), HostFrame(page.read_frame))) continue;
    const auto use = uses.find(number);
    const TableUse* const known = use == uses.end() ? nullptr : &use->second;
    const std::string what = protection_text(machine, HostFrame(page.read_frame), known);
    // With A20 off, another address leads to the same frame.
    if (what.empty()) continue;
    ++count;
    append_text(text, "{:08x}  frame {:<6x} {}", number << kPageShift, page.read_frame, what);
    if (known != nullptr) append_text(text, ", {} shadow entries present", known->present);
    text += '\n';
  }
  return text + fmt::format("{} guest frames are write-protected.\n", count);
}

}  // namespace ringdown
