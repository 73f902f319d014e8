// The log: categories, lists of them, and what is not implemented.
#include "core/log.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ringdown;

namespace {

struct Fixture {
  std::vector<std::string> lines;
  Log log{[this](LogCategory category, std::string_view line) {
    lines.push_back(std::string(name_of(category)) + ": " + std::string(line));
  }};
};

}  // namespace

TEST_CASE("only enabled categories are written") {
  Fixture f;
  f.log.write(LogCategory::Disk, "lost {}", 1);
  f.log.enable(LogCategory::Disk);
  f.log.write(LogCategory::Disk, "kept {:#x}", 0x20);
  CHECK(f.lines == std::vector<std::string>{"disk: kept 0x20"});
}

TEST_CASE("a list enables its names, and an unknown word is named with the choice") {
  Fixture f;
  REQUIRE(f.log.enable_list("cpu,machine"));
  CHECK(f.log.enabled(LogCategory::Cpu));
  CHECK(f.log.enabled(LogCategory::Machine));
  CHECK_FALSE(f.log.enabled(LogCategory::Monitor));
  const Result<void> refused = f.log.enable_list("pci,pcie");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("'pcie' is no log category: choose from all, cpu, "));
  REQUIRE(f.log.enable_list("all"));
  CHECK(f.log.enabled(LogCategory::Firmware));
}

TEST_CASE("what is not implemented is written once and counted always") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.log.unimplemented(LogCategory::Timer, "mode 7");
  f.log.unimplemented(LogCategory::Timer, "mode 6");
  CHECK(f.lines ==
        std::vector<std::string>{"timer: not implemented: mode 7", "timer: not implemented: mode 6"});
  CHECK(f.log.unimplemented_counts().at("mode 7") == 3);
  Log silent;
  silent.unimplemented(LogCategory::Timer, "mode 7");
  CHECK(silent.unimplemented_counts().at("mode 7") == 1);
}
