; Exceptions and software interrupts through task gates: the error code on the new task's stack in the width of its TSS,
; and the EIP and EFLAGS saved for faults and traps.
; Rows: mov to-segment, ud2, int3, into, int1, bound, div, int
; Expect:
;   no error code: 00000000 00000000 00000000 00010096
;   error code: 00000004 00007ff0 00000000 00010096
;   16 bits, no error code: 00000000 00000000 00000000 00010096
;   16 bits, error code: 00000002 00007ff0 00000000 00010096
;   stack of 16 bits that wraps, error code: 00000004 00007ff0 00000000 00010097
;   faults and traps
;   #DE: 00000000 00000000 00000000 00010096
;   INT1: 00000000 00000000 00000001 00000096
;   INT3: 00000000 00000000 00000001 00000096
;   INTO: 00000000 00000000 00000005 00000892
;   BOUND: 00000000 00000000 00000000 00010096
;   INT 13: 00000000 00000000 00000002 00000096
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 2, INT n (TASK-GATE), and volume 3, 6.12.2 and 6.13. Cells in the new task: how far its ESP is below the
; TSS's, what is there as a doubleword, and of the interrupted task EIP, less that of the instruction (INTO is the third
; one), and EFLAGS. QEMU 7.2 saves no RF, and has no INT1.
WITHOUT_CODE    equ 0x600dc0de          ; on the stack beforehand
%macro overflow 0
        mov al, 0x7f
        add al, al
        into
%endmacro
%macro raise 3+                         ; name, vector, instruction
        row %1, ":"
        put_gate %2, TASK, 0, TASK_GATE
        call [make_task]
        call fill_stack
        mov dword [left_at], %%at
        mov dword [resume_at], %%behind
%%at:   %3
%%behind:
        put_gate %2, CODE0, kit_stubs + (%2) * KIT_STUB, INT_GATE32
        row_end
%endmacro
bits 32
test:
        mov dword [make_task], .task32
        mov dword [stack_top], TASK_STACK
        raise "no error code", 6, ud2
        mov ebp, 0x7ff0
        raise "error code", 13, mov ds, bp
        mov dword [make_task], .task16
        raise "16 bits, no error code", 6, ud2
        raise "16 bits, error code", 13, mov ds, bp
        ; The TSS gives the width of the error code, the stack segment that of the pointer.
        mov dword [make_task], .stack16
        mov dword [stack_top], 0
        raise "stack of 16 bits that wraps, error code", 13, mov ds, bp
        mov dword [stack_top], TASK_STACK

        log "faults and traps"
        mov dword [make_task], .task32
        xor ecx, ecx
        raise "#DE", 0, div ecx
        raise "INT1", 1, int1
        raise "INT3", 3, int3
        raise "INTO", 4, overflow
        mov dword [FREE_MEMORY + 0x300], 1
        mov dword [FREE_MEMORY + 0x304], 1
        raise "BOUND", 5, bound eax, [FREE_MEMORY + 0x300]
        raise "INT 13", 13, int 13
        ret
.task32:
        task 32, new_task
        ret
.task16:
        task 16, new_task
        ret
.stack16:
        task 32, new_task
        mov word [TASK_TSS + TSS32_SS], DATA16
        mov dword [TASK_TSS + TSS32_ESP], 0
        ret
fill_stack:
        mov eax, [stack_top]
        sub ax, 4
        mov dword [eax], WITHOUT_CODE
        ret
new_task:
        movzx eax, sp
        movzx edx, word [stack_top]
        sub dx, ax
        movzx edx, dx
        mov ecx, [eax]
        mov esp, TASK_STACK - 0x100
        mov bx, DATA0
        mov ss, bx
        cell_value edx
        cell_value ecx
        mov eax, [TSS + TSS32_EIP]
        sub eax, [left_at]
        cell_value eax
        cell_value [TSS + TSS32_EFLAGS]
        mov eax, [resume_at]
        mov [TSS + TSS32_EIP], eax
        iretd
        section .data
make_task: dd 0
stack_top: dd 0
left_at: dd 0
resume_at: dd 0
