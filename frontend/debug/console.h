// The console's commands: a machine looked at from the monitor's side.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/machine/drive_media.h"
#include "frontend/network/host_network.h"
#include "frontend/runner.h"

namespace ringdown {

/// Executes command lines on the machine's thread. Also what gdb's `monitor` reaches.
class Console {
 public:
  /// `print` takes what a command says later than its own end, such as where a step ended.
  Console(Machine& machine, Runner& runner, const HostNetwork& network,
          std::function<void(const std::string&)> print)
      : machine_(machine), runner_(runner), network_(network), print_(std::move(print)) {}

  /// The output ends with a newline or is empty. Commands may be abbreviated.
  std::string execute(std::string_view line);

 private:
  using Words = std::span<const std::string_view>;
  struct Command {
    std::string_view name;
    std::string_view arguments;
    std::string_view help;
    std::string (Console::*run)(Words arguments);
  };
  static std::span<const Command> commands();

  std::string help(Words arguments);
  std::string registers(Words arguments);
  std::string disassemble(Words arguments);
  std::string memory(Words arguments);
  std::string walk(Words arguments);
  std::string paging(Words arguments);
  std::string traps(Words arguments);
  std::string policy(Words arguments);
  std::string screen(Words arguments);
  std::string pause(Words arguments);
  std::string resume(Words arguments);
  std::string step(Words arguments);
  std::string speed(Words arguments);
  std::string save(Words arguments);
  std::string nmi(Words arguments);
  std::string eject(Words arguments);
  std::string insert(Words arguments);
  std::string network(Words arguments);
  std::string link(Words arguments);
  std::string quit(Words arguments);

  std::string position();
  std::string change_medium(const MediumChange& change);

  Machine& machine_;
  Runner& runner_;
  const HostNetwork& network_;
  std::function<void(const std::string&)> print_;
};

}  // namespace ringdown
