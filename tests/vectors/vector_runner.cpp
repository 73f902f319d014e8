// Runs a folder of captured single-step tests on the processor and reports what deviates.
//
//   vector_runner FOLDER DEVIATIONS [FORM...]
//
// FOLDER holds XX.MOO.gz files and revocation_list.txt. DEVIATIONS lists the forms whose result differs by
// design, one a line: FORM (or *), a condition (any, lock, long, exception, or test numbers with commas
// between), what to ignore (flags by name with commas between, or `all`), the reason. A listed deviation that
// no test shows fails the run, as does any other difference.
#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/vectors/moo.h"
#include "tests/vectors/real_mode_rig.h"

namespace ringdown::test {
namespace {

/// What a test must be for a listed deviation to apply.
enum class Condition : u8 {
  Any,
  Lock,       // a LOCK prefix
  Long,       // longer than the 286 allows
  Exception,  // the 286 raised an exception
  Listed,     // one of those named
};

struct Deviation {
  std::string form;  // or * for all
  Condition condition = Condition::Any;
  std::set<u32> tests;  // with Condition::Listed
  u16 flags = 0;        // to ignore
  bool all = false;     // ignore every difference
  std::string reason;
  unsigned seen = 0;
};

constexpr unsigned kShownPerForm = 3;
constexpr u8 kLockPrefix = 0xf0;
constexpr std::size_t kLongest286Instruction = 10;

bool is_prefix(u8 byte) {
  switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case kLockPrefix:
    case 0xf2:
    case 0xf3:
      return true;
    default:
      return false;
  }
}

bool applies(const Deviation& deviation, const MooTest& test) {
  switch (deviation.condition) {
    case Condition::Any:
      return true;
    case Condition::Lock:
      for (const u8 byte : test.code) {
        if (!is_prefix(byte)) return false;
        if (byte == kLockPrefix) return true;
      }
      return false;
    case Condition::Long:
      return test.code.size() > kLongest286Instruction + 1;  // HLT stands behind
    case Condition::Exception:
      return test.exception.has_value();
    case Condition::Listed:
      return deviation.tests.contains(test.index);
  }
  return false;
}

u16 flag_named(const std::string& name) {
  static const std::map<std::string, u32> kFlags = {{"CF", eflags::kCf}, {"PF", eflags::kPf},
                                                    {"AF", eflags::kAf}, {"ZF", eflags::kZf},
                                                    {"SF", eflags::kSf}, {"OF", eflags::kOf}};
  const auto found = kFlags.find(name);
  return found == kFlags.end() ? u16{0} : static_cast<u16>(found->second);
}

/// The parts between commas.
std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

std::vector<Deviation> read_deviations(const std::filesystem::path& path) {
  static const std::map<std::string, Condition> kConditions = {{"any", Condition::Any},
                                                               {"lock", Condition::Lock},
                                                               {"long", Condition::Long},
                                                               {"exception", Condition::Exception}};
  std::vector<Deviation> deviations;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string condition;
    std::string ignored;
    Deviation deviation;
    words >> deviation.form >> condition >> ignored >> std::ws;
    std::getline(words, deviation.reason);
    const auto known = kConditions.find(condition);
    deviation.condition = known == kConditions.end() ? Condition::Listed : known->second;
    if (deviation.condition == Condition::Listed) {
      for (const std::string& number : split(condition))
        deviation.tests.insert(static_cast<u32>(std::strtoul(number.c_str(), nullptr, 10)));
    }
    for (const std::string& name : split(ignored)) {
      deviation.flags |= flag_named(name);
      if (name == "all") deviation.all = true;
    }
    deviations.push_back(deviation);
  }
  return deviations;
}

std::set<std::string> read_revocations(const std::filesystem::path& path) {
  std::set<std::string> hashes;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') hashes.insert(line);
  }
  return hashes;
}

struct Totals {
  unsigned tests = 0;
  unsigned failed = 0;
  unsigned deviating = 0;
};

class Runner {
 public:
  explicit Runner(const std::filesystem::path& folder, const std::filesystem::path& deviations)
      : deviations_(read_deviations(deviations)),
        revoked_(read_revocations(folder / "revocation_list.txt")) {}

  void run(const std::string& form, const MooFile& file) {
    unsigned failed = 0;
    for (const MooTest& test : file.tests) {
      if (revoked_.contains(test.hash)) continue;
      ++totals_.tests;
      const std::string difference = rig_.run(test, 0);
      // One-instruction blocks must give the same result as whole ones.
      const std::string stepped = stepping_rig_.run(test, 0);
      if (difference.empty() && stepped.empty()) continue;
      if (excused(form, test, difference == stepped)) {
        ++totals_.deviating;
        continue;
      }
      if (failed++ < kShownPerForm) {
        fmt::print("{} #{} {}:{}{}\n", form, test.index, test.name, difference,
                   difference == stepped ? "" : ", with one instruction a block:" + stepped);
      }
    }
    if (failed > 0) fmt::print("{}: {} of {} failed\n", form, failed, file.tests.size());
    totals_.failed += failed;
  }

  /// Lines of the list that no test has shown.
  unsigned report_stale() const {
    unsigned stale = 0;
    for (const Deviation& deviation : deviations_) {
      if (deviation.seen > 0) continue;
      fmt::print("{}: listed as deviating ({}), but does not\n", deviation.form, deviation.reason);
      ++stale;
    }
    return stale;
  }

  const Totals& totals() const { return totals_; }

 private:
  /// `alike`: both rigs gave the same result. Where all is ignored, they may have run into bytes that the
  /// test does not define.
  bool excused(const std::string& form, const MooTest& test, bool alike) {
    for (Deviation& deviation : deviations_) {
      if (deviation.form != "*" && deviation.form != form) continue;
      if (!applies(deviation, test)) continue;
      if (!deviation.all && (!alike || !rig_.run(test, deviation.flags).empty())) continue;
      ++deviation.seen;
      return true;
    }
    return false;
  }

  std::vector<Deviation> deviations_;
  std::set<std::string> revoked_;
  RealModeRig rig_{{}};
  RealModeRig stepping_rig_{{.single_instruction_blocks = true}};
  Totals totals_;
};

int run_folder(const std::filesystem::path& folder, const std::filesystem::path& deviations,
               const std::set<std::string>& wanted) {
  constexpr std::string_view kSuffix = ".MOO.gz";
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().ends_with(kSuffix)) paths.push_back(entry.path());
  }
  if (paths.empty()) {
    fmt::print(stderr, "{}: no {} files there\n", folder.string(), kSuffix);
    return 2;
  }
  std::sort(paths.begin(), paths.end());
  Runner runner(folder, deviations);
  for (const std::filesystem::path& path : paths) {
    const std::string name = path.filename().string();
    const std::string form = name.substr(0, name.size() - kSuffix.size());
    if (!wanted.empty() && !wanted.contains(form)) continue;
    const Result<MooFile> file = read_moo(path);
    if (!file) {
      fmt::print(stderr, "{}\n", file.error().message);
      return 2;
    }
    runner.run(form, *file);
  }
  const Totals& totals = runner.totals();
  fmt::print("{} tests, {} failed, {} deviate as listed\n", totals.tests, totals.failed, totals.deviating);
  // With some forms only, other lines of the list cannot show.
  const bool stale = wanted.empty() && runner.report_stale() > 0;
  return totals.failed == 0 && !stale ? 0 : 1;
}

}  // namespace
}  // namespace ringdown::test

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: vector_runner FOLDER DEVIATIONS [FORM...]\n");
    return 2;
  }
  return ringdown::test::run_folder(argv[1], argv[2], {argv + 3, argv + argc});
}
