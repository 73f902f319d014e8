// The x87 vectors of RINGDOWN_VECTORS/x87: lines of operands, result and flags in gzip-compressed text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/float80.h"
#include "core/result.h"
#include "cpu/float/x87_registers.h"

namespace ringdown::test {

/// Hexadecimal digits of the words of a function's lines; `second` is 0 for functions of one operand.
struct VectorFormat {
  std::string_view function;
  unsigned first;
  unsigned second;
  unsigned result;
  /// The result depends on the precision control: there is a file for each.
  bool has_precisions;
};

/// One file: FUNCTION.pPRECISION.ROUNDING.txt.gz, or FUNCTION.ROUNDING.txt.gz.
struct VectorFile {
  std::string name;
  VectorFormat format;
  Rounding rounding;
  Precision precision;
};

/// One line. Words of up to 64 bits stand in the significand alone.
struct VectorLine {
  Float80 a;
  Float80 b;
  Float80 result;
  /// As the x87's status word has them. TestFloat knows no denormal-operand exception.
  u8 flags = 0;
};

/// All files that belong into the folder.
std::vector<VectorFile> vector_files();

/// Checks that the folder holds these files and no others.
Result<void> check_vector_folder(const std::string& folder);

/// The lines of a file. A file that is missing, damaged or cut short is an error that names it, the offset of
/// the damage in the uncompressed text, and the line.
Result<std::vector<VectorLine>> read_vectors(const std::string& folder, const VectorFile& file);

}  // namespace ringdown::test
