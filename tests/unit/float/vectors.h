// Reads the x87 vectors of RINGDOWN_VECTORS/x87: one line of operands, result and flags at a time.
#pragma once

#include <string>
#include <vector>

#include "core/float80.h"
#include "cpu/float/environment.h"

namespace ringdown::test {

/// One file: FUNCTION.pPRECISION.ROUNDING.txt.gz, or FUNCTION.ROUNDING.txt.gz.
struct VectorFile {
  std::string path;
  std::string name;
  std::string function;
  Rounding rounding;
  Precision precision;
};

/// All files of the folder, sorted by name; empty if the folder does not exist.
std::vector<VectorFile> list_vector_files(const std::string& folder);

/// The whole decompressed text, split into lines of words.
std::vector<std::vector<std::string>> read_vector_lines(const std::string& path);

/// 20 hexadecimal digits: sign and exponent, then the significand.
Float80 parse_float80(const std::string& digits);
std::string to_string(Float80 value);

/// TestFloat's flags (01 inexact, 02 underflow, 04 overflow, 08 divide by zero, 10 invalid) as those of the
/// x87.
u8 parse_flags(const std::string& digits);

}  // namespace ringdown::test
