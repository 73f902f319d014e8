// Checks the names before anything runs.
#include "frontend/lab/classify/classify_options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <limits>

#include "frontend/lab/classify/classification.h"
#include "frontend/lab/classify/classify_report.h"
#include "frontend/lab/own_options.h"
#include "frontend/lab/suggestions.h"

namespace ringdown {

namespace {

constexpr s64 kMostCases = 100'000;

struct ClassifyLab {
  ClassifyRequest request;
  bool json = false;
  bool all_models = false;  // for the theorems
};

std::string classify_text() {
  return fmt::format(
      "Usage: ringdown lab classify [INSTRUCTION...] [--cpu MODEL] [--seed N] [--cases N] [--json]\n"
      "Finds out which instructions are privileged, control-sensitive and behaviour-sensitive in the sense "
      "of\n"
      "Popek and Goldberg, from nothing but how they behave on the bare processor in pairs of states that\n"
      "differ in one thing. Prints the sets, a shortest witness for each instruction that is sensitive but "
      "not\n"
      "privileged, what Robin and Irvine found, and whether theorems 1 and 3 hold.\n"
      "\n"
      "  INSTRUCTION   only these: names as --let-through takes them, such as popf or mov-from-sreg\n"
      "  --cpu MODEL   the processor; without it pentium4, and the theorems for all models\n"
      "  --seed N      other cases; the same seed gives the same output (default 1)\n"
      "  --cases N     cases of each instruction (default {})\n"
      "  --json        an array with an object for each instruction\n"
      "\n"
      "Exit status 0; 2: the command line is wrong.\n"
      "\n"
      "Examples:\n"
      "  ringdown lab classify\n"
      "  ringdown lab classify popf pushf sgdt --cpu pentium4-umip\n"
      "  ringdown lab classify --cpu 486dx --json\n",
      kClassifyCases);
}

void show_progress(const CpuModel& model, std::size_t done, std::size_t all) {
  const std::string line = fmt::format("{}: {} of {} instructions", model.name(), done, all);
  fmt::print(stderr, "\r{:60}\r", done < all ? line : "");
  std::fflush(stderr);
}

int run_classify(const ClassifyLab& lab) {
  const Classification classification = classify_instructions(lab.request);
  if (lab.json) {
    fmt::print("{}", classification_json(classification));
    return 0;
  }
  if (!lab.request.names.empty()) {
    fmt::print("{}", instructions_text(classification));
    return 0;
  }
  std::vector<Classification> classifications{classification};
  if (lab.all_models) {
    for (const CpuModel& model : CpuModel::all()) {
      if (&model == lab.request.model) continue;
      ClassifyRequest request = lab.request;
      request.model = &model;
      request.witnesses = classify::Witnesses::Omit;
      classifications.push_back(classify_instructions(request));
    }
  }
  fmt::print("{}\n{}\n{}", sets_text(classification), comparison_text(classification),
             theorems_text(classifications));
  return 0;
}

Result<void> check_names(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (find_row(name) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const InstructionRow& row : instruction_table()) {
      if (known.empty() || known.back() != row.name) known.push_back(row.name);
    }
    return Error{fmt::format("lab classify {}: no such instruction{}", name, suggestions(name, known))};
  }
  return {};
}

/// Takes the option's value if it is given.
template <class T>
Result<void> read_number(const boost::program_options::variables_map& own, const char* option, s64 lowest,
                         s64 highest, T& value) {
  if (own.count(option) == 0) return {};
  const s64 given = own[option].as<s64>();
  if (given < lowest || given > highest)
    return Error{fmt::format("--{} {}: choose {} to {}", option, given, lowest, highest)};
  value = static_cast<T>(given);
  return {};
}

}  // namespace

Result<CommandLine> parse_classify_lab(const LabArguments& arguments) {
  namespace po = boost::program_options;
  ClassifyLab lab;
  ClassifyRequest& request = lab.request;
  po::options_description options;
  options.add_options()("instruction", po::value<std::vector<std::string>>(&request.names), "only these")(
      "cpu", po::value<std::string>(), "processor model")("seed", po::value<s64>(), "seed")(
      "cases", po::value<s64>(), "cases of each")("json", "as JSON");
  const Result<po::variables_map> own = read_own_options("classify", options, arguments.own, "instruction");
  if (!own) return own.error();
  if (asks_help(*own)) return CommandLine(Answer{classify_text()});
  if (!arguments.run.empty())
    return Error{fmt::format("lab classify: {}: there is no guest: leave '--' out", arguments.run.front())};
  if (const auto known = check_names(request.names); !known) return known.error();
  if (const auto seed = read_number(*own, "seed", 0, std::numeric_limits<s64>::max(), request.seed); !seed)
    return seed.error();
  if (const auto cases = read_number(*own, "cases", 1, kMostCases, request.cases); !cases)
    return cases.error();
  lab.all_models = own->count("cpu") == 0;
  if (!lab.all_models) {
    const std::string name = (*own)["cpu"].as<std::string>();
    request.model = CpuModel::find(name);
    if (request.model == nullptr)
      return Error{fmt::format("--cpu {}: no such model: '--cpu list' prints them", name)};
  }
  lab.json = own->count("json") != 0;
  if (isatty(STDERR_FILENO) != 0) request.progress = &show_progress;
  return CommandLine(Subcommand{[lab = std::move(lab)] { return run_classify(lab); }});
}

}  // namespace ringdown
