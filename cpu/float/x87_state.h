// The x87 unit's registers: eight physical data registers, control, status and tag words, last-instruction pointers.
#pragma once

#include <array>

#include "core/archive.h"
#include "core/float80.h"
#include "core/types.h"

namespace ringdown {

/// Registers are held by physical number: ST(i) is registers[(TOP + i) & 7]. MMX register i is the significand
/// of physical register i.
struct X87State {
  std::array<Float80, 8> registers{};
  u16 control = 0x0040;  // power-on value (Intel SDM vol. 3A, table 9-1)
  u16 status = 0;        // TOP included
  u8 empty = 0xff;       // bit per physical register: 1 where the tag is empty; the other tags follow from the values
  u16 opcode = 0;        // FOP, 11 bits
  u32 instruction_offset = 0;   // FIP
  u16 instruction_segment = 0;  // FCS
  u32 data_offset = 0;          // FDP
  u16 data_segment = 0;         // FDS

  unsigned top() const { return (status >> 11) & 7u; }

  void serialize(Archive& archive) {
    for (Float80& reg : registers) archive(reg.significand, reg.sign_exponent);
    archive(control, status, empty, opcode, instruction_offset, instruction_segment, data_offset, data_segment);
  }
};

}  // namespace ringdown
