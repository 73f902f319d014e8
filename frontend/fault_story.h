// Explains a triple fault to a person.
#pragma once

#include <string>

#include "core/types.h"

namespace ringdown {

class Machine;

/// "vector 21h".
std::string vector_number(u8 vector);
/// An exception's name, "#PF"; for a vector without one, its number.
std::string vector_name(u8 vector);

/// The exceptions that shut the processor down, in order, and where it stood; several lines.
std::string triple_fault_story(Machine& machine);

}  // namespace ringdown
