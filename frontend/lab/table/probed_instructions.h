// The instructions that the table is about: what the literature says of them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/types.h"

namespace ringdown {

struct ProbedInstruction {
  /// Who calls it sensitive and unprivileged.
  enum class Group : u8 {
    RobinIrvine,  // the list of Robin and Irvine (USENIX Security 2000)
    Further,      // not in it, but of the same kind, or often asked about
    Control,      // innocuous and privileged ones, to hold the others against
  };

  std::string_view name;   // as the table prints it: "MOV Sreg"
  std::string_view klass;  // Robin and Irvine's requirement, 3A to 3D; "-": it concerns none
  Group group;
  std::string_view shows;  // a sentence: what a wrong result of it is
};

std::span<const ProbedInstruction> probed_instructions();
/// By its name or its word; nullptr if there is none.
const ProbedInstruction* find_probed_instruction(std::string_view name);
/// The name as a user types it: "mov-sreg".
std::string word_of(std::string_view name);

std::string_view title_of(ProbedInstruction::Group group);

}  // namespace ringdown
