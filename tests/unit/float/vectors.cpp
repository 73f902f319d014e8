// Reader of the gzip-compressed vector files.
#include "tests/unit/float/vectors.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace ringdown::test {

namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

Rounding parse_rounding(const std::string& word) {
  if (word == "min") return Rounding::Down;
  if (word == "max") return Rounding::Up;
  return word == "minMag" ? Rounding::Zero : Rounding::Nearest;
}

Precision parse_precision(const std::string& word) {
  if (word == "p32") return Precision::Single;
  return word == "p64" ? Precision::Double : Precision::Extended;
}

}  // namespace

std::vector<VectorFile> list_vector_files(const std::string& folder) {
  std::vector<VectorFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const std::vector<std::string> parts = split(name, '.');
    if (parts.size() < 4 || parts.back() != "gz") continue;
    const bool has_precision = parts[1] == "p32" || parts[1] == "p64" || parts[1] == "p80";
    files.push_back({entry.path().string(), name, parts[0], parse_rounding(parts[has_precision ? 2 : 1]),
                     has_precision ? parse_precision(parts[1]) : Precision::Extended});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

std::vector<std::vector<std::string>> read_vector_lines(const std::string& path) {
  std::string text;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  std::array<char, 65536> buffer;
  for (int n = 0; (n = gzread(file, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  gzclose(file);
  std::vector<std::vector<std::string>> lines;
  for (const std::string& line : split(text, '\n')) lines.push_back(split(line, ' '));
  return lines;
}

Float80 parse_float80(const std::string& digits) {
  return {std::stoull(digits.substr(4), nullptr, 16),
          static_cast<u16>(std::stoul(digits.substr(0, 4), nullptr, 16))};
}

std::string to_string(Float80 value) {
  return fmt::format("{:04X}{:016X}", value.sign_exponent, value.significand);
}

u8 parse_flags(const std::string& digits) {
  constexpr std::array<u8, 5> kFlags{x87_exception::kPrecision, x87_exception::kUnderflow,
                                     x87_exception::kOverflow, x87_exception::kZeroDivide,
                                     x87_exception::kInvalid};
  const unsigned bits = static_cast<unsigned>(std::stoul(digits, nullptr, 16));
  u8 flags = 0;
  for (std::size_t i = 0; i < kFlags.size(); ++i) {
    if ((bits >> i & 1) != 0) flags = static_cast<u8>(flags | kFlags[i]);
  }
  return flags;
}

}  // namespace ringdown::test
