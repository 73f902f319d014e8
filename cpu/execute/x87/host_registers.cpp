// Moves the x87 registers between X87State and the host's unit.
#include "cpu/execute/x87/host_registers.h"

#include "core/host_x87_registers.h"
#include "cpu/execute/simd/state_image.h"
#include "cpu/processor.h"

namespace ringdown::x87 {

using simd::StateImage;

bool move_to_host(Processor& cpu) {
  if constexpr (host_x87::kHoldsRegisters) {
    const bool all_masked = cpu.x87.control.get<x87_control::Masks>() == x87_exception::kAll;
    if (cpu.fpu_blocked || !all_masked) return false;
    StateImage image;
    image.store_x87(cpu.x87);
    host_x87::restore(image.bytes());
    cpu.x87_on_host = true;
    cpu.fpu_blocked = true;
    return true;
  }
  return false;
}

void move_to_memory(Processor& cpu) {
  if constexpr (host_x87::kHoldsRegisters) {
    StateImage image;
    host_x87::release(image.bytes());
    image.load_x87_registers(cpu.x87);
    cpu.x87_on_host = false;
    cpu.update_fpu_blocked();
  }
}

}  // namespace ringdown::x87
