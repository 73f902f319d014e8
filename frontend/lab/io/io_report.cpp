// What was measured, as tables and as JSON.
#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>

#include "frontend/lab/io/io_lab.h"

namespace ringdown {

namespace {

/// What stands in a table's and in JSON's `work`.
struct Words {
  std::string_view verb;
  std::string_view unit;
  std::string_view size;
};

constexpr Words words_of(IoWork work) {
  switch (work) {
    case IoWork::Send:
      return {"send", "packet", "1,500 bytes"};
    case IoWork::Receive:
      return {"receive", "packet", "1,500 bytes"};
    case IoWork::Read:
      return {"read", "block", "4 KiB"};
    case IoWork::Write:
      return {"write", "block", "4 KiB"};
  }
  return {};
}

constexpr std::array kDeviceNames{
#define RINGDOWN_IO_NAME(id, name, text) std::string_view(name),
    RINGDOWN_IO_DEVICES(RINGDOWN_IO_NAME)
#undef RINGDOWN_IO_NAME
};
constexpr std::array kDeviceTexts{
#define RINGDOWN_IO_TEXT(id, name, text) std::string_view(text),
    RINGDOWN_IO_DEVICES(RINGDOWN_IO_TEXT)
#undef RINGDOWN_IO_TEXT
};

/// "1,000".
std::string grouped(u32 number) {
  constexpr u32 kThousand = 1000;
  if (number < kThousand) return fmt::format("{}", number);
  return fmt::format("{},{:03}", grouped(number / kThousand), number % kThousand);
}

}  // namespace

std::string_view name_of(IoDevice device) { return kDeviceNames[static_cast<std::size_t>(device)]; }
std::string_view describe(IoDevice device) { return kDeviceTexts[static_cast<std::size_t>(device)]; }
std::string_view unit_of(IoWork work) { return words_of(work).unit; }

std::string describe(const IoCase& one) {
  const auto [verb, unit, size] = words_of(one.work);
  return fmt::format("{} {} {}{} of {}, {} at a time", verb, grouped(one.units), unit,
                     one.units == 1 ? "" : "s", size,
                     one.batch == 1 ? std::string("one") : grouped(one.batch));
}

std::string io_table(std::span<const IoResult> results) {
  const IoCase& work = results.front().what;
  std::string text = fmt::format("{}\n  {:<12} {:>10} {:>12} {:>10} {:>10} {:>11} {:>10} {:>11} {:>9}\n",
                                 describe(work), "device", "traps", fmt::format("per {}", unit_of(work.work)),
                                 "port I/O", "MMIO", "interrupts", "others", "under VT-x", "seconds");
  for (const IoResult& result : results) {
    const IoTraps& traps = result.traps;
    const auto each = [&](u64 count) { return static_cast<double>(count) / result.what.units; };
    text +=
        fmt::format("  {:<12} {:>10} {:>12.2f} {:>10.2f} {:>10.2f} {:>11.2f} {:>10.2f} {:>11.2f} {:>9.4f}\n",
                    name_of(result.what.device), traps.total(), each(traps.total()), each(traps.ports),
                    each(traps.memory), each(traps.interrupts), each(traps.others), each(traps.under_vtx),
                    result.seconds);
  }
  return text;
}

std::string io_json(std::span<const IoResult> results) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const IoResult& result : results) {
    rows.push_back({{"device", name_of(result.what.device)},
                    {"work", describe(result.what)},
                    {"traps", result.traps.total()},
                    {"units", result.what.units},
                    {"seconds", result.seconds}});
  }
  constexpr int kIndent = 2;
  return rows.dump(kIndent) + "\n";
}

}  // namespace ringdown
