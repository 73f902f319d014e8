// Fuzzes decoder and executor with any code in any state, states of forged files too: whole blocks and blocks
// of one instruction must come to the same end.
#include "tests/fuzz/fuzz_guest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/guest_difference.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

FuzzMachine& run_guest(const FuzzGuest& guest, bool single) {
  FuzzMachine& machine = kept_machine(0, {.single_instruction_blocks = single}, guest.model());
  machine.renew();
  guest.install(machine);
  guest.forge(machine);
  guest.run(machine);
  return machine;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const FuzzGuest guest(std::span(data, size));
  FuzzMachine& whole = run_guest(guest, false);
  FuzzMachine& single = run_guest(guest, true);
  if (const std::string text = difference(whole, single); !text.empty())
    report_finding("whole blocks and blocks of one differ:\n" + text + guest.describe());
  return 0;
}
