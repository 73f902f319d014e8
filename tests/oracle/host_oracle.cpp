// The differential tester: `ringdown-oracle --cases N --seed S` runs generated cases beside the host's
// processor.
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <variant>

#include "tests/oracle/capture.h"
#include "tests/oracle/case_text.h"
#include "tests/oracle/oracle_report.h"
#include "tests/oracle/shrink.h"
#include "tests/oracle/stored_cases.h"
#include "tests/support/host_processor.h"

namespace ringdown::test {
namespace {

namespace po = boost::program_options;

/// As ctest's SKIP_RETURN_CODE has it.
constexpr int kFailed = 1, kUnusable = 2, kNotRun = 77;

struct Options {
  u64 cases = 0;
  u64 seed = 0;
  u64 first = 0;
  unsigned jobs = 1;
  std::vector<std::string> rows;
  std::vector<std::string> mode_names;
  std::vector<MachineMode> modes;  // of these names
  std::optional<HostCodeWidth> width;
  std::string one_case;
  std::string capture;  // file
};

int unusable(const std::string& line) {
  fmt::print(stderr, "ringdown-oracle: {}\n", line);
  return kUnusable;
}

/// Runs the batches of one range from several threads.
class Run {
 public:
  Run(const Options& options, HostCodeWidth width)
      : options_(options), generator_(options.seed, options.rows, width) {}

  OracleCounts run(std::vector<OracleSuite>& suites) {
    std::vector<std::thread> threads;
    for (OracleSuite& suite : suites) threads.emplace_back([this, &suite] { work(suite); });
    for (std::thread& thread : threads) thread.join();
    if (shows_progress_) fmt::print(stderr, "\r{:60}\r", "");
    OracleCounts sum;
    for (const OracleSuite& suite : suites) sum.add(suite.counts());
    return sum;
  }
  const OracleGenerator& generator() const { return generator_; }

 private:
  void work(OracleSuite& suite) {
    while (true) {
      const u64 begin = next_.fetch_add(HostRunner::kBatch);
      if (begin >= options_.cases) return;
      suite.run(options_.first + begin, std::min<u64>(HostRunner::kBatch, options_.cases - begin));
      show_progress(begin);
    }
  }

  void show_progress(u64 done) {
    constexpr u64 kEvery = 256 * HostRunner::kBatch;
    if (!shows_progress_ || done % kEvery != 0) return;
    const std::lock_guard lock(terminal_);
    fmt::print(stderr, "\r{} of {} cases", done, options_.cases);
  }

  const Options& options_;
  OracleGenerator generator_;
  std::atomic<u64> next_ = 0;
  std::mutex terminal_;
  const bool shows_progress_ = isatty(STDERR_FILENO) != 0;
};

/// One case of each kind of difference, as short as it can be.
void print_failures(const OracleCounts& counts, OracleSuite& suite) {
  constexpr unsigned kPerRow = 3;
  std::map<std::string, unsigned> shown;
  std::set<u64> cases;
  for (const OracleCounts::Failure& failure : counts.failures) {
    if (!cases.insert(failure.number).second) continue;  // the same in another mode
    const InstructionRow* row = failure.generated.instructions.back().row;
    if (shown[row != nullptr ? std::string(row->name) : ""]++ >= kPerRow) continue;
    const OracleCase shortest = shrink(
        failure.generated.c, [&suite](const OracleCase& c) { return !suite.differences_of(c).empty(); });
    const std::string differences = suite.differences_of(shortest);
    fmt::print("case {} in {}:{}\n  {}\n  shortest: {}\n{}", failure.number, mode_name(failure.mode),
               failure.difference, case_text(failure.generated.c),
               stored_text(shortest, suite.run_on_host(shortest)), differences);
  }
}

int run_one(const std::string& text, OracleSuite& suite) {
  const Result<OracleCase> c = parse_case(text);
  if (!c) return unusable(c.error().message);
  if (!can_begin(*c) || may_enter_system(c->code)) return unusable("this case cannot be run on the host");
  const std::string differences = suite.differences_of(*c);
  fmt::print("{}\n{}", stored_text(*c, suite.run_on_host(*c)),
             differences.empty() ? "no difference but by known rules\n" : differences);
  return differences.empty() ? 0 : kFailed;
}

int capture(const Options& options, OracleSuite& suite) {
  std::ofstream out(options.capture);
  out << fmt::format("# One case of each row of the instruction table, as {} runs it.\n",
                     host_processor_name());
  for (const std::string& line : capture_rows(suite, options.seed)) out << line << '\n';
  return out ? 0 : unusable(fmt::format("{} cannot be written", options.capture));
}

bool makes_cases(const OracleGenerator& generator) {
  if (generator.empty()) return false;
  try {
    std::map<const OracleExclusion*, u64> excluded;
    static_cast<void>(generator.make(0, excluded));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

/// Of others nobody knows yet which differences are theirs and which are ours.
bool rules_know_host() { return host_vendor() == HostVendor::Intel; }

int run(const Options& options) {
  std::vector<HostRunner> hosts;
  for (unsigned i = 0; i < options.jobs; ++i) {
    Result<HostRunner> host = HostRunner::create(HostRunner::helper_beside_this_program(), options.width);
    if (!host) {
      fmt::print("NOT RUN: {}\n", host.error().message);
      return kNotRun;
    }
    hosts.push_back(std::move(*host));
  }
  const HostCodeWidth width = hosts.front().width();
  Run run(options, width);
  if (!makes_cases(run.generator())) return unusable("no row of these names has cases to run");
  std::vector<OracleSuite> suites;
  for (HostRunner& host : hosts) suites.emplace_back(run.generator(), std::move(host), options.modes);
  if (width == HostCodeWidth::Bits64)
    fmt::print("THIS HOST RUNS NO 32-BIT CODE: only what 64-bit code does the same\n");
  if (!options.one_case.empty()) return run_one(options.one_case, suites.front());
  if (!options.capture.empty()) return capture(options, suites.front());
  fmt::print("{} cases from number {} on, seed {}\n", options.cases, options.first, options.seed);
  const OracleCounts counts = run.run(suites);
  print_report(counts);
  print_failures(counts, suites.front());
  if (counts.failed != 0 && !rules_know_host()) {
    fmt::print(
        "NOT JUDGED: rules were measured on Intel's processors; what differs on this one is to be looked "
        "at\n");
    return kNotRun;
  }
  write_records(counts);
  return counts.failed == 0 ? 0 : kFailed;
}

po::options_description options_of(Options& options) {
  po::options_description description("Options");
  description.add_options()("help", "shows this")("cases", po::value(&options.cases)->default_value(200'000),
                                                  "how many cases to run")(
      "seed", po::value(&options.seed), "of the generator (default: another one each time; it is printed)")(
      "first", po::value(&options.first)->default_value(0), "number of the first case")(
      "jobs", po::value(&options.jobs)->default_value(1), "threads, each with a helper process of its own")(
      "rows", po::value(&options.rows)->multitoken(),
      "names of the instruction table's rows, or 'undefined'")(
      "mode", po::value(&options.mode_names),
      "'bare', 'bare, blocks of one', 'trap, ring 1' or 'trap, ring 3'; may be repeated (default: all)")(
      "code", po::value<unsigned>(),
      "width of the host's code, 32 or 64 (default: 32 where the host runs it)")(
      "case", po::value(&options.one_case), "runs one case, in the form that reports have it")(
      "capture", po::value(&options.capture), "writes a case of each row and its outcome to this file");
  return description;
}

/// The options, or the status to end with.
std::variant<Options, int> parse(int argc, char** argv) {
  Options options;
  const po::options_description description = options_of(options);
  po::variables_map values;
  try {
    po::store(po::parse_command_line(argc, argv, description), values);
    po::notify(values);
  } catch (const po::error& error) {
    return unusable(fmt::format("{}; --help lists the options", error.what()));
  }
  if (values.contains("help")) {
    std::cout << "usage: ringdown-oracle [OPTION...]\n" << description;
    return 0;
  }
  if (options.jobs == 0) return unusable("--jobs must be at least 1");
  if (!values.contains("seed")) options.seed = std::random_device()();
  if (values.contains("code")) {
    const unsigned width = values["code"].as<unsigned>();
    if (width != 32 && width != 64) return unusable("--code must be 32 or 64");
    options.width = static_cast<HostCodeWidth>(width);
  }
  Result<std::vector<MachineMode>> modes = find_modes(options.mode_names);
  if (!modes) return unusable(modes.error().message);
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
