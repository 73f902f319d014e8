// A case: one instruction with its operands, to be run in different settings.
#pragma once

#include <array>
#include <span>
#include <string>

#include "cpu/float/x87_state.h"
#include "cpu/registers.h"
#include "cpu/sse_state.h"
#include "frontend/lab/classify/engine/layout.h"

namespace ringdown::classify {

struct Case {
  static constexpr std::size_t kMaximumLength = 15;

  std::array<u8, kMaximumLength> bytes{};
  u8 length = 0;
  u8 immediate =
      0;  // offset of the first byte behind opcode, ModRM and displacement; the length if there is none
  bool code32 = true;
  std::array<u32, 8> gpr{};    // in encoding order
  std::array<u32, 8> stack{};  // from ESP on
  std::array<u32, 16> data{};  // from kData on
  u32 flags = 0;               // those that are the program's own
  u64 floats = 0;              // of what the x87, MMX and SSE registers hold is made; 0: as after reset

  std::span<const u8> code() const { return std::span(bytes).first(length); }
  u32 get(Gpr reg) const { return gpr[static_cast<unsigned>(reg)]; }
  void set(Gpr reg, u32 value) { gpr[static_cast<unsigned>(reg)] = value; }
};

/// What is as plain as it can be: pointers to zeros, and zeros.
std::array<u32, 8> plain_registers();

/// The registers that `floats` stands for.
X87State x87_of(const Case& c);
SseState sse_of(const Case& c);

/// The instruction in Intel's notation, in capitals.
std::string disassembly(const Case& c);
/// What is not plain and the instruction may have used: "EAX=21, [ESP]=1800"; empty if all is plain.
std::string operand_text(const Case& c);

}  // namespace ringdown::classify
