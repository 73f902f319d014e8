// Fuzzes packed disk images: any bytes either are refused, or unpack to the same disk from front to back and
// sector by sector from its end.
#include <cstring>
#include <memory>

#include "frontend/images/gzip_image.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/recording_file.h"

using namespace ringdown;
using namespace ringdown::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto content = std::make_shared<RecordedContent>();
  const auto bytes = std::as_bytes(std::span(data, size));
  content->set({bytes.begin(), bytes.end()});
  const auto image = GzipImage::open(std::make_unique<RecordingFile>(content), {});
  if (!image) return 0;
  std::vector<std::byte> whole(static_cast<std::size_t>((*image)->sectors()) * kSectorSize);
  if (!(*image)->read(0, whole)) report_finding("what was opened cannot be read\n");
  const auto again = GzipImage::open(std::make_unique<RecordingFile>(content), {});
  std::vector<std::byte> sector(kSectorSize);
  constexpr u64 kStep = 97;
  for (u64 from_end = 0; from_end < (*image)->sectors(); from_end += kStep) {
    const u64 at = (*image)->sectors() - 1 - from_end;
    if (!(*again)->read(at, sector) ||
        std::memcmp(sector.data(), whole.data() + at * kSectorSize, kSectorSize) != 0)
      report_finding("another disk when it is read from its end\n");
  }
  return 0;
}
