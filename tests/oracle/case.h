// A case of the oracle: one to three instructions on a state, and what they leave.
#pragma once

#include <Zydis/Zydis.h>

#include <vector>

#include "cpu/registers.h"
#include "cpu/segment.h"
#include "tests/oracle/fx_image.h"
#include "tests/oracle/layout.h"

namespace ringdown::test {

/// The registers that a program at CPL 3 has.
struct OracleState {
  std::array<u32, 8> gpr{};  // in encoding order
  u32 eip = 0;
  u32 eflags = 0;
  std::array<u16, kSegmentCount> selectors{};
  FxImage fx{};

  u32 get(Gpr reg) const { return gpr[static_cast<unsigned>(reg)]; }
  void set(Gpr reg, u32 value) { gpr[static_cast<unsigned>(reg)] = value; }
  u16 selector(Segment segment) const { return selectors[static_cast<unsigned>(segment)]; }
  void set_selector(Segment segment, u16 value) { selectors[static_cast<unsigned>(segment)] = value; }
  friend bool operator==(const OracleState&, const OracleState&) = default;
};

/// Bytes that differ from the background.
struct Poke {
  u32 linear = 0;
  std::vector<u8> bytes;
  friend bool operator==(const Poke&, const Poke&) = default;
};

struct OracleCase {
  std::vector<u8> code;  // at CS:EIP; code pages hold HLT besides
  OracleState before;
  u8 background = 0;  // which of kBackgrounds patterns fills the data pages
  std::vector<Poke> pokes;
  friend bool operator==(const OracleCase&, const OracleCase&) = default;

  u32 code_linear() const;
  bool code32() const;
  ZydisMachineMode machine_mode() const {
    return code32() ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16;
  }
};

/// Whether the registers can be loaded, and the code segment holds EIP.
bool can_begin(const OracleCase& c);

inline constexpr unsigned kBackgrounds = 8;
/// What is behind the code, and wherever else a branch may lead.
inline constexpr u8 kStopByte = 0xf4;

/// Memory as the case begins.
void fill_image(const OracleCase& c, MemoryImage& image);

struct MemoryChange {
  u32 linear = 0;
  u8 value = 0;
  friend bool operator==(const MemoryChange&, const MemoryChange&) = default;
};

/// How a case ended: with an exception, since everything but the code is HLT or does not execute.
struct OracleOutcome {
  bool ended = false;  // or it was stopped, and nothing else here holds
  u8 vector = 0;
  u32 error_code = 0;
  u32 fault_address = 0;  // of #PF, otherwise 0
  OracleState after;
  std::vector<MemoryChange> changes;  // in ascending order
  friend bool operator==(const OracleOutcome&, const OracleOutcome&) = default;
};

/// The state that FNINIT and a reset of MXCSR leave, with all registers zero.
FxImage initial_fx();
/// Flat 32-bit code at the start of the code pages, flat data and stack.
OracleState initial_state();

}  // namespace ringdown::test
