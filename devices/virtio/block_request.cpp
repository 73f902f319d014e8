// Waiting for the image, and what a state holds of a request.
#include "devices/virtio/block_request.h"

#include <algorithm>
#include <utility>

namespace ringdown {

bool BlockRequest::ready(DiskQueue& queue) const {
  return std::ranges::all_of(tickets_, [&queue](DiskQueue::Ticket ticket) { return queue.ready(ticket); });
}

void BlockRequest::collect(DiskQueue& queue) {
  for (const DiskQueue::Ticket ticket : std::exchange(tickets_, {})) {
    DiskQueue::Outcome outcome = queue.wait(ticket);
    if (!outcome.result) status = BlockStatus::IoError;
    // What was written comes back too.
    if (written_ == 0) data = std::move(outcome.data);
  }
  if (status != BlockStatus::Ok) data.clear();
}

void BlockRequest::forget(DiskQueue& queue) {
  for (const DiskQueue::Ticket ticket : std::exchange(tickets_, {})) queue.forget(ticket);
}

void BlockRequest::serialize(Archive& archive, const Limits& limits) {
  archive(head, due);
  writable.serialize(archive, limits.segments);
  archive(status, data, written_);
  if (!archive.loading()) return;
  tickets_.clear();
  const bool consistent = status <= BlockStatus::Unsupported && data.size() < writable.length() &&
                          data.size() <= limits.bytes && written_ <= limits.bytes;
  if (!consistent) archive.fail("a disk request is inconsistent");
}

}  // namespace ringdown
