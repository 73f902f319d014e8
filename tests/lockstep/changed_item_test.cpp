// Each thing that is compared is changed once, in one machine, and found at that very instruction.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/lockstep/lockstep_run.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown::test {

namespace {

constexpr Ticks kChangedAt = 600;
constexpr Ticks kWithin = 1'000;
constexpr u32 kChangedByte = 0x80000;  // of RAM; the guest does not use it

using Change = std::function<void(Machine&)>;

/// Runs with the deprivileged machine changed when it has retired kChangedAt instructions.
LockstepResult run_changed(const Change& change, Ticks every) {
  LockstepSetup setup = lockstep_of("all-traps");
  setup.every = every;
  setup.within = kWithin;
  setup.prepare = [&](LockstepSide&, LockstepSide& other) { other.call_at(kChangedAt, change); };
  return run_lockstep(std::move(setup));
}

bool names(const Divergence& divergence, std::string_view item) {
  return std::any_of(divergence.differences.begin(), divergence.differences.end(),
                     [&](const GuestDifference& difference) { return difference.item == item; });
}

/// The change is found behind the instruction that it followed, and named.
void check_found(const std::string& item, const Change& change, Ticks every) {
  INFO(item << ", compared every " << every);
  const LockstepResult result = run_changed(change, every);
  REQUIRE(result.divergence);
  CHECK(result.divergence->ticks == kChangedAt - 1);
  CHECK(result.divergence->where == Divergence::Where::Instruction);
  CHECK(names(*result.divergence, item));
}

/// Flips the lowest bit of an item, wherever it is kept.
Change flip(const std::string& name) {
  return [name](Machine& machine) {
    for (const GuestItem& item : guest_items(machine)) {
      if (item.name == name) item.stored[0] ^= std::byte{1};
    }
  };
}

/// Changes of the items that are kept nowhere as such.
Change change_of(const std::string& name) {
  if (name == "EFLAGS")
    return [](Machine& m) { m.processor().guest_view().set_eflags(eflags::kId, eflags::kId); };
  if (name == "INTR pin") return [](Machine& m) { m.processor().set_intr(Level::High); };
  if (name == "NMI pin") return [](Machine& m) { m.processor().pulse_nmi(); };
  if (name == "SMI pin") return [](Machine& m) { m.processor().pulse_smi(); };
  if (name == "INIT pin") return [](Machine& m) { m.processor().pulse_init(); };
  if (name == "instructions") return [](Machine& m) { m.processor().retire_emulated(); };
  if (name == "virtual time (ps)") return [](Machine& m) { m.skip_to(m.scheduler().now() + 1); };
  return flip(name);
}

std::vector<std::string> all_items() {
  Log log;
  auto machine = Machine::create(lockstep_of("all-traps").guest, log);
  REQUIRE(machine);
  std::vector<std::string> names;
  for (const GuestItem& item : guest_items(**machine)) names.push_back(item.name);
  return names;
}

/// Restores a part of the board with one byte of its state changed: the first that the part keeps changed.
void change_part(Serializable& part) {
  const std::vector<std::byte> payload = payload_of(part);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    std::vector<std::byte> forged = payload;
    forged[at] ^= std::byte{1};
    if (accepts(part, forged) && payload_of(part) != payload) return;
    REQUIRE(accepts(part, payload));
  }
  FAIL("no byte of this part can be changed");
}

std::vector<std::string> all_parts() {
  Log log;
  auto machine = Machine::create(lockstep_of("all-traps").guest, log);
  REQUIRE(machine);
  std::vector<std::string> names;
  for (const GuestPart& part : guest_parts(**machine)) names.push_back(part.name);
  return names;
}

}  // namespace

TEST_CASE("Each item of the processor that is changed is found at that very instruction") {
  const std::vector<std::string> items = all_items();
  CHECK(items.size() > 140);
  for (const std::string& item : items) check_found(item, change_of(item), 1);
}

TEST_CASE("What stays changed is found at its instruction from comparisons far apart") {
  for (const std::string item : {"DR3", "IA32_PAT", "XMM5", "x87 R2", "TSC offset", "EFLAGS"})
    check_found(item, change_of(item), 1'000'000);
}

TEST_CASE("What agrees again between two comparisons is seen by those after each instruction alone") {
  const Change change = flip("interrupt shadow");
  CHECK_FALSE(run_changed(change, kWithin).divergence);
  check_found("interrupt shadow", change, 1);
}

TEST_CASE("A changed byte of RAM is found at that very instruction") {
  const Change change = [](Machine& machine) {
    const std::byte value{0x5a};
    machine.memory().write(GuestPhysical(kChangedByte), std::span(&value, 1));
  };
  for (const Ticks every : {Ticks{1}, Ticks{1'000'000}})
    check_found(fmt::format("memory {:08x}", kChangedByte), change, every);
}

TEST_CASE("Each part of the board that is changed is found at that very instruction") {
  for (const std::string& name : all_parts()) {
    const Change change = [&](Machine& machine) {
      for (const GuestPart& part : guest_parts(machine)) {
        if (part.name == name) change_part(*part.part);
      }
    };
    check_found("device " + name, change, 1'000'000);
  }
}

TEST_CASE("Every byte of the privileged state that a guest can see belongs to an item") {
  Log log;
  auto machine = Machine::create(lockstep_of("all-traps").guest, log);
  REQUIRE(machine);
  PrivilegedState& state = (*machine)->processor().guest_view().state;
  const auto* const begin = reinterpret_cast<const std::byte*>(&state);
  // The flags are a part of EFLAGS; what a triple fault came from is told to people.
  std::size_t covered = sizeof(state.flags) + sizeof(state.fault_chain) + sizeof(state.fault_chain_length);
  for (const GuestItem& item : guest_items(**machine)) {
    if (item.stored.data() >= begin && item.stored.data() < begin + sizeof(state))
      covered += item.stored.size();
  }
  CapturingArchive archive(1);
  state.serialize(archive);
  archive(state.smm);
  CHECK(covered == archive.payload.size());
}

}  // namespace ringdown::test
