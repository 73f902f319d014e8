// The laboratory's guests that look like kernels: bare and trapped they tell the same story and end well,
// with their instruction let through they come to grief as the table says.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "frontend/lab/lab_guests.h"
#include "frontend/machine/machine.h"

namespace ringdown::test {

namespace {

struct Story {
  std::string log;
  Stop stop;
  Ticks ticks = 0;
};

/// More than any of them needs.
constexpr Ticks kLimit = 2'000'000;

Story tell(const LabGuest& guest, RunMode mode, Deprivilege ring, std::string_view let_through = "",
           const char* cpu_model = "pentium4") {
  Story story;
  MachineConfig config = lab_guest_config(guest);
  config.cpu_model = cpu_model;
  config.mode = mode;
  config.deprivilege = ring;
  REQUIRE(config.policy.let_through(let_through));
  config.debug_console = [&story](u8 character) { story.log += static_cast<char>(character); };
  Log log;
  const Result<std::unique_ptr<Machine>> machine = Machine::create(config, log);
  REQUIRE(machine);
  story.stop = (*machine)->run(kLimit);
  story.ticks = (*machine)->ticks();
  return story;
}

bool ends_well(const Story& story) {
  return story.stop.reason == StopReason::Exit && story.stop.exit_code == 0;
}

bool says(const Story& story, std::string_view words) { return story.log.find(words) != std::string::npos; }

/// What becomes of a guest at both rings, or of the one at ring 3 where that differs.
struct Grief {
  std::string_view words;
  std::string_view at_ring3 = words;
  StopReason end = StopReason::Exit;
};

const std::map<std::string_view, Grief>& griefs() {
  constexpr std::string_view kMonitorsGdt = "suspend: descriptor table at ffc00000";
  static const std::map<std::string_view, Grief> kGriefs{
      {"pushf-kernel", {"an update of 'events' is lost"}},
      {"popf-kernel", {"Interrupts were never switched on again"}},
      {"cs-kernel", {"user mode: the process is killed"}},
      {"push-cs-kernel", {"Oops: #GP, error code 0008"}},
      {"push-ss-kernel", {"Oops: #GP, error code 0010"}},
      {"mov-sreg-kernel", {"a driver has overwritten the kernel's key"}},
      {"pop-sreg-kernel", {"a driver has overwritten the kernel's key"}},
      {"lds-kernel", {"a driver knows the kernel's key"}},
      {"lss-kernel", {"Oops: #GP, error code 0010"}},
      {"lar-kernel", {"a driver has overwritten the kernel's key"}},
      {"lsl-kernel", {"process 7: general protection fault at its IN, killed"}},
      {"verr-kernel", {"a driver knows the kernel's key"}},
      {"verw-kernel", {"a driver has overwritten the kernel's key"}},
      {"smsw-kernel", {"this is virtual-8086 mode, under another manager"}},
      {"str-kernel", {"buffer cache: damaged at offset"}},
      {"sgdt-kernel", {kMonitorsGdt, kMonitorsGdt, StopReason::TripleFault}},
      {"sidt-kernel", {"Oops: #PF, error code 0002\n  at linear address ffc20018"}},
      {"sldt-kernel", {"thread 2: general protection fault, selector 0004"}},
      {"int-kernel", {"from an application, which may not name kernel memory"}},
      {"iret-kernel", {"Oops: #GP, error code 0008"}},
      {"call-far-kernel", {"Oops: #GP, error code 0008"}},
      {"jmp-far-kernel", {"Oops: #GP, error code 0068"}},
      {"retf-kernel", {"driver: no such unit", "Oops: #GP, error code 0018"}},
      {"sysenter-kernel", {"general protection fault at its system call, killed"}},
  };
  return kGriefs;
}

}  // namespace

TEST_CASE("Guests that look like kernels do the same bare and trapped, and come to grief let through") {
  std::set<std::string_view> told;
  for (const LabGuest& guest : lab_guests()) {
    if (guest.instruction.empty()) continue;
    INFO(guest.name);
    told.insert(guest.name);
    const Story bare = tell(guest, RunMode::Bare, Deprivilege::Ring1);
    INFO(bare.log);
    CHECK(ends_well(bare));
    const Grief& grief = griefs().at(guest.name);
    for (const Deprivilege ring : {Deprivilege::Ring1, Deprivilege::Ring3}) {
      INFO("at " << (ring == Deprivilege::Ring1 ? "ring 1" : "ring 3"));
      const Story trapped = tell(guest, RunMode::Trap, ring);
      CHECK(trapped.log == bare.log);
      CHECK(trapped.ticks == bare.ticks);
      CHECK(ends_well(trapped));
      const Story through = tell(guest, RunMode::Trap, ring, guest.instruction);
      INFO(through.log);
      CHECK(through.stop.reason == grief.end);
      CHECK_FALSE(ends_well(through));
      const std::string_view words = ring == Deprivilege::Ring1 ? grief.words : grief.at_ring3;
      CHECK_FALSE(says(bare, words));
      CHECK(says(through, words));
    }
  }
  CHECK(told.size() == griefs().size());
}

TEST_CASE("On a processor with UMIP five of them are told nothing wrong: their instruction traps") {
  for (const std::string_view name :
       {"sgdt-kernel", "sidt-kernel", "sldt-kernel", "str-kernel", "smsw-kernel"}) {
    INFO(name);
    const LabGuest& guest = *find_lab_guest(name);
    const Story through = tell(guest, RunMode::Trap, Deprivilege::Ring1, guest.instruction, "pentium4-umip");
    INFO(through.log);
    CHECK_FALSE(says(through, griefs().at(name).words));
    // In virtual-8086 mode the monitor answers; elsewhere what is let through is left to the guest.
    CHECK(ends_well(through) == (name == "smsw-kernel"));
    CHECK(says(through, "general protection fault") == (name == "sldt-kernel"));
    CHECK(says(through, "Oops: #GP, error code 0000") == (name != "smsw-kernel" && name != "sldt-kernel"));
  }
}

}  // namespace ringdown::test
