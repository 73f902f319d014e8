// What the classification finds on the processor as it is, and what it may not look at.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "frontend/lab/classify/classification.h"
#include "frontend/lab/classify/classify_report.h"
#include "frontend/lab/classify/robin_irvine.h"

namespace ringdown::test {

namespace {

using Names = std::set<std::string>;

ClassifyRequest request_of(u64 seed, std::vector<std::string> names = {}) {
  ClassifyRequest request;
  request.seed = seed;
  request.names = std::move(names);
  return request;
}

/// Of all instructions of the standard model, by the seed that users have who give none.
const Classification& whole() {
  static const Classification classification = classify_instructions(request_of(1));
  return classification;
}

template <class Wanted>
Names names_of(const Classification& classification, Wanted wanted) {
  Names names;
  for (const ClassifiedInstruction& instruction : classification.instructions) {
    if (wanted(instruction)) names.insert(instruction.name + "." + instruction.form);
  }
  return names;
}

/// Every set that the report prints.
std::map<std::string, Names> sets_of(const Classification& classification) {
  using I = ClassifiedInstruction;
  return {{"completes", names_of(classification, [](const I& i) { return i.findings.completes; })},
          {"privileged", names_of(classification, [](const I& i) { return i.findings.privileged; })},
          {"v86", names_of(classification, [](const I& i) { return i.findings.privileged_v86; })},
          {"control", names_of(classification, [](const I& i) { return i.findings.control_sensitive; })},
          {"mode", names_of(classification, [](const I& i) { return i.findings.by_mode; })},
          {"location", names_of(classification, [](const I& i) { return i.findings.by_location; })},
          {"user", names_of(classification, [](const I& i) { return i.findings.user_sensitive; })}};
}

const ClassifiedInstruction& find(const Classification& classification, std::string_view name) {
  const auto found = std::find_if(classification.instructions.begin(), classification.instructions.end(),
                                  [name](const ClassifiedInstruction& i) { return i.name == name; });
  REQUIRE(found != classification.instructions.end());
  return *found;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::filesystem::path kRoot(RINGDOWN_SOURCE_FOLDER);

void check_robin_irvine() {
  CHECK(robin_irvine_list().size() == 18);
  for (const RobinIrvineEntry& entry : robin_irvine_list()) {
    for (const std::string_view row : entry.rows) {
      INFO(row);
      CHECK(find(whole(), row).counterexample());
      CHECK(find(whole(), row).robin_irvine);
      CHECK_FALSE(find(whole(), row).findings.witness().empty());
    }
  }
}

void check_reasons() {
  const std::string manual = contents(kRoot / "docs" / "lab-classify.md");
  constexpr std::string_view kHeading = "## Beyond Robin and Irvine";
  const std::size_t begin = manual.find(kHeading);
  REQUIRE(begin != std::string::npos);
  std::istringstream section(manual.substr(begin + kHeading.size()));
  Names listed;
  for (std::string line; std::getline(section, line) && !line.starts_with("## ");) {
    if (!line.starts_with("| `")) continue;
    // "| `fnstenv`, `fnsave` | why |"
    const std::string cell = line.substr(0, line.find('|', 1));
    for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
      const std::size_t end = cell.find('`', at + 1);
      listed.insert(cell.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  Names found;
  for (const std::string& name :
       whole().names([](const ClassifiedInstruction& i) { return i.counterexample() && !i.robin_irvine; })) {
    found.insert(name);
    INFO(name);
    CHECK_FALSE(reason_beyond_robin_irvine(name).empty());
  }
  CHECK(found == listed);
}

void check_seeds() {
  const std::vector<std::string> some = {"popf", "lar", "in", "rdtsc", "add", "fnstenv"};
  CHECK(classification_json(classify_instructions(request_of(7, some))) ==
        classification_json(classify_instructions(request_of(7, some))));
  for (const u64 seed : {2, 3}) {
    ClassifyRequest request = request_of(seed);
    request.witnesses = classify::Witnesses::Omit;
    CHECK(sets_of(classify_instructions(request)) == sets_of(whole()));
  }
}

void check_json() {
  const nlohmann::json array = nlohmann::json::parse(classification_json(whole()));
  REQUIRE(array.size() == whole().instructions.size());
  std::set<std::pair<std::string, std::string>> keys;
  for (const nlohmann::json& object : array) {
    keys.emplace(object["instruction"], object["form"]);
    for (const char* key : {"privileged", "control_sensitive", "behaviour_sensitive", "by_mode",
                            "by_location", "user_sensitive", "robin_irvine"})
      CHECK(object[key].is_boolean());
    const bool sensitive = object["control_sensitive"] || object["behaviour_sensitive"];
    CHECK(object["witness"].is_string() == sensitive);
    CHECK(object["behaviour_sensitive"] == (object["by_mode"] || object["by_location"]));
  }
  CHECK(keys.size() == array.size());
}

}  // namespace

TEST_CASE("all instructions are classified", "[classify]") {
  SECTION("all of Robin and Irvine's list is found") { check_robin_irvine(); }
  SECTION("each further counterexample has a reason, and stands in the manual") { check_reasons(); }
  SECTION("the JSON has an object for each") { check_json(); }
  SECTION("a seed gives the same output, and every seed the same sets") { check_seeds(); }
}

TEST_CASE("what a witness says is what happens", "[classify]") {
  const Classification some = classify_instructions(request_of(1, {"push-cs", "pushf", "int3", "add"}));
  CHECK(find(some, "push-cs").findings.witness() == "CPL 0 -> 1: PUSH CS: [ESP-4] 8 / 9");
  CHECK(find(some, "pushf").findings.witness() == "CPL 1, IF 0 -> 1: PUSHFD: [ESP-4] 2 / 202");
  CHECK(find(some, "int3").findings.witness().starts_with("CPL 0 -> 1: INT3: "));
  CHECK(find(some, "add").findings.witness().empty());
}

TEST_CASE("privileged instructions, and by what", "[classify]") {
  using classify::Knob;
  const std::vector<std::string> always = {"hlt",       "lgdt",        "lidt",  "lldt", "ltr",
                                           "mov-to-cr", "mov-from-cr", "wrmsr", "clts"};
  const std::vector<std::string> in_v86 = {"pushf", "popf", "int", "iret"};
  std::vector<std::string> names = {"cli", "in", "rdtsc", "rdpmc"};
  names.insert(names.end(), always.begin(), always.end());
  names.insert(names.end(), in_v86.begin(), in_v86.end());
  const Classification some = classify_instructions(request_of(1, names));
  const auto choices = [&](std::string_view name) {
    const classify::Findings& findings = find(some, name).findings;
    INFO(name);
    CHECK(findings.privileged);
    return findings.choices;
  };
  for (const std::string& name : always) CHECK(choices(name).empty());
  CHECK(choices("cli") == std::vector{Knob::Iopl, Knob::Cr4Pvi});
  CHECK(choices("in") == std::vector{Knob::Iopl, Knob::IoBitmap});
  CHECK(choices("rdtsc") == std::vector{Knob::Cr4Tsd});
  CHECK(choices("rdpmc") == std::vector{Knob::Cr4Pce});
  for (const std::string& name : in_v86) {
    CHECK(find(some, name).findings.privileged_v86);
    CHECK_FALSE(find(some, name).findings.privileged);
  }
}

TEST_CASE("what only computes is innocuous", "[classify]") {
  const std::vector<std::string> names = {"add",    "mov",     "lea",    "imul", "div",   "push",    "pop",
                                          "call",   "ret",     "loop",   "bts",  "movsb", "cmpxchg", "enter",
                                          "arpl",   "fadd",    "fsin",   "fld",  "fldcw", "paddb",   "addps",
                                          "sqrtsd", "ldmxcsr", "movaps", "xlat"};
  for (const ClassifiedInstruction& instruction : classify_instructions(request_of(1, names)).instructions) {
    INFO(instruction.name);
    CHECK(instruction.verdict() == "innocuous");
  }
}

TEST_CASE("UMIP closes five, and leaves thirteen", "[classify]") {
  ClassifyRequest request = request_of(1);
  request.model = CpuModel::find("pentium4-umip");
  for (const RobinIrvineEntry& entry : robin_irvine_list())
    request.names.insert(request.names.end(), entry.rows.begin(), entry.rows.end());
  const Classification umip = classify_instructions(request);
  unsigned closed = 0;
  for (const RobinIrvineEntry& entry : robin_irvine_list()) {
    const classify::Findings& findings = find(umip, entry.rows.front()).findings;
    if (!findings.privileged) continue;
    ++closed;
    CHECK(findings.choices == std::vector{classify::Knob::Cr4Umip});
  }
  CHECK(closed == 5);
  CHECK_FALSE(umip.theorem1());
  CHECK(comparison_text(umip).find("  SMSW: traps with CR4.UMIP 1\n") != std::string::npos);
}

TEST_CASE("instructions that a model lacks never complete", "[classify]") {
  ClassifyRequest request = request_of(1, {"cpuid", "rdtsc", "addps", "cmpxchg8b"});
  request.model = CpuModel::find("486dx");
  const Classification old = classify_instructions(request);
  CHECK(find(old, "cpuid").findings.completes);
  for (const char* name : {"rdtsc", "addps", "cmpxchg8b"})
    CHECK(find(old, name).verdict() == "never completes");
}

TEST_CASE("nothing that the table knows about sensitivity is looked at", "[classify]") {
  const std::filesystem::path folder = kRoot / "frontend" / "lab" / "classify";
  const std::vector<std::string> nowhere = {"->sensitivity", ".sensitivity", "Sensitivity",
                                            "policy.h",      "Policy",       "row->system",
                                            "row.system",    ".system ",     "SystemEffect"};
  const std::vector<std::string> not_by_the_engine = {
      "instruction_table", "InstructionRow", "find_row", "row_of",
      "kInstructionRows",  "row_encodings",  "MNEMONIC_"};
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string text = contents(entry.path());
    INFO(entry.path());
    for (const std::string& word : nowhere) {
      INFO(word);
      CHECK(text.find(word) == std::string::npos);
    }
    if (entry.path().parent_path().filename() != "engine") continue;
    for (const std::string& word : not_by_the_engine) {
      INFO(word);
      CHECK(text.find(word) == std::string::npos);
    }
  }
  CHECK(files > 20);
}

}  // namespace ringdown::test
