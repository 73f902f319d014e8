// Words are kinds of journeys, or the name of a guest.
#include "frontend/lab/journey/journey_options.h"

#include <fmt/core.h>

#include <algorithm>

#include "frontend/cli/option_values.h"
#include "frontend/cli/output_files.h"
#include "frontend/lab/journey/journey_lab.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/named_choices.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/refused_options.h"

namespace ringdown {

namespace {

namespace po = boost::program_options;

constexpr const char* kWords = "words";
/// Of a guest of the user's: calls of each kind that are passed over, and instructions that it has.
constexpr u64 kUsualSkip = 16;
constexpr Ticks kUsualWithin = 5'000'000'000;

std::string help_text() {
  std::string text =
      "Usage: ringdown lab journey [KIND...] [OPTIONS] [GUEST | -- RUN OPTIONS]\n"
      "Follows one call of an application into its kernel through the monitor and back: each entry to the "
      "monitor with\n"
      "its cause, the rings that the guest believes in and those it has, what the monitor did, what of the "
      "virtual state\n"
      "changed by it, guest instructions and host time. A KIND is (all, if none is named):\n\n";
  for (const JourneyKind kind : kJourneyKinds)
    text += fmt::format("  {:<14} {}\n", name_of(kind), describe(kind));
  text +=
      "\n"
      "  --json         an array with an object for each journey\n"
      "  --svg FILE     a drawing\n"
      "  --ring N       the guest's kernel runs at ring 1 (the default) or 3\n"
      "  --skip N       passes over so many calls of each kind: caches are warm then (16)\n"
      "  --cold         follows the first: the same as --skip 0\n"
      "  --within N     gives up after so many instructions (5G); K, M, G are powers of 1000\n"
      "\n"
      "Without a guest, one of Ringdown's own makes the calls, and each store to a page table traps; "
      "--shadow-sync behind\n"
      "'--' changes that for a guest of yours. Guests:\n";
  text += lab_guest_list();
  return text +
         "\n"
         "Exit status: 3 if a journey never began or never ended.\n"
         "\n"
         "Examples:\n"
         "  ringdown lab journey int80\n"
         "  ringdown lab journey --cold --svg journey.svg\n"
         "  ringdown lab journey int80 page-fault -- --kernel vmlinuz --initrd initrd.img --append "
         "'console=ttyS0'\n";
}

/// The guest, and how long it is followed where nothing else is said.
Result<JourneyRequest> usual_request(const Choices<JourneyKind>& words, const LabArguments& arguments) {
  const std::vector<JourneyKind> kinds =
      words.chosen.empty() ? std::vector(kJourneyKinds.begin(), kJourneyKinds.end()) : words.chosen;
  if (!words.guest && arguments.run.empty()) return own_journey(kinds);
  if (const Result<void> allowed = refuse_options("journey", arguments.run, kOfOneRun); !allowed)
    return allowed.error();
  const Result<Options> guest = read_guest("journey", words.guest, arguments.run);
  if (!guest) return guest.error();
  return JourneyRequest{kinds, *guest, kUsualSkip, guest->stop_after.value_or(kUsualWithin)};
}

Result<void> apply(const po::variables_map& own, JourneyRequest& request) {
  if (own.count("ring") != 0) {
    const std::string ring = own["ring"].as<std::string>();
    if (ring != "1" && ring != "3") return Error{fmt::format("lab journey: --ring {}: 1 or 3", ring)};
    request.guest.machine.deprivilege = ring == "1" ? Deprivilege::Ring1 : Deprivilege::Ring3;
  }
  if (own.count("cold") != 0) request.skip = 0;
  if (own.count("skip") != 0) {
    if (own.count("cold") != 0) return Error{"lab journey: --cold: the same as --skip 0: leave one out"};
    const Result<u64> skip = parse_count(own["skip"].as<std::string>(), "lab journey: --skip");
    if (!skip) return skip.error();
    request.skip = *skip;
  }
  if (own.count("within") != 0) {
    const Result<u64> within = parse_count(own["within"].as<std::string>(), "lab journey: --within");
    if (!within) return within.error();
    request.within = *within;
  }
  return check_paging(request.guest.machine);
}

}  // namespace

Result<CommandLine> parse_journey_lab(const LabArguments& arguments) {
  po::options_description options;
  options.add_options()("json", "")("cold", "")("svg", po::value<std::string>(), "")(
      "ring", po::value<std::string>(), "")("skip", po::value<std::string>(), "")(
      "within", po::value<std::string>(), "")(kWords, po::value<std::vector<std::string>>(), "");
  const Result<po::variables_map> own = read_own_options("journey", options, arguments.own, kWords);
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{help_text()});
  const Result<Choices<JourneyKind>> words =
      read_choices("journey", "a journey", kJourneyKinds, words_of(*own, kWords));
  if (!words) return words.error();
  Result<JourneyRequest> request = usual_request(*words, arguments);
  if (!request) return request.error();
  if (const Result<void> applied = apply(*own, *request); !applied) return applied.error();
  JourneyLab lab{std::move(*request), own->count("json") != 0, {}};
  if (own->count("svg") != 0) {
    lab.svg_path = (*own)["svg"].as<std::string>();
    if (lab.svg_path.empty()) return Error{"lab journey: --svg: the name is empty: name a file"};
    if (const Result<void> writable = check_output("lab journey: --svg ", lab.svg_path, lab.request.guest);
        !writable)
      return writable.error();
    if (lab.json) return Error{"lab journey: --json: a drawing is no JSON: leave one of --json, --svg out"};
  }
  return CommandLine(Subcommand{[lab = std::move(lab)] { return run_journey_lab(lab); }});
}

}  // namespace ringdown
