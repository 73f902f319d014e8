// Reads the command line, and prints what came of the violation.
#include "frontend/lab/violate/violate_options.h"

#include <fmt/core.h>

#include "frontend/lab/instruction_names.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/lockstep/lockstep_guest.h"
#include "frontend/lab/lockstep/progress_line.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/violate/violation.h"

namespace ringdown {

namespace {

constexpr int kUserMistake = 2;
constexpr int kNeverWrong = 3;
constexpr Ticks kDefaultWithin = 4'000'000'000;

std::string violate_text() {
  return fmt::format(
      "Usage: ringdown lab violate INSTRUCTION[,...] [OPTIONS] GUEST\n"
      "       ringdown lab violate INSTRUCTION[,...] [OPTIONS] -- RUN OPTIONS\n"
      "Runs a guest bare, and deprivileged with the named instructions let through, side by side, and "
      "freezes\n"
      "both at the first wrong result that the guest sees: both states, the instruction, what led there.\n"
      "'ringdown run --let-through list' prints the instructions.\n"
      "\n"
      "  --go                then lets both run on to their ends, and tells what each said and how it ended\n"
      "  --within N          instructions to look for it in, and to run on (default: 4G)\n"
      "{}"
      "\n"
      "Exit status: 0 a wrong result was seen, 2 a mistake on the command line, 3 none was seen.\n"
      "\n"
      "Guests:\n{}\n"
      "Examples:\n"
      "  ringdown lab violate popf --go popf-kernel\n"
      "  ringdown lab violate pushf --go -- --kernel vmlinuz --append 'console=ttyS0 panic=-1'\n",
      kLockstepGuestHelp, lab_guest_list());
}

struct ViolateLab {
  LockstepGuest guest;
  std::string instructions;
  bool go = false;
  bool json = false;
};

int fail(const Error& error) {
  fmt::print(stderr, "ringdown: {}\n", error.message);
  return kUserMistake;
}

int run_violate_lab(const ViolateLab& lab) {
  const Options& options = lab.guest.options;
  Result<MachineConfig> machine = with_kernel(options.machine, options.kernel);
  if (!machine) return fail(machine.error());
  ProgressLine progress("lab violate");
  const Result<Violation> violation =
      find_violation({lab.instructions, lab.guest.name, std::move(*machine), lab.guest.within, lab.go,
                      [&](Ticks ticks) { progress.show(ticks); }});
  progress.clear();
  if (!violation) return fail(violation.error());
  fmt::print("{}", lab.json ? violation_json(*violation) + "\n" : violation_text(*violation));
  return violation->run.divergence ? 0 : kNeverWrong;
}

}  // namespace

Result<CommandLine> parse_violate_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  po::options_description options = lockstep_guest_options();
  options.add_options()("go", "run on")("words", po::value<std::vector<std::string>>(), "");
  const Result<po::variables_map> own = read_own_options("violate", options, arguments.own, "words");
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{violate_text()});
  const std::vector<std::string> words = words_of(*own, "words");
  if (words.empty()) {
    return Error{"lab violate: the instruction is missing: 'ringdown run --let-through list' prints them"};
  }
  if (words.size() > 2)
    return Error{fmt::format("lab violate: {}: one guest at a time: leave it out", words[2])};
  ViolateLab lab;
  lab.instructions = words[0];
  lab.go = own->count("go") != 0;
  lab.json = own->count("json") != 0;
  if (Result<void> known = check_instruction_names("lab violate", lab.instructions); !known)
    return known.error();
  const std::optional<std::string> name =
      words.size() == 2 ? std::optional(words[1]) : std::optional<std::string>();
  Result<LockstepGuest> guest = read_lockstep_guest("violate", *own, name, arguments.run, kDefaultWithin);
  if (!guest) return guest.error();
  lab.guest = std::move(*guest);
  if (Result<void> allowed = lab.guest.options.machine.policy.let_through(lab.instructions); !allowed)
    return allowed.error();
  return CommandLine(Subcommand{[lab = std::move(lab)] { return run_violate_lab(lab); }});
}

}  // namespace ringdown
