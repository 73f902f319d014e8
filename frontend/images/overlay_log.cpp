// Writes and reads the chain of records.
#include "frontend/images/overlay_log.h"

namespace ringdown::overlay {

bool read_block(BlockFile& file, Place place, Block& block) {
  const u64 offset = u64{place} * kBlockSize;
  return offset + kBlockSize <= file.size() && file.read(offset, block);
}

Result<void> write_block(BlockFile& file, Place place, const Block& block) {
  return file.write(u64{place} * kBlockSize, block);
}

Log::Log(BlockFile& file, Space& space, const Uuid& uuid, Place start, u64 seed)
    : file_(&file), space_(&space), uuid_(uuid), next_(start), previous_(seed) {}

void Log::replay(const std::function<bool(const Record&)>& visit) {
  Block block{};
  while (read_block(*file_, next_, block)) {
    const std::optional<Record> record = decode_record(block, uuid_);
    const bool continues = record && record->previous == previous_ && record->next >= kHeaders &&
                           record->next < file_->size() / kBlockSize + kFarthestPlace;
    // A log that comes back to a place of its own was not written by us.
    if (!continues || !space_->take(record->next)) return;
    if (!visit(*record)) return space_->release(record->next);
    places_.push_back(next_);
    next_ = record->next;
    previous_ = checksum_of(block);
  }
}

Result<void> Log::append(u64 commit, std::span<const Entry> entries) {
  const Space::Run following = space_->allocate(1, Space::Growth::Allowed);
  const Block record =
      encode(Record{commit, previous_, following.first, {entries.begin(), entries.end()}}, uuid_);
  if (const Result<void> written = write_block(*file_, next_, record); !written) {
    space_->give_back(following);
    return written;
  }
  places_.push_back(next_);
  next_ = following.first;
  previous_ = checksum_of(record);
  return {};
}

void Log::release() {
  for (const Place place : places_) space_->release(place);
  space_->release(next_);
  places_.clear();
}

}  // namespace ringdown::overlay
