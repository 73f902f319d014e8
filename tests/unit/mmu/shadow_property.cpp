// Random guests: shadow paging, bare paging and a plain walk on each access must be indistinguishable.
#include <random>
#include <sstream>

#include "mmu/memory_unit.h"
#include "mmu/shadow_paging.h"
#include "tests/unit/mmu/mmu_fixture.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

enum class Kind : u8 { Read, Write, Fetch, Prepare, Dma, Fill, Invlpg, Controls, A20, Protect, Unprotect };

/// One step of a random guest; which fields count depends on the kind.
struct Step {
  Kind kind = Kind::Read;
  Privilege privilege = Privilege::Supervisor;
  u32 address = 0;  // linear, or physical for Dma and Fill, or a frame
  u32 size = 4;
  u64 value = 0;
  PagingControls controls{};
};

/// What the guest can see of a step.
struct Seen {
  AccessStatus status = AccessStatus::Done;
  u32 fault_address = 0;
  u32 fault_code = 0;
  u64 value = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

constexpr u32 kFirstTableFrame = 0x10;
constexpr u32 kTableFrames = 20;
constexpr u32 kRootFrames = 6;

/// The memory of one machine under test, and the steps that do not depend on the paging unit.
struct Subject : MemoryMachine {
  // Open bus reads the same at any width.
  Subject() { bus.detach(kDevice); }
  virtual ~Subject() = default;
  virtual Seen access(const Step& step) = 0;
  virtual void set_controls(const PagingControls& controls) = 0;
  virtual void invlpg(GuestLinear) {}

  Seen apply(const Step& step) {
    switch (step.kind) {
      case Kind::Read:
      case Kind::Write:
      case Kind::Fetch:
      case Kind::Prepare:
        return access(step);
      case Kind::Dma:
        memory.write(GuestPhysical(step.address), std::as_bytes(std::span(&step.value, 1)).first(step.size));
        break;
      case Kind::Fill: {
        std::array<std::byte, kPageSize> data;
        data.fill(static_cast<std::byte>(step.value));
        memory.write(GuestPhysical(step.address), std::span(data).first(step.size));
        break;
      }
      case Kind::Invlpg:
        invlpg(GuestLinear(step.address));
        break;
      case Kind::Controls:
        set_controls(step.controls);
        break;
      case Kind::A20:
        memory.set_a20(!memory.a20());
        break;
      case Kind::Protect:
        memory.track(HostFrame(step.address), Tracking::DescriptorTable);
        break;
      case Kind::Unprotect:
        memory.untrack(HostFrame(step.address), Tracking::DescriptorTable);
        break;
    }
    return {};
  }
  bool same_tables(const Subject& other) const {
    const HostFrame first(kFirstTableFrame);
    return std::memcmp(store.page(first), other.store.page(first), kTableFrames * kPageSize) == 0;
  }
  bool same_memory(const Subject& other) const {
    return std::memcmp(store.page(HostFrame(0)), other.store.page(HostFrame(0)), kRamSize) == 0;
  }
};

/// Walks the tables on every access: nothing can be stale.
struct Reference final : Subject {
  Seen access(const Step& step) override {
    const AccessType type = step.kind == Kind::Read    ? AccessType::Read
                            : step.kind == Kind::Fetch ? AccessType::Execute
                                                       : AccessType::Write;
    std::array<std::byte, 8> data{};
    std::memcpy(data.data(), &step.value, sizeof(step.value));
    std::array<GuestPhysical, 8> bytes{};
    GuestLinear linear(step.address);
    WalkResult walk;
    for (u32 i = 0; i < (step.kind == Kind::Fetch ? 1 : step.size); ++i, linear = linear + 1) {
      if (i == 0 || (linear.value & kPageOffsetMask) == 0) {
        walk = walk_page(memory, controls, linear);
        const u32 code = page_fault_code(walk, controls, type, step.privilege);
        if (code != kNoFault) return {AccessStatus::PageFault, linear.value, code, 0};
        set_accessed_dirty(memory, walk, type);
      }
      bytes[i] = walk.page + (linear.value & kPageOffsetMask);
    }
    if (step.kind == Kind::Fetch) return {.value = walk.page.value};
    if (step.kind == Kind::Prepare) return {};
    Seen seen;
    for (u32 i = 0; i < step.size; ++i) {
      if (step.kind == Kind::Write) {
        memory.write(bytes[i], std::span(data).subspan(i, 1));
      } else {
        seen.value |= u64{memory.read_value<u8>(bytes[i])} << (8 * i);
      }
    }
    return seen;
  }
  void set_controls(const PagingControls& c) override { controls = c; }
  PagingControls controls;
};

/// A paging unit behind a memory unit.
template <class Paging>
struct Machine final : Subject {
  template <class... Args>
  explicit Machine(Args... args) : paging(memory, unit, args...) {
    unit.set_address_space(paging);
  }
  Seen access(const Step& step) override {
    const GuestLinear linear(step.address);
    Seen seen;
    if (step.kind == Kind::Fetch) {
      const Resolution resolution = unit.fetch(linear, step.privilege);
      if (resolution.kind == Resolution::Kind::Fault) {
        return {AccessStatus::PageFault, unit.fault_address.value, unit.fault_code, 0};
      }
      return {.value = resolution.physical.value};
    }
    if (step.kind == Kind::Read) {
      seen.status = unit.read(linear, step.privilege,
                              std::as_writable_bytes(std::span(&seen.value, 1)).first(step.size));
    } else if (step.kind == Kind::Write) {
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
  void invlpg(GuestLinear linear) override { unit.invalidate_page(linear); }

  MemoryUnit unit{memory};
  Paging paging;
};

/// Which paging modes a guest uses.
struct Flavour {
  bool none = false;
  bool bits32 = false;
  bool pse = false;
  bool pae = false;
};

class Generator {
 public:
  Generator(u32 seed, Flavour flavour) : random_(seed), flavour_(flavour) { controls_ = random_controls(); }

  Step next() {
    if (std::exchange(first_, false)) return controls_step();
    if (flood_left_ != 0) return flood();
    const u32 dice = below(1000);
    if (dice < 620) return access();
    if (dice < 940) return dma();
    if (dice < 955) return invlpg();
    if (dice < 990) return change_controls();
    if (dice < 993)
      return {.kind = Kind::Fill, .address = table_frame() << 12, .size = kPageSize, .value = 0};
    if (dice < 996) return flood();
    if (dice < 999) return {.kind = below(2) != 0 ? Kind::Protect : Kind::Unprotect, .address = data_frame()};
    return {.kind = below(8) == 0 ? Kind::A20 : Kind::Invlpg};
  }

 private:
  u32 below(std::size_t limit) { return static_cast<u32>(random_() % limit); }
  bool chance(u32 percent) { return below(100) < percent; }
  u32 table_frame() { return kFirstTableFrame + below(kTableFrames); }
  u32 data_frame() { return 0x100 + below(24); }

  bool pae() const { return controls_.physical_address_extension && controls_.paging; }
  u32 slots() const { return pae() ? 512 : 1024; }
  /// Few slots, so that stores hit what is in use; the last one makes directories recursive.
  u32 slot() { return chance(10) ? slots() - 1 : below(5); }

  PagingControls random_controls() {
    PagingControls controls;
    PagingMode mode = PagingMode::None;
    do {
      mode = static_cast<PagingMode>(below(3));
    } while ((mode == PagingMode::None && !flavour_.none) ||
             (mode == PagingMode::Bits32 && !flavour_.bits32) || (mode == PagingMode::Pae && !flavour_.pae));
    controls.paging = mode != PagingMode::None;
    controls.physical_address_extension = mode == PagingMode::Pae;
    controls.page_size_extension = flavour_.pse && chance(90);
    controls.wide_large_pages = chance(80);
    controls.write_protect = chance(70);
    controls.no_execute = chance(70);
    controls.cr3 = root_frame() << 12;
    for (u64& pointer : controls.pdpte) pointer = chance(85) ? u64{root_frame()} << 12 | kP : 0;
    return controls;
  }
  u32 root_frame() { return chance(97) ? kFirstTableFrame + below(kRootFrames) : MemoryMachine::kRom >> 12; }

  Step controls_step() const { return {.kind = Kind::Controls, .controls = controls_}; }
  Step change_controls() {
    const PagingControls fresh = random_controls();
    switch (below(5)) {
      case 0:
        controls_ = fresh;
        break;
      case 1:
        controls_.write_protect = !controls_.write_protect;
        break;
      case 2:
        controls_.no_execute = fresh.no_execute;
        break;
      case 3:
        controls_.page_size_extension = fresh.page_size_extension;
        break;
      default:
        controls_.cr3 = fresh.cr3;
        controls_.pdpte = fresh.pdpte;
    }
    return controls_step();
  }

  u32 linear_page() {
    const u32 shift = pae() ? 21 : 22;
    const u32 gib = pae() ? below(4) : 0;
    return gib << 30 | slot() << shift | slot() << 12;
  }
  Step access() {
    static constexpr Kind kKinds[] = {Kind::Read,  Kind::Read,  Kind::Write,
                                      Kind::Write, Kind::Fetch, Kind::Prepare};
    Step step{.kind = kKinds[below(6)], .privilege = chance(50) ? Privilege::User : Privilege::Supervisor};
    step.size = 1u << below(4);
    // Mostly entries' own places, since a page may be a table; sometimes across the end of the page.
    const u32 offset = chance(15) ? below(kPageSize) : slot() * (pae() ? 8 : 4);
    // Often a page of the last few accesses again: one that may be in the TLB.
    u32& page = recent_pages_[below(recent_pages_.size())];
    if (chance(40)) page = linear_page();
    step.address = page + (chance(8) ? kPageSize - 1 - below(4) : offset);
    step.value = entry();
    return step;
  }
  Step dma() {
    const u32 bytes = pae() ? 8 : 4;
    Step step{.kind = Kind::Dma, .size = chance(90) ? bytes : 1u << below(3)};
    const u32 frame = chance(50) ? kFirstTableFrame + below(kRootFrames) : table_frame();
    step.address = (frame << 12) + slot() * bytes;
    step.value = entry();
    return step;
  }
  /// Many stores to one frame without a use in between: a table that has become something else.
  Step flood() {
    if (flood_left_ == 0) {
      flood_left_ = 40;
      flood_address_ = table_frame() << 12;
    }
    --flood_left_;
    return {.kind = Kind::Dma, .address = flood_address_ + 64 + flood_left_ * 4, .value = entry()};
  }
  Step invlpg() { return {.kind = Kind::Invlpg, .address = linear_page()}; }

  u64 entry() {
    u64 bits = 0;
    if (chance(92)) bits |= kP;
    if (chance(75)) bits |= kRw;
    if (chance(75)) bits |= kUs;
    if (chance(25)) bits |= kA;
    if (chance(25)) bits |= kD;
    if (chance(flavour_.pse || flavour_.pae ? 12 : 2)) bits |= kPs;
    if (pae() && chance(8)) bits |= kNx;
    if (chance(1)) bits |= u64{1} << (pae() ? 13 + below(50) : 21);
    const u32 dice = below(100);
    u32 frame = table_frame();
    if (dice >= 60) frame = data_frame();
    if (dice >= 94) frame = MemoryMachine::kRom >> 12;
    if (dice >= 97) frame = 0xe0000 + below(4);  // nothing there
    if ((bits & kPs) != 0 && chance(90)) frame &= below(2) == 0 ? 0 : 0x400;
    return bits | u64{frame} << 12;
  }

  std::mt19937 random_;
  Flavour flavour_;
  PagingControls controls_;
  std::array<u32, 6> recent_pages_{};
  bool first_ = true;
  u32 flood_left_ = 0;
  u32 flood_address_ = 0;
};

/// The shadow (with its deprivileging), the bare unit and the reference, run side by side.
struct Trial {
  explicit Trial(Deprivilege deprivilege) : shadow(deprivilege) {}
  Machine<ShadowPaging> shadow;
  Machine<GuestPaging> bare;
  Reference reference;

  /// Empty, or what differs after the step.
  std::string check(const Step& step, bool thorough) {
    const Seen expected = reference.apply(step);
    if (!(shadow.apply(step) == expected)) return "the shadow shows the guest something else";
    if (!(bare.apply(step) == expected)) return "bare paging shows the guest something else";
    if (!thorough) return {};
    if (!shadow.same_tables(reference)) return "tables differ under the shadow";
    if (!bare.same_tables(reference)) return "tables differ under bare paging";
    const std::vector<std::string> differences = shadow.paging.audit();
    return differences.empty() ? std::string() : "audit: " + differences.front();
  }
};

struct Failure {
  std::size_t at = 0;
  std::string what;
};

std::optional<Failure> run(const std::vector<Step>& steps, Deprivilege deprivilege, std::size_t interval) {
  Trial trial(deprivilege);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool thorough = (i + 1) % interval == 0 || i + 1 == steps.size();
    std::string what = trial.check(steps[i], thorough);
    if (!what.empty()) return Failure{i, std::move(what)};
  }
  if (!trial.shadow.same_memory(trial.reference)) return Failure{steps.size(), "memory differs at the end"};
  if (!trial.bare.same_memory(trial.reference))
    return Failure{steps.size(), "bare memory differs at the end"};
  return std::nullopt;
}

/// Leaves out ever smaller parts of a failing run as long as it still fails.
std::vector<Step> shrink(std::vector<Step> steps, Deprivilege deprivilege) {
  for (std::size_t part = steps.size() / 2; part != 0; part /= 2) {
    for (std::size_t start = 0; start + part <= steps.size();) {
      std::vector<Step> fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(start);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(part));
      if (const auto failure = run(fewer, deprivilege, fewer.size() < 5000 ? 1 : 200)) {
        fewer.resize(std::min(fewer.size(), failure->at + 1));
        steps = std::move(fewer);
      } else {
        start += part;
      }
    }
  }
  return steps;
}

std::string print(const std::vector<Step>& steps) {
  std::ostringstream text;
  for (const Step& step : steps) {
    text << fmt::format("{} priv {} address {:08x} size {} value {:x}", static_cast<int>(step.kind),
                        static_cast<int>(step.privilege), step.address, step.size, step.value);
    if (step.kind == Kind::Controls) {
      const PagingControls& c = step.controls;
      text << fmt::format(" pg {} wp {} pse {} pae {} nxe {} cr3 {:x} pdpte {:x} {:x} {:x} {:x}", c.paging,
                          c.write_protect, c.page_size_extension, c.physical_address_extension, c.no_execute,
                          c.cr3, c.pdpte[0], c.pdpte[1], c.pdpte[2], c.pdpte[3]);
    }
    text << '\n';
  }
  return text.str();
}

void expect_indistinguishable(u32 seed, Flavour flavour, Deprivilege deprivilege, std::size_t count) {
  Generator generator(seed, flavour);
  std::vector<Step> steps(count);
  for (Step& step : steps) step = generator.next();
  const auto failure = run(steps, deprivilege, 997);
  if (!failure) return;
  steps.resize(std::min(steps.size(), failure->at + 1));
  const std::vector<Step> shrunk = shrink(steps, deprivilege);
  const auto again = run(shrunk, deprivilege, 1);
  FAIL("seed " << seed << ": " << (again ? again->what : failure->what) << " after\n" << print(shrunk));
}

}  // namespace

TEST_CASE("32-bit paging: shadow, bare and plain walk agree") {
  expect_indistinguishable(1, {.bits32 = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("4 MiB pages: shadow, bare and plain walk agree") {
  expect_indistinguishable(2, {.bits32 = true, .pse = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("PAE: shadow, bare and plain walk agree") {
  expect_indistinguishable(3, {.pae = true}, Deprivilege::Ring1, 200'000);
}

TEST_CASE("guests that change paging modes: shadow, bare and plain walk agree") {
  expect_indistinguishable(4, {.none = true, .bits32 = true, .pse = true, .pae = true}, Deprivilege::Ring1,
                           200'000);
}

TEST_CASE("separate shadows for kernel and user: shadow, bare and plain walk agree") {
  expect_indistinguishable(5, {.none = true, .bits32 = true, .pse = true, .pae = true}, Deprivilege::Ring3,
                           200'000);
}
