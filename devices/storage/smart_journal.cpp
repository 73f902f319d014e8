// The sectors that SMART READ DATA, READ ATTRIBUTE THRESHOLDS and READ LOG SECTOR return.
#include "devices/storage/smart_journal.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/disk_image.h"

namespace ringdown {
namespace {

/// The attributes that every drive of the time had, by the numbers that tools know.
struct Attribute {
  u8 id;
  u16 flags;  // bit 0: a failure is foretold by it; bit 1: collected while the drive is used
  u8 threshold;
};
constexpr Attribute kAttributes[] = {
    {1, 0x000b, 16},   // raw read error rate
    {3, 0x0007, 24},   // spin-up time
    {4, 0x0012, 0},    // start/stop count
    {5, 0x0033, 5},    // reallocated sectors
    {9, 0x0012, 0},    // power-on hours
    {12, 0x0032, 0},   // power cycles
    {197, 0x0022, 0},  // pending sectors
};
constexpr u8 kBestValue = 100;

/// A sector of numbers, low bytes first, with a checksum at its end.
class SmartSector {
 public:
  void byte(std::size_t at, u8 value) { data_[at] = static_cast<std::byte>(value); }
  void word(std::size_t at, u16 value) {
    byte(at, static_cast<u8>(value));
    byte(at + 1, static_cast<u8>(value >> 8));
  }
  std::vector<std::byte> finish() {
    const u8 sum = std::accumulate(data_.begin(), data_.end(), u8{0}, [](u8 total, std::byte b) {
      return static_cast<u8>(total + static_cast<u8>(b));
    });
    data_.back() = static_cast<std::byte>(-sum);
    return std::move(data_);
  }
  std::vector<std::byte> finish_without_checksum() { return std::move(data_); }

 private:
  std::vector<std::byte> data_ = std::vector<std::byte>(kSectorSize);
};

constexpr u16 kStructureRevision = 0x0010;
constexpr std::size_t kFirstAttribute = 2;
constexpr std::size_t kAttributeLength = 12;

// Where READ DATA has what is not an attribute.
constexpr std::size_t kOfflineStatus = 362;
constexpr std::size_t kOfflineSeconds = 364;
constexpr std::size_t kOfflineCapability = 367;
constexpr std::size_t kSmartCapability = 368;
constexpr std::size_t kErrorLogCapability = 370;
constexpr std::size_t kShortTestMinutes = 372;
constexpr std::size_t kExtendedTestMinutes = 373;

enum LogAddress : u8 { kDirectory = 0, kSummaryErrorLog = 1, kSelfTestLog = 6 };
enum TestKind : u8 {
  kOffline = 0,
  kShort = 1,
  kExtended = 2,
  kAbort = 127,
  kShortCaptive = 129,
  kExtendedCaptive = 130,
};

}  // namespace

void SmartJournal::count_error() {
  if (errors_ != std::numeric_limits<u16>::max()) ++errors_;
}

bool SmartJournal::run_test(u8 test, u32 hours) {
  switch (test) {
    case kOffline:
      collected_ = true;
      return true;
    case kAbort:
      return true;
    case kShort:
    case kExtended:
    case kShortCaptive:
    case kExtendedCaptive:
      newest_ = static_cast<u8>(newest_ % kTests + 1);
      tests_[newest_ - 1u] = {test, static_cast<u16>(std::min<u32>(hours, 0xffff))};
      return true;
    default:
      return false;
  }
}

std::vector<std::byte> SmartJournal::data(u32 hours) const {
  SmartSector sector;
  sector.word(0, kStructureRevision);
  std::size_t at = kFirstAttribute;
  for (const Attribute& attribute : kAttributes) {
    const u32 raw = attribute.id == 9 ? hours : attribute.id == 4 || attribute.id == 12 ? 1 : 0;
    sector.byte(at, attribute.id);
    sector.word(at + 1, attribute.flags);
    sector.byte(at + 3, kBestValue);
    sector.byte(at + 4, kBestValue);
    sector.word(at + 5, static_cast<u16>(raw));
    sector.word(at + 7, static_cast<u16>(raw >> 16));
    at += kAttributeLength;
  }
  constexpr u8 kCompleted = 0x02, kNeverStarted = 0x00;
  sector.byte(kOfflineStatus, collected_ ? kCompleted : kNeverStarted);
  sector.word(kOfflineSeconds, 1);
  sector.byte(kOfflineCapability, 0x11);  // EXECUTE OFF-LINE IMMEDIATE, self-tests
  sector.word(kSmartCapability, 0x0003);  // saves attributes before it powers down, and by itself
  sector.byte(kErrorLogCapability, 0x01);
  sector.byte(kShortTestMinutes, 1);
  sector.byte(kExtendedTestMinutes, 1);
  return sector.finish();
}

std::vector<std::byte> SmartJournal::thresholds() {
  SmartSector sector;
  sector.word(0, kStructureRevision);
  std::size_t at = kFirstAttribute;
  for (const Attribute& attribute : kAttributes) {
    sector.byte(at, attribute.id);
    sector.byte(at + 1, attribute.threshold);
    at += kAttributeLength;
  }
  return sector.finish();
}

std::optional<std::vector<std::byte>> SmartJournal::log(u8 address) const {
  switch (address) {
    case kDirectory:
      return directory();
    case kSummaryErrorLog:
      return error_log();
    case kSelfTestLog:
      return test_log();
    default:
      return std::nullopt;
  }
}

std::vector<std::byte> SmartJournal::directory() const {
  SmartSector sector;
  sector.word(0, 1);  // version; from here on the length of each log in sectors
  for (const u8 log : {kSummaryErrorLog, kSelfTestLog}) sector.word(std::size_t{log} * 2, 1);
  return sector.finish_without_checksum();
}

std::vector<std::byte> SmartJournal::error_log() const {
  constexpr std::size_t kErrorCount = 452;
  SmartSector sector;
  sector.byte(0, 1);  // version; no error is described
  sector.word(kErrorCount, errors_);
  return sector.finish();
}

std::vector<std::byte> SmartJournal::test_log() const {
  constexpr std::size_t kFirst = 2, kLength = 24, kIndex = 508;
  SmartSector sector;
  sector.word(0, 1);  // revision
  for (std::size_t i = 0; i < kTests; ++i) {
    if (tests_[i].kind == 0) continue;
    const std::size_t at = kFirst + i * kLength;
    sector.byte(at, tests_[i].kind);
    sector.byte(at + 1, 0);  // completed without an error
    sector.word(at + 2, tests_[i].hours);
  }
  sector.byte(kIndex, newest_);
  return sector.finish();
}

}  // namespace ringdown
