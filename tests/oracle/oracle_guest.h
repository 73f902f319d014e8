// Runs cases in the guest: at ring 3 under a kernel of a few instructions that enters the case with IRETD and
// halts in the handler of the exception that ends it.
#pragma once

#include "tests/oracle/case.h"
#include "tests/support/moded_machine.h"

namespace ringdown::test {

class OracleGuest {
 public:
  explicit OracleGuest(MachineMode mode);

  /// `before` is the image that `fill_image` makes of the case.
  OracleOutcome run(const OracleCase& c, const MemoryImage& before);

 private:
  void build_page_tables();
  void build_descriptor_tables();
  void enter_kernel();
  void load_image(const MemoryImage& image);
  void load_state(const OracleState& state);
  void load_fx(const FxImage& fx);
  OracleOutcome outcome(const MemoryImage& before);
  FxImage store_fx() const;
  void note_changes(const MemoryImage& before, std::vector<MemoryChange>& changes);
  template <class T>
  void poke(u64 physical, T value) {
    machine_.memory().write_value(GuestPhysical(physical), value);
  }
  template <class T>
  T peek(u64 physical) {
    return machine_.memory().read_value<T>(GuestPhysical(physical));
  }

  ModedMachine machine_;
  Processor& cpu_ = machine_.cpu();
};

/// Where the guest's kernel lies, which is not mapped beside the host's processor.
inline constexpr u32 kGuestKernel = 0xa500'0000, kGuestKernelEnd = kGuestKernel + 0x8000;

}  // namespace ringdown::test
