// The queue, its worker, and how far a request that fails went.
#include "core/host_disk_queue.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace ringdown {

namespace {

/// How long a last flush waits for another machine.
constexpr std::chrono::seconds kPatience{10};

/// Repeats what failed as a whole one sector at a time, as a drive does, and returns how many went well.
template <class Transfer>
u32 sectors_before_failure(std::size_t size, Transfer transfer) {
  if (size == kSectorSize) return 0;
  u32 sectors = 0;
  while ((u64{sectors} + 1) * kSectorSize <= size && transfer(sectors)) ++sectors;
  return sectors;
}

}  // namespace

DiskQueue::DiskQueue(std::unique_ptr<DiskImage> image)
    : image_(std::move(image)), sectors_(image_->sectors()), read_only_(image_->read_only()) {}

DiskQueue::~DiskQueue() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
    if (running_) image_->cancel();
  }
  queued_.notify_all();
  if (worker_.joinable()) worker_.join();
}

DiskQueue::Ticket DiskQueue::read(u64 first_sector, std::vector<std::byte> buffer) {
  return submit(Kind::Read, first_sector, std::move(buffer));
}

DiskQueue::Ticket DiskQueue::write(u64 first_sector, std::vector<std::byte> data) {
  return submit(Kind::Write, first_sector, std::move(data));
}

DiskQueue::Ticket DiskQueue::flush() { return submit(Kind::Flush, 0, {}); }

DiskQueue::Ticket DiskQueue::submit(Kind kind, u64 first_sector, std::vector<std::byte> data) {
  Lock lock(mutex_);
  const bool idle = !running_ && !can_run();
  Request& request =
      requests_.emplace_back(Request{next_ticket_++, kind, first_sector, {std::move(data), 0, {}}});
  if (idle && kind == Kind::Read && image_->read_at_once(first_sector, request.outcome.data)) {
    request.outcome.sectors = static_cast<u32>(request.outcome.data.size() / kSectorSize);
    request.progress = Progress::Done;
    return request.ticket;
  }
  if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  lock.unlock();
  queued_.notify_one();
  return request.ticket;
}

std::list<DiskQueue::Request>::iterator DiskQueue::find(Ticket ticket) {
  const auto found = std::find_if(requests_.begin(), requests_.end(),
                                  [ticket](const Request& request) { return request.ticket == ticket; });
  assert(found != requests_.end());
  return found;
}

bool DiskQueue::can_run() const {
  return !running_ && std::any_of(requests_.begin(), requests_.end(), [](const Request& request) {
    return request.progress == Progress::Queued;
  });
}

void DiskQueue::run_next(Lock& lock) {
  const auto next = std::find_if(requests_.begin(), requests_.end(),
                                 [](const Request& request) { return request.progress == Progress::Queued; });
  next->progress = Progress::Running;
  running_ = true;
  lock.unlock();
  perform(*next);
  lock.lock();
  running_ = false;
  next->progress = Progress::Done;
  const std::function<void()> wake = next->awaited ? wake_ : std::function<void()>();
  if (next->forgotten) requests_.erase(next);
  done_.notify_all();
  // The worker may have gone back to sleep because this thread was at work.
  if (can_run()) queued_.notify_one();
  if (wake) wake();
}

void DiskQueue::perform(Request& request) {
  Outcome& outcome = request.outcome;
  const std::span<std::byte> data = outcome.data;
  const auto sector = [&data](u32 index) {
    return data.subspan(std::size_t{index} * kSectorSize, kSectorSize);
  };
  const auto read = [&](u32 index) {
    return static_cast<bool>(image_->read(request.first_sector + index, sector(index)));
  };
  const auto write = [&](u32 index) {
    return static_cast<bool>(image_->write(request.first_sector + index, sector(index)));
  };
  switch (request.kind) {
    case Kind::Read:
      outcome.result = image_->read(request.first_sector, data);
      outcome.sectors = outcome.result ? static_cast<u32>(data.size() / kSectorSize)
                                       : sectors_before_failure(data.size(), read);
      break;
    case Kind::Write:
      outcome.result = image_->write(request.first_sector, data);
      outcome.sectors = outcome.result ? static_cast<u32>(data.size() / kSectorSize)
                                       : sectors_before_failure(data.size(), write);
      break;
    case Kind::Flush:
      outcome.result = image_->flush();
      break;
  }
}

bool DiskQueue::ready(Ticket ticket) {
  Lock lock(mutex_);
  const auto request = find(ticket);
  while (request->progress != Progress::Done) {
    if (running_ || !image_->local()) {
      request->awaited = true;
      return false;
    }
    run_next(lock);
  }
  return true;
}

DiskQueue::Outcome DiskQueue::wait(Ticket ticket) {
  Lock lock(mutex_);
  const auto request = find(ticket);
  while (request->progress != Progress::Done) {
    if (running_ || !image_->local()) {
      done_.wait(lock);
    } else {
      run_next(lock);
    }
  }
  Outcome outcome = std::move(request->outcome);
  requests_.erase(request);
  return outcome;
}

void DiskQueue::forget(Ticket ticket) {
  const Lock lock(mutex_);
  const auto request = find(ticket);
  const bool needless = request->progress == Progress::Queued && request->kind == Kind::Read;
  if (needless || request->progress == Progress::Done) {
    requests_.erase(request);
  } else {
    request->forgotten = true;
  }
}

Result<void> DiskQueue::flush_now() {
  const Ticket ticket = flush();
  {
    Lock lock(mutex_);
    const auto request = find(ticket);
    const bool done = image_->local() ||
                      done_.wait_for(lock, kPatience, [&] { return request->progress == Progress::Done; });
    if (!done) image_->cancel();
  }
  return wait(ticket).result;
}

void DiskQueue::set_wake(std::function<void()> wake) {
  const Lock lock(mutex_);
  wake_ = std::move(wake);
}

void DiskQueue::work() {
  Lock lock(mutex_);
  while (true) {
    queued_.wait(lock, [this] { return stopping_ || can_run(); });
    if (stopping_) return;
    run_next(lock);
  }
}

}  // namespace ringdown
