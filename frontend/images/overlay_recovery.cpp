// Makes overlays, and opens them, whatever state a crash has left them in.
#include <fmt/core.h>

#include <algorithm>

#include "frontend/images/overlay_image.h"

namespace ringdown {

using namespace overlay;

namespace {

/// A little less than 16 TiB, which is what numbers of blocks in 32 bits reach.
constexpr u64 kMostSectors = ((u64{1} << 32) - (u64{1} << 16)) * kSectorsPerBlock;

u32 blocks_of(u64 sectors) { return static_cast<u32>((sectors + kSectorsPerBlock - 1) / kSectorsPerBlock); }

}  // namespace

OverlayImage::OverlayImage(std::unique_ptr<BlockFile> file, const Header& header,
                           std::unique_ptr<DiskImage> base, HostFile::Access access, Changes changes)
    : file_(std::move(file)),
      header_(header),
      base_(std::move(base)),
      access_(access),
      changes_(changes),
      map_(blocks_of(header.sectors)) {}

Result<std::unique_ptr<OverlayImage>> OverlayImage::create(std::unique_ptr<BlockFile> file,
                                                           std::unique_ptr<DiskImage> base,
                                                           const Header& wanted, Changes changes) {
  if (wanted.sectors > kMostSectors)
    return Error{fmt::format("{}: an overlay has at most 16 TiB", file->path())};
  std::unique_ptr<OverlayImage> image(
      new OverlayImage(std::move(file), wanted, std::move(base), HostFile::Access::ReadWrite, changes));
  if (changes == Changes::ThrownAway) return image;
  if (const Result<void> started = image->start_new_log(); !started) return started.error();
  if (const Result<void> flushed = image->file_->flush(); !flushed) return flushed.error();
  image->changed_ = false;
  return image;
}

Result<Header> OverlayImage::read_header(BlockFile& file) {
  std::optional<Header> best;
  for (Place copy = 0; copy < kHeaders; ++copy) {
    Block block;
    if (!read_block(file, copy, block)) continue;
    const std::optional<Header> header = decode_header(block);
    if (header && (!best || header->generation > best->generation)) best = header;
  }
  if (best && best->sectors > 0 && best->sectors <= kMostSectors) return *best;
  return Error{fmt::format("{}: a damaged overlay: both copies of its header are wrong", file.path())};
}

unsigned OverlayImage::whole_headers(BlockFile& file) {
  unsigned whole = 0;
  for (Place copy = 0; copy < kHeaders; ++copy) {
    Block block;
    if (read_block(file, copy, block) && decode_header(block)) ++whole;
  }
  return whole;
}

Result<std::unique_ptr<OverlayImage>> OverlayImage::open(std::unique_ptr<BlockFile> file,
                                                         const Header& header,
                                                         std::unique_ptr<DiskImage> base,
                                                         HostFile::Access access) {
  std::unique_ptr<OverlayImage> image(
      new OverlayImage(std::move(file), header, std::move(base), access, Changes::Kept));
  if (Result<void> recovered = image->recover(); !recovered) {
    image->access_ = HostFile::Access::ReadOnly;  // so that closing leaves it alone
    return recovered.error();
  }
  return image;
}

bool OverlayImage::possible(const Entry& entry) const {
  return entry.block < map_.blocks() && entry.place >= kHeaders &&
         entry.place < file_->size() / kBlockSize + kFarthestPlace;
}

bool OverlayImage::data_is_there(const Entry& entry) {
  Block data;
  return read_block(*file_, entry.place, data) && sum_of(data, entry.block) == entry.sum;
}

/// Reads the log. A record is written only when all of earlier commits is on the disk, so that what the log
/// says is true but for its last commit: of that, each block counts whose data is there.
Result<void> OverlayImage::replay() {
  u64 last = 0;
  std::vector<Entry> of_last;
  const auto apply = [this](const Entry& entry) { map_.put(entry.block, {entry.place, entry.sum}); };
  log_->replay([&](const Record& record) {
    const bool sound = record.commit >= last && std::all_of(record.entries.begin(), record.entries.end(),
                                                            [this](const Entry& e) { return possible(e); });
    if (!sound) return false;
    if (record.commit > last) {
      std::for_each(of_last.begin(), of_last.end(), apply);
      of_last.clear();
      last = record.commit;
    }
    of_last.insert(of_last.end(), record.entries.begin(), record.entries.end());
    return true;
  });
  if (log_->size() == 0 || last < header_.settled)
    return Error{fmt::format("{}: a damaged overlay: its log breaks off too early", file_->path())};
  left_open_ = last > header_.settled;
  for (const Entry& entry : of_last) {
    if (!left_open_ || data_is_there(entry)) {
      apply(entry);
    } else {
      ++blocks_lost_;
    }
  }
  commit_ = last + 1;
  return {};
}

Result<void> OverlayImage::recover() {
  if (header_.log_start < kHeaders || header_.log_start >= file_->size() / kBlockSize)
    return Error{fmt::format("{}: a damaged overlay: its log is behind its end", file_->path())};
  space_.take(header_.log_start);
  log_.emplace(*file_, space_, header_.uuid, header_.log_start, log_seed(header_));
  if (Result<void> replayed = replay(); !replayed) return replayed;
  bool once = true;
  map_.each([&](u32, Map::Slot slot) { return once = space_.take(slot.place); });
  if (!once) return Error{fmt::format("{}: a damaged overlay: a place is used twice", file_->path())};
  longest_log_ = std::max<std::size_t>(kShortLog, 2 * records_for_all());
  if (read_only()) return {};
  // What is shown from now on lasts, even if whoever wrote it did not come to flush it.
  if (Result<void> flushed = file_->flush(); !flushed) return flushed;
  // Entries that were passed over must not come back once later records make their commit count.
  return blocks_lost_ == 0 ? Result<void>() : start_new_log();
}

}  // namespace ringdown
