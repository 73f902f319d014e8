; The T bit of a new task's TSS traps behind the switch, before the task's first instruction, for each kind of switch; a
; switch clears the local enables of DR7; TF in the new task's EFLAGS steps its first instruction.
; Rows: jmp far, call far, int, iretd, mov to-debug
; Expect:
;   T clear
;   JMP: 000006aa
;   CALL: 000006aa
;   INT: 000006aa
;   T set
;   JMP: ffff8ff0 00000000 00000068 000006aa
;   CALL: ffff8ff0 00000000 00000068 000006aa
;   INT: ffff8ff0 00000000 00000068 000006aa
;   T set in the old task's TSS
;   JMP: 000006aa ffff8ff0 00000000 00000048
;   CALL: 000006aa ffff8ff0 00000000 00000048
;   INT: 000006aa ffff8ff0 00000000 00000048
;   TF
;   JMP: ffff4ff0 00000003 00000068 000006aa
;   JMP, T set: ffff8ff0 00000000 00000068 000006aa
;   16 bits
;   JMP: 000006aa
;   T set and a bad DS, #TS: 00000048 ffff0ff0
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 17.2.3, 17.2.4 and 17.3.1.5. Cells: DR7 in the new task; for a #DB DR6, the distance of EIP from where
; it should be, and TR. QEMU 7.2 has no T bit and keeps DR7.LE.
VECTOR          equ 0x40
LOCALS          equ 0x155               ; DR7: L0 to L3, LE
GLOBALS         equ 0x2aa
%macro switch 2+                        ; name, instruction
        row %1, ":"
        mov dword [TASK_TSS + TSS32_EIP], new_task
        mov dword [due_at], new_task
        mov dword [back_at], %%behind
        mov eax, LOCALS | GLOBALS
        mov dr7, eax
        %2
%%behind:
        row_end
        mov word [TASK_TSS], 0
%endmacro
bits 32
test:
        put_gate 1, CODE0, debug_handler, INT_GATE32
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE
        task 32, new_task
        log "T clear"
        call .each
        log "T set"
        mov word [TASK_TSS + TSS32_T], 1
        call .each
        log "T set in the old task's TSS"
        mov word [TASK_TSS + TSS32_T], 0
        mov word [TSS + TSS32_T], 1
        call .each
        mov word [TSS + TSS32_T], 0
        log "TF"
        mov dword [TASK_TSS + TSS32_EFLAGS], TF | 2
        switch "JMP", jmp TASK:0
        mov dword [TASK_TSS + TSS32_EFLAGS], TF | 2
        mov word [TASK_TSS + TSS32_T], 1
        switch "JMP, T set", jmp TASK:0
        log "16 bits"
        task 16, new_task
        mov word [TASK_TSS + TSS16_IP], new_task
        mov word [TASK_TSS + TSS32_T], 1
        row "JMP:"
        jmp TASK:0
        row_end
        ; A fault of the switch comes in the place of the trap, which must not wait for the handler.
        task 32, new_task
        mov word [TASK_TSS + TSS32_T], 1
        mov word [TASK_TSS + TSS32_DS], TSS_SELECTOR
        put_gate 10, CODE0, bad_segment, INT_GATE32
        row "T set and a bad DS, #TS:"
        jmp TASK:0
        row_end
        ret
.each:  switch "JMP", jmp TASK:0
        switch "CALL", call GATE:0
        switch "INT", int VECTOR
        ret

bad_segment:
        mov ax, DATA0
        mov ds, ax
        pop eax
        cell_value eax
        mov eax, dr6
        cell_value eax
        jmp TSS_SELECTOR:0

new_task:
        movzx esp, sp
        push dword 2
        popfd
        mov eax, dr7
        cell_value eax
        mov eax, [back_at]
        mov [due_at], eax
        pushfd
        cmp word [TASK_TSS], 0
        je .jump
        mov dword [esp], NT | 2
        popfd
        iretd
.jump:  popfd
        jmp TSS_SELECTOR:0

debug_handler:
        push eax
        mov eax, dr6
        cell_value eax
        mov eax, [esp + 4]
        sub eax, [due_at]
        cell_value eax
        xor eax, eax
        str ax
        cell_value eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        and dword [esp + 12], ~TF
        pop eax
        iretd
        section .data
due_at: dd 0
back_at: dd 0
