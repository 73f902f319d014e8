// Diagnostic output by category, and the count of everything a guest asked for that is not implemented.
#pragma once

#include <fmt/core.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/types.h"

namespace ringdown {

// Category, name for --log, what is logged.
#define RINGDOWN_LOG_CATEGORIES(X)                                      \
  X(Cpu, "cpu", "exceptions, mode changes, resets")                     \
  X(Monitor, "monitor", "traps and what the monitor made of them")      \
  X(Shadow, "shadow", "shadow page table fills, syncs and protections") \
  X(Bus, "bus", "accesses that no device answers")                      \
  X(Pci, "pci", "configuration space, BAR moves, interrupt routing")    \
  X(Interrupt, "interrupt", "PIC, I/O APIC and local APIC")             \
  X(Timer, "timer", "PIT, RTC, APIC and ACPI timers")                   \
  X(Disk, "disk", "ATA and ATAPI commands")                             \
  X(Network, "network", "frames and links of network adapters")         \
  X(Display, "display", "VGA modes and register writes")                \
  X(Serial, "serial", "UART configuration")                             \
  X(Input, "input", "keyboard and mouse")                               \
  X(Power, "power", "ACPI, reset and power off")                        \
  X(Firmware, "firmware", "fw_cfg items and the firmware's debug port") \
  X(Machine, "machine", "wiring, state files, record and replay")

enum class LogCategory : u8 {
#define RINGDOWN_LOG_ENUMERATOR(id, name, text) id,
  RINGDOWN_LOG_CATEGORIES(RINGDOWN_LOG_ENUMERATOR)
#undef RINGDOWN_LOG_ENUMERATOR
};

/// One machine's log. The sink receives whole lines without a newline; where they go is the frontend's
/// choice.
class Log {
 public:
  using Sink = std::function<void(LogCategory, std::string_view line)>;

  /// Without a sink nothing is written, but unimplemented requests are still counted.
  explicit Log(Sink sink = {}) : sink_(std::move(sink)) {}

  void enable(LogCategory category) { enabled_[index(category)] = true; }
  bool enabled(LogCategory category) const { return enabled_[index(category)]; }
  /// Enables a comma-separated list of names, or `all`. The error names the word that is no category.
  Result<void> enable_list(std::string_view list);

  /// Writes one line if the category is enabled; arguments are not formatted otherwise.
  template <class... Args>
  void write(LogCategory category, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(category) && sink_) sink_(category, fmt::format(format, std::forward<Args>(args)...));
  }

  /// Records that a guest used something that does not exist here: the first time it is written whatever the
  /// category's setting, afterwards only counted. `what` is a complete description and the key.
  void unimplemented(LogCategory category, const std::string& what);
  /// Each thing noted by `unimplemented`, with how often.
  const std::map<std::string, u64>& unimplemented_counts() const { return unimplemented_; }

 private:
  static constexpr std::size_t index(LogCategory category) { return static_cast<std::size_t>(category); }

  Sink sink_;
  std::array<bool, 32> enabled_{};
  std::map<std::string, u64> unimplemented_;
};

/// The category's name as `--log` takes it.
std::string_view name_of(LogCategory category);

}  // namespace ringdown
