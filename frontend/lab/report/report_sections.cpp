// Runs the experiments that the report shows.
#include "frontend/lab/report/report_sections.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "frontend/lab/classify/classification.h"
#include "frontend/lab/cost/cost.h"
#include "frontend/lab/io/io_lab.h"
#include "frontend/lab/journey/journey_lab.h"
#include "frontend/lab/lab_guests.h"
#include "frontend/lab/lab_machine.h"
#include "frontend/lab/paging/paging_lab.h"
#include "frontend/lab/silicon/silicon_lab.h"
#include "frontend/lab/table/instruction_table_lab.h"
#include "frontend/lab/violate/violation.h"

namespace ringdown {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNoKernel =
    "Debian's kernel is not in the folder of cached guests: 'scripts/fetch_guests.sh linux-686' fetches it";

/// The rows, and those on a processor with UMIP.
Result<Json> measure_table(ReportLength) {
  Json tables;
  for (const auto& [name, model] : {std::pair("rows", "pentium4"), std::pair("umip", "pentium4-umip")}) {
    InstructionTableSettings settings;
    settings.cpu_model = model;
    const Result<std::vector<InstructionTableRow>> rows = measure_instruction_table(settings);
    if (!rows) return rows.error();
    tables[name] = Json::parse(instruction_table_json(*rows));
  }
  return tables;
}

/// The instructions of the usual model, and whether the theorems hold on each.
Result<Json> measure_classification(ReportLength length) {
  ClassifyRequest request;
  if (length == ReportLength::Quick) {
    constexpr unsigned kQuickCases = 16;
    request.cases = kQuickCases;
  }
  Json data;
  Json theorems = Json::array();
  const auto add_theorems = [&](const Classification& classification) {
    theorems.push_back({{"model", classification.model->name()},
                        {"theorem1", classification.theorem1()},
                        {"theorem3", classification.theorem3()}});
  };
  const Classification usual = classify_instructions(request);
  data["model"] = usual.model->name();
  data["instructions"] = Json::parse(classification_json(usual));
  add_theorems(usual);
  request.witnesses = classify::Witnesses::Omit;
  for (const CpuModel& model : CpuModel::all()) {
    if (&model == usual.model) continue;
    request.model = &model;
    add_theorems(classify_instructions(request));
  }
  data["theorems"] = std::move(theorems);
  return data;
}

/// The first wrong result of a guest, and what came of it.
Result<Json> measure_violation(std::string_view instruction, std::string_view guest, MachineConfig machine) {
  if (const Result<void> known = machine.policy.let_through(instruction); !known) return known.error();
  ViolationSetup setup;
  setup.instructions = instruction;
  setup.guest = guest;
  setup.machine = std::move(machine);
  setup.machine.paging.sync = ShadowSync::Strict;  // as `lab violate` has it
  setup.go = true;
  const Result<Violation> violation = find_violation(setup);
  if (!violation) return violation.error();
  return Json::parse(violation_json(*violation));
}

/// The same of Debian's kernel, or why it is not to be had.
Json measure_linux_violation(std::string_view instruction, ReportLength length) {
  constexpr std::string_view kGuest = "Debian's kernel";
  const auto missing = [&](std::string_view why) {
    return Json{{"instruction", instruction}, {"guest", kGuest}, {"missing", why}};
  };
  if (length == ReportLength::Quick) return missing("Left out with --quick: it takes a minute.");
  std::optional<Options> boot = cached_boot();
  if (!boot) return missing(kNoKernel);
  boot->kernel.command_line = "console=ttyS0 earlyprintk=serial,ttyS0 panic=-1";
  Result<MachineConfig> machine = with_kernel(boot->machine, boot->kernel);
  if (!machine) return missing(machine.error().message);
  Result<Json> violation = measure_violation(instruction, kGuest, std::move(*machine));
  return violation ? std::move(*violation) : missing(violation.error().message);
}

/// An array: Debian's kernel, and each of the laboratory's.
Result<Json> measure_violations(ReportLength length) {
  Json violations = Json::array();
  for (const std::string_view instruction : {"pushf", "push-cs"})
    violations.push_back(measure_linux_violation(instruction, length));
  for (const LabGuest& guest : lab_guests()) {
    if (guest.instruction.empty()) continue;
    Result<Json> violation = measure_violation(guest.instruction, guest.name, lab_guest_config(guest));
    if (!violation) return violation.error();
    (*violation)["about"] = guest.summary;
    violations.push_back(std::move(*violation));
  }
  return violations;
}

/// An array with a journey and its drawing for each kind.
Result<Json> measure_journeys(ReportLength) {
  const Result<JourneyResult> result =
      follow_journeys(own_journey({kJourneyKinds.begin(), kJourneyKinds.end()}));
  if (!result) return result.error();
  Json journeys = Json::array();
  for (const Journey& journey : result->journeys) {
    journeys.push_back(
        {{"journey", Json::parse(journeys_json({journey}))[0]}, {"svg", journeys_svg({journey})}});
  }
  return journeys;
}

/// The rows, and what the names of workloads and remedies mean.
Result<Json> measure_costs_of(CostRequest request, ReportLength length) {
  if (length == ReportLength::Quick) {
    constexpr u32 kQuickDivisor = 20;
    request.divisor = kQuickDivisor;
    request.repeats = 1;
  }
  const Result<std::vector<CostResult>> results = measure_costs(request);
  if (!results) return results.error();
  Json workloads = Json::object();
  Json remedies = Json::object();
  for (const CostResult& result : *results) {
    workloads[std::string(name_of(result.workload))] = describe(result.workload);
    remedies[std::string(name_of(result.remedy))] = describe(result.remedy);
  }
  return Json{{"rows", Json::parse(cost_json(*results))}, {"workloads", workloads}, {"remedies", remedies}};
}

Result<Json> measure_boot(ReportLength length) {
  CostRequest request;
  request.workloads = {Workload::Boot};
  request.boot = cached_boot();
  if (!request.boot) return Error{kNoKernel};
  return measure_costs_of(std::move(request), length);
}

Result<Json> measure_workloads(ReportLength length) {
  CostRequest request;
  std::copy_if(kWorkloads.begin(), kWorkloads.end(), std::back_inserter(request.workloads),
               [](Workload workload) { return workload != Workload::Boot; });
  return measure_costs_of(std::move(request), length);
}

/// The rows, and what the devices are.
Result<Json> measure_devices(ReportLength length) {
  IoRequest request;
  request.devices.assign(kIoDevices.begin(), kIoDevices.end());
  if (length == ReportLength::Quick) {
    constexpr u32 kQuickUnits = 64;
    request.packets = kQuickUnits;
    request.blocks = kQuickUnits;
  }
  const Result<std::vector<IoResult>> results = measure_io(io_cases(request));
  if (!results) return results.error();
  Json devices = Json::object();
  for (const IoDevice device : kIoDevices) devices[std::string(name_of(device))] = describe(device);
  return Json{{"rows", Json::parse(io_json(*results))}, {"devices", devices}};
}

Result<Json> measure_paging(ReportLength) {
  Options guest;
  guest.machine = own_guest_config();
  std::vector<PagingResult> results;
  for (const PagingContender& contender : paging_contenders(true)) {
    Result<PagingResult> result = run_contender(contender, guest);
    if (!result) return result.error();
    results.push_back(std::move(*result));
  }
  return Json::parse(paging_json(results));
}

Result<Json> measure_host(ReportLength) {
  const Result<std::vector<SiliconRow>> rows = measure_silicon();
  if (!rows) return rows.error();
  return Json::parse(silicon_json(*rows));
}

constexpr std::array kSections{
    ReportSection{"table", "each instruction in a kernel's place, without and with UMIP", &measure_table},
    ReportSection{"classify", "the sensitive instructions by their behaviour alone", &measure_classification},
    ReportSection{"violate", "kernels with one instruction let through", &measure_violations},
    ReportSection{"journey", "system calls and a page fault, through the monitor and back",
                  &measure_journeys},
    ReportSection{"boot", "Debian's kernel starts, and what traps meanwhile", &measure_boot},
    ReportSection{"cost", "small workloads, with and without each remedy", &measure_workloads},
    ReportSection{"io", "packets and blocks, device beside device", &measure_devices},
    ReportSection{"paging", "one guest on three paging techniques", &measure_paging},
    ReportSection{"silicon", "sensitive instructions on this computer's processor", &measure_host},
};

}  // namespace

std::span<const ReportSection> report_sections() { return kSections; }

}  // namespace ringdown
