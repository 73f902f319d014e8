// Reads the opening comment of a system test.
#include "tests/system/test_header.h"

#include <fmt/core.h>

#include <fstream>
#include <optional>
#include <string_view>

namespace ringdown::test {

namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

/// What stands behind `key`, if the line begins with it.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return {};
  return trimmed(line.substr(key.size()));
}

std::set<std::string> split(std::string_view list) {
  std::set<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    parts.insert(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

}  // namespace

Result<TestHeader> read_test_header(const std::filesystem::path& source) {
  std::ifstream file(source);
  if (!file) return Error{fmt::format("{}: cannot be read", source.string())};
  TestHeader header;
  bool log = false;
  for (std::string line; std::getline(file, line) && line.starts_with(';');) {
    const std::string text = trimmed(std::string_view(line).substr(1));
    if (log) {
      header.expected.push_back(text);
    } else if (const auto rows = value_of(text, "Rows:")) {
      header.rows.merge(split(*rows));
    } else if (const auto cpu = value_of(text, "Cpu:")) {
      header.cpu = *cpu;
    } else if (text == "Expect:") {
      log = true;
    }
  }
  if (!log) return Error{fmt::format("{}: no '; Expect:' in its opening comment", source.string())};
  if (header.rows.empty())
    return Error{fmt::format("{}: no '; Rows:' in its opening comment", source.string())};
  return header;
}

}  // namespace ringdown::test
