// Reading ahead, collecting results, and what a state holds of them.
#include "devices/storage/image_work.h"

#include <algorithm>
#include <utility>

namespace ringdown {

void ImageWork::read(u64 first_sector, u64 count, u32 piece) {
  forget_pieces();
  next_sector_ = first_sector;
  left_ = count;
  piece_ = piece;
  read_ahead();
}

void ImageWork::read_ahead() {
  while (pieces_.size() < kAhead && asked_ < left_) {
    const u32 sectors = static_cast<u32>(std::min<u64>(piece_, left_ - asked_));
    std::vector<std::byte> buffer = std::exchange(spare_, {});
    buffer.resize(std::size_t{sectors} * kSectorSize);
    pieces_.push_back({queue_.read(next_sector_ + asked_, std::move(buffer)), sectors});
    asked_ += sectors;
  }
}

Result<void> ImageWork::take(std::vector<std::byte>& data) {
  const Piece piece = pieces_.front();
  pieces_.pop_front();
  asked_ -= piece.sectors;
  left_ -= piece.sectors;
  next_sector_ += piece.sectors;
  DiskQueue::Outcome outcome = queue_.wait(piece.ticket);
  spare_ = std::exchange(data, std::move(outcome.data));
  data.resize(std::size_t{outcome.sectors} * kSectorSize);
  if (!outcome.result) {
    forget_pieces();
    left_ = 0;
  }
  read_ahead();
  return outcome.result;
}

void ImageWork::write(u64 first_sector, std::vector<std::byte> data) {
  changes_.push_back(queue_.write(first_sector, std::move(data)));
}

void ImageWork::flush() { changes_.push_back(queue_.flush()); }

ImageWork::Done ImageWork::finish() {
  for (const DiskQueue::Ticket ticket : std::exchange(changes_, {})) {
    DiskQueue::Outcome outcome = queue_.wait(ticket);
    done_.sectors += outcome.sectors;
    // What could not be flushed is as good as not written.
    const bool flush = outcome.data.empty();
    if (!outcome.result && flush) done_.sectors = 0;
    if (!outcome.result && !done_.failed) {
      done_.failed = true;
      done_.error = outcome.result.error().message;
    }
    if (!outcome.data.empty()) spare_ = std::move(outcome.data);
  }
  return std::exchange(done_, {});
}

bool ImageWork::ready() {
  return (pieces_.empty() || queue_.ready(pieces_.front().ticket)) &&
         std::all_of(changes_.begin(), changes_.end(),
                     [this](DiskQueue::Ticket ticket) { return queue_.ready(ticket); });
}

void ImageWork::forget_pieces() {
  for (const Piece& piece : pieces_) queue_.forget(piece.ticket);
  pieces_.clear();
  asked_ = 0;
}

void ImageWork::stop() {
  forget_pieces();
  left_ = 0;
  for (const DiskQueue::Ticket ticket : changes_) queue_.forget(ticket);
  changes_.clear();
  done_ = {};
}

void ImageWork::serialize(Archive& archive) {
  if (archive.loading()) {
    stop();
  } else {
    done_ = finish();
  }
  archive(done_);
}

}  // namespace ringdown
