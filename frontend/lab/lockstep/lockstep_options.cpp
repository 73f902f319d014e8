// Reads the command line, runs both machines, and prints what came of it.
#include "frontend/lab/lockstep/lockstep_options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "frontend/cli/option_values.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/lockstep/divergence_report.h"
#include "frontend/lab/lockstep/lockstep_guest.h"
#include "frontend/lab/lockstep/progress_line.h"
#include "frontend/lab/own_options.h"

namespace ringdown {

namespace {

constexpr int kDiffer = 1;
constexpr int kUserMistake = 2;
constexpr Ticks kForever = ~Ticks{0};

std::string lockstep_text() {
  return fmt::format(
      "Usage: ringdown lab lockstep [OPTIONS] GUEST\n"
      "       ringdown lab lockstep [OPTIONS] -- RUN OPTIONS\n"
      "Runs a guest bare and deprivileged side by side, and compares everything that it can see: registers,\n"
      "hidden parts, pending events, devices, RAM. At the first difference it goes back, finds the "
      "instruction,\n"
      "and shows both states and what led there.\n"
      "\n"
      "  --every N           instructions between comparisons (default: 1M). What differs and agrees again\n"
      "                      in between goes unseen; --every 1 sees that too, at a fraction of the speed\n"
      "  --within N          instructions in all (default: to the guest's end)\n"
      "{}"
      "\n"
      "Exit status: 0 no difference, 1 a difference, 2 a mistake on the command line.\n"
      "\n"
      "Guests:\n{}\n"
      "Examples:\n"
      "  ringdown lab lockstep paging\n"
      "  ringdown lab lockstep --every 1 --ring 3 --within 2M -- disk.img\n"
      "  ringdown lab lockstep -- --kernel vmlinuz --initrd initrd.img --append 'console=ttyS0'\n",
      kLockstepGuestHelp, lab_guest_list());
}

struct LockstepLab {
  LockstepGuest guest;
  Ticks every = 0;
  bool json = false;
};

std::string result_json(const LockstepResult& result) {
  nlohmann::ordered_json json;
  json["instructions"] = result.instructions;
  json["comparisons"] = result.comparisons;
  json["end"] = result.end;
  json["difference"] = nullptr;
  if (result.divergence) json["difference"] = divergence_json(*result.divergence, {});
  return json.dump(2) + "\n";
}

std::string result_text(const LockstepResult& result) {
  if (result.divergence) return divergence_text(*result.divergence, {});
  return fmt::format(
      "No difference in {} instructions: {} comparisons; end: {}; {:.1f} million instructions a second\n",
      result.instructions, result.comparisons, result.end,
      static_cast<double>(result.instructions) / result.host_seconds / 1e6);
}

int run_lockstep_lab(const LockstepLab& lab) {
  Result<MachineConfig> config = with_kernel(lab.guest.options.machine, lab.guest.options.kernel);
  if (!config) {
    fmt::print(stderr, "ringdown: {}\n", config.error().message);
    return kUserMistake;
  }
  ProgressLine progress("lab lockstep");
  LockstepSetup setup;
  setup.guest = std::move(*config);
  setup.every = lab.every;
  setup.within = lab.guest.within;
  setup.progress = [&](Ticks ticks) { progress.show(ticks); };
  Lockstep lockstep(std::move(setup));
  const Result<LockstepResult> result = lockstep.run();
  progress.clear();
  if (!result) {
    fmt::print(stderr, "ringdown: {}\n", result.error().message);
    return kUserMistake;
  }
  fmt::print("{}", lab.json ? result_json(*result) : result_text(*result));
  return result->divergence ? kDiffer : 0;
}

}  // namespace

Result<CommandLine> parse_lockstep_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  po::options_description options = lockstep_guest_options();
  options.add_options()("every", po::value<std::string>(), "N")(
      "guest", po::value<std::vector<std::string>>(), "its name");
  const Result<po::variables_map> own = read_own_options("lockstep", options, arguments.own, "guest");
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{lockstep_text()});
  const std::vector<std::string> words = words_of(*own, "guest");
  if (words.size() > 1)
    return Error{fmt::format("lab lockstep: {}: one guest at a time: leave it out", words[1])};
  std::optional<std::string> name;
  if (!words.empty()) name = words[0];
  LockstepLab lab;
  lab.json = own->count("json") != 0;
  const std::string every = own->count("every") != 0 ? (*own)["every"].as<std::string>() : "1M";
  const Result<u64> interval = parse_count(every, "lab lockstep: --every");
  if (!interval) return interval.error();
  lab.every = *interval;
  Result<LockstepGuest> guest = read_lockstep_guest("lockstep", *own, name, arguments.run, kForever);
  if (!guest) return guest.error();
  lab.guest = std::move(*guest);
  return CommandLine(Subcommand{[lab = std::move(lab)] { return run_lockstep_lab(lab); }});
}

}  // namespace ringdown
