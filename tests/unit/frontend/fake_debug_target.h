// A machine for debugger tests: 64 KiB of memory at zero, and instructions that are all one byte long.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "frontend/debug/debug_target.h"

namespace ringdown::test {

/// Its instructions: 40h increments EAX, 43h stores AL at [EBX], any other byte does nothing.
class FakeDebugTarget final : public DebugTarget {
 public:
  static constexpr u8 kIncrement = 0x40;
  static constexpr u8 kStore = 0x43;

  FakeDebugTarget() : memory(0x10000, 0x90) { set(DebugRegister::Eip, 0x1000); }

  u32 get(DebugRegister reg) {
    const DebugRegisterValue& value = registers[reg];
    return value[0] | u32{value[1]} << 8 | u32{value[2]} << 16 | u32{value[3]} << 24;
  }
  void set(DebugRegister reg, u32 number) {
    for (unsigned i = 0; i < 4; ++i) registers[reg][i] = static_cast<u8>(number >> (8 * i));
  }

  DebugRegisterValue read_register(DebugRegister reg) override { return registers[reg]; }
  bool write_register(DebugRegister reg, const DebugRegisterValue& value) override {
    if (reg == DebugRegister::Cpl) return false;
    registers[reg] = value;
    return true;
  }
  std::size_t read_memory(GuestLinear address, std::span<u8> data) override {
    if (address.value >= memory.size()) return 0;
    const std::size_t length = std::min(data.size(), memory.size() - address.value);
    std::copy_n(memory.begin() + address.value, length, data.begin());
    return length;
  }
  bool write_memory(GuestLinear address, std::span<const u8> data) override {
    if (address.value + u64{data.size()} > memory.size()) return false;
    std::copy(data.begin(), data.end(), memory.begin() + address.value);
    return true;
  }
  bool set_breakpoint(BreakKind kind, GuestLinear address, u32 length) override {
    if (kind == BreakKind::ReadWatch) return false;
    breakpoints.insert({kind, address.value, length});
    return true;
  }
  void remove_breakpoint(BreakKind kind, GuestLinear address, u32 length) override {
    breakpoints.erase({kind, address.value, length});
  }
  bool resume(ResumeKind kind) override {
    if (kind == ResumeKind::ReverseContinue || kind == ResumeKind::ReverseStep) return false;
    running = true;
    stepping = kind == ResumeKind::Step;
    return true;
  }
  void interrupt() override { interrupted = true; }
  void detached() override {
    breakpoints.clear();
    was_detached = true;
  }
  void kill() override { killed = true; }
  std::string monitor_command(std::string_view line) override {
    return line.empty() ? std::string() : "you said " + std::string(line) + "\n";
  }

  /// Runs at most `count` instructions; returns the stop if there was one.
  std::optional<DebugStop> run(unsigned count) {
    while (running && count-- > 0) {
      if (interrupted) return stop({DebugStop::Reason::Interrupted});
      const u32 eip = get(DebugRegister::Eip);
      const u8 opcode = memory[eip & 0xffff];
      set(DebugRegister::Eip, (eip + 1) & 0xffff);
      if (opcode == kIncrement) set(DebugRegister::Eax, get(DebugRegister::Eax) + 1);
      if (opcode == kStore) {
        const u32 address = get(DebugRegister::Ebx) & 0xffff;
        memory[address] = static_cast<u8>(get(DebugRegister::Eax));
        for (const auto& [kind, at, length] : breakpoints) {
          if (kind >= BreakKind::WriteWatch && address >= at && address < at + length) {
            return stop({DebugStop::Reason::Watchpoint, kind, GuestLinear(address)});
          }
        }
      }
      if (stepping) return stop({DebugStop::Reason::Stepped});
      for (const auto& [kind, at, length] : breakpoints) {
        if (kind <= BreakKind::Hardware && at == get(DebugRegister::Eip)) {
          return stop({DebugStop::Reason::Breakpoint, kind, GuestLinear(at)});
        }
      }
    }
    return std::nullopt;
  }

  std::map<DebugRegister, DebugRegisterValue> registers;
  std::vector<u8> memory;
  std::set<std::tuple<BreakKind, u32, u32>> breakpoints;
  bool running = false;
  bool stepping = false;
  bool interrupted = false;
  bool was_detached = false;
  bool killed = false;

 private:
  DebugStop stop(const DebugStop& reason) {
    running = false;
    interrupted = false;
    return reason;
  }
};

}  // namespace ringdown::test
