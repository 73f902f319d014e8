// `ringdown lab silicon`: the table of `lab table` on the processor of the host, as far as an application
// may.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "frontend/lab/table/instruction_table_lab.h"

namespace ringdown {

enum class SiliconVerdict : u8 {
  Silent,      // it was executed, and nobody was told
  Trapped,     // the processor raised an exception
  Faked,       // the processor raised one (UMIP), and Linux completed the instruction with a constant
  SystemCall,  // it entered the host's kernel, which refused the call
  Lost,        // its process died, or was killed
};
std::string_view name_of(SiliconVerdict verdict);

struct SiliconRow {
  const ProbedInstruction* instruction = nullptr;
  std::string operands;
  std::string host;         // what showed, or the exception: "#GP 0018"
  std::string_view signal;  // that Linux made of it; empty: none
  SiliconVerdict verdict = SiliconVerdict::Lost;
  std::string emulated_operands;  // of the row of `lab table` that is like it; empty: none is
  std::string emulated;           // there: let through at ring 3
  std::string explanation;

  bool comparable() const { return !emulated.empty(); }
  /// Whether host and emulation agree on that it traps, or does not. A faked value was a trap.
  bool agrees() const;
};

/// Rows in the order of `lab table`. The error is one line about why this host cannot.
Result<std::vector<SiliconRow>> measure_silicon();

/// An array with one object for each row.
std::string silicon_json(const std::vector<SiliconRow>& rows);
std::string silicon_text(const std::vector<SiliconRow>& rows);

}  // namespace ringdown
