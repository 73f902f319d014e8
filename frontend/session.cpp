// One run from its options to its exit status.
#include "frontend/session.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "frontend/cli/output_files.h"
#include "frontend/display/display_companions.h"
#include "frontend/lab/paging/paging_report.h"
#include "frontend/machine/file_contents.h"
#include "frontend/statistics_report.h"

namespace ringdown {

namespace {

constexpr int kHostFailed = 1;
constexpr int kUserMistake = 2;

CivilTime host_time(RtcStart zone) {
  const std::time_t now = std::time(nullptr);
  std::tm time{};
  if (zone == RtcStart::Local) {
    localtime_r(&now, &time);
  } else {
    gmtime_r(&now, &time);
  }
  const auto number = [](int value) { return static_cast<unsigned>(value); };
  return {number(time.tm_year + 1900), number(time.tm_mon + 1), number(time.tm_mday),
          number(time.tm_hour),        number(time.tm_min),     number(std::min(time.tm_sec, 59))};
}

}  // namespace

Session::Session(Options options)
    : signals_([this] { stop_by_signal(); }),
      options_(std::move(options)),
      log_([this](LogCategory category, std::string_view line) {
        notice(fmt::format("{}: {}", name_of(category), line));
      }) {}

Session::~Session() {
  running_ = nullptr;
  unwatch_paging();
}

void Session::stop_by_signal() {
  if (Runner* const runner = running_) return runner->quit();
  // Nothing has been created or changed yet.
  std::_Exit(kHostFailed);
}

void Session::notice(const std::string& text) { print_error(fmt::format("ringdown: {}\n", text)); }

void Session::print_error(const std::string& text) {
  const bool raw = stdio_ != nullptr && stdio_->raw() && isatty(STDERR_FILENO) != 0;
  fmt::print(stderr, "{}", raw ? with_carriage_returns(text) : text);
}

Result<void> Session::prepare() {
  if (Result<void> result = log_.enable_list(options_.log_categories); !result) {
    return Error{"--log: " + result.error().message};
  }
  if (Result<void> result = check_outputs(options_); !result) return result;
  decide_clock_and_display();
  if (Result<void> result = prepare_boot(); !result) return result;
  if (Result<void> result = prepare_serial(); !result) return result;
  if (Result<void> result = prepare_network(); !result) return result;
  prepare_debug_console();
  Result<std::unique_ptr<Machine>> machine = Machine::create(options_.machine, log_);
  if (!machine) return machine.error();
  machine_ = std::move(*machine);
  watch_paging();
  return restore();
}

void Session::decide_clock_and_display() {
  // A background job that touched its terminal would be stopped.
  const bool terminal =
      isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) == getpgrp();
  const bool stdio = std::any_of(options_.serial.begin(), options_.serial.end(),
                                 [](const SerialSpec& spec) { return spec.kind == SerialKind::Stdio; });
  if (options_.display == DisplayKind::Automatic) {
    const bool window = std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
    options_.display = stdio                                 ? DisplayKind::None
                       : window                              ? DisplayKind::Sdl
                       : terminal && options_.serial.empty() ? DisplayKind::Terminal
                                                             : DisplayKind::None;
  }
  const bool watched = options_.display != DisplayKind::None || (stdio && terminal);
  const ClockMode clock = options_.clock != ClockMode::Automatic ? options_.clock
                          : watched || is_live(options_.network) ? ClockMode::RealTime
                                                                 : ClockMode::Instructions;
  // A replay has its time from the recording.
  real_time_ = clock == ClockMode::RealTime && options_.replay_path.empty();
}

void Session::set_rtc() {
  const bool automatic = options_.rtc == RtcStart::Automatic;
  const bool follows_host =
      automatic ? real_time_ && options_.load_state_path.empty() : options_.rtc != RtcStart::Given;
  // An input, so that a recording has it.
  if (follows_host) machine_->inputs().post(InputChannel::RtcTime, to_payload(host_time(options_.rtc)));
}

Result<void> Session::prepare_boot() {
  if (options_.kernel.kernel_path.empty()) return {};
  Result<KernelBoot> boot = prepare_kernel(options_.kernel, options_.machine.memory_bytes);
  if (!boot) return boot.error();
  add_kernel(options_.machine, std::move(*boot));
  return {};
}

Result<void> Session::prepare_serial() {
  // COM1 is always there.
  if (options_.serial.empty()) options_.serial.emplace_back();
  for (std::size_t port = 0; port < options_.serial.size(); ++port) {
    const SerialSpec& spec = options_.serial[port];
    std::unique_ptr<HostSerial> host;
    if (spec.kind == SerialKind::Stdio) {
      auto stdio = std::make_unique<StdioSerial>(
          StdioSerial::Hooks{[this] { runner_->quit(); }, [this] { toggle_turbo(); },
                             [this](const std::string& line) { console_line(line); }});
      stdio_ = stdio.get();
      host = std::move(stdio);
    } else {
      host = make_serial(spec, [this](const std::string& text) { notice(text); });
    }
    host_serial_.push_back(host.get());
    serial_.push_back(host ? std::unique_ptr<SerialBackend>(std::move(host))
                           : std::make_unique<NullSerialBackend>());
    options_.machine.serial_backends[port] = serial_.back().get();
  }
  return {};
}

Result<void> Session::prepare_network() {
  Result<std::unique_ptr<HostNetwork>> network = HostNetwork::make(
      options_.network,
      options_.replay_path.empty() ? HostNetwork::Purpose::Live : HostNetwork::Purpose::Replay,
      options_.machine.nics, [this](const std::string& text) { notice(text); });
  if (!network) return network.error();
  network_ = std::move(*network);
  return {};
}

void Session::prepare_debug_console() {
  if (!options_.debug_console.enabled) return;
  // The file is created when the run begins.
  options_.machine.debug_console = [this](u8 character) {
    if (!debug_file_) return print_error(std::string(1, static_cast<char>(character)));
    std::fputc(character, debug_file_.get());
  };
}

void Session::watch_paging() {
  if (!options_.paging_trace_path.empty()) {
    paging_trace_ = std::make_unique<PagingTrace>(*machine_);
    paging_watchers_.add(*paging_trace_);
  }
  if (!options_.paging_report_path.empty()) {
    paging_recorder_ = std::make_unique<PagingRecorder>(*machine_);
    paging_watchers_.add(*paging_recorder_);
  }
  if (paging_trace_ || paging_recorder_) machine_->monitor()->paging().set_events(&paging_watchers_);
}

void Session::unwatch_paging() {
  if (machine_ && machine_->monitor() != nullptr) machine_->monitor()->paging().set_events(nullptr);
}

Result<void> Session::restore() {
  if (!options_.load_state_path.empty()) {
    Result<std::vector<u8>> file = read_whole_file(options_.load_state_path);
    if (!file) return file.error();
    const std::span<const std::byte> bytes = std::as_bytes(std::span(*file));
    if (Result<void> result = machine_->load_state({bytes.begin(), bytes.end()}, options_.load_state_path);
        !result) {
      return result;
    }
  }
  if (!options_.replay_path.empty()) return machine_->inputs().replay_from(options_.replay_path);
  return {};
}

Result<void> Session::open_connections() {
  // What may not be there at all comes first, before any file is created.
  if (Result<void> result = open_display(); !result) return result;
  if (Result<void> result = open_debugger(); !result) return result;
  if (Result<void> result = network_->open(*machine_); !result) return result;
  for (const bool files : {false, true}) {
    for (unsigned port = 0; port < host_serial_.size(); ++port) {
      if (host_serial_[port] == nullptr || (options_.serial[port].kind == SerialKind::File) != files)
        continue;
      if (Result<void> result = host_serial_[port]->open({machine_->inputs(), port}); !result) return result;
    }
  }
  if (!options_.debug_console.path.empty()) {
    debug_file_.reset(std::fopen(options_.debug_console.path.c_str(), "wb"));
    if (!debug_file_)
      return Error{fmt::format("--debugcon=file:{}: cannot be created", options_.debug_console.path)};
  }
  if (Result<void> result = network_->open_captures(*machine_); !result) return result;
  if (paging_trace_) {
    if (Result<void> result = paging_trace_->open(options_.paging_trace_path); !result) return result;
  }
  if (options_.record_path.empty()) return {};
  return machine_->inputs().record_to(options_.record_path);
}

Result<void> Session::open_display() {
  const auto take = [this](auto opened) -> Result<void> {
    if (!opened) return opened.error();
    display_ = std::move(*opened);
    runner_->add_companion(*display_);
    return {};
  };
  switch (options_.display) {
    case DisplayKind::Sdl:
      return take(WindowCompanion::open(*machine_, *runner_));
    case DisplayKind::Terminal:
      return take(TerminalCompanion::open(*machine_, *runner_));
    case DisplayKind::Automatic:
    case DisplayKind::None:
      break;
  }
  return {};
}

Result<void> Session::open_debugger() {
  if (!options_.gdb) return {};
  gdb_ = std::make_unique<GdbCompanion>(*machine_, *runner_,
                                        [this](std::string_view line) { return console_->execute(line); });
  if (Result<void> result = gdb_->listen(options_.gdb->port); !result) {
    gdb_.reset();
    return result;
  }
  runner_->add_companion(*gdb_);
  notice(fmt::format("gdb: target remote 127.0.0.1:{}", gdb_->port()));
  return {};
}

void Session::console_line(const std::string& line) {
  runner_->call([this, line] { stdio_->print(console_->execute(line), StdioSerial::Prompt::Yes); });
}

void Session::toggle_turbo() {
  runner_->call([this] {
    runner_->set_turbo(!runner_->turbo());
    notice("speed: " + runner_->speed_text());
  });
}

void Session::close_connections() {
  display_.reset();
  gdb_.reset();
  network_->close();
  for (HostSerial* const serial : host_serial_) {
    if (serial != nullptr) serial->close();
  }
  debug_file_.reset();
}

int Session::run() {
  runner_ = std::make_unique<Runner>(
      *machine_, Runner::Settings{real_time_, options_.speed, options_.turbo, options_.missed_ticks,
                                  options_.no_reboot, options_.stop_after, options_.audit_every,
                                  [this](const std::string& text) { notice(text); }});
  console_ = std::make_unique<Console>(*machine_, *runner_, *network_, [this](const std::string& text) {
    if (stdio_ != nullptr) {
      stdio_->print("\n" + text, StdioSerial::Prompt::Yes);
    } else {
      notice(text);
    }
  });
  running_ = runner_.get();
  if (const Result<void> opened = open_connections(); !opened) {
    close_connections();
    notice(opened.error().message);
    return kUserMistake;
  }
  if (options_.paused) runner_->pause();
  set_rtc();
  if (!options_.load_state_path.empty()) network_->tell_links(machine_->inputs());
  const RunEnd end = runner_->run();
  if (gdb_) gdb_->ended(end.status);
  const Result<void> flushed = machine_->board().flush_disks();
  close_connections();
  if (!end.message.empty()) notice(end.message);
  unwatch_paging();
  const Result<void> traced = paging_trace_ ? paging_trace_->close() : Result<void>();
  const Result<void> captured = network_->close_captures();
  const Result<void> written = write_results(end);
  int status = end.status;
  for (const Result<void>& result : {flushed, traced, captured, written}) {
    if (result) continue;
    notice(result.error().message);
    status = kHostFailed;
  }
  return status;
}

Result<void> Session::write_results(const RunEnd& end) {
  const RunFacts facts{end, runner_->first_tick(), runner_->host_seconds(), runner_->busy_seconds(),
                       network_->report(*machine_)};
  if (options_.summary) fmt::print(stderr, "{}", statistics_summary(*machine_, facts));
  if (machine_->inputs().recording_failed()) {
    return Error{fmt::format("{}: the recording is incomplete: is the disk full?", options_.record_path)};
  }
  if (paging_recorder_) {
    const std::string page = paging_report_html(paging_recorder_->json());
    if (Result<void> result = write_whole_file(options_.paging_report_path, std::as_bytes(std::span(page)));
        !result) {
      return result;
    }
  }
  if (!options_.stats_path.empty()) {
    const std::string json = statistics_json(*machine_, facts);
    if (options_.stats_path == "-") {
      fmt::print("{}", json);
    } else if (Result<void> result = write_whole_file(options_.stats_path, std::as_bytes(std::span(json)));
               !result) {
      return result;
    }
  }
  if (options_.save_state_path.empty()) return {};
  return write_whole_file(options_.save_state_path, machine_->save_state());
}

}  // namespace ringdown
