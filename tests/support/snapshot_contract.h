// What every serialisable component must keep: its whole state survives a save and a restore.
#pragma once

#include <catch2/catch.hpp>

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
  return reader && reader->restore(component);
}

/// `used` has a history, `fresh` is newly made: after restoring, both save the same bytes, and saving twice
/// changes nothing. The fresh component's own state must differ, or the check would prove nothing.
inline void check_snapshot_contract(Serializable& used, Serializable& fresh) {
  const std::vector<std::byte> state = saved(used);
  REQUIRE(saved(used) == state);
  REQUIRE(saved(fresh) != state);
  REQUIRE(restore(fresh, state));
  REQUIRE(saved(fresh) == state);
}

}  // namespace ringdown::test
