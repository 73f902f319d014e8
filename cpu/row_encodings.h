// Every encoding of every row of the instruction table, found by decoding the opcode maps.
#pragma once

#include <span>
#include <vector>

#include "cpu/instruction_table.h"

namespace ringdown {

/// An opcode with its mandatory prefix and, if it has one, what its ModRM byte may be.
struct RowEncoding {
  u8 prefix = 0;  // 66, F2, F3, 67 or none
  bool two_bytes = false;
  u8 opcode = 0;
  std::vector<u8> modrm;  // one of 00 to 38 stands for all memory forms with that reg field
};

struct RowEncodings {
  const InstructionRow* row = nullptr;  // nullptr: undefined opcodes
  std::vector<RowEncoding> encodings;
};

/// A decoder of whole instructions for that mode, which knows what the table's processors have.
const ZydisDecoder& table_decoder(ZydisMachineMode mode);

/// In the table's order, undefined opcodes last. Rows without any encoding are an error of the search, which
/// tests look for.
std::span<const RowEncodings> row_encodings();

}  // namespace ringdown
