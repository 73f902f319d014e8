// Collects the counters of processor, monitor, shadow and devices.
#include "frontend/statistics_report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "cpu/instruction_table.h"
#include "cpu/monitor/vtx_exits.h"
#include "frontend/fault_story.h"
#include "frontend/network/network_view.h"

namespace ringdown {

namespace {

using nlohmann::ordered_json;

struct Instructions {
  u64 total, direct, emulated, stale_segment;
  std::array<u64, 4> physical_cpl, virtual_cpl;
};

/// Without a monitor all instructions run directly, at the guest's own rings.
Instructions instructions(Machine& machine) {
  const auto& at_cpl = machine.processor().counters().retired_at_cpl;
  const u64 total = machine.ticks();
  if (machine.monitor() == nullptr) return {total, total, 0, 0, at_cpl, at_cpl};
  const MonitorStatistics& s = machine.monitor()->statistics();
  return {total, total - s.emulated, s.emulated, s.stale_segment, at_cpl, s.virtual_cpl};
}

ordered_json traps(Machine& machine) {
  ordered_json by_cause = ordered_json::object();
  ordered_json by_instruction = ordered_json::object();
  u64 total = 0;
  u64 under_vtx = 0;
  if (machine.monitor() != nullptr) {
    const MonitorStatistics& s = machine.monitor()->statistics();
    under_vtx = exits_under_vtx(s, machine.monitor()->paging().technique());
    for (std::size_t i = 0; i < s.by_cause.size(); ++i) {
      by_cause[std::string(name_of(static_cast<TrapCause>(i)))] = s.by_cause[i];
      total += s.by_cause[i];
    }
    for (std::size_t i = 0; i < s.by_instruction.size(); ++i) {
      if (s.by_instruction[i] == 0) continue;
      // Rows of one instruction share a name.
      ordered_json& count = by_instruction[std::string(instruction_table()[i].name)];
      count = (count.is_null() ? u64{0} : count.get<u64>()) + s.by_instruction[i];
    }
  }
  return {{"total", total},
          {"would_exit_under_vtx", under_vtx},
          {"would_not_exit_under_vtx", total - under_vtx},
          {"by_cause", by_cause},
          {"by_instruction", by_instruction}};
}

PagingCounters paging_counters(Machine& machine) {
  return machine.monitor() != nullptr ? machine.monitor()->paging().counters() : PagingCounters{};
}

ordered_json shadow(Machine& machine) {
  const PagingCounters c = paging_counters(machine);
  return {{"fills", c.fills},
          {"syncs", c.syncs},
          {"hidden_faults", c.hidden_faults},
          {"true_faults", c.true_faults},
          {"write_protect_traps", c.write_protect_traps},
          {"device_accesses", c.device_accesses},
          {"root_switches", c.root_switches},
          {"root_cache_hits", c.root_cache_hits},
          {"protects", c.protects},
          {"releases", c.releases},
          {"evictions", c.evictions},
          {"audits", c.audits}};
}

ordered_json paging(Machine& machine) {
  const TlbCounters& tlb = machine.processor().memory.counters();
  const Monitor* const monitor = machine.monitor();
  const PagingCounters c = paging_counters(machine);
  return {{"technique", monitor != nullptr ? name_of(monitor->paging().technique()) : "bare"},
          {"walks", tlb.misses},
          {"walk_references", tlb.walk_references},
          {"hypercalls", c.hypercalls},
          {"entries_updated", c.entries_updated},
          {"entries_validated", c.entries_validated}};
}

ordered_json devices(Machine& machine) {
  std::map<std::string, u64> counts = machine.ports().access_counts();
  for (const auto& [device, count] : machine.device_memory().access_counts()) counts[device] += count;
  ordered_json json = ordered_json::object();
  for (const auto& [device, count] : counts) json[device] = count;
  return json;
}

/// Non-zero counts by vector.
ordered_json by_vector(const std::array<u64, 256>& counts, std::string (*name)(u8 vector)) {
  ordered_json json = ordered_json::object();
  for (unsigned vector = 0; vector < counts.size(); ++vector) {
    if (counts[vector] != 0) json[name(static_cast<u8>(vector))] = counts[vector];
  }
  return json;
}

ordered_json interrupts(const ProcessorCounters& cpu) {
  return {{"external", std::accumulate(cpu.interrupts.begin(), cpu.interrupts.end(), u64{0})},
          {"by_vector", by_vector(cpu.interrupts, vector_number)},
          {"exceptions", by_vector(cpu.exceptions, vector_name)}};
}

ordered_json network(const std::vector<AdapterReport>& adapters) {
  ordered_json json = ordered_json::array();
  for (const AdapterReport& adapter : adapters) {
    const NicTraffic& t = adapter.traffic;
    json.push_back(
        {{"adapter", adapter.model},
         {"mac", adapter.mac},
         {"net", adapter.net},
         {"sent", {{"frames", t.frames_sent}, {"bytes", t.bytes_sent}, {"lost", adapter.sent_lost}}},
         {"received",
          {{"frames", t.frames_received}, {"bytes", t.bytes_received}, {"lost", adapter.received_lost}}}});
  }
  return json;
}

double mips(Machine& machine, const RunFacts& facts) {
  const auto executed = static_cast<double>(machine.ticks() - facts.first_tick);
  return facts.busy_seconds > 0 ? executed / facts.busy_seconds / 1e6 : 0;
}

}  // namespace

std::string statistics_json(Machine& machine, const RunFacts& facts) {
  const Instructions i = instructions(machine);
  const TlbCounters& tlb = machine.processor().memory.counters();
  const ProcessorCounters& cpu = machine.processor().counters();
  ordered_json json;
  json["mode"] = machine.mode() == RunMode::Bare ? "bare" : "trap";
  json["instructions"] = {{"total", i.total},
                          {"direct", i.direct},
                          {"emulated", i.emulated},
                          {"stale_segment", i.stale_segment},
                          {"physical_cpl", i.physical_cpl},
                          {"virtual_cpl", i.virtual_cpl}};
  json["traps"] = traps(machine);
  json["paging"] = paging(machine);
  json["shadow"] = shadow(machine);
  json["tlb"] = {
      {"misses", tlb.misses}, {"flushes", tlb.flushes}, {"page_invalidations", tlb.page_invalidations}};
  json["blocks"] = {{"decoded", cpu.blocks_decoded},
                    {"invalidated", cpu.blocks_invalidated},
                    {"splits", cpu.block_splits},
                    {"page_lookups", tlb.fetch_misses},
                    {"page_lookup_references", tlb.fetch_walk_references},
                    {"cache_flushes", cpu.cache_flushes}};
  json["devices"] = devices(machine);
  json["network"] = network(facts.adapters);
  json["interrupts"] = interrupts(cpu);
  json["unimplemented"] = machine.log().unimplemented_counts();
  json["guest_seconds"] =
      static_cast<double>(machine.scheduler().now()) / static_cast<double>(kPicosecondsPerSecond);
  json["host_seconds"] = facts.host_seconds;
  json["busy_seconds"] = facts.busy_seconds;
  json["mips"] = mips(machine, facts);
  json["exit"] = {{"reason", name_of(facts.end.reason)}, {"status", facts.end.status}};
  constexpr int kIndent = 2;
  return json.dump(kIndent) + "\n";
}

std::string statistics_summary(Machine& machine, const RunFacts& facts) {
  const Instructions i = instructions(machine);
  const double total = static_cast<double>(std::max<u64>(i.total, 1));
  std::string text =
      fmt::format("{} instructions in {:.2f} s ({:.0f} MIPS while running), end: {}\n", i.total,
                  facts.host_seconds, mips(machine, facts), name_of(facts.end.reason));
  if (!facts.adapters.empty()) text += network_view(facts.adapters);
  if (machine.monitor() == nullptr) return text + "bare: no monitor\n";
  const MonitorStatistics& s = machine.monitor()->statistics();
  const u64 traps = std::accumulate(s.by_cause.begin(), s.by_cause.end(), u64{0});
  const PagingCounters& c = machine.monitor()->paging().counters();
  text += fmt::format(
      "run directly: {:.2f} %, at physical ring 0: {}, traps: {} ({:.0f} per million instructions)\n",
      100.0 * static_cast<double>(i.direct) / total, i.physical_cpl[0], traps,
      1e6 * static_cast<double>(traps) / total);
  return text +
         fmt::format("shadow: {} fills, {} hidden faults, {} true faults, {} write-protect traps, {} syncs\n",
                     c.fills, c.hidden_faults, c.true_faults, c.write_protect_traps, c.syncs);
}

}  // namespace ringdown
