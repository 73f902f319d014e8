// Random guests made of privileged and unprivileged snippets: the same seed gives the same guest, and running
// it twice in different ways must make no difference that the guest can see.
#pragma once

#include <string>
#include <vector>

#include "tests/support/code_machine.h"
#include "tests/support/random_snippets.h"

namespace ringdown::test {

/// The kinds of guest: each has snippets of its own.
enum class GuestKind : u8 {
  Kernel,    // 32-bit kernel that enters rings 1 to 3 and virtual-8086 mode, switches tasks, edits its tables
  RealMode,  // 16-bit real-mode code that visits protected mode
};

/// A program of snippets in slots that loops for ever. Whatever an exception does, its handler notes it in a
/// hash in memory and goes on with the next slot.
class RandomGuest {
 public:
  RandomGuest(GuestKind kind, u32 seed);

  /// Writes the program, its handlers, tables and timer events into a fresh machine.
  void install(CodeMachine& machine) const;

  /// The slots of the kernel; a snippet is left out by emptying its bytes.
  std::vector<Snippet> slots;
  /// What runs at other rings, and in virtual-8086 mode.
  std::vector<Snippet> inner_slots;
  /// Ticks at which INTR (or, every fourth, NMI) is raised.
  std::vector<Ticks> interrupts;

  std::string describe() const;

 private:
  void install_kernel(CodeMachine& machine) const;
  void install_real_mode(CodeMachine& machine) const;

  GuestKind kind_;
};

/// Runs the guest for `ticks`, letting time pass while it halts.
void run_guest(CodeMachine& machine, Ticks ticks);

}  // namespace ringdown::test
