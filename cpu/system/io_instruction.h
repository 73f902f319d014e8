// An instruction that accessed a port, as the state save area of an SMI that it caused tells of it.
#pragma once

#include "core/archive.h"
#include "core/types.h"

namespace ringdown {

struct IoInstruction {
  /// Values as the I/O state field has them (Intel SDM vol. 3C, table 34-8).
  enum class Kind : u8 {
    OutRegister = 0,
    InRegister = 1,
    Outs = 2,
    Ins = 3,
    RepeatedOuts = 6,
    RepeatedIns = 7,
    OutImmediate = 8,
    InImmediate = 9,
  };
  Kind kind = Kind::OutRegister;
  u8 bytes = 0;
  u16 port = 0;
  u32 memory = 0;  // INS and OUTS: the linear address
  /// What the instruction needs to run again.
  u32 eip = 0;
  u32 ecx = 0;
  u32 esi = 0;
  u32 edi = 0;

  void serialize(Archive& archive) { archive(kind, bytes, port, memory, eip, ecx, esi, edi); }
};

}  // namespace ringdown
