// Runs a folder of captured single-step tests on the processor: `vector_runner FOLDER [FORM...]`.
#include <fmt/core.h>

#include <boost/program_options.hpp>
#include <filesystem>
#include <iostream>
#include <variant>

#include "tests/vectors/vector_folder.h"
#include "tests/vectors/vector_report.h"

namespace ringdown::test {
namespace {

namespace po = boost::program_options;

constexpr int kFailed = 1, kUnusable = 2;

struct Options {
  std::filesystem::path folder;
  std::vector<std::string> forms;
  std::vector<MachineMode> modes;
};

int unusable(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
  return kUnusable;
}

int run(const Options& options) {
  VectorSuite suite(options.modes);
  const Result<FolderOutcome> outcome = run_folder(options.folder, options.forms, suite);
  if (!outcome) return unusable(outcome.error().message);
  for (const std::string& failure : outcome->failures) fmt::print("{}\n", failure);
  print_report(suite, outcome->cpu.flags_reason);
  write_records(suite, fmt::format("{} vectors", outcome->cpu.name));
  return outcome->failures.empty() ? 0 : kFailed;
}

/// The options, or the status to end with.
std::variant<Options, int> parse(int argc, char** argv) {
  std::vector<std::string> mode_names;
  po::options_description visible("Options");
  visible.add_options()("help", "shows this")(
      "mode", po::value(&mode_names),
      "'bare', 'bare, blocks of one', 'trap, ring 1' or 'trap, ring 3'; may be repeated (default: all)");
  po::options_description all;
  all.add(visible).add_options()("folder", po::value<std::string>())("form",
                                                                     po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("folder", 1).add("form", -1);
  po::variables_map values;
  try {
    po::store(po::command_line_parser(argc, argv).options(all).positional(positional).run(), values);
    po::notify(values);
  } catch (const po::error& error) {
    return unusable(fmt::format("vector_runner: {}; --help lists the options", error.what()));
  }
  if (values.contains("help")) {
    std::cout << "usage: vector_runner FOLDER [FORM...]\n" << visible;
    return 0;
  }
  if (!values.contains("folder")) return unusable("usage: vector_runner FOLDER [FORM...]");
  Options options;
  options.folder = values["folder"].as<std::string>();
  if (values.contains("form")) options.forms = values["form"].as<std::vector<std::string>>();
  Result<std::vector<MachineMode>> modes = find_modes(mode_names);
  if (!modes) return unusable(fmt::format("vector_runner: {}", modes.error().message));
  options.modes = std::move(*modes);
  return options;
}

}  // namespace
}  // namespace ringdown::test

int main(int argc, char** argv) {
  const auto options = ringdown::test::parse(argc, argv);
  if (const int* status = std::get_if<int>(&options)) return *status;
  return ringdown::test::run(std::get<ringdown::test::Options>(options));
}
