// What every serialisable component must keep: its whole state survives a save and a restore, and a damaged
// or forged state does no harm.
#pragma once

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/archive.h"
#include "tests/support/chunk_payload.h"

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

inline std::vector<std::byte> payload_of(Serializable& component) {
  CapturingArchive archive(component.chunk_version());
  component.serialize(archive);
  REQUIRE_FALSE(archive.failed());
  return std::move(archive.payload);
}

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
