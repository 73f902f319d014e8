// Builds guests, runs them in slices of the instruction clock, and compares them.
#include "tests/support/guest_machine.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "frontend/lab/lockstep/guest_items.h"
#include "tests/support/guests.h"
#include "tests/support/snapshot_contract.h"

namespace ringdown::test {

namespace {

/// How often a waiting test looks.
constexpr Ticks kSlice = 2'000'000;

/// A hash of every page of RAM.
std::vector<std::byte> hashes_of_ram(const GuestMemory& memory) {
  const u32 frames = memory.store().first_rom_frame().value;
  std::vector<std::size_t> hashes(frames);
  for (u32 frame = 0; frame < frames; ++frame) {
    const auto* page = reinterpret_cast<const char*>(memory.store().page(HostFrame(frame)));
    hashes[frame] = std::hash<std::string_view>()({page, kPageSize});
  }
  const auto bytes = std::as_bytes(std::span(hashes));
  return {bytes.begin(), bytes.end()};
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::string_view group = text.substr(i, 3);
    u32 bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (j < group.size() ? static_cast<u8>(group[j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) {
      result += j <= group.size() ? kDigits[(bits >> (18 - 6 * j)) & 63u] : '=';
    }
  }
  return result;
}

}  // namespace

GuestMachine::GuestMachine(MachineConfig config) {
  for (std::size_t port = 0; port < serial_.size(); ++port) config.serial_backends[port] = &serial_[port];
  auto machine = Machine::create(config, log_);
  INFO((machine ? std::string() : machine.error().message));
  REQUIRE(machine);
  machine_ = std::move(*machine);
}

std::string GuestMachine::screen() {
  std::string text;
  for (const std::string& line : machine_->board().vga().text_screen()) text += line + '\n';
  return text;
}

void GuestMachine::audit() {
  if (machine_->monitor() == nullptr) return;
  const std::vector<std::string> differences = machine_->monitor()->paging().audit();
  INFO("after " << ticks() << " instructions");
  CHECK(differences == std::vector<std::string>());
}

Stop GuestMachine::run_to(Ticks ticks) {
  while (true) {
    // At multiples of its period, so that a run in other parts is audited as often.
    const Ticks next_audit = (machine_->ticks() / kAuditTicks + 1) * kAuditTicks;
    stop_ = machine_->run(std::min(ticks, next_audit));
    if (machine_->ticks() == next_audit) audit();
    if (stop_.reason == StopReason::Limit && machine_->ticks() < ticks) continue;
    if (stop_.reason != StopReason::Idle || stop_.wake_time == kNeverTime) return stop_;
    // Time alone does not wake it.
    if ((machine_->processor().guest_view().state.flags & eflags::kIf) == 0) return stop_;
    machine_->skip_to(stop_.wake_time);
  }
}

bool GuestMachine::run_until(const std::function<bool()>& condition, Ticks limit) {
  while (!condition()) {
    if (ticks() >= limit) return false;
    if (run_to(std::min(limit, ticks() + kSlice)).reason != StopReason::Limit) return condition();
  }
  return true;
}

bool GuestMachine::wait_for_console(std::string_view text, Ticks limit) {
  const bool found =
      run_until([&] { return console().find(text, console_seen_) != std::string::npos; }, limit);
  if (found) console_seen_ = console().find(text, console_seen_) + text.size();
  return found;
}

bool GuestMachine::wait_for_screen(std::string_view text, Ticks limit) {
  return run_until([&] { return screen().find(text) != std::string::npos; }, limit);
}

void GuestMachine::type(std::string_view text) {
  machine_->inputs().post(InputChannel::Serial0, {text.begin(), text.end()});
}

MachineConfig with_kernel(MachineConfig config, const KernelOptions& options) {
  auto kernel = prepare_kernel(options, config.memory_bytes);
  INFO((kernel ? std::string() : kernel.error().message));
  REQUIRE(kernel);
  add_kernel(config, std::move(*kernel));
  return config;
}

MachineConfig with_linux(MachineConfig config, const LinuxBoot& boot) {
  KernelOptions options{guest_file(boot.kernel + "/vmlinuz").string(), initramfs(boot.initramfs).string(),
                        "console=ttyS0 cryptomgr.notests panic=-1"};
  if (!boot.command.empty()) options.command_line += " ringdown.run=" + base64(boot.command);
  if (!boot.parameters.empty()) options.command_line += " " + boot.parameters;
  return with_kernel(std::move(config), options);
}

GuestState guest_state(Machine& machine) {
  GuestState state;
  for (const GuestItem& item : guest_items(machine)) {
    const u128 value = value_of(item, machine);
    const auto bytes = std::as_bytes(std::span(&value, 1));
    state[item.name] = {bytes.begin(), bytes.end()};
  }
  for (const GuestPart& part : guest_parts(machine)) state["device " + part.name] = payload_of(*part.part);
  state["RAM"] = hashes_of_ram(machine.memory());
  return state;
}

std::string difference(const GuestState& a, const GuestState& b) {
  std::string result;
  for (const auto& [name, bytes] : a) {
    const auto other = b.find(name);
    if (other == b.end()) {
      result += name + " is missing\n";
    } else if (other->second != bytes) {
      const auto at = std::mismatch(bytes.begin(), bytes.end(), other->second.begin(), other->second.end());
      const auto offset = static_cast<std::size_t>(at.first - bytes.begin());
      result += name == "RAM" ? fmt::format("RAM differs from frame {:x} on\n", offset / sizeof(std::size_t))
                              : fmt::format("{} differs from byte {} on\n", name, offset);
    }
  }
  return result;
}

std::string counters_without_blocks(Machine& machine) {
  const ProcessorCounters& cpu = machine.processor().counters();
  std::string text = fmt::format("ticks {}\nphysical_cpl {}\nexceptions {}\ninterrupts {}\n", machine.ticks(),
                                 cpu.retired_at_cpl, cpu.exceptions, cpu.interrupts);
  if (Monitor* monitor = machine.monitor(); monitor != nullptr) {
    const MonitorStatistics& s = monitor->statistics();
    text += fmt::format("virtual_cpl {}\nemulated {}\nstale_segment {}\n", s.virtual_cpl, s.emulated,
                        s.stale_segment);
    text += fmt::format("by_cause {}\nby_instruction {}\n", s.by_cause, s.by_instruction);
    const PagingCounters& c = monitor->paging().counters();
    text += fmt::format("shadow {} {} {} {} {} {} {} {}\n", c.fills, c.syncs, c.hidden_faults, c.true_faults,
                        c.write_protect_traps, c.device_accesses, c.root_switches, c.root_cache_hits);
  }
  return text;
}

std::string counters(Machine& machine) {
  const ProcessorCounters& c = machine.processor().counters();
  return counters_without_blocks(machine) + fmt::format("blocks {} {} {} {}\n", c.blocks_decoded,
                                                        c.blocks_invalidated, c.block_splits,
                                                        c.cache_flushes);
}

}  // namespace ringdown::test
