// Control of the x87 unit: FNINIT, the control and status words, WAIT, the stack pointer (Intel SDM vol.
// 1, 8.3.9 to 8.3.11).
#include "cpu/execute/x87/environment_image.h"
#include "cpu/execute/x87/host_handlers.h"
#include "cpu/execute/x87/x87_lowerings.h"

namespace ringdown {

namespace x87 {
namespace {

Fault fninit(Processor& cpu, const Operation& op) {
  const bool pending = cpu.x87.has_pending_exception();
  cpu.x87.initialize();
  // `initialize` cleared ES: tell update_pending that it was set.
  cpu.x87.status.set<x87_status::ErrorSummary>(pending);
  update_pending(cpu, op);
  return Fault::none();
}

/// FNCLEX clears the flags, SF, ES and B; the condition codes stay as they are.
Fault fnclex(Processor& cpu, const Operation& op) {
  cpu.x87.status.set<x87_status::Flags>(u8{0});
  cpu.x87.status.set<x87_status::StackFault>(false);
  update_pending(cpu, op);
  return Fault::none();
}

Fault fldcw(Processor& cpu, const Operation& op) {
  u16 control = 0;
  if (const Fault fault = read_operand(cpu, op, control)) return fault;
  set_control(cpu.x87, control);
  update_pending(cpu, op);
  return Fault::none();
}

Fault fnstcw(Processor& cpu, const Operation& op) { return write_operand(cpu, op, cpu.x87.control.value()); }
Fault fnstsw(Processor& cpu, const Operation& op) { return write_operand(cpu, op, cpu.x87.status.value()); }
Fault fnstsw_ax(Processor& cpu, const Operation&) {
  cpu.registers.write<u16>(offset_of(Gpr::Eax), cpu.x87.status.value());
  return Fault::none();
}

Fault fldenv(Processor& cpu, const Operation& op) {
  EnvironmentImage image(environment_format(cpu, op));
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = read_memory(cpu, op, op.segment, offset, image.environment())) return fault;
  image.load_environment(cpu.x87);
  update_pending(cpu, op);
  return Fault::none();
}

Fault frstor(Processor& cpu, const Operation& op) {
  EnvironmentImage image(environment_format(cpu, op));
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = read_memory(cpu, op, op.segment, offset, image.whole())) return fault;
  image.load_environment(cpu.x87);
  image.load_registers(cpu.x87);
  update_pending(cpu, op);
  return Fault::none();
}

/// FNSTENV masks all exceptions once it has stored.
Fault fnstenv(Processor& cpu, const Operation& op) {
  EnvironmentImage image(environment_format(cpu, op));
  image.store_environment(cpu.x87);
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = write_memory(cpu, op, op.segment, offset, image.environment())) return fault;
  cpu.x87.control.set<x87_control::Masks>(x87_exception::kAll);
  update_pending(cpu, op);
  return Fault::none();
}

Fault fnsave(Processor& cpu, const Operation& op) {
  EnvironmentImage image(environment_format(cpu, op));
  image.store_environment(cpu.x87);
  image.store_registers(cpu.x87);
  const u32 offset = effective_offset(cpu.registers, op);
  if (const Fault fault = write_memory(cpu, op, op.segment, offset, image.whole())) return fault;
  return fninit(cpu, op);
}

void ffree(Processor& cpu, const Operation& op) {
  record(cpu, op);
  cpu.x87.mark_empty(cpu.x87.physical(stack_index(op)));
  cpu.x87.status.set<x87_status::C1>(false);
}
void ffreep(Processor& cpu, const Operation& op) {
  record(cpu, op);
  cpu.x87.mark_empty(cpu.x87.physical(stack_index(op)));
  cpu.x87.status.set<x87_status::C1>(false);
  pop(cpu.x87);
}

/// FINCSTP and FDECSTP turn the stack and leave the tags.
template <int Step>
void turn_stack(Processor& cpu, const Operation& op) {
  record(cpu, op);
  cpu.x87.set_top(static_cast<u8>(cpu.x87.top() + Step));
  cpu.x87.status.set<x87_status::C1>(false);
}

void fnop(Processor& cpu, const Operation& op) { record(cpu, op); }

/// What the 8087 and 80287 needed and later units ignore: FENI, FDISI, FSETPM.
Fault no_operation(Processor&, const Operation&) { return Fault::none(); }

/// WAIT: #NM only if both MP and TS are set (Intel SDM vol. 3A, table 2-2); EM does not matter.
const Operation* fwait(Processor& cpu, const Operation* op) {
  constexpr u32 kBoth = cr0::kMp | cr0::kTs;
  if (cpu.fpu_blocked) [[unlikely]] {
    if ((cpu.state.cr0 & kBoth) == kBoth) return raise(cpu, op, device_not_available());
    if (cpu.x87.has_pending_exception() && (cpu.state.cr0 & cr0::kNe) != 0) {
      return raise(cpu, op, Fault::exception(Vector::FloatingPoint));
    }
  }
  return finish(cpu, op);
}

// --- On the host's unit ------------------------------------------------------------------------------------

constexpr unsigned kWordSize = 2;

/// The control word is there and in X87State.
template <Addressing A>
const Operation* host_fldcw(Processor& cpu, const Operation* op) {
  if (cpu.x87_on_host) [[likely]] {
    const Tlb::Hit hit = find_operand<AccessType::Read, A>(cpu, op, kWordSize);
    if (hit.ok) [[likely]] {
      const u16 control = host_value<u16>(hit.host);
      if (x87_control::Masks::get(control) == x87_exception::kAll) [[likely]] {
        set_control(cpu.x87, control);
        const u16 loaded = cpu.x87.control.value();
        host_x87::execute_on<0xD9, 5, kWordSize>(&loaded);
        return next(cpu, op);
      }
    }
  }
  return waiting<fldcw>(cpu, op);
}

template <Addressing A>
const Operation* host_fnstcw(Processor& cpu, const Operation* op) {
  if (cpu.x87_on_host) [[likely]] {
    const Tlb::Hit hit = find_operand<AccessType::Write, A>(cpu, op, kWordSize);
    if (hit.ok) [[likely]] {
      const u16 control = cpu.x87.control.value();
      std::memcpy(hit.host, &control, kWordSize);
      return next(cpu, op);
    }
  }
  return not_waiting<fnstcw>(cpu, op);
}

template <u8 Opcode, u8 ModRm>
struct StatusToAx {
  static constexpr bool kControl = true;
  [[gnu::always_inline]] static void run(Processor& cpu, const Operation&) {
    cpu.registers.write<u16>(offset_of(Gpr::Eax), host_x87::execute_to_ax<Opcode, ModRm>());
  }
};

template <u8 Opcode, u8 ModRm>
struct ClearsExceptions {
  static constexpr bool kControl = true;
  [[gnu::always_inline]] static void run(Processor&, const Operation&) { host_x87::execute<Opcode, ModRm>(); }
};

Handler lower_fldcw(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() -> Handler {
    if constexpr (host_x87::kHoldsRegisters) return &host_fldcw<A>;
    return &waiting<fldcw>;
  });
}
Handler lower_fnstcw(const LoweringContext& context) {
  return for_addressing(context.addressing, []<Addressing A>() -> Handler {
    if constexpr (host_x87::kHoldsRegisters) return &host_fnstcw<A>;
    return &not_waiting<fnstcw>;
  });
}
Handler lower_fnstsw(const Operation& op) {
  if (op.memory) return &not_waiting<fnstsw>;
  return on_host<StatusToAx, 0xDF, 0xE0, &not_waiting<fnstsw_ax>>();
}

}  // namespace
}  // namespace x87

Handler lower_fwait(const LoweringContext&, Operation&) { return &x87::fwait; }

Handler lower_x87_control(const LoweringContext& context, Operation& op) {
  x87::set_opcode(context, op);
  switch (context.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_FNINIT:
      return &x87::not_waiting<x87::fninit>;
    case ZYDIS_MNEMONIC_FNCLEX:
      return x87::on_host<x87::ClearsExceptions, 0xDB, 0xE2, &x87::not_waiting<x87::fnclex>>();
    case ZYDIS_MNEMONIC_FNSTCW:
      return x87::lower_fnstcw(context);
    case ZYDIS_MNEMONIC_FNSTSW:
      return x87::lower_fnstsw(op);
    case ZYDIS_MNEMONIC_FNSTENV:
      return &x87::not_waiting<x87::fnstenv>;
    case ZYDIS_MNEMONIC_FNSAVE:
      return &x87::not_waiting<x87::fnsave>;
    case ZYDIS_MNEMONIC_FLDCW:
      return x87::lower_fldcw(context);
    case ZYDIS_MNEMONIC_FLDENV:
      return &x87::waiting<x87::fldenv>;
    case ZYDIS_MNEMONIC_FRSTOR:
      return &x87::waiting<x87::frstor>;
    case ZYDIS_MNEMONIC_FFREE:
      return x87::on_host_with_index<x87::OnRegisters, 0xDD, 0xC0, &x87::on_registers<x87::ffree>>(op);
    case ZYDIS_MNEMONIC_FFREEP:
      return &x87::on_registers<x87::ffreep>;
    case ZYDIS_MNEMONIC_FINCSTP:
      return x87::without_operands<0xF7, x87::turn_stack<1>>();
    case ZYDIS_MNEMONIC_FDECSTP:
      return x87::without_operands<0xF6, x87::turn_stack<-1>>();
    case ZYDIS_MNEMONIC_FNOP:
      return &x87::on_registers<x87::fnop>;
    default:
      return &x87::not_waiting<x87::no_operation>;
  }
}

}  // namespace ringdown
