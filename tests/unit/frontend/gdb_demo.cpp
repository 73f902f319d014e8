// Serves the fake machine to a real gdb: prints its port, runs until the debugger has gone.
#include <iostream>

#include "frontend/debug/gdb_server.h"
#include "tests/unit/frontend/fake_debug_target.h"

int main() {
  using namespace ringdown;
  test::FakeDebugTarget target;
  target.memory[0x1004] = test::FakeDebugTarget::kIncrement;
  target.memory[0x1008] = test::FakeDebugTarget::kStore;
  target.set(DebugRegister::Ebx, 0x2000);
  target.set(DebugRegister::Cr0, 0x80000011);
  target.set(DebugRegister::Eflags, 0x202);
  target.registers[DebugRegister::St0] = {0, 0, 0, 0, 0, 0, 0, 0xc0, 0x00, 0x40};  // 3.0
  target.registers[DebugRegister::Xmm1] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0};

  auto server = GdbServer::listen(0, target, {});
  if (!server) {
    std::cerr << server.error().message << '\n';
    return 1;
  }
  std::cout << (*server)->port() << std::endl;
  constexpr unsigned kSlice = 1000;
  bool was_attached = false;
  while (!target.killed && !(was_attached && !(*server)->attached())) {
    const bool runs = (*server)->machine_runs();
    (*server)->service(runs ? 0 : 100);
    was_attached = was_attached || (*server)->attached();
    if (!(*server)->attached() || !(*server)->machine_runs()) continue;
    if (const auto stop = target.run(kSlice)) (*server)->stopped(*stop);
  }
  std::cout << (target.killed ? "killed" : target.was_detached ? "detached" : "gone") << std::endl;
  return 0;
}
