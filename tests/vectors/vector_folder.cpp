// Runs all MOO files of a folder in a suite.
#include "tests/vectors/vector_folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <optional>

namespace ringdown::test {

namespace {

constexpr std::size_t kShownPerFile = 5;

struct VectorFile {
  std::filesystem::path path;
  std::string form;  // the file's name without its ending
};

std::optional<std::string> form_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const std::string_view ending : {".MOO.gz", ".MOO", ".moo.gz", ".moo"}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return std::nullopt;
}

/// Of the folder and those in it, sorted by path.
std::vector<VectorFile> find_files(const std::filesystem::path& folder,
                                   const std::vector<std::string>& forms) {
  std::vector<VectorFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    const std::optional<std::string> form = form_of(entry.path());
    if (form && (forms.empty() || std::find(forms.begin(), forms.end(), *form) != forms.end()))
      files.push_back({entry.path(), *form});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::set<std::string> read_revocations(const std::filesystem::path& path) {
  std::set<std::string> hashes;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.front() != '#') hashes.insert(line);
  }
  return hashes;
}

void append_failures(const std::string& form, const std::vector<VectorSuite::Failure>& found,
                     std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < std::min(found.size(), kShownPerFile); ++i)
    lines.push_back(form + " " + found[i].text);
  if (found.size() > kShownPerFile) lines.push_back(fmt::format("{}: {} failures", form, found.size()));
}

/// Predicates that no test has shown. That is a mistake of theirs where the whole suite of the processor is
/// in the folder, which is so for the 80286 alone.
void append_unused_exclusions(const VectorSuite& suite, std::vector<std::string>& lines) {
  for (const Exclusion& exclusion : exclusions()) {
    if (exclusion.last < CapturedCpu::I286 || exclusion.first > CapturedCpu::I286) continue;
    for (const VectorSuite::ModeCount& count : suite.counts()) {
      if (!count.exclusions.contains(&exclusion))
        lines.push_back(fmt::format("{}: '{}' excludes no test", mode_name(count.mode), exclusion.name));
    }
  }
}

}  // namespace

Result<FolderOutcome> run_folder(const std::filesystem::path& folder, const std::vector<std::string>& forms,
                                 VectorSuite& suite) {
  const std::vector<VectorFile> files = find_files(folder, forms);
  if (files.empty()) return Error{folder.string() + ": no .MOO or .MOO.gz files there"};
  const std::set<std::string> revoked = read_revocations(folder / "revocation_list.txt");
  std::optional<FolderOutcome> outcome;
  for (const auto& [path, form] : files) {
    const Result<MooFile> file = read_moo(path);
    if (!file) return file.error();
    const std::optional<CapturedCpuTraits> cpu = find_captured_cpu(file->cpu);
    if (!cpu) return Error{fmt::format("{}: processor '{}' is not known", path.string(), file->cpu)};
    if (!outcome) outcome = FolderOutcome{*cpu, {}};
    if (outcome->cpu.header != cpu->header) {
      return Error{fmt::format("{}: captured from {}, but the files before it from {}", path.string(),
                               cpu->name, outcome->cpu.name)};
    }
    append_failures(form, suite.run(*file, *cpu, revoked), outcome->failures);
  }
  if (forms.empty() && outcome->cpu.family == CapturedCpu::I286)
    append_unused_exclusions(suite, outcome->failures);
  return *std::move(outcome);
}

}  // namespace ringdown::test
