// What makes an overlay's changes last: records, flushes, headers.
#include <fmt/core.h>

#include <algorithm>

#include "frontend/images/overlay_image.h"

namespace ringdown {

using namespace overlay;

/// Names the places of all fresh blocks in the log, from when on they are not overwritten.
Result<void> OverlayImage::write_records() {
  recorded_ = Clock::now();
  std::size_t done = 0;
  Result<void> result;
  while (done < fresh_.size() && result) {
    const std::size_t end = std::min(done + kEntriesPerRecord, fresh_.size());
    std::vector<Entry> entries;
    for (std::size_t i = done; i < end && result; ++i) {
      const Map::Slot slot = map_.at(fresh_[i]);
      entries.push_back({fresh_[i], slot.place, slot.sum});
      // Overwriting it failed, and nobody has written it again: it must not replace what is on the disk.
      if (!map_.has(Map::Verified, fresh_[i]) && !data_is_there(entries.back())) result = damaged(fresh_[i]);
    }
    if (result) result = log_->append(commit_, entries);
    if (!result) break;
    for (const Entry& entry : entries) map_.set(Map::Fresh, entry.block, false);
    unsettled_ = changed_ = true;
    done = end;
  }
  fresh_.erase(fresh_.begin(), fresh_.begin() + static_cast<std::ptrdiff_t>(done));
  return result;
}

/// One flush of the file serves data and records: should only a part of them be there after a crash, the sums
/// tell (see `replay`).
Result<void> OverlayImage::commit() {
  if (header_failed_) return Error{fmt::format("{}: its header could not be written", file_->path())};
  if (const Result<void> written = write_records(); !written) return written;
  if (const Result<void> flushed = file_->flush(); !flushed) return flushed;
  if (unsettled_) {
    unsettled_ = false;
    ++commit_;
    for (const Place place : superseded_) space_.release(place);
    superseded_.clear();
  }
  // Without a new log the old one goes on.
  if (log_->size() > longest_log_ && !start_new_log()) longest_log_ = 2 * log_->size();
  if (header_failed_) return Error{fmt::format("{}: its header could not be written", file_->path())};
  return {};
}

/// Writes all places as a log of their own, and makes the header point to it. There are no fresh blocks.
Result<void> OverlayImage::start_new_log() {
  Header header = header_;
  header.log_start = space_.allocate(1, Space::Growth::Allowed).first;
  Log log(*file_, space_, header.uuid, header.log_start, log_seed(header));
  std::vector<Entry> entries;
  Result<void> result;
  map_.each([&](u32 block, Map::Slot slot) {
    entries.push_back({block, slot.place, slot.sum});
    if (entries.size() == kEntriesPerRecord) {
      result = log.append(commit_, entries);
      entries.clear();
    }
    return static_cast<bool>(result);
  });
  if (result && (!entries.empty() || log.size() == 0)) result = log.append(commit_, entries);
  if (result) result = file_->flush();
  if (!result) {
    log.release();
    return result;
  }
  header.settled = commit_++;
  header_ = header;
  if (const Result<void> written = write_header(); !written) return written;
  if (log_) log_->release();
  log_ = std::move(log);
  longest_log_ = std::max<std::size_t>(kShortLog, 2 * records_for_all());
  return {};
}

/// The first copy is on the disk before the second is touched: one of them is whole at any time.
Result<void> OverlayImage::write_header() {
  ++header_.generation;
  changed_ = true;
  const Block block = encode(header_);
  const Place first = static_cast<Place>(header_.generation % kHeaders);
  Result<void> result = write_block(*file_, first, block);
  if (result) result = file_->flush();
  if (result) result = write_block(*file_, kHeaders - 1 - first, block);
  header_failed_ = !result;
  return result;
}

Result<void> OverlayImage::close() {
  if (read_only() || changes_ == Changes::ThrownAway) return {};
  if (const Result<void> committed = commit(); !committed) return committed;
  if (!changed_ && !left_open_) return {};
  header_.settled = commit_ - 1;
  if (const Result<void> written = write_header(); !written) return written;
  changed_ = left_open_ = false;
  return file_->flush();
}

OverlayImage::~OverlayImage() { static_cast<void>(close()); }

Result<void> OverlayImage::begin_commit() {
  if (const Result<void> committed = commit(); !committed) return committed;
  header_.committing = true;
  if (const Result<void> written = write_header(); !written) return written;
  return file_->flush();
}

Result<void> OverlayImage::clear(const BaseReference& base) {
  map_.each([&](u32, Map::Slot slot) {
    superseded_.push_back(slot.place);
    return true;
  });
  map_.clear();
  header_.committing = false;
  header_.base = base;
  if (const Result<void> started = start_new_log(); !started) return started;
  for (const Place place : superseded_) space_.release(place);
  superseded_.clear();
  return file_->flush();
}

Result<void> OverlayImage::accept_base(const BaseReference& base) {
  header_.base = base;
  if (const Result<void> written = write_header(); !written) return written;
  return file_->flush();
}

void OverlayImage::verify(const std::function<void(u32)>& damaged_block,
                          const std::function<bool(u32)>& progress) {
  u32 done = 0;
  map_.each([&](u32 block, Map::Slot slot) {
    if (!data_is_there({block, slot.place, slot.sum})) damaged_block(block);
    return progress(++done);
  });
}

Result<void> OverlayImage::each_block(
    const std::function<Result<void>(u64, std::span<const std::byte>)>& visit) {
  Result<void> result;
  map_.each([&](u32 block, Map::Slot) {
    Block data;
    result = load_block(block, data);
    const u64 first_sector = u64{block} * kSectorsPerBlock;
    const u64 count = std::min<u64>(kSectorsPerBlock, header_.sectors - first_sector);
    if (result) result = visit(first_sector, std::span(data).first(count * kSectorSize));
    return static_cast<bool>(result);
  });
  return result;
}

}  // namespace ringdown
