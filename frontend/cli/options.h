// The command line and the configuration file, read and checked before anything is created.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "frontend/machine/kernel_image.h"
#include "frontend/machine/machine_config.h"
#include "frontend/network/network_spec.h"
#include "frontend/pacer.h"
#include "frontend/serial/serial_spec.h"
#include "frontend/speed.h"

namespace ringdown {

enum class ClockMode : u8 { Automatic, Instructions, RealTime };
/// What the battery clock shows at the start.
enum class RtcStart : u8 {
  Automatic,  // the host's UTC where the run follows the host's clock, else the machine's own
  Utc,        // the host's time in UTC
  Local,      // the host's time in its zone
  Given,      // the machine's own
};
enum class DisplayKind : u8 { Automatic, Sdl, Terminal, None };

/// Where the firmware's debug output goes: nowhere, to standard error or to a file.
struct DebugConsoleSpec {
  bool enabled = false;
  std::string path;  // empty: standard error
};

/// Everything that `ringdown run` was asked for.
struct Options {
  /// All that the command line says about the machine itself; serial backends and firmware items are added
  /// later.
  MachineConfig machine;
  KernelOptions kernel;
  std::vector<SerialSpec> serial;
  NetworkSpec network;
  ClockMode clock = ClockMode::Automatic;
  Speed speed;
  bool turbo = false;
  MissedTicks missed_ticks = MissedTicks::Slew;
  RtcStart rtc = RtcStart::Automatic;
  DisplayKind display = DisplayKind::Automatic;
  DebugConsoleSpec debug_console;
  std::optional<HostPort> gdb;  // port 0: any free one
  bool paused = false;
  bool no_reboot = false;
  std::string stats_path;
  std::string paging_trace_path;
  std::string paging_report_path;
  bool summary = false;
  std::optional<Ticks> stop_after;
  Ticks audit_every = 0;
  std::string log_categories;
  std::string save_state_path;
  std::string load_state_path;
  std::string record_path;
  std::string replay_path;
};

/// What `ringdown lab` or `ringdown image` has been asked for, checked; returns the exit status of the
/// process.
struct Subcommand {
  std::function<int()> run;
};

/// A text that answers the command line by itself: help, version, a list.
struct Answer {
  std::string text;
};

/// What the program is to do.
using CommandLine = std::variant<Options, Answer, Subcommand>;

/// Reads the arguments behind the program's name. Errors are one line: what is wrong and the remedy.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace ringdown
