// The program: reads the command line, then runs a machine.
#include <fmt/core.h>

#include <string>
#include <variant>
#include <vector>

#include "frontend/cli/options.h"
#include "frontend/session.h"

namespace {

constexpr int kUserMistake = 2;

int mistake(const ringdown::Error& error) {
  fmt::print(stderr, "ringdown: {}\n", error.message);
  return kUserMistake;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto command = ringdown::parse_command_line(arguments);
  if (!command) return mistake(command.error());
  if (const auto* answer = std::get_if<ringdown::Answer>(&*command)) {
    fmt::print("{}", answer->text);
    return 0;
  }
  if (const auto* other = std::get_if<ringdown::Subcommand>(&*command)) return other->run();
  ringdown::Session session(std::move(std::get<ringdown::Options>(*command)));
  if (const ringdown::Result<void> prepared = session.prepare(); !prepared) return mistake(prepared.error());
  return session.run();
}
