// What every serialisable component must keep: its whole state survives a save and a restore, and a damaged
// or forged state does no harm.
#pragma once

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/archive.h"

namespace ringdown::test {

/// The state file that holds just `component`.
inline std::vector<std::byte> saved(Serializable& component) {
  StateWriter writer;
  writer.add(component);
  return {writer.data().begin(), writer.data().end()};
}

/// Restores `component` from what `saved` returned; false if the component or the reader refused.
inline bool restore(Serializable& component, std::vector<std::byte> data) {
  auto reader = StateReader::open(std::move(data), "test state");
  if (!reader) return false;
  const Result<void> restored = reader->restore(component);
  if (!restored) {
    CHECK(restored.error().message.find("test state") != std::string::npos);
    CHECK(restored.error().message.find('\n') == std::string::npos);
  }
  return static_cast<bool>(restored);
}

/// Collects one component's payload without the file around it.
class CapturingArchive final : public Archive {
 public:
  explicit CapturingArchive(u16 version) : version_(version) {}
  bool loading() const override { return false; }
  u16 version() const override { return version_; }
  void fail(std::string_view) override { failed_ = true; }
  bool failed() const override { return failed_; }
  void bytes(std::span<std::byte> data) override { payload.insert(payload.end(), data.begin(), data.end()); }

  std::vector<std::byte> payload;

 private:
  u16 version_;
  bool failed_ = false;
};

inline std::vector<std::byte> payload_of(Serializable& component) {
  CapturingArchive archive(component.chunk_version());
  component.serialize(archive);
  REQUIRE_FALSE(archive.failed());
  return std::move(archive.payload);
}

/// A chunk with any payload in the place of a component's own.
class ForgedChunk final : public Serializable {
 public:
  ForgedChunk(const Serializable& original, std::vector<std::byte> payload)
      : tag_(original.chunk_tag()), version_(original.chunk_version()), payload_(std::move(payload)) {}
  ChunkTag chunk_tag() const override { return tag_; }
  u16 chunk_version() const override { return version_; }
  void serialize(Archive& archive) override { archive.bytes(payload_); }

 private:
  ChunkTag tag_;
  u16 version_;
  std::vector<std::byte> payload_;
};

/// Restores `component` from a well-formed file with `payload` in it; false if that was refused.
inline bool accepts(Serializable& component, std::vector<std::byte> payload) {
  ForgedChunk forged(component, std::move(payload));
  return restore(component, saved(forged));
}

/// A payload that is too short or too long is refused.
inline void check_truncation(Serializable& victim, const std::vector<std::byte>& payload) {
  constexpr std::size_t kMaximumCuts = 100;
  const std::size_t step = payload.size() / kMaximumCuts + 1;
  for (std::size_t length = 0; length < payload.size(); length += step) {
    CAPTURE(length, payload.size());
    REQUIRE_FALSE(accepts(victim, {payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(length)}));
  }
  std::vector<std::byte> longer = payload;
  longer.push_back(std::byte{0});
  REQUIRE_FALSE(accepts(victim, longer));
}

/// A state file is input like any other: values that no component ever wrote must not break the host (as the
/// sanitizers see it), whether they are refused or accepted.
inline void check_forgery(Serializable& victim, const std::vector<std::byte>& payload) {
  const std::size_t rounds = payload.empty() ? 0 : payload.size() > 65536 ? 10 : 100;
  std::minstd_rand random(1);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<std::byte> forged = payload;
    for (unsigned change = random() % 8 + 1; change > 0; --change) {
      forged[random() % forged.size()] = static_cast<std::byte>(random() % 4 == 0 ? 0xff : random() & 0xff);
    }
    accepts(victim, std::move(forged));
    payload_of(victim);
  }
}

/// `used` has a history, `fresh` is newly made: after restoring, both save the same bytes, and saving twice
/// changes nothing. The fresh component's own state must differ, or the check would prove nothing. Then
/// `fresh` is offered truncated and forged states; it ends with the state of `used`.
inline void check_snapshot_contract(Serializable& used, Serializable& fresh) {
  const std::vector<std::byte> state = saved(used);
  REQUIRE(saved(used) == state);
  REQUIRE(saved(fresh) != state);
  REQUIRE(restore(fresh, state));
  REQUIRE(saved(fresh) == state);

  const std::vector<std::byte> payload = payload_of(used);
  check_truncation(fresh, payload);
  check_forgery(fresh, payload);
  REQUIRE(restore(fresh, state));
  REQUIRE(saved(fresh) == state);
}

}  // namespace ringdown::test
