// Sizes in binary, counts in decimal multiples; texts with parts.
#include "frontend/cli/option_values.h"

#include <fmt/core.h>

#include <cctype>
#include <charconv>
#include <cstring>

#include "frontend/machine/file_contents.h"

namespace ringdown {

namespace {

constexpr u64 kMinimumMemory = u64{1} << 20;
constexpr u64 kMaximumMemory = u64{3584} << 20;

/// A decimal number with up to three fractional digits, in thousandths.
std::optional<u64> parse_thousandths(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  u64 value = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  constexpr u64 kLargest = 1'000'000'000'000;
  if (error != std::errc() || end != whole.data() + whole.size() || value > kLargest) return {};
  value *= 1000;
  if (point == std::string_view::npos) return value;
  const std::string_view fraction = text.substr(point + 1);
  if (fraction.empty() || fraction.size() > 3) return {};
  u64 unit = 100;
  for (const char digit : fraction) {
    if (digit < '0' || digit > '9') return {};
    value += static_cast<u64>(digit - '0') * unit;
    unit /= 10;
  }
  return value;
}

char take_suffix(std::string_view& text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text.back())) == 0) return 0;
  const char suffix = static_cast<char>(std::toupper(static_cast<unsigned char>(text.back())));
  text.remove_suffix(1);
  return suffix;
}

/// 0 to 3 for none, K, M, G.
std::optional<unsigned> power_of(char suffix) {
  constexpr std::string_view kSuffixes("\0KMG", 4);
  const std::size_t at = kSuffixes.find(suffix);
  if (at == std::string_view::npos) return {};
  return static_cast<unsigned>(at);
}

/// "256M", "1.5G"; without a suffix MiB.
std::optional<u64> bytes_of(std::string_view text) {
  const char suffix = take_suffix(text);
  const std::optional<unsigned> power = power_of(suffix == 0 ? 'M' : suffix);
  const std::optional<u64> thousandths = parse_thousandths(text);
  if (!power || !thousandths) return {};
  return static_cast<u64>((static_cast<u128>(*thousandths) << (10 * *power)) / 1000);
}

}  // namespace

Result<u64> parse_memory(std::string_view text) {
  const std::optional<u64> bytes = bytes_of(text);
  if (!bytes || *bytes < kMinimumMemory || *bytes > kMaximumMemory)
    return Error{fmt::format("--memory {}: no size between 1M and 3.5G: use e.g. 256M or 1G", text)};
  if (*bytes % kPageSize != 0) return Error{fmt::format("--memory {}: no multiple of 4K: round it", text)};
  return *bytes;
}

Result<u64> parse_shadow_memory(std::string_view text) {
  const std::optional<u64> bytes = bytes_of(text);
  if (!bytes || *bytes < kMinimumShadowBytes || *bytes > kMaximumMemory)
    return Error{fmt::format("--shadow-memory {}: no size between 1M and 3.5G: use e.g. 32M", text)};
  return *bytes;
}

Result<ShadowBreak> parse_shadow_break(std::string_view text) {
  static constexpr std::pair<std::string_view, ShadowBreak::Kind> kKinds[] = {
      {"drop-sync:", ShadowBreak::Kind::DropSync},
      {"stale-tlb:", ShadowBreak::Kind::StaleTlb},
      {"lose-protect:", ShadowBreak::Kind::LoseProtect}};
  for (const auto& [name, kind] : kKinds) {
    if (!text.starts_with(name)) continue;
    const Result<u64> nth = parse_count(text.substr(name.size()), fmt::format("--break-shadow {}", name));
    if (!nth) return nth.error();
    return ShadowBreak{kind, *nth};
  }
  return Error{fmt::format(
      "--break-shadow {}: use drop-sync:N, stale-tlb:N or lose-protect:N; the Nth goes wrong", text)};
}

Result<u64> parse_count(std::string_view text, std::string_view option) {
  std::string_view number = text;
  const std::optional<unsigned> power = power_of(take_suffix(number));
  const std::optional<u64> thousandths = parse_thousandths(number);
  if (!power || !thousandths || (*power == 0 && *thousandths % 1000 != 0) || *thousandths == 0) {
    return Error{fmt::format("{} {}: no count: use e.g. 5000000 or 1.5G", option, text)};
  }
  u128 value = *thousandths;
  for (unsigned i = 0; i < *power; ++i) value *= 1000;
  return static_cast<u64>(value / 1000);
}

std::string take_part(std::string_view& text) {
  std::string part;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == ',') {
      if (text.empty() || text.front() != ',') return part;
      text.remove_prefix(1);
    }
    part += c;
  }
  return part;
}

Result<FirmwareFile> parse_firmware_file(std::string_view text) {
  const auto error = [text](std::string_view what) {
    return Error{
        fmt::format("--fw-cfg {}: {}: use name=NAME,file=FILE or name=NAME,string=TEXT", text, what)};
  };
  constexpr std::size_t kLongestName = 55;
  std::string_view rest = text;
  const std::string name = take_part(rest);
  const std::string content = take_part(rest);
  if (!name.starts_with("name=") || !rest.empty()) return error("name and content are wanted");
  FirmwareFile file{name.substr(std::strlen("name=")), {}};
  if (file.name.empty() || file.name.size() > kLongestName) return error("names have 1 to 55 characters");
  if (content.starts_with("string=")) {
    file.content.assign(content.begin() + std::strlen("string="), content.end());
  } else if (content.starts_with("file=")) {
    Result<std::vector<u8>> bytes = read_whole_file(content.substr(std::strlen("file=")));
    if (!bytes) return Error{"--fw-cfg " + bytes.error().message};
    file.content = std::move(*bytes);
  } else {
    return error("the content is missing");
  }
  return file;
}

}  // namespace ringdown
