// docs/lab-table.md holds the table that is measured now.
#include <fstream>
#include <iterator>

#include "frontend/lab/table/table_text.h"
#include "tests/unit/instruction_table_lab/measured_table.h"

namespace ringdown::test {

TEST_CASE("The document holds the table as it is measured") {
  std::ifstream file(RINGDOWN_TABLE_DOCUMENT);
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  INFO("mend it with `ringdown lab table --markdown`");
  CHECK(document.find("\n\n" + instruction_table_markdown(measured_table())) != std::string::npos);
}

}  // namespace ringdown::test
