// Random pieces of guest code, a few instructions each.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "core/types.h"

namespace ringdown::test {

using Random = std::mt19937;

inline u32 pick(Random& random, u32 bound) { return random() % bound; }

struct Snippet {
  std::string name;
  std::vector<u8> bytes;
};

/// Where snippets run, which decides what they are.
enum class SnippetPlace : u8 {
  Kernel,
  AnyRing,  // of protected mode
  Virtual8086,
  RealMode,
};

std::vector<Snippet> random_snippets(Random& random, SnippetPlace place, u32 count);

}  // namespace ringdown::test
