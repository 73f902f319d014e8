// The laboratory's guests that look like kernels, each with the sensitive instruction that it comes to grief
// over.
#pragma once

// Of roms/lab/NAME.asm: name, instruction as `--let-through list` has it, what it shows. docs/lab-guests.md
// tells where real kernels did that.
#define RINGDOWN_KERNEL_GUESTS(X)                                                                        \
  X(violate_pushf, "pushf-kernel", "pushf", "nested critical sections: PUSHF saves IF, STI restores it") \
  X(violate_popf, "popf-kernel", "popf", "nested critical sections: POPF restores IF")                   \
  X(violate_mov_from_sreg, "cs-kernel", "mov-from-sreg", "damage found: is it the kernel's, by its CS?") \
  X(violate_push_cs, "push-cs-kernel", "push-cs", "an IRET to itself serialises the processor")          \
  X(violate_push_sreg, "push-ss-kernel", "push-sreg", "PUSH SS, POP ES, as compilers did")               \
  X(violate_mov_to_sreg, "mov-sreg-kernel", "mov-to-sreg", "a driver's selector, checked by loading it") \
  X(violate_pop_sreg, "pop-sreg-kernel", "pop-sreg", "a driver's selector, checked by popping it")       \
  X(violate_lds, "lds-kernel", "lds", "a driver's far pointer, checked by loading it")                   \
  X(violate_lss, "lss-kernel", "lss", "the kernel's own stack, by LSS")                                  \
  X(violate_lar, "lar-kernel", "lar", "a driver's selector, checked by LAR")                             \
  X(violate_lsl, "lsl-kernel", "lsl", "a task's bitmap of ports, found by LSL")                          \
  X(violate_verr, "verr-kernel", "verr", "a driver's selector, checked by VERR before reading")          \
  X(violate_verw, "verw-kernel", "verw", "a driver's selector, checked by VERW before writing")          \
  X(violate_smsw, "smsw-kernel", "smsw", "a DOS memory manager asks whether another one is there")       \
  X(violate_str, "str-kernel", "str", "the number of the current process, by STR")                       \
  X(violate_sgdt, "sgdt-kernel", "sgdt", "sleep and wake: SGDT saves, LGDT restores")                    \
  X(violate_sidt, "sidt-kernel", "sidt", "a debugger hooks a vector where SIDT says")                    \
  X(violate_sldt, "sldt-kernel", "sldt", "an LDT is freed unless SLDT shows it")                         \
  X(violate_int, "int-kernel", "int", "a system call by the kernel itself")                              \
  X(violate_iret, "iret-kernel", "iret", "the first interrupt and the way back")                         \
  X(violate_call_far, "call-far-kernel", "call-far", "a far call to the BIOS's 32-bit services")         \
  X(violate_jmp_far, "jmp-far-kernel", "jmp-far", "a far jump to another task")                          \
  X(violate_ret_far, "retf-kernel", "ret-far", "a driver at ring 1 is started by RETF")                  \
  X(violate_sysenter, "sysenter-kernel", "sysenter", "an application's system call by SYSENTER")
