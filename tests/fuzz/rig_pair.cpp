// Plays an input on one rig, from the first save on also on a second one.
#include "tests/fuzz/rig_pair.h"

#include <fmt/core.h>

#include "tests/fuzz/fuzz_target.h"

namespace ringdown::test {

namespace {

std::string text_of(const DeviceOperation& o) {
  return fmt::format("{} {:02x} {:02x} {:02x} {:08x}\n", o.action->name, o.a, o.b, o.c, o.value);
}

[[noreturn]] void report(const std::string& what, std::span<const DeviceOperation> done) {
  std::string text = what + "behind these operations:\n";
  for (const DeviceOperation& operation : done) text += text_of(operation);
  report_finding(text);
}

}  // namespace

void play_on_two(RigBoard board, std::span<const u8> input) {
  static DeviceRig first("first", board), second("second", board);
  const std::vector<DeviceOperation> operations = decode_operations(input, board);
  first.renew();
  constexpr unsigned kMostSaves = 2;  // they take long
  unsigned saves = 0;                 // from the first one on, the second machine goes along
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const DeviceOperation& operation = operations[i];
    const auto done = std::span(operations).first(i + 1);
    if (operation.action->saves()) {
      if (saves++ >= kMostSaves) continue;
      if (const std::string wrong = second.restore_from(first); !wrong.empty()) report(wrong, done);
      continue;
    }
    const u64 read = apply(operation, first);
    if (saves != 0 && apply(operation, second) != read)
      report("the restored machine reads something else\n", done);
  }
  if (saves != 0) {
    if (const std::string wrong = first.difference(second); !wrong.empty()) report(wrong, operations);
  }
  if (const std::string wrong = first.probe(); !wrong.empty()) report(wrong, operations);
}

}  // namespace ringdown::test
