// Hardware task switches (Intel SDM vol. 3A, 7.3).
#pragma once

#include "cpu/system/segment_descriptor.h"

namespace ringdown {

enum class TaskSwitchReason : u8 { Jump, Call, Interrupt, Return };

struct TaskSwitch {
  TaskSwitchReason reason = TaskSwitchReason::Jump;
  FoundDescriptor tss;           // of the new task; busy or available has been checked
  u32 saved_flags = 0;           // set in the EFLAGS saved for the old task: RF after a fault
  bool push_error_code = false;  // an exception that has one entered through a task gate
  u32 error_code = 0;
};

/// How an operation that may switch tasks ended. A fault before the point of commitment left everything as it
/// was; one behind it belongs to the new task and is due at its first instruction.
struct [[nodiscard]] TaskSwitchResult {
  Fault fault;
  bool committed = false;
};

/// Saves the current task at registers.eip and resumes the other one.
TaskSwitchResult switch_task(SystemView& view, const TaskSwitch& request);

/// Switches on behalf of an instruction: a fault that belongs to the new task is delivered there.
Fault switch_task_for_instruction(SystemView& view, const TaskSwitch& request);

/// Finds the TSS that a task gate or the link field names: not null, global, within the GDT (else `vector`
/// with the selector).
Fault find_tss(SystemView& view, Selector selector, Vector vector, FoundDescriptor& tss);

}  // namespace ringdown
