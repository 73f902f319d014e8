; An external interrupt through a task gate: it wakes from HLT and interrupts a loop in ring 3; its task has its own IF,
; and IRET goes on where the old task was interrupted.
; Rows: sti, hlt, iretd
; Expect:
;   behind STI and NOP: 00000002 00000008 00000202 00000048 00004002
;   HLT: 00000001 00000008 00000202 00000048 00004046
;   ring 3: 00000000 0000003b 00003246 00000048 00004046
;   end
%include "testkit.inc"
bits 32
%include "events/pic.inc"
%include "tasks.inc"
; SDM volume 3, 6.12.2. Cells: EIP, less that of the STI or of the loop, CS and EFLAGS of the interrupted task, the link
; and EFLAGS of the new one.
bits 32
test:
        call pic_start
        put_gate PIC_VECTOR, TASK, 0, TASK_GATE
        task 32, timer_task
        call pic_tick
        row "behind STI and NOP:"
        mov dword [start], .sti
.sti:   sti
        nop
        nop
        cli
        row_end
        call pic_late_tick
        put_gate PIC_VECTOR, TASK, 0, TASK_GATE
        row "HLT:"
        mov dword [start], .hlt
        sti
.hlt:   hlt
        cli
        row_end
        call pic_late_tick
        put_gate PIC_VECTOR, TASK, 0, TASK_GATE
        in_ring 3, .ring3, IF | IOPL(3) | 2
        ret
.ring3: row "ring 3:"
        mov dword [start], .loop
        mov byte [done], 0
.loop:  cmp byte [done], 0
        je .loop
        cli
        row_end
        leave_ring
timer_task:
        pushfd
        pop edi
        mov eax, [TSS + TSS32_EIP]
        sub eax, [start]
        movzx ebx, word [TSS + TSS32_CS]
        test bl, 3
        jz .exact
        xor eax, eax                    ; somewhere in the loop
.exact: cell_value eax
        cell_value ebx
        cell_value [TSS + TSS32_EFLAGS]
        movzx eax, word [TASK_TSS]
        cell_value eax
        cell_value edi
        mov byte [done], 1
        call pic_end
        iretd
        jmp timer_task                  ; the next time
        section .data
start:  dd 0
done:   db 0
