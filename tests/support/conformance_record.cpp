// Writes what a suite found as JSON.
#include "tests/support/conformance_record.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ringdown::test {

namespace {

/// Empty for the form that a mnemonic alone means.
std::string_view form_name(Form form) {
  switch (form) {
    case Form::Any:
    case Form::General:
      return "";
    case Form::FromSegment:
      return "from-segment";
    case Form::ToSegment:
      return "to-segment";
    case Form::FromControl:
      return "from-control";
    case Form::ToControl:
      return "to-control";
    case Form::FromDebug:
      return "from-debug";
    case Form::ToDebug:
      return "to-debug";
    case Form::PushCs:
      return "cs";
    case Form::PushSegment:
    case Form::PopSegment:
      return "segment";
    case Form::Far:
      return "far";
    case Form::PortImmediate:
      return "immediate";
    case Form::PortRegister:
      return "dx";
    case Form::WithOperand:
      return "with-operand";
    case Form::Mmx:
      return "mmx";
    case Form::Xmm:
      return "xmm";
  }
  return "";
}

std::string file_name(const ConformanceRecord& record) {
  std::string name = record.suite + "." + record.mode + "." + record.part;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '_';
  }
  return name + ".json";
}

}  // namespace

std::string row_key(const InstructionRow& row) {
  std::string key = ZydisMnemonicGetString(row.mnemonic);
  const std::string_view form = form_name(row.form);
  if (!form.empty()) key.append(" ").append(form);
  return key;
}

void write_record(const ConformanceRecord& record) {
  const char* folder = std::getenv("RINGDOWN_CONFORMANCE");
  if (folder == nullptr) return;
  nlohmann::json differences = nlohmann::json::array();
  for (const ConformanceRecord::Difference& difference : record.differences)
    differences.push_back({{"reason", difference.reason}, {"cases", difference.cases}});
  const nlohmann::json json = {
      {"suite", record.suite},   {"mode", record.mode},        {"host", record.host}, {"cases", record.cases},
      {"passed", record.passed}, {"differences", differences}, {"rows", record.rows}};
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = std::filesystem::path(folder) / file_name(record);
  std::ofstream file(path);
  file << json.dump(1) << '\n';
  file.close();
  if (!file) throw std::runtime_error(path.string() + ": cannot be written");
}

}  // namespace ringdown::test
