// Prints the key of every row of the instruction table, a line each: what docs/conformance.md must account for.
#include <cstdio>

#include "tests/support/conformance_record.h"

int main() {
  for (const ringdown::InstructionRow& row : ringdown::instruction_table())
    std::puts(ringdown::test::row_key(row).c_str());
}
