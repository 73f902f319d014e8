// The threshold, and what is written.
#include "devices/network/e1000/write_back.h"

namespace ringdown::e1000 {

namespace {

/// With GRAN clear thresholds count cache lines, of two descriptors here.
constexpr std::size_t kDescriptorsPerLine = 2;
constexpr std::size_t kMost = 63 * kDescriptorsPerLine;

}  // namespace

bool WriteBack::add(u64 address, u64 content) {
  entries_.push_back({address, content});
  const std::size_t threshold = registers_.get<WriteBackThreshold>(control_) *
                                (registers_.get<Granularity>(control_) ? 1 : kDescriptorsPerLine);
  return entries_.size() >= threshold || entries_.size() >= kMost;
}

void WriteBack::flush(const BusMaster& bus) {
  for (const Entry& entry : entries_) {
    bus.write(entry.address, std::as_bytes(std::span(&entry.content, 1)).first(length_));
  }
  entries_.clear();
}

void WriteBack::serialize(Archive& archive) {
  archive(entries_);
  if (entries_.size() > kMost) archive.fail("more descriptors to write back than a controller keeps");
  entries_.resize(std::min(entries_.size(), kMost));
}

}  // namespace ringdown::e1000
