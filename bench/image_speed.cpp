// Speed of overlays beside raw images, with both in the host's page cache: image_speed [MIB [FOLDER]].
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <vector>

#include "core/seeded_random.h"
#include "frontend/images/open_image.h"

namespace {

using namespace ringdown;
namespace fs = std::filesystem;

struct Pattern {
  const char* name;
  std::size_t bytes;  // of a request
  bool random;
  bool write;
  bool flush;  // behind every 64th request
};

constexpr Pattern kPatterns[] = {
    {"sequential reads of 128 KiB", 128 * 1024, false, false, false},
    {"sequential writes of 128 KiB", 128 * 1024, false, true, false},
    {"random reads of 4 KiB", 4096, true, false, false},
    {"random writes of 4 KiB", 4096, true, true, false},
    {"random writes of 4 KiB, flushes", 4096, true, true, true},
};

void demand(const Result<void>& result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().message);
  std::exit(1);
}

/// Seconds for `requests` of a pattern.
double measure(DiskImage& image, const Pattern& pattern, u64 requests, u64 seed) {
  SeededRandom random(seed, 0);
  std::vector<std::byte> data(pattern.bytes, std::byte{0x5a});
  const u64 places = image.sectors() * kSectorSize / pattern.bytes;
  const std::clock_t start = std::clock();
  for (u64 i = 0; i < requests; ++i) {
    const u64 place = pattern.random ? random.below(static_cast<u32>(places)) : i % places;
    const u64 sector = place * pattern.bytes / kSectorSize;
    demand(pattern.write ? image.write(sector, data) : image.read(sector, data));
    if (pattern.flush && i % 64 == 63) demand(image.flush());
  }
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Every block of the disk is there, so that both kinds do the same work.
void fill(DiskImage& image) {
  std::vector<std::byte> data(std::size_t{1} << 20);
  SeededRandom random(1, 1);
  for (std::byte& byte : data) byte = static_cast<std::byte>(random.bits());
  for (u64 sector = 0; sector < image.sectors(); sector += data.size() / kSectorSize)
    demand(image.write(sector, data));
  demand(image.flush());
}

std::unique_ptr<DiskImage> opened(Result<OpenedImage> image) {
  if (image) return std::move(image->image);
  fmt::print(stderr, "{}\n", image.error().message);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const u64 mebibytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 256;
  const fs::path folder = argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path();
  const std::string raw_name = (folder / "image_speed.img").string();
  const std::string overlay_name = (folder / "image_speed.rdo").string();
  std::error_code error;
  fs::remove(overlay_name, error);
  { demand(HostFile::create(raw_name)->resize(mebibytes << 20)); }
  ImageOptions options;
  options.access = HostFile::Access::ReadWrite;
  {
    auto raw = opened(open_image(raw_name, options));
    auto overlay = opened(create_overlay(overlay_name, (mebibytes << 20) / kSectorSize));
    fill(*raw);
    fill(*overlay);
    fmt::print("{} MiB; the best of nine runs each, taken in turn\n", mebibytes);
    for (const Pattern& pattern : kPatterns) {
      const u64 requests = pattern.flush ? 2048 : pattern.random ? 40'000 : (mebibytes << 20) / pattern.bytes;
      double best[2] = {1e9, 1e9};
      for (u64 round = 0; round < 9; ++round) {
        best[0] = std::min(best[0], measure(*raw, pattern, requests, round));
        best[1] = std::min(best[1], measure(*overlay, pattern, requests, round));
      }
      const auto rate = [&](double seconds) {
        return static_cast<double>(requests * pattern.bytes) / seconds / 1e6;
      };
      fmt::print("{:<32} raw {:7.0f} MB/s, overlay {:7.0f} MB/s: {:+.1f} %\n", pattern.name, rate(best[0]),
                 rate(best[1]), 100 * (best[0] / best[1] - 1));
    }
  }
  fs::remove(raw_name, error);
  fs::remove(overlay_name, error);
}
