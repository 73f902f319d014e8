// Three machines that take the same steps of paging, and must show the guest the same: shadow tables, the
// bare processor's paging unit, and a walk of the tables on each access, written from the manual.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mmu/memory_unit.h"
#include "mmu/shadow_paging.h"
#include "tests/unit/mmu/mmu_fixture.h"
#include "tests/unit/mmu/paging_mirror.h"

namespace ringdown::test {

enum class StepKind : u8 {
  Read,
  Write,
  Fetch,
  Prepare,
  Dma,
  Fill,
  Invlpg,
  Controls,
  A20,
  Protect,
  Unprotect
};

/// One step of a random guest; which fields count depends on the kind.
struct PagingStep {
  StepKind kind = StepKind::Read;
  Privilege privilege = Privilege::Supervisor;
  u32 address = 0;  // linear, or physical for Dma and Fill, or a frame
  u32 size = 4;
  u64 value = 0;
  PagingControls controls{};
};

/// What the guest can see of a step.
struct PagingOutcome {
  AccessStatus status = AccessStatus::Done;
  u32 fault_address = 0;
  u32 fault_code = 0;
  u64 value = 0;
  friend bool operator==(const PagingOutcome&, const PagingOutcome&) = default;
};

// Where guests keep their tables.
inline constexpr u32 kFirstTableFrame = 0x10;
inline constexpr u32 kTableFrames = 20;
inline constexpr u32 kRootFrames = 6;

/// One machine under test: the steps that do not depend on the paging unit.
class Subject {
 public:
  explicit Subject(MemoryMachine& machine) : memory(machine.memory) {
    // Open bus reads the same at any width.
    machine.bus.detach(MemoryMachine::kDevice);
  }
  virtual ~Subject() = default;
  virtual PagingOutcome access(const PagingStep& step) = 0;
  virtual void set_controls(const PagingControls& controls) = 0;
  virtual void invlpg(GuestLinear) {}

  PagingOutcome apply(const PagingStep& step);
  bool same_tables(const Subject& other) const {
    return same_frames(other, HostFrame(kFirstTableFrame), kTableFrames);
  }
  bool same_memory(const Subject& other) const {
    return same_frames(other, HostFrame(0), MemoryMachine::kRamSize / kPageSize);
  }

 protected:
  GuestMemory& memory;

 private:
  bool same_frames(const Subject& other, HostFrame first, std::size_t count) const {
    return std::memcmp(memory.store().page(first), other.memory.store().page(first), count * kPageSize) == 0;
  }
};

/// Walks the tables on every access, as the manual says: nothing can be stale.
class Reference final : public Subject {
 public:
  using Subject::Subject;
  PagingOutcome access(const PagingStep& step) override;
  void set_controls(const PagingControls& controls) override { controls_ = controls; }

 private:
  /// What the walk for one page comes to: where it lies, or the error code of #PF.
  struct Walk {
    u32 fault_code = kNoFault;
    GuestPhysical page{};
  };
  Walk walk(GuestLinear linear, AccessType type, Privilege privilege);
  u64 reserved_bits_of(unsigned level, bool large) const;

  PagingControls controls_;
};

/// A paging unit behind a memory unit.
template <class Paging>
class Machine final : public Subject {
 public:
  template <class... Args>
  explicit Machine(MemoryMachine& machine, Args... args)
      : Subject(machine), unit(memory), paging(memory, unit, args...) {
    unit.set_address_space(paging);
  }
  PagingOutcome access(const PagingStep& step) override {
    const GuestLinear linear(step.address);
    PagingOutcome seen;
    if (step.kind == StepKind::Fetch) return fetch(linear, step.privilege);
    if (step.kind == StepKind::Read) {
      seen.status = unit.read(linear, step.privilege,
                              std::as_writable_bytes(std::span(&seen.value, 1)).first(step.size));
    } else if (step.kind == StepKind::Write) {
      seen.status =
          unit.write(linear, step.privilege, std::as_bytes(std::span(&step.value, 1)).first(step.size));
    } else {
      seen.status = unit.prepare_write(linear, step.privilege, step.size);
    }
    if (seen.status == AccessStatus::PageFault) {
      return {seen.status, unit.fault_address.value, unit.fault_code, 0};
    }
    return seen;
  }
  void set_controls(const PagingControls& controls) override { paging.set_controls(controls); }
  void invlpg(GuestLinear linear) override {
    if constexpr (std::is_base_of_v<PagingTechnique, Paging>) {
      paging.invalidate_guest_page(linear);
    } else {
      unit.invalidate_page(linear);
    }
  }

  MemoryUnit unit;
  Paging paging;

 private:
  /// As the processor does: what was found in the same generation is found again without asking.
  PagingOutcome fetch(GuestLinear linear, Privilege privilege) {
    const std::pair place(page_of(linear).value, privilege);
    if (const auto found = fetched_.find(place);
        found != fetched_.end() && found->second.generation == unit.fetch_generation(privilege)) {
      return {.value = found->second.physical};
    }
    const Resolution resolution = unit.fetch(linear, privilege);
    if (resolution.kind == Resolution::Kind::Fault)
      return {AccessStatus::PageFault, unit.fault_address.value, unit.fault_code, 0};
    if (resolution.kind == Resolution::Kind::Memory && resolution.keep_read)
      fetched_[place] = {unit.fetch_generation(privilege), resolution.physical.value};
    return {.value = resolution.physical.value};
  }

  struct Fetched {
    u64 generation;
    u64 physical;
  };
  std::map<std::pair<u32, Privilege>, Fetched> fetched_;
};

/// What the three machines of a trial have for memory.
struct TrialMemory {
  MemoryMachine shadow, bare, reference;
};

/// The shadow (with its deprivileging), the bare unit and the reference, run side by side.
struct Trial {
  /// Strict synchronisation shows the guest no stale translation, as the two others do.
  Trial(TrialMemory& memory, Deprivilege deprivilege, ShadowSync sync = ShadowSync::Strict)
      : mirror(memory.shadow.memory),
        shadow(memory.shadow, deprivilege, PagingOptions{.sync = sync}),
        bare(memory.bare),
        reference(memory.reference) {
    shadow.paging.set_events(&mirror);
  }
  PagingMirror mirror;  // of the shadow; outlives it
  Machine<ShadowPaging> shadow;
  Machine<GuestPaging> bare;
  Reference reference;

  PagingOutcome outcome;  // of the last step
  /// Empty, or what differs after the step.
  std::string check(const PagingStep& step, bool thorough);
};

/// One line per step.
std::string print(const std::vector<PagingStep>& steps);

}  // namespace ringdown::test
