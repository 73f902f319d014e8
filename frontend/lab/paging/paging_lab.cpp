// Runs the guest on each technique, and tells what it took.
#include "frontend/lab/paging/paging_lab.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cpu/monitor/vtx_exits.h"
#include "devices/serial/serial_backend.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"

namespace ringdown {

namespace {

constexpr int kDisagreed = 1;
constexpr int kUserMistake = 2;

/// Keeps the checksum of what the guest sends.
class SerialChecksum final : public SerialBackend {
 public:
  void transmit(std::span<const u8> characters) override {
    value_ = crc32_z(value_, characters.data(), characters.size());
  }
  u32 value() const { return static_cast<u32>(value_); }

 private:
  uLong value_ = 0;
};

void tell(const std::string& text) { fmt::print(stderr, "ringdown: {}\n", text); }

/// What the table and the JSON say of a result, in order.
struct Column {
  const char* key;   // in JSON
  const char* head;  // in the table
  u64 (*value)(const PagingResult&);
};
constexpr std::array kColumns{
    Column{"instructions", "instructions", [](const PagingResult& r) { return r.instructions; }},
    Column{"exits", "exits", [](const PagingResult& r) { return r.exits; }},
    Column{"would_not_exit_under_vtx", "not under VT-x",
           [](const PagingResult& r) { return r.exits - r.exits_under_vtx; }},
    Column{"walks", "walks", [](const PagingResult& r) { return r.walks; }},
    Column{"walk_references", "references", [](const PagingResult& r) { return r.walk_references; }},
    Column{"hidden_faults", "hidden faults", [](const PagingResult& r) { return r.counters.hidden_faults; }},
    Column{"write_protect_traps", "protected",
           [](const PagingResult& r) { return r.counters.write_protect_traps; }},
    Column{"syncs", "syncs", [](const PagingResult& r) { return r.counters.syncs; }},
    Column{"hypercalls", "hypercalls", [](const PagingResult& r) { return r.counters.hypercalls; }},
};

void take_counters(Machine& machine, PagingResult& result) {
  const TlbCounters& tlb = machine.processor().memory.counters();
  result.walks = tlb.misses;
  result.walk_references = tlb.walk_references;
  Monitor* const monitor = machine.monitor();
  if (monitor == nullptr) return;
  const MonitorStatistics& statistics = monitor->statistics();
  result.exits = std::accumulate(statistics.by_cause.begin(), statistics.by_cause.end(), u64{0});
  result.exits_under_vtx = exits_under_vtx(statistics, monitor->paging().technique());
  result.counters = monitor->paging().counters();
}

}  // namespace

std::vector<PagingContender> paging_contenders(bool own_guest) {
  std::vector<PagingContender> contenders;
  for (const Technique technique : {Technique::Shadow, Technique::Nested, Technique::Direct}) {
    if (technique != Technique::Direct || own_guest)
      contenders.push_back({std::string(name_of(technique)), technique});
  }
  return contenders;
}

MachineConfig own_guest_config() { return lab_guest_config(*find_lab_guest("paging")); }

Result<PagingResult> run_contender(const PagingContender& contender, const Options& guest) {
  MachineConfig config = guest.machine;
  config.mode = contender.mode;
  config.paging.technique = contender.technique;
  // Both lines go into one checksum, in the order in which things were sent.
  SerialChecksum serial;
  for (std::size_t port = 0; port < 2; ++port) config.serial_backends[port] = &serial;
  Log log;
  Result<std::unique_ptr<Machine>> machine = make_lab_machine(std::move(config), guest.kernel, log);
  if (!machine) return machine.error();
  Runner::Settings settings;
  settings.no_reboot = true;
  settings.stop_after = guest.stop_after;
  settings.audit_every = guest.audit_every;
  settings.notice = tell;
  Runner runner(**machine, settings);
  PagingResult result;
  result.name = contender.name;
  result.end = runner.run();
  result.instructions = (*machine)->ticks();
  result.host_seconds = runner.busy_seconds();
  result.checksum = serial.value();
  take_counters(**machine, result);
  return result;
}

bool agree(const PagingResult& one, const PagingResult& other) {
  const bool paravirtual = one.counters.hypercalls != 0 || other.counters.hypercalls != 0;
  return one.checksum == other.checksum && one.end.reason == other.end.reason &&
         one.end.status == other.end.status && (paravirtual || one.instructions == other.instructions);
}

std::string paging_table(const std::vector<PagingResult>& results) {
  std::string text = fmt::format("{:<10}", "technique");
  for (const Column& column : kColumns) text += fmt::format(" {:>14}", column.head);
  text += fmt::format(" {:>12} {:>9}\n", "host seconds", "checksum");
  for (const PagingResult& result : results) {
    text += fmt::format("{:<10}", result.name);
    for (const Column& column : kColumns) text += fmt::format(" {:>14}", column.value(result));
    text += fmt::format(" {:>12.2f} {:>9}{}\n", result.host_seconds, fmt::format("{:08x}", result.checksum),
                        agree(result, results.front()) ? "" : "  differs");
  }
  return text;
}

std::string paging_json(const std::vector<PagingResult>& results) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PagingResult& result : results) {
    nlohmann::ordered_json row{{"technique", result.name}};
    for (const Column& column : kColumns) row[column.key] = column.value(result);
    row["host_seconds"] = result.host_seconds;
    row["checksum"] = fmt::format("{:08x}", result.checksum);
    row["agrees"] = agree(result, results.front());
    row["exit"] = {{"reason", name_of(result.end.reason)}, {"status", result.end.status}};
    rows.push_back(std::move(row));
  }
  constexpr int kIndent = 2;
  return rows.dump(kIndent) + "\n";
}

int run_paging_lab(const PagingLab& lab) {
  Options guest;
  if (lab.guest) {
    guest = *lab.guest;
  } else {
    guest.machine = own_guest_config();
  }
  std::vector<PagingResult> results;
  for (const PagingContender& contender : paging_contenders(!lab.guest)) {
    Result<PagingResult> result = run_contender(contender, guest);
    if (!result) {
      tell(result.error().message);
      return kUserMistake;
    }
    if (!result->end.message.empty()) tell(fmt::format("{}: {}", result->name, result->end.message));
    if (is_defect(result->end.reason)) return result->end.status;
    results.push_back(std::move(*result));
  }
  fmt::print("{}", lab.json ? paging_json(results) : paging_table(results));
  const bool same = std::all_of(results.begin(), results.end(),
                                [&](const PagingResult& result) { return agree(result, results.front()); });
  if (same) return 0;
  tell("lab paging: the guest did not do the same on all techniques");
  return kDisagreed;
}

}  // namespace ringdown
