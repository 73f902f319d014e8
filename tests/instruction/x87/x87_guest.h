// A guest that runs x87 instructions one by one, bare or under a monitor.
#pragma once

#include <memory>
#include <string_view>

#include "tests/instruction/x87/x87_machine.h"

namespace ringdown::test {

/// Flat 32-bit protected mode with CR0.NE; EDI is at `data` when an instruction begins.
class X87Guest {
 public:
  X87Guest(GuestMemory& memory, u32 code_address, u32 data_address)
      : code(code_address), data(data_address), memory_(memory) {}
  virtual ~X87Guest() = default;
  X87Guest(const X87Guest&) = delete;
  X87Guest& operator=(const X87Guest&) = delete;

  /// Runs the one instruction, at `code`; false if it did not complete.
  virtual bool execute(const Code& instruction) = 0;
  virtual Processor& cpu() = 0;

  template <class T>
  void poke(u32 address, const T& value) {
    memory_.write_value(GuestPhysical(address), value);
  }
  template <class T>
  T peek(u32 address) const {
    return memory_.read_value<T>(GuestPhysical(address));
  }

  const u32 code;
  const u32 data;

 private:
  GuestMemory& memory_;
};

/// Who runs it: nobody else (ring 3), or a monitor that runs the guest's ring 0 at ring 1 or 3.
enum class X87GuestMode : u8 { Bare, TrapRing1, TrapRing3 };
/// As conformance records name it.
std::string_view mode_name(X87GuestMode mode);

std::unique_ptr<X87Guest> make_x87_guest(X87GuestMode mode);

}  // namespace ringdown::test
