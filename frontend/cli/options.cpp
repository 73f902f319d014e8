// The command line by Boost.Program_options.
#include "frontend/cli/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "cpu/cpu_model.h"
#include "frontend/cli/drive_options.h"
#include "frontend/cli/lab_options.h"
#include "frontend/cli/network_options.h"
#include "frontend/cli/option_descriptions.h"
#include "frontend/cli/option_errors.h"
#include "frontend/cli/option_help.h"
#include "frontend/cli/option_reader.h"
#include "frontend/cli/option_values.h"
#include "frontend/cli/time_options.h"
#include "frontend/image/image_options.h"
#include "frontend/machine/file_contents.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr const char* kRemedy = "'ringdown run --help' lists the options";

using Text = std::string;
using Texts = std::vector<std::string>;

Result<void> read_config_file(const std::string& path, po::variables_map& values) {
  if (path.empty()) return missing_name("config");
  const Result<std::vector<u8>> content = read_whole_file(path);
  if (!content) return Error{"--config " + content.error().message};
  std::istringstream file(std::string(content->begin(), content->end()));
  try {
    po::store(po::parse_config_file(file, visible_options()), values);
  } catch (const po::error& error) {
    return Error{fmt::format("--config {}: {}", path, describe_option_error(error, kRemedy).message)};
  }
  return {};
}

/// Reads the options that have no file of their own.
class Reader : public OptionReader {
 public:
  using OptionReader::OptionReader;

  Result<Options> read();

 private:
  void read_kernel();
  void read_machine();
  void read_shadow();
  void read_serial();
  void read_insight();
  void read_state();

  Options options_;
};

void Reader::read_kernel() {
  options_.kernel.kernel_path = path("kernel");
  options_.kernel.initrd_path = path("initrd");
  options_.kernel.command_line = text("append").value_or("");
  if (!given("kernel")) {
    for (const char* const name : {"initrd", "append"}) {
      if (given(name)) fail(Error{fmt::format("--{}: goes to a kernel: name one with --kernel", name)});
    }
  }
}

void Reader::read_machine() {
  MachineConfig& machine = options_.machine;
  if (const Text file = path("firmware"); !file.empty()) {
    machine.firmware_path = file;
    machine.handover.reset();  // it is what the user wants to see
  }
  for (const Text& value : texts("fw-cfg")) {
    FirmwareFile file;
    take(parse_firmware_file(value), file);
    machine.firmware_files.push_back(std::move(file));
  }
  if (const auto size = text("memory")) take(parse_memory(*size), machine.memory_bytes);
  if (const auto model = text("cpu")) {
    machine.cpu_model = *model;
    if (CpuModel::find(*model) == nullptr) {
      fail(Error{fmt::format("--cpu {}: no such model: '--cpu list' prints them", *model)});
    }
  }
  choose<RunMode>("mode", {{"trap", RunMode::Trap}, {"bare", RunMode::Bare}}, machine.mode);
  choose<Deprivilege>("deprivilege", {{"ring1", Deprivilege::Ring1}, {"ring3", Deprivilege::Ring3}},
                      machine.deprivilege);
  choose<Technique>(
      "paging", {{"shadow", Technique::Shadow}, {"nested", Technique::Nested}, {"direct", Technique::Direct}},
      machine.paging.technique);
  if (machine.mode == RunMode::Bare && given("paging"))
    fail(Error{"--paging: needs a monitor: leave --mode bare out"});
  if (const Result<void> possible = check_paging(machine); !possible) fail(possible.error());
  read_shadow();
  if (const auto list = text("let-through")) {
    if (machine.mode == RunMode::Bare) fail(Error{"--let-through: needs a monitor: leave --mode bare out"});
    if (const Result<void> result = machine.policy.let_through(*list); !result) fail(result.error());
  }
  choose<bool>("acpi", {{"on", true}, {"off", false}}, machine.acpi);
  choose<bool>("apic", {{"on", true}, {"off", false}}, machine.apic);
  machine.single_instruction_blocks = flag("single-instruction-blocks");
}

void Reader::read_shadow() {
  PagingOptions& paging = options_.machine.paging;
  choose<ShadowSync>("shadow-sync",
                     {{"strict", ShadowSync::Strict}, {"lazy", ShadowSync::Lazy}, {"auto", ShadowSync::Auto}},
                     paging.sync);
  if (const auto size = text("shadow-memory")) take(parse_shadow_memory(*size), paging.shadow_bytes);
  if (const auto spec = text("break-shadow")) {
    ShadowBreak wanted;
    take(parse_shadow_break(*spec), wanted);
    paging.break_shadow = wanted;
  }
  const bool bare = options_.machine.mode == RunMode::Bare;
  if (!bare && paging.technique == Technique::Shadow) return;
  for (const char* const option : {"shadow-sync", "shadow-memory", "break-shadow"}) {
    if (!text(option)) continue;
    fail(Error{fmt::format("--{}: {} has no shadow page tables: leave one out", option,
                           bare ? "--mode bare" : "another --paging than shadow")});
  }
}

void Reader::read_serial() {
  for (const Text& value : texts("serial")) {
    SerialSpec spec;
    take(parse_serial(value), spec);
    options_.serial.push_back(spec);
  }
  if (options_.serial.size() > options_.machine.serial_backends.size()) {
    fail(Error{"--serial: a PC has four serial ports: leave some out"});
  }
  const auto stdio = std::count_if(options_.serial.begin(), options_.serial.end(),
                                   [](const SerialSpec& spec) { return spec.kind == SerialKind::Stdio; });
  if (stdio > 1) fail(Error{"--serial stdio: there is one terminal only: send the other port elsewhere"});
  choose<DisplayKind>(
      "display",
      {{"sdl", DisplayKind::Sdl}, {"terminal", DisplayKind::Terminal}, {"none", DisplayKind::None}},
      options_.display);
  if (options_.display == DisplayKind::Terminal && stdio > 0) {
    fail(Error{"--display terminal: --serial stdio has the terminal already: choose one"});
  }
}

void Reader::read_insight() {
  options_.no_reboot = flag("no-reboot");
  options_.summary = flag("summary");
  options_.stats_path = path("stats");
  options_.paging_trace_path = path("paging-trace");
  options_.paging_report_path = path("paging-report");
  for (const char* const name : {"paging-trace", "paging-report"}) {
    if (!given(name)) continue;
    if (options_.machine.mode == RunMode::Bare)
      fail(Error{fmt::format("--{}: --mode bare has no shadow page tables: leave one out", name)});
    if (const Technique technique = options_.machine.paging.technique; technique != Technique::Shadow)
      fail(Error{fmt::format("--{}: --paging {} has no shadow page tables: leave one out", name,
                             name_of(technique))});
  }
  options_.log_categories = text("log").value_or("");
  if (const auto target = text("debugcon")) {
    constexpr std::string_view kFile = "file:";
    options_.debug_console.enabled = true;
    if (target->starts_with(kFile) && target->size() > kFile.size()) {
      options_.debug_console.path = target->substr(kFile.size());
    } else if (*target != "stderr") {
      fail(Error{fmt::format("--debugcon={}: use stderr or file:PATH", *target)});
    }
  }
  if (const auto place = text("gdb")) {
    HostPort gdb;
    take(parse_host_port(*place, "localhost", "--gdb", 0), gdb);
    if (gdb.host != "localhost" && gdb.host != "127.0.0.1") {
      fail(Error{fmt::format("--gdb {}: only this host may debug: use localhost or a port alone", *place)});
    }
    options_.gdb = gdb;
  }
  options_.paused = flag("paused");
  const bool console = std::any_of(options_.serial.begin(), options_.serial.end(),
                                   [](const SerialSpec& spec) { return spec.kind == SerialKind::Stdio; });
  if (options_.paused && !options_.gdb && !console) {
    fail(Error{"--paused: nothing could let the machine run: add --gdb or --serial stdio"});
  }
}

void Reader::read_state() {
  options_.save_state_path = path("save-state");
  options_.load_state_path = path("load-state");
  options_.record_path = path("record");
  options_.replay_path = path("replay");
  if (!options_.record_path.empty() && !options_.replay_path.empty()) {
    fail(Error{"--record: nothing new to record while --replay repeats: choose one"});
  }
  if (const auto count = text("stop-after")) {
    u64 value = 0;
    take(parse_count(*count, "--stop-after"), value);
    options_.stop_after = value;
  }
  if (const auto count = text("audit-shadow")) {
    take(parse_count(*count, "--audit-shadow"), options_.audit_every);
    if (options_.machine.mode == RunMode::Bare) {
      fail(Error{"--audit-shadow: --mode bare has no shadow page tables: leave one out"});
    }
  }
}

Result<Options> Reader::read() {
  read_drives(*this, options_.machine);
  read_kernel();
  read_machine();
  read_time(*this, options_);
  read_serial();
  read_network(*this, options_);
  read_insight();
  read_state();
  if (error()) return *error();
  return options_;
}

/// The texts that options print instead of running.
std::optional<Answer> answer(const po::variables_map& values) {
  if (values.count("help") != 0) {
    std::ostringstream options;
    options << visible_options();
    return Answer{help_text(options.str())};
  }
  const auto asks_list = [&](const char* name) {
    return values.count(name) != 0 && values[name].as<Text>() == "list";
  };
  const auto asks_any = [&](const char* name) {
    return values.count(name) != 0 && std::ranges::count(values[name].as<Texts>(), "list") != 0;
  };
  if (asks_list("let-through")) return Answer{let_through_list()};
  if (asks_list("speed")) return Answer{speed_list()};
  if (asks_list("cpu")) return Answer{cpu_list()};
  if (asks_any("nic")) return Answer{nic_list()};
  if (asks_list("log")) return Answer{log_list()};
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    return CommandLine(Answer{overview_text()});
  }
  if (arguments[0] == "--version") return CommandLine(Answer{version_text()});
  if (arguments[0] == "image") return parse_image({arguments.begin() + 1, arguments.end()});
  if (arguments[0] == "lab") return parse_lab({arguments.begin() + 1, arguments.end()});
  if (arguments[0] != "run") {
    return Error{
        fmt::format("{}: no such command: use 'ringdown run ...'; 'ringdown --help' explains", arguments[0])};
  }
  const po::options_description all = visible_options();
  po::positional_options_description positional;
  positional.add("disk", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser({arguments.begin() + 1, arguments.end()})
                  .options(all)
                  .positional(positional)
                  .style(kOptionStyle)
                  .run(),
              values);
    if (values.count("config") != 0) {
      if (Result<void> read = read_config_file(values["config"].as<Text>(), values); !read)
        return read.error();
    }
  } catch (const po::error& error) {
    return describe_option_error(error, kRemedy);
  }
  if (std::optional<Answer> text = answer(values)) return CommandLine(std::move(*text));
  Result<Options> options = Reader(values).read();
  if (!options) return options.error();
  return CommandLine(std::move(*options));
}

}  // namespace ringdown
