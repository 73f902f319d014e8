; Faults on the way to a handler's task and in it: which of them make a double fault, and in whose task it is raised.
; Rows: jmp far, mov to-segment, ud2
; Expect:
;   handlers that are absent
;   #GP, then #NP: #DF 00000000 00000048
;   #TS in the new task, then #NP: #DF 00000000 00000068
;   handlers whose task is busy
;   #UD, then #GP: #GP 00000049 00000048
;   #PF, then #GP: #DF 00000000 00000048
;   #TS in the new task, then #GP: #DF 00000000 00000068
;   handlers whose task is bad
;   #UD, then #TS: #TS 00000001 00000068
;   #GP, then #TS: #DF 00000000 00000068
;   #PF, then #TS: #DF 00000000 00000068
;   #PF, then #NP: #DF 00000000 00000068
;   #GP, room for its error code: ok 00007ff0 00000048
;   #GP, then #SS: #DF 00000000 00000068
;   end
%include "testkit.inc"
%include "tasks.inc"
%include "fault_tasks.inc"
; SDM volume 3, table 6-5: a contributory exception behind another, or behind a page fault, is a double fault. Cells:
; what was raised, its error code, and the TSS that it was raised in. QEMU 7.2 never sets EXT and checks no stack's
; limit.
NOWHERE         equ 0x3ff000            ; not mapped
LIMITED         equ TESTED              ; a stack
%macro raise 2+                         ; name, instruction
        row %1, ":"
        faulty %2
        row_end
%endmacro
%macro with_task 4+                     ; name, field of TASK's TSS, selector, instruction
        row %1, ":"
        task 32, no_task
        mov word [TASK_TSS + %2], %3
        faulty %4
        row_end
%endmacro
%macro present 2                        ; vector, 0 or PRESENT
        and byte [IDT + (%1) * 8 + 5], ~PRESENT
        or byte [IDT + (%1) * 8 + 5], %2
%endmacro
bits 32
test:
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        invlpg [NOWHERE]
        mov dword [TSS + TSS32_CR3], PAGE_DIRECTORY
        call use_fault_tasks
        mov ebp, 0x7ff0                 ; a selector behind the GDT

        log "handlers that are absent"
        present 13, 0
        raise "#GP, then #NP", mov ds, bp
        present 13, PRESENT
        present 10, 0
        with_task "#TS in the new task, then #NP", TSS32_DS, TSS_SELECTOR, jmp TASK:0
        present 10, PRESENT

        log "handlers whose task is busy"
        put_gate 6, TSS_SELECTOR, 0, TASK_GATE
        raise "#UD, then #GP", ud2
        put_gate 14, TSS_SELECTOR, 0, TASK_GATE
        raise "#PF, then #GP", mov eax, [NOWHERE]
        put_gate 10, TSS_SELECTOR, 0, TASK_GATE
        with_task "#TS in the new task, then #GP", TSS32_DS, TSS_SELECTOR, call TASK:0

        log "handlers whose task is bad"
        put_gate 10, FAULT_TASKS + 8, 0, TASK_GATE
        put_gate 6, TASK, 0, TASK_GATE
        put_gate 13, TASK, 0, TASK_GATE
        put_gate 14, TASK, 0, TASK_GATE
        with_task "#UD, then #TS", TSS32_SS, 0, ud2
        with_task "#GP, then #TS", TSS32_SS, 0, mov ds, bp
        with_task "#PF, then #TS", TSS32_SS, 0, mov eax, [NOWHERE]
        with_task "#PF, then #NP", TSS32_GS, LIMITED, mov eax, [NOWHERE]
        put_descriptor LIMITED, 0, TASK_STACK - 5, DATA_DOWN_RW, BITS32
        with_task "#GP, room for its error code", TSS32_SS, LIMITED, mov ds, bp
        put_descriptor LIMITED, 0, TASK_STACK - 4, DATA_DOWN_RW, BITS32
        with_task "#GP, then #SS", TSS32_SS, LIMITED, mov ds, bp
        ret
no_task:                                ; where the stack had room
        mov cx, DATA0
        mov ss, cx
        row " ok"
        pop eax
        mov ebx, TASK_TSS
        call show_fault
        jmp TSS_SELECTOR:0
