// Code on the host's processor: what it shows there, and that it can do no harm. Where no such code runs, the
// reason is one line.
#include "frontend/lab/silicon/host_silicon.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/lab/silicon/silicon_lab.h"
#include "frontend/lab/table/probe_run.h"

namespace ringdown::test {

namespace {

constexpr u8 kGeneralProtection = 13;
constexpr u8 kPageFault = 14;

/// Whether the tests below can run; if not, that is said in one line.
bool has_silicon() {
  const std::optional<Error> why = why_no_silicon();
  if (!why) return true;
  WARN("not here: " << why->message);
  CHECK_FALSE(why->message.empty());
  CHECK(why->message.find('\n') == std::string::npos);
  CHECK_FALSE(run_on_silicon(std::array<u8, 1>{0x90}, 0));
  return false;
}

HostEnd run(std::initializer_list<u8> code) {
  const Result<HostEnd> end = run_on_silicon(std::vector<u8>(code), kSiliconOrigin);
  REQUIRE(end);
  return *end;
}

const SiliconRow& find_row(const std::vector<SiliconRow>& rows, std::string_view instruction,
                           std::string_view operands) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const SiliconRow& row) {
    return row.instruction->name == instruction && row.operands == operands;
  });
  INFO(instruction << ", " << operands);
  REQUIRE(found != rows.end());
  return *found;
}

std::vector<SiliconRow> measured_rows() {
  Result<std::vector<SiliconRow>> rows = measure_silicon();
  REQUIRE(rows);
  return std::move(*rows);
}

}  // namespace

TEST_CASE("On the host CLI traps, PUSHF is silent, and MOV from CS shows ring 3") {
  if (!has_silicon()) return;
  const std::vector<SiliconRow> rows = measured_rows();
  const SiliconRow& cli = find_row(rows, "CLI", "IF from 1 to 0");
  CHECK(cli.verdict == SiliconVerdict::Trapped);
  CHECK(cli.host == "#GP 0000");
  CHECK(cli.signal == "SIGSEGV");
  const SiliconRow& pushf = find_row(rows, "PUSHF", "");
  CHECK(pushf.verdict == SiliconVerdict::Silent);
  CHECK(pushf.host == "IF=1");
  const SiliconRow& mov = find_row(rows, "MOV Sreg", "from CS");
  CHECK(mov.verdict == SiliconVerdict::Silent);
  CHECK(mov.host == "read=0023");
  CHECK(find_row(rows, "MOV Sreg", "to SS, 0018 (the kernel's data)").host == "#GP 0018");
  CHECK(find_row(rows, "INT n", "80h").verdict == SiliconVerdict::SystemCall);
}

TEST_CASE("The emulated processor traps where the host's does") {
  if (!has_silicon()) return;
  std::size_t compared = 0;
  for (const SiliconRow& row : measured_rows()) {
    INFO(row.instruction->name << ", " << row.operands << ": " << row.host << ", emulated " << row.emulated);
    CHECK(row.verdict != SiliconVerdict::Lost);
    CHECK(row.comparable() == !row.emulated_operands.empty());
    // Linux has system calls by SYSENTER for its 32-bit programs; an emulated monitor has it trap.
    if (!row.comparable() || row.instruction->name == "SYSENTER") continue;
    ++compared;
    CHECK(row.agrees());
  }
  CHECK(compared > 30);
}

TEST_CASE("Every row that is said to compare names a row of the emulated table") {
  InstructionTableSettings settings;
  settings.rings = {Deprivilege::Ring3};
  const Result<std::vector<InstructionTableRow>> table = measure_instruction_table(settings);
  REQUIRE(table);
  if (!has_silicon()) return;
  for (const SiliconRow& row : measured_rows()) {
    INFO(row.instruction->name << ", " << row.operands);
    CHECK(row.instruction != nullptr);
    CHECK(row.comparable() ==
          std::any_of(table->begin(), table->end(), [&](const InstructionTableRow& other) {
            return other.instruction == row.instruction && other.operands == row.emulated_operands;
          }));
  }
}

TEST_CASE("Code that would never end is killed, and this process goes on") {
  if (!has_silicon()) return;
  CHECK(run({0xeb, 0xfe}).kind == HostEnd::Kind::Killed);  // jmp $
  CHECK(run({0xf4}).kind == HostEnd::Kind::Exception);     // hlt: the next child runs
}

TEST_CASE("Code that loses its stack or leaves its pages ends as an exception") {
  if (!has_silicon()) return;
  const HostEnd stack = run({0x31, 0xe4, 0x50});  // xor esp, esp; push eax
  CHECK(stack.kind == HostEnd::Kind::Exception);
  CHECK(stack.rip == kSiliconOrigin + 2);
  const HostEnd jump = run({0x31, 0xc0, 0xff, 0xe0});  // xor eax, eax; jmp eax
  CHECK(jump.kind == HostEnd::Kind::Exception);
  CHECK(jump.vector == kPageFault);
  CHECK(jump.rip == 0);
  const HostEnd segment = run({0x8e, 0xe8, 0xf4});  // mov gs, ax; hlt: AX is user data
  CHECK(segment.vector == kGeneralProtection);
}

TEST_CASE("Code cannot call the host's system, from 64-bit code neither") {
  if (!has_silicon()) return;
  // mov eax, 1 (exit); int 80h
  CHECK(run({0xb8, 1, 0, 0, 0, 0xcd, 0x80}).kind == HostEnd::Kind::SystemCall);
  // jmp 0033:10000007h; mov eax, 39 (getpid); syscall
  CHECK(run({0xea, 7, 0, 0, 0x10, 0x33, 0, 0xb8, 39, 0, 0, 0, 0x0f, 0x05}).kind == HostEnd::Kind::SystemCall);
}

TEST_CASE("What the host showed as JSON is an array with an object for each row") {
  if (!has_silicon()) return;
  const std::vector<SiliconRow> rows = measured_rows();
  const nlohmann::json table = nlohmann::json::parse(silicon_json(rows));
  REQUIRE(table.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(table[i]["instruction"] == rows[i].instruction->name);
    CHECK(table[i]["operands"] == rows[i].operands);
    CHECK(table[i]["host"] == rows[i].host);
    CHECK(table[i]["verdict"] == name_of(rows[i].verdict));
    CHECK(table[i]["emulated"].is_null() != rows[i].comparable());
    CHECK(table[i]["signal"].is_null() == rows[i].signal.empty());
  }
}

}  // namespace ringdown::test
