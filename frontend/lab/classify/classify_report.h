// What the classification found, as text.
#pragma once

#include <span>
#include <string>

#include "frontend/lab/classify/classification.h"

namespace ringdown {

/// The sets, and the counterexamples to 'all sensitive instructions are privileged' with a witness each.
std::string sets_text(const Classification& classification);
/// What Robin and Irvine found too, and what not.
std::string comparison_text(const Classification& classification);
/// A line for each: theorems 1 and 3.
std::string theorems_text(std::span<const Classification> classifications);
/// Each instruction by itself, for a few.
std::string instructions_text(const Classification& classification);

}  // namespace ringdown
