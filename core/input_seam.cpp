// Delivery, recording and replay of everything that reaches the machine from outside.
#include "core/input_seam.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/clock_rate.h"

namespace ringdown {

namespace {

// A recording: magic, format version, inputs delivered before it began; then per input its count and time,
// channel, payload length, payload and the CRC-32 of all these bytes.
constexpr std::array<char, 8> kMagic{'R', 'D', 'I', 'N', 'P', 'U', 'T', '\n'};
constexpr u32 kFormatVersion = 2;
constexpr std::size_t kEntryHeaderSize = sizeof(Ticks) + sizeof(Picoseconds) + sizeof(u8) + sizeof(u32);
constexpr u32 kMaximumPayload = 1u << 24;

template <class T>
void append(std::vector<u8>& bytes, const T& value) {
  std::array<u8, sizeof(T)> raw;
  std::memcpy(raw.data(), &value, sizeof(T));
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

/// Takes a value from the front of `bytes`; the caller checked the size.
template <class T>
T take(std::span<const u8>& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes = bytes.subspan(sizeof(T));
  return value;
}

u32 checksum(std::span<const u8> bytes) {
  return static_cast<u32>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

std::vector<u8> encode(const InputEvent& event) {
  std::vector<u8> entry;
  append(entry, event.at.ticks);
  append(entry, event.at.time);
  append(entry, static_cast<u8>(event.channel));
  append(entry, static_cast<u32>(event.payload.size()));
  entry.insert(entry.end(), event.payload.begin(), event.payload.end());
  append(entry, checksum(entry));
  return entry;
}

Result<std::vector<u8>> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) {
    return Error{
        fmt::format("{}: cannot open the recording: {}: check the name", path, std::strerror(errno))};
  }
  std::vector<u8> bytes;
  std::array<u8, 65536> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got));
  }
  if (std::ferror(file.get()) != 0) {
    return Error{fmt::format("{}: cannot read the recording: {}", path, std::strerror(errno))};
  }
  return bytes;
}

/// Decodes the entry at the front of `bytes`; nothing if it is cut short or damaged.
std::optional<InputEvent> decode(std::span<const u8>& bytes) {
  const std::span<const u8> entry = bytes;
  if (bytes.size() < kEntryHeaderSize) return std::nullopt;
  InputEvent event;
  event.at.ticks = take<Ticks>(bytes);
  event.at.time = take<Picoseconds>(bytes);
  event.channel = static_cast<InputChannel>(take<u8>(bytes));
  const u32 length = take<u32>(bytes);
  if (length > kMaximumPayload || bytes.size() < length + sizeof(u32)) return std::nullopt;
  event.payload.assign(bytes.begin(), bytes.begin() + length);
  bytes = bytes.subspan(length);
  if (take<u32>(bytes) != checksum(entry.first(kEntryHeaderSize + length))) return std::nullopt;
  return event;
}

}  // namespace

void InputSeam::connect(InputChannel channel, Receiver receiver, Gate gate) {
  connections_[channel] = {std::move(receiver), std::move(gate), {}};
}

bool InputSeam::post(InputChannel channel, std::vector<u8> payload) {
  if (replaying_) return true;
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    unsigned& queued = queued_[channel];
    if (queued == kMostQueued) return false;
    ++queued;
    posted_.push_back({{}, channel, std::move(payload)});
    wake = wake_;
  }
  if (wake) wake();
  return true;
}

void InputSeam::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

const InputEvent* InputSeam::next_to_replay() const {
  if (!replaying_) return nullptr;
  const u64 position = delivered_ < replay_first_ ? 0 : delivered_ - replay_first_;
  return position < replay_.size() ? &replay_[position] : nullptr;
}

void InputSeam::deliver(InputMoment now) {
  if (last_delivery_ == now) return;
  last_delivery_ = now;
  if (replaying_) {
    deliver_replayed(now);
  } else {
    deliver_posted(now);
  }
}

void InputSeam::deliver_replayed(InputMoment now) {
  for (const InputEvent* event = next_to_replay();
       event != nullptr && event->at.ticks <= now.ticks && event->at.time <= now.time;
       event = next_to_replay()) {
    const auto connection = connections_.find(event->channel);
    hand_over(*event, now, connection != connections_.end() ? connection->second.receiver : Receiver());
  }
}

void InputSeam::deliver_posted(InputMoment now) {
  std::vector<InputEvent> posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  std::map<InputChannel, unsigned> delivered;
  const auto deliver_one = [&](InputEvent event, const Receiver& receiver) {
    ++delivered[event.channel];
    hand_over(std::move(event), now, receiver);
  };
  for (InputEvent& event : posted) {
    const auto connection = connections_.find(event.channel);
    if (connection == connections_.end()) {
      deliver_one(std::move(event), {});
    } else if (connection->second.gate) {
      connection->second.held.push_back(std::move(event));
    } else {
      deliver_one(std::move(event), connection->second.receiver);
    }
  }
  for (auto& [channel, connection] : connections_) {
    while (!connection.held.empty() && connection.gate()) {
      InputEvent event = std::move(connection.held.front());
      connection.held.pop_front();
      deliver_one(std::move(event), connection.receiver);
    }
  }
  if (delivered.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [channel, count] : delivered) queued_[channel] -= count;
}

void InputSeam::hand_over(InputEvent event, InputMoment now, const Receiver& receiver) {
  event.at = now;
  ++delivered_;
  record(event);
  if (receiver) receiver(event.payload);
}

bool InputSeam::pending() {
  for (const auto& [channel, connection] : connections_) {
    if (!connection.held.empty() && connection.gate()) return true;
  }
  const std::lock_guard lock(mutex_);
  return std::any_of(posted_.begin(), posted_.end(), [this](const InputEvent& event) {
    const auto connection = connections_.find(event.channel);
    return connection == connections_.end() || !connection->second.gate || connection->second.gate();
  });
}

Ticks InputSeam::next_replay_ticks(Ticks now) const {
  const InputEvent* const next = next_to_replay();
  return next != nullptr && next->at.ticks > now ? next->at.ticks : kNever;
}

Picoseconds InputSeam::next_replay_time(Ticks now) const {
  const InputEvent* const next = next_to_replay();
  return next != nullptr && next->at.ticks <= now ? next->at.time : kNeverTime;
}

void InputSeam::record(const InputEvent& event) {
  if (!record_file_) return;
  const std::vector<u8> entry = encode(event);
  const bool written = std::fwrite(entry.data(), 1, entry.size(), record_file_.get()) == entry.size();
  if (!written || std::fflush(record_file_.get()) != 0) {
    recording_failed_ = true;
    record_file_.reset();
  }
}

Result<void> InputSeam::record_to(const std::string& path) {
  record_file_.reset(std::fopen(path.c_str(), "wb"));
  if (!record_file_)
    return Error{fmt::format("{}: cannot create the recording: {}", path, std::strerror(errno))};
  std::vector<u8> header;
  append(header, kMagic);
  append(header, kFormatVersion);
  append(header, delivered_);
  const bool written = std::fwrite(header.data(), 1, header.size(), record_file_.get()) == header.size();
  if (!written || std::fflush(record_file_.get()) != 0) {
    const Error error{fmt::format("{}: cannot write the recording: {}", path, std::strerror(errno))};
    record_file_.reset();
    return error;
  }
  return {};
}

Result<void> InputSeam::replay_from(const std::string& path) {
  const Result<std::vector<u8>> file = read_file(path);
  if (!file) return file.error();
  std::span<const u8> bytes(*file);
  if (bytes.size() < kMagic.size() || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Error{fmt::format("{}: not a Ringdown recording: name a file that --record wrote", path)};
  }
  bytes = bytes.subspan(kMagic.size());
  if (bytes.size() < sizeof(u32) + sizeof(u64)) {
    return Error{fmt::format("{}: the recording is cut short: record it again", path)};
  }
  if (const u32 version = take<u32>(bytes); version != kFormatVersion) {
    return Error{fmt::format(
        "{}: recording format {} is not the {} this Ringdown reads: use the version that wrote it", path,
        version, kFormatVersion)};
  }
  const u64 first = take<u64>(bytes);
  std::vector<InputEvent> events;
  while (!bytes.empty()) {
    std::optional<InputEvent> event = decode(bytes);
    if (!event || (!events.empty() && event->at.ticks < events.back().at.ticks)) {
      return Error{fmt::format("{}: the recording is damaged or cut short at input {}: record it again", path,
                               events.size() + 1)};
    }
    if (event->channel == InputChannel::ClockRate && !clock_rate_of(event->payload)) {
      return Error{fmt::format(
          "{}: input {} sets a clock that is not one of {} to {} instructions per second: record it again",
          path, events.size() + 1, kSlowestClock, kFastestClock)};
    }
    events.push_back(std::move(*event));
  }
  if (delivered_ < first) {
    return Error{fmt::format("{}: the recording began from a saved state: restore that state first", path)};
  }
  replay_ = std::move(events);
  replay_first_ = first;
  replaying_ = true;
  drop_held();
  const std::lock_guard lock(mutex_);
  posted_.clear();
  queued_.clear();
  return {};
}

void InputSeam::serialize(Archive& archive) {
  archive(delivered_);
  if (!archive.loading()) return;
  // The moment depends on where slices end, as no state of the machine may: what is posted to a machine that
  // has just been restored can be handed over a moment earlier than by the one that was saved.
  last_delivery_.reset();
  drop_held();
}

// What waited for another state's receivers is not this one's, whether they have been asked already or not.
void InputSeam::drop_held() {
  const std::lock_guard lock(mutex_);
  for (auto& entry : connections_) {
    if (!entry.second.gate) continue;
    queued_[entry.first] = 0;
    entry.second.held.clear();
    std::erase_if(posted_, [&entry](const InputEvent& event) { return event.channel == entry.first; });
  }
}

}  // namespace ringdown
