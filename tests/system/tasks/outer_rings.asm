; Task switches from and to ring 3: by CALL and INT through gates of DPL 3 to a TSS of DPL 0, and by IRET at CPL 3,
; which loads all flags from the TSS, IF and IOPL too.
; Rows: call far, int, iretd
; Expect:
;   ring 3 to 0 by CALL: 00000008 00004002 00000010 0000003b 00001003 00000043
;   ring 3 to 0 by INT: 00000008 00004002 00000010 0000003b 00001003 00000043
;   ring 0 to 3 by CALL: 0000003b 00004002 00000043 00000008 00001242 00000010
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.3: the DPL of a TSS that a gate names does not matter, nor do privileges for IRET. Cells: CS, EFLAGS
; and SS in the new task, then in the old one when it is back.
VECTOR          equ 0x40
%macro there_and_back 2+                ; name, instruction
        row %1, ":"
        %2
        pushfd
        call show_level
        row_end
        popfd
%endmacro
bits 32
test:
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE | DPL(3)
        task 32, new_task
        in_ring 3, .ring3, IOPL(1) | CF | 2
        call task_to_ring3
        mov dword [TASK_TSS + TSS32_EIP], new_task
        mov dword [TASK_TSS + TSS32_EFLAGS], 2
        push dword IOPL(1) | IF | ZF | 2
        popfd
        there_and_back "ring 0 to 3 by CALL", call TASK:0
        push dword 2
        popfd
        ret
.ring3: there_and_back "ring 3 to 0 by CALL", call GATE:0
        mov dword [TASK_TSS + TSS32_EIP], new_task
        mov dword [TASK_TSS + TSS32_EFLAGS], 2
        there_and_back "ring 3 to 0 by INT", int VECTOR
        leave_ring
new_task:
        pushfd
        call show_level
        pop eax
        iretd
; Of the caller, with its EFLAGS on the stack.
show_level:
        xor eax, eax
        mov ax, cs
        cell_value eax
        cell_value [esp + 4]
        mov ax, ss
        cell_value eax
        ret
