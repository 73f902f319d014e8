// The snapshot contract as a macro: instantiates its tests for a component and what it is wired to.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/snapshot_contract.h"

/// Declares the contract tests of a component. `Rig` is default-constructible, wires the component up, and
/// has
///   std::vector<ringdown::Serializable*> parts();  // the component and, where used, its scheduler
///   void drive();  // brings the parts into a rich state that differs from a fresh one: half-done commands,
///                  // pending events, filled FIFOs. It is also called on driven and on restored rigs.
#define RINGDOWN_SNAPSHOT_CONTRACT(Rig)                                                                   \
  TEST_CASE(#Rig ": a saved state restores bit for bit") { ringdown::test::check_rig_round_trip<Rig>(); } \
  TEST_CASE(#Rig ": a restored component continues as the saved one does") {                              \
    ringdown::test::check_rig_continuation<Rig>();                                                        \
  }                                                                                                       \
  TEST_CASE(#Rig ": damaged and forged states do no harm") { ringdown::test::check_rig_damage<Rig>(); }

namespace ringdown::test {

template <class Rig>
std::vector<std::byte> save_rig(Rig& rig) {
  StateWriter writer;
  for (Serializable* part : rig.parts()) writer.add(*part);
  return {writer.data().begin(), writer.data().end()};
}

template <class Rig>
void restore_rig(Rig& rig, const std::vector<std::byte>& state) {
  Result<StateReader> reader = StateReader::open(state, "test state");
  REQUIRE(reader);
  for (Serializable* part : rig.parts()) {
    const Result<void> restored = reader->restore(*part);
    INFO((restored ? std::string() : restored.error().message));
    REQUIRE(restored);
  }
}

template <class Rig>
void check_rig_round_trip() {
  const auto original = std::make_unique<Rig>();
  const auto fresh = std::make_unique<Rig>();
  original->drive();
  const std::vector<std::byte> state = save_rig(*original);
  CHECK(save_rig(*original) == state);
  REQUIRE(save_rig(*fresh) != state);
  restore_rig(*fresh, state);
  CHECK(save_rig(*fresh) == state);
  // Also over a state that is not fresh.
  original->drive();
  restore_rig(*original, state);
  CHECK(save_rig(*original) == state);
}

template <class Rig>
void check_rig_continuation() {
  const auto original = std::make_unique<Rig>();
  const auto restored = std::make_unique<Rig>();
  original->drive();
  restore_rig(*restored, save_rig(*original));
  original->drive();
  restored->drive();
  CHECK(save_rig(*restored) == save_rig(*original));
}

template <class Rig>
void check_rig_damage() {
  const auto original = std::make_unique<Rig>();
  const auto victim = std::make_unique<Rig>();
  original->drive();
  const std::vector<Serializable*> originals = original->parts();
  const std::vector<Serializable*> victims = victim->parts();
  for (std::size_t i = 0; i < originals.size(); ++i) {
    const std::vector<std::byte> payload = payload_of(*originals[i]);
    check_truncation(*victims[i], payload);
    check_forgery(*victims[i], payload);
    CHECK(accepts(*victims[i], payload));
    CHECK(payload_of(*victims[i]) == payload);
  }
}

}  // namespace ringdown::test
