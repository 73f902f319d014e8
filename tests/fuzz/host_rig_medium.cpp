// Makes, renews, copies and compares sparse files.
#include "tests/fuzz/host_rig_medium.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "core/disk_image.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/host_temporary.h"

namespace ringdown::test {

namespace {

constexpr u64 kFilledSectors = 64;

void check(bool done, const char* what) {
  if (!done) report_finding(std::string(what) + ": the host's folder of temporary files does not work\n");
}

void write_at(int descriptor, u64 offset, std::span<const u8> bytes) {
  const auto written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  check(written == std::ssize(bytes), "writing a medium");
}

std::vector<u8> read_at(int descriptor, u64 offset, std::size_t size) {
  std::vector<u8> bytes(size);
  const auto got = ::pread(descriptor, bytes.data(), size, static_cast<off_t>(offset));
  check(got == std::ssize(bytes), "reading a medium");
  return bytes;
}

}  // namespace

RigMedium::RigMedium(const std::string& stem, u64 sectors)
    : path_(temporary_path(stem)),
      sectors_(sectors),
      descriptor_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
  check(descriptor_ >= 0, "making a medium");
  renew();
}

RigMedium::~RigMedium() {
  ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void RigMedium::punch() {
  check(::ftruncate(descriptor_, 0) == 0, "emptying a medium");
  check(::ftruncate(descriptor_, static_cast<off_t>(sectors_ * kSectorSize)) == 0, "sizing a medium");
}

void RigMedium::renew() {
  punch();
  std::vector<u8> bytes(std::min(kFilledSectors, sectors_) * kSectorSize);
  u32 value = 1;
  for (u8& byte : bytes) {
    value = value * 1664525 + 1013904223;  // Knuth's generator: no two sectors are alike
    byte = static_cast<u8>(value >> 24);
  }
  write_at(descriptor_, 0, bytes);
}

template <class Use>
void RigMedium::for_each_piece(Use use) const {
  const off_t end = static_cast<off_t>(sectors_ * kSectorSize);
  for (off_t at = ::lseek(descriptor_, 0, SEEK_DATA); at >= 0 && at < end;) {
    const off_t hole = std::min(::lseek(descriptor_, at, SEEK_HOLE), end);
    use(static_cast<u64>(at),
        read_at(descriptor_, static_cast<u64>(at), static_cast<std::size_t>(hole - at)));
    at = ::lseek(descriptor_, hole, SEEK_DATA);
  }
}

void RigMedium::copy_from(const RigMedium& other) {
  punch();
  other.for_each_piece(
      [&](u64 offset, const std::vector<u8>& bytes) { write_at(descriptor_, offset, bytes); });
}

bool RigMedium::same_as(const RigMedium& other) const {
  bool same = true;
  const auto compare = [&](int with) {
    return [&same, with](u64 offset, const std::vector<u8>& bytes) {
      same = same && read_at(with, offset, bytes.size()) == bytes;
    };
  };
  for_each_piece(compare(other.descriptor_));
  other.for_each_piece(compare(descriptor_));
  return same;
}

std::vector<u8> RigMedium::sector(u64 number) const {
  return read_at(descriptor_, number * kSectorSize, kSectorSize);
}

}  // namespace ringdown::test
