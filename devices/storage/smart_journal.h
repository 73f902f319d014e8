// What a disk knows of its health: SMART attributes, thresholds and logs (ATA/ATAPI-5, section 8.41).
#pragma once

#include <optional>
#include <vector>

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

/// A disk in software does not age: attributes count what it has done, thresholds are never exceeded, and
/// self-tests pass at once.
class SmartJournal {
 public:
  bool enabled() const { return enabled_; }
  void enable(bool on) { enabled_ = on; }
  bool autosave() const { return autosave_; }
  void set_autosave(bool on) { autosave_ = on; }

  /// A sector could not be read or written.
  void count_error();

  /// EXECUTE OFF-LINE IMMEDIATE with what Sector Number asks for; false if that is no test.
  bool run_test(u8 test, u32 hours);
  /// READ DATA, READ ATTRIBUTE THRESHOLDS.
  std::vector<std::byte> data(u32 hours) const;
  static std::vector<std::byte> thresholds();
  /// READ LOG SECTOR: the log's one sector; none if there is no such log.
  std::optional<std::vector<std::byte>> log(u8 address) const;

  void serialize(Archive& archive) { archive(enabled_, autosave_, errors_, collected_, tests_, newest_); }

 private:
  static constexpr std::size_t kTests = 21;  // that the self-test log holds
  struct Test {
    u8 kind = 0;
    u16 hours = 0;
    void serialize(Archive& archive) { archive(kind, hours); }
  };
  std::vector<std::byte> directory() const;
  std::vector<std::byte> error_log() const;
  std::vector<std::byte> test_log() const;

  bool enabled_ = true;
  bool autosave_ = true;
  u16 errors_ = 0;
  bool collected_ = false;  // off-line data collection has been run
  std::array<Test, kTests> tests_{};
  u8 newest_ = 0;  // 1 to 21; 0: no test was run
};

}  // namespace ringdown
