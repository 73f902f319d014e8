// Progress, interruption, files and sizes.
#include "frontend/image/image_work.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>

namespace ringdown {

namespace fs = std::filesystem;

ImageWork::ImageWork(std::string what) : what_(std::move(what)) {}

Result<void> ImageWork::at(u64 done, u64 total) {
  if (interrupted_) return Error{fmt::format("{}: interrupted", what_)};
  if (done == 0 || total == 0 || !line_.due()) return {};
  const double seconds = line_.seconds();
  const double share = static_cast<double>(done) / static_cast<double>(total);
  line_.write(fmt::format("{}: {:.0f} %, {:.0f} MB/s, {:.0f} s left", what_, share * 100,
                          static_cast<double>(done) / seconds / 1e6, std::ceil(seconds / share - seconds)));
  return {};
}

ImageProgress ImageWork::progress() {
  return [this](u64 done, u64 total) { return static_cast<bool>(at(done, total)); };
}

PartFile::~PartFile() {
  std::error_code error;
  if (!finished_) fs::remove(part(), error);
}

Result<void> PartFile::finish(HostFile& file) {
  Result<void> result = file.flush();
  if (result) result = file.rename(name_);
  finished_ = static_cast<bool>(result);
  return result;
}

Result<void> PartFile::finish() {
  Result<HostFile> file = HostFile::open(part(), HostFile::Access::ReadWrite);
  return file ? finish(*file) : Result<void>(file.error());
}

Result<void> may_replace(const std::string& name, bool force) {
  std::error_code error;
  if (is_nbd_uri(name)) return Error{fmt::format("{}: only files can be written anew: name a file", name)};
  if (!fs::exists(name, error)) return {};
  if (fs::is_directory(name, error)) return Error{fmt::format("{}: a folder: name a file", name)};
  if (!fs::is_regular_file(name, error)) return Error{fmt::format("{}: no file: name another", name)};
  if (!force)
    return Error{fmt::format("{}: there is a file of that name: name another or add --force", name)};
  const Result<HostFile> unused = HostFile::open(name, HostFile::Access::ReadWrite);
  return unused ? Result<void>() : unused.error();
}

Result<u64> parse_image_size(std::string_view text, std::string_view option) {
  constexpr std::string_view kSuffixes = "KMGT";
  const auto error = [&] {
    return Error{
        fmt::format("{} {}: no size of whole sectors up to 8T: use e.g. 512M, 10G or 1474560", option, text)};
  };
  std::string_view number = text;
  double unit = 1;
  if (!number.empty()) {
    const std::size_t power =
        kSuffixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(number.back()))));
    if (power != std::string_view::npos) {
      unit = std::pow(1024.0, static_cast<double>(power + 1));
      number.remove_suffix(1);
    }
  }
  double value = 0;
  const auto [end, failed] =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  constexpr double kMost = 8.0 * 1024 * 1024 * 1024 * 1024;
  if (number.empty() || failed != std::errc() || end != number.data() + number.size()) return error();
  const double bytes = value * unit;
  if (!(bytes >= kSectorSize) || bytes > kMost || std::fmod(bytes, kSectorSize) != 0) return error();
  return static_cast<u64>(bytes);
}

std::string size_text(u64 bytes) {
  constexpr std::array<const char*, 5> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return value == std::floor(value) ? fmt::format("{:.0f} {}", value, kUnits[unit])
                                    : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace ringdown
