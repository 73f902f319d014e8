// What the commands share: how far they are, Ctrl-C, and files that appear when they are complete.
#pragma once

#include <atomic>
#include <string>

#include "core/host_file.h"
#include "frontend/images/open_image.h"
#include "frontend/status_line.h"
#include "frontend/stop_signals.h"

namespace ringdown {

/// A long piece of work: shows percent, MB/s and the time left on a terminal, and can be interrupted.
class ImageWork {
 public:
  explicit ImageWork(std::string what);
  ~ImageWork() { line_.clear(); }
  ImageWork(const ImageWork&) = delete;
  ImageWork& operator=(const ImageWork&) = delete;

  /// To call now and then; an error once it was interrupted.
  Result<void> at(u64 done, u64 total);
  /// The same for those who open images.
  ImageProgress progress();

 private:
  std::string what_;
  std::atomic<bool> interrupted_ = false;
  StopSignals signals_{[this] { interrupted_ = true; }};
  StatusLine line_;
};

/// "NAME.part" until it is complete; goes away if it never is.
class PartFile {
 public:
  explicit PartFile(std::string name) : name_(std::move(name)) {}
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::string part() const { return name_ + ".part"; }
  /// It is complete, and takes its name.
  Result<void> finish(HostFile& file);
  Result<void> finish();

 private:
  std::string name_;
  bool finished_ = false;
};

/// Whether `name` may be written: it does not exist, or `force`d nobody uses it.
Result<void> may_replace(const std::string& name, bool force);

/// "512M", "10G", "1.5T", "1474560": bytes with a suffix of powers of 1024; whole sectors. The error names
/// `option`.
Result<u64> parse_image_size(std::string_view text, std::string_view option);
/// "1.5 GiB".
std::string size_text(u64 bytes);

}  // namespace ringdown
