// Reads and writes the overlay's disk.
#include "frontend/images/overlay_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace ringdown {

using namespace overlay;

Error OverlayImage::damaged(u32 block) const {
  return Error{fmt::format("{}: damaged at sector {}: its checksum is wrong", file_->path(),
                           u64{block} * kSectorsPerBlock)};
}

void OverlayImage::cancel() {
  if (base_) base_->cancel();
}

/// How many of `count` blocks from `block` on can be read as one piece: all in the base, or one after another
/// in the file and equally trusted.
u32 OverlayImage::run_of(u32 block, u32 count) const {
  const Map::Slot first = map_.at(block);
  const bool verified = map_.has(Map::Verified, block);
  u32 run = 1;
  while (run < count) {
    const Place place = map_.at(block + run).place;
    const bool continues = first.place == kNowhere ? place == kNowhere
                                                   : place == first.place + run &&
                                                         map_.has(Map::Verified, block + run) == verified;
    if (!continues) break;
    ++run;
  }
  return run;
}

/// `Host::AtHand`: an error also where the host would have to fetch the data.
Result<void> OverlayImage::read_file(u64 offset, std::span<std::byte> data, Host host) {
  if (host == Host::MayFetch) return file_->read(offset, data);
  return file_->read_cached(offset, data) ? Result<void>() : Error{};
}

Result<void> OverlayImage::read_base(u64 first_sector, std::span<std::byte> data, Host host) {
  if (base_ && host == Host::MayFetch) return base_->read(first_sector, data);
  if (base_) return base_->read_at_once(first_sector, data) ? Result<void>() : Error{};
  std::fill(data.begin(), data.end(), std::byte{0});
  return {};
}

/// Data that has not been read since the overlay was opened. `skip` bytes of the first block are not wanted.
Result<void> OverlayImage::read_unverified(u32 block, std::size_t skip, std::span<std::byte> data,
                                           Host host) {
  const u64 offset = u64{map_.at(block).place} * kBlockSize;
  const std::size_t size = (skip + data.size() + kBlockSize - 1) / kBlockSize * kBlockSize;
  std::vector<std::byte> whole;
  std::span<std::byte> blocks = data;
  if (size != data.size()) {
    whole.resize(size);
    blocks = whole;
  }
  if (const Result<void> result = read_file(offset, blocks, host); !result) return result;
  for (std::size_t at = 0; at < size; at += kBlockSize, ++block) {
    if (sum_of(blocks.subspan(at, kBlockSize), block) != map_.at(block).sum) return damaged(block);
    map_.set(Map::Verified, block, true);
  }
  if (!whole.empty()) std::memcpy(data.data(), whole.data() + skip, data.size());
  return {};
}

Result<void> OverlayImage::read_from(u64 first_sector, std::span<std::byte> data, Host host) {
  while (!data.empty()) {
    const u32 block = static_cast<u32>(first_sector / kSectorsPerBlock);
    const std::size_t skip = first_sector % kSectorsPerBlock * kSectorSize;
    const u32 run = run_of(block, static_cast<u32>((skip + data.size() + kBlockSize - 1) / kBlockSize));
    const std::span<std::byte> part = data.first(std::min(data.size(), std::size_t{run} * kBlockSize - skip));
    const Place place = map_.at(block).place;
    const Result<void> result = place == kNowhere ? read_base(first_sector, part, host)
                                : map_.has(Map::Verified, block)
                                    ? read_file(u64{place} * kBlockSize + skip, part, host)
                                    : read_unverified(block, skip, part, host);
    if (!result) return result;
    data = data.subspan(part.size());
    first_sector += part.size() / kSectorSize;
  }
  return {};
}

Result<void> OverlayImage::read(u64 first_sector, std::span<std::byte> data) {
  return read_from(first_sector, data, Host::MayFetch);
}

bool OverlayImage::read_at_once(u64 first_sector, std::span<std::byte> data) {
  return static_cast<bool>(read_from(first_sector, data, Host::AtHand));
}

/// The block as it is; behind the disk's end zeros.
Result<void> OverlayImage::load_block(u32 block, Block& data) {
  const u64 first_sector = u64{block} * kSectorsPerBlock;
  const u64 count = std::min<u64>(kSectorsPerBlock, header_.sectors - first_sector);
  data.fill(std::byte{0});
  return read(first_sector, std::span(data).first(count * kSectorSize));
}

Result<void> OverlayImage::write(u64 first_sector, std::span<const std::byte> data) {
  if (read_only()) return Error{fmt::format("{}: attached read-only", file_->path())};
  while (!data.empty()) {
    const u32 block = static_cast<u32>(first_sector / kSectorsPerBlock);
    const std::size_t skip = first_sector % kSectorsPerBlock * kSectorSize;
    std::size_t size = data.size() / kBlockSize * kBlockSize;
    if (skip == 0 && size != 0) {
      if (const Result<void> result = write_blocks(block, data.first(size)); !result) return result;
    } else {
      size = std::min<std::size_t>(data.size(), kBlockSize - skip);
      Block whole;
      if (const Result<void> result = load_block(block, whole); !result) return result;
      std::memcpy(whole.data() + skip, data.data(), size);
      if (const Result<void> result = write_blocks(block, whole); !result) return result;
    }
    data = data.subspan(size);
    first_sector += size / kSectorSize;
  }
  keep_up();
  return {};
}

Result<void> OverlayImage::write_blocks(u32 block, std::span<const std::byte> data) {
  while (!data.empty()) {
    const Result<u32> written = map_.has(Map::Fresh, block) ? overwrite(block, data) : redirect(block, data);
    if (!written) return written.error();
    block += *written;
    data = data.subspan(std::size_t{*written} * kBlockSize);
  }
  return {};
}

/// No record names these blocks' places: after a crash nobody will look there.
Result<u32> OverlayImage::overwrite(u32 block, std::span<const std::byte> data) {
  const u32 most = static_cast<u32>(data.size() / kBlockSize);
  const Place first = map_.at(block).place;
  u32 run = 1;
  while (run < most && map_.has(Map::Fresh, block + run) && map_.at(block + run).place == first + run) ++run;
  const Result<void> written =
      file_->write(u64{first} * kBlockSize, data.first(std::size_t{run} * kBlockSize));
  for (u32 i = 0; i < run; ++i) {
    map_.set(Map::Verified, block + i, static_cast<bool>(written));
    if (written)
      map_.put(block + i,
               {first + i, sum_of(data.subspan(std::size_t{i} * kBlockSize, kBlockSize), block + i)});
  }
  if (!written) return written.error();
  return run;
}

Result<u32> OverlayImage::redirect(u32 block, std::span<const std::byte> data) {
  const u32 most = static_cast<u32>(data.size() / kBlockSize);
  u32 wanted = 1;
  while (wanted < most && !map_.has(Map::Fresh, block + wanted)) ++wanted;
  const Result<Space::Run> run = write_elsewhere(data.first(std::size_t{wanted} * kBlockSize));
  if (!run) return run.error();
  for (u32 i = 0; i < run->count; ++i, ++block) {
    if (const Place old = map_.at(block).place; old != kNowhere) superseded_.push_back(old);
    map_.put(block, {run->first + i, sum_of(data.subspan(std::size_t{i} * kBlockSize, kBlockSize), block)});
    map_.set(Map::Verified, block, true);
    map_.set(Map::Fresh, block, true);
    fresh_.push_back(block);
  }
  return run->count;
}

/// Writes the first blocks of `data` where nothing is, at least one.
Result<Space::Run> OverlayImage::write_elsewhere(std::span<const std::byte> data) {
  const u32 wanted = static_cast<u32>(data.size() / kBlockSize);
  const Result<Space::Run> run = try_to_write(space_.allocate(wanted, Space::Growth::Allowed), data);
  // The host's disk may be full: the file has room where superseded blocks are.
  if (run || changes_ == Changes::ThrownAway || !commit()) return run;
  const Space::Run inside = space_.allocate(wanted, Space::Growth::Forbidden);
  return inside.count == 0 ? run : try_to_write(inside, data);
}

Result<Space::Run> OverlayImage::try_to_write(Space::Run run, std::span<const std::byte> data) {
  const Result<void> written =
      file_->write(u64{run.first} * kBlockSize, data.first(std::size_t{run.count} * kBlockSize));
  if (written) return run;
  space_.give_back(run);
  return written.error();
}

Result<void> OverlayImage::flush() {
  if (read_only() || changes_ == Changes::ThrownAway) return {};
  return commit();
}

/// What a guest never flushes becomes known to the log all the same, as a drive empties its cache in time.
void OverlayImage::keep_up() {
  if (changes_ == Changes::ThrownAway) return;
  constexpr std::chrono::seconds kSoon{5};
  constexpr std::size_t kManySuperseded = (u64{1} << 30) / kBlockSize;
  // What fails here will fail again at the next flush, which reports it.
  if (superseded_.size() > std::max<std::size_t>(kManySuperseded, map_.mapped() / 2)) {
    static_cast<void>(commit());
  } else if (Clock::now() - recorded_ > kSoon) {
    static_cast<void>(write_records());
  }
}

}  // namespace ringdown
