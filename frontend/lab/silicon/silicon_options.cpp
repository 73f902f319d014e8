// Reads the arguments, measures, and prints; or says why this host cannot.
#include "frontend/lab/silicon/silicon_options.h"

#include <fmt/core.h>

#include <boost/program_options.hpp>

#include "frontend/lab/own_options.h"
#include "frontend/lab/silicon/silicon_lab.h"

namespace ringdown {

namespace {

constexpr int kCannot = 2;

constexpr const char* kHelp =
    "Usage: ringdown lab silicon [--json]\n"
    "Runs the instructions of 'lab table' on this computer's processor, in 32-bit code at ring 3, and prints "
    "which\n"
    "trapped, which were silent, and what they showed, beside what the emulated processor shows at ring 3.\n"
    "\n"
    "Each runs in a process of its own that can make no system call, with little memory and time. Verdicts:\n"
    "'silent', 'trapped', 'faked' (UMIP trapped it, and Linux answered with a constant), 'system call' (INT "
    "80h,\n"
    "SYSENTER: they entered the host's kernel, which refused the call). It needs an x86-64 with Linux.\n"
    "\n"
    "  --json   an array with an object for each row\n"
    "\n"
    "Exit status: 0; 2: this host cannot, or a mistake in the arguments.\n"
    "\n"
    "Example:\n"
    "  ringdown lab silicon\n";

int run_silicon_lab(bool json) {
  const Result<std::vector<SiliconRow>> rows = measure_silicon();
  if (!rows) {
    fmt::print(stderr, "ringdown: lab silicon: {}: 'ringdown lab table --ring 3' emulates it\n",
               rows.error().message);
    return kCannot;
  }
  fmt::print("{}", json ? silicon_json(*rows) : silicon_text(*rows));
  return 0;
}

}  // namespace

Result<CommandLine> parse_silicon_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  po::options_description options;
  options.add_options()("json", "as JSON");
  const Result<po::variables_map> own = read_own_options("silicon", options, arguments.own);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{kHelp});
  if (!arguments.run.empty()) {
    return Error{fmt::format("lab silicon: {}: it has no guest: leave out what stands behind '--'",
                             arguments.run.front())};
  }
  const bool json = own->count("json") != 0;
  return CommandLine(Subcommand{[json] { return run_silicon_lab(json); }});
}

}  // namespace ringdown
