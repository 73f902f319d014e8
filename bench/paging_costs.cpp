// What shadow paging costs as address spaces and memory grow: nanoseconds of a fill, a synchronisation, a
// protection and a switch of the root, in tables for docs/shadow-paging.md.
#include <fmt/core.h>

#include <array>
#include <ctime>
#include <functional>
#include <vector>

#include "core/memory.h"
#include "mmu/memory_unit.h"
#include "mmu/page_entry.h"
#include "mmu/shadow_paging.h"

using namespace ringdown;

namespace {

constexpr u64 kMebibyte = u64{1} << 20;
constexpr u32 kPresent = 1, kWritable = 2, kUser = 4, kAccessed = 0x20, kDirty = 0x40;
constexpr u32 kAll = kPresent | kWritable | kUser;

/// Address spaces as an operating system has them: each with pages of its own, all with the kernel's.
constexpr u32 kOwnTables = 2;
constexpr u32 kPagesPerTable = 64;
constexpr u32 kKernelSlot = 768;  // of the directory
constexpr u32 kKernelTables = 4;

double cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds of CPU for each of `count` steps that `work` does.
double cost(u64 count, const std::function<void()>& work) {
  const double start = cpu_nanoseconds();
  work();
  return (cpu_nanoseconds() - start) / static_cast<double>(count);
}

class Guest {
 public:
  Guest(u64 memory_bytes, u32 processes, ShadowSync sync)
      : store_(std::move(*MemoryStore::create(memory_bytes, 0))),
        memory_(store_, bus_),
        unit_(memory_),
        paging_(memory_, unit_, Deprivilege::Ring1, {.sync = sync}) {
    memory_.map_ram(GuestPhysical(0), memory_bytes, HostFrame(0));
    unit_.set_address_space(paging_);
    for (u32 i = 0; i < kKernelTables; ++i) kernel_.push_back(make_table(false));
    for (u32 i = 0; i < processes; ++i) make_process();
  }

  u32 processes() const { return static_cast<u32>(directories_.size()); }
  void run(u32 process) {
    PagingControls controls;
    controls.paging = true;
    controls.write_protect = true;
    controls.cr3 = directories_[process];
    paging_.set_controls(controls);
  }
  void touch(u32 linear) {
    u32 value = 0;
    if (unit_.read_value(GuestLinear(linear), Privilege::Supervisor, value) != AccessStatus::Done)
      fmt::print(stderr, "no page at {:08x}\n", linear);
  }
  void touch_own_page(u32 number) {
    touch(number / kPagesPerTable << 22 | number % kPagesPerTable << kPageShift);
  }
  void touch_kernel_page(u32 number) {
    touch((kKernelSlot + number / kPagesPerTable) << 22 | number % kPagesPerTable << kPageShift);
  }
  /// Makes an entry of the table lead to the page of another.
  void remap(u32 table, u32 slot) {
    const u32 other = memory_.read_value<u32>(GuestPhysical(table + (slot + 1) % kPagesPerTable * 4));
    memory_.write_value(GuestPhysical(table + slot * 4), other | kAccessed | kDirty);
  }
  u32 own_table(u32 process, u32 number) const { return own_[process * kOwnTables + number]; }
  u32 kernel_table(u32 number) const { return kernel_[number]; }
  u32 make_table(bool user) {
    const u32 table = next_table();
    for (u32 slot = 0; slot < kPagesPerTable; ++slot) {
      const u32 rights = user ? kAll : kPresent | kWritable;
      const u32 page = next_page();
      memory_.write_value(GuestPhysical(page), page);  // the host, too, has it from here on
      memory_.write_value(GuestPhysical(table + slot * 4), page | rights);
    }
    return table;
  }
  /// Gives the process a page table more.
  void add_table(u32 process, u32 slot, u32 table) {
    memory_.write_value(GuestPhysical(directories_[process] + slot * 4), table | kAll);
  }
  const PagingCounters& counters() const { return paging_.counters(); }
  u64 shadow_bytes() const { return paging_.memory_used(); }

 private:
  /// Frames of tables come from the bottom, those of pages from all over the memory.
  u32 next_table() {
    const u32 table = next_table_;
    next_table_ += kPageSize;
    return table;
  }
  u32 next_page() {
    const u32 frames = static_cast<u32>(store_.ram_size() >> kPageShift);
    constexpr u32 kStride = 40'503;  // odd: reaches every frame
    next_frame_ = (next_frame_ + kStride) % frames;
    return std::max(next_frame_, frames / 2) << kPageShift;
  }
  void make_process() {
    const u32 directory = next_table();
    for (u32 i = 0; i < kOwnTables; ++i) {
      own_.push_back(make_table(true));
      memory_.write_value(GuestPhysical(directory + i * 4), own_.back() | kAll);
    }
    for (u32 i = 0; i < kKernelTables; ++i)
      memory_.write_value(GuestPhysical(directory + (kKernelSlot + i) * 4),
                          kernel_[i] | kPresent | kWritable);
    directories_.push_back(directory);
  }

  Log log_;
  Bus bus_{"memory", log_};
  MemoryStore store_;
  GuestMemory memory_;
  MemoryUnit unit_;
  ShadowPaging paging_;
  u32 next_table_ = 0x10'0000;
  u32 next_frame_ = 1;
  std::vector<u32> directories_, own_, kernel_;
};

struct Costs {
  double make_root, fill, switch_root, sync_own, sync_kernel, sync_released, protect;
  u64 shadow_bytes, evictions;
};

constexpr u32 kOwnPages = kOwnTables * kPagesPerTable;
constexpr u32 kKernelPages = kKernelTables * kPagesPerTable;

/// Every step is done so often that all processes take part.
Costs measure(u64 memory_bytes, u32 processes) {
  Costs costs{};
  Guest guest(memory_bytes, processes, ShadowSync::Strict);
  constexpr u64 kRounds = 200'000;
  guest.run(0);
  for (u32 page = 0; page < kKernelPages; ++page) guest.touch_kernel_page(page);
  costs.make_root = cost(processes, [&] {
    for (u32 i = 0; i < processes; ++i) guest.run(i);
  });
  costs.fill = cost(u64{processes} * kOwnPages, [&] {
    for (u32 i = 0; i < processes; ++i) {
      guest.run(i);
      for (u32 page = 0; page < kOwnPages; ++page) guest.touch_own_page(page);
    }
  });
  costs.switch_root = cost(kRounds, [&] {
    for (u64 i = 0; i < kRounds; ++i) guest.run(static_cast<u32>(i % processes));
  });
  guest.run(0);
  const auto store_and_touch = [&](u32 table, void (Guest::*touch)(u32)) {
    return cost(kRounds, [&] {
      for (u64 i = 0; i < kRounds; ++i) {
        guest.remap(table, i % kPagesPerTable);
        (guest.*touch)(i % kPagesPerTable);
      }
    });
  };
  costs.sync_own = store_and_touch(guest.own_table(0, 0), &Guest::touch_own_page);
  costs.sync_kernel = store_and_touch(guest.kernel_table(0), &Guest::touch_kernel_page);
  costs.evictions = guest.counters().evictions;
  costs.shadow_bytes = guest.shadow_bytes();
  constexpr u32 kFreeSlot = 100, kMoreTables = 64;
  std::vector<u32> tables;
  for (u32 i = 0; i < kMoreTables; ++i) tables.push_back(guest.make_table(true));
  costs.protect = cost(kMoreTables, [&] {
    for (u32 i = 0; i < kMoreTables; ++i) {
      guest.add_table(0, kFreeSlot + i, tables[i]);
      guest.touch((kFreeSlot + i) << 22);
    }
  });

  Guest lazy(memory_bytes, processes, ShadowSync::Lazy);
  for (u32 i = 0; i < processes; ++i) {
    lazy.run(i);
    for (u32 page = 0; page < kOwnPages; ++page) lazy.touch_own_page(page);
  }
  // A table is released, stored to sixteen times and synchronised.
  constexpr u64 kStores = 16;
  costs.sync_released = cost(kRounds, [&] {
    for (u64 i = 0; i < kRounds / kStores; ++i) {
      const u32 process = static_cast<u32>(i % processes);
      for (u32 entry = 0; entry < kStores; ++entry) lazy.remap(lazy.own_table(process, 0), entry);
      lazy.run(process);
    }
  });
  return costs;
}

void print_row(const std::string& name, const Costs& costs) {
  fmt::print("| {} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.1f} | {} |\n", name,
             costs.make_root, costs.fill, costs.switch_root, costs.sync_own, costs.sync_kernel,
             costs.sync_released, costs.protect, static_cast<double>(costs.shadow_bytes) / kMebibyte,
             costs.evictions);
}

}  // namespace

int main() {
  fmt::print(
      "| ns of CPU | new root | fill | switch of the root | sync and next access, own table | the same, "
      "kernel's table | store "
      "to a "
      "released table, synchronised after 16 | new table, protected | shadow MiB | evictions |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const u32 processes : {1u, 10u, 50u, 100u, 500u})
    print_row(fmt::format("{} processes, 1 GiB", processes), measure(1024 * kMebibyte, processes));
  for (const u64 mebibytes : {16u, 64u, 256u, 1024u, 3072u})
    print_row(fmt::format("10 processes, {} MiB", mebibytes), measure(mebibytes * kMebibyte, 10));
  print_row("500 processes, 64 MiB (more than the shadow may hold)", measure(64 * kMebibyte, 500));
  return 0;
}
