// Fuzzes the devices of a whole board: any sequence of accesses, DMA descriptors, inputs and resets leaves a
// machine that works, and one restored in the middle goes on as the one that was saved.
#include <fmt/core.h>

#include "tests/fuzz/device_operations.h"
#include "tests/fuzz/fuzz_target.h"

using namespace ringdown;
using namespace ringdown::test;

namespace {

std::string text_of(const DeviceOperation& o) {
  static constexpr const char* kNames[] = {
#define RINGDOWN_DEVICE_NAME(id, function) #id,
      RINGDOWN_DEVICE_ACTIONS(RINGDOWN_DEVICE_NAME)
#undef RINGDOWN_DEVICE_NAME
  };
  return fmt::format("{} {:02x} {:02x} {:02x} {:08x}\n", kNames[static_cast<std::size_t>(o.action)], o.a, o.b,
                     o.c, o.value);
}

[[noreturn]] void report(const std::string& what, std::span<const DeviceOperation> done) {
  std::string text = what + "behind these operations:\n";
  for (const DeviceOperation& operation : done) text += text_of(operation);
  report_finding(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static DeviceRig first("first"), second("second");
  const std::vector<DeviceOperation> operations = decode_operations(std::span(data, size));
  first.renew();
  constexpr unsigned kMostSaves = 2;  // they take long
  unsigned saves = 0;                 // from the first one on, the second machine goes along
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const DeviceOperation& operation = operations[i];
    const auto done = std::span(operations).first(i + 1);
    if (operation.action == DeviceAction::Save) {
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
  return 0;
}
