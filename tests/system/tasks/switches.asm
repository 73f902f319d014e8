; Task switches of each kind, between tasks with TSSs of 32 and 16 bits, straight to the TSS and through task gates: the
; busy bits of both descriptors, NT, the link, CR0.TS, and EIP and EFLAGS as they are saved.
; Rows: jmp far, call far, int, iretd, ud2
; Expect:
;   TSSs of 32 bits
;   JMP: 00000068 00000089 0000008b 0000dead 00002042 00000008 00000007 00004403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   JMP through a gate: 00000068 00000089 0000008b 0000dead 00002042 00000008 00000007 00004403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   CALL: 00000068 0000008b 0000008b 00000048 00006042 00000008 00000007 00004403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   CALL through a gate: 00000068 0000008b 0000008b 00000048 00006042 00000008 00000007 00004403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   INT: 00000068 0000008b 0000008b 00000048 00006042 00000008 00000002 00004403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   exception: 00000068 0000008b 0000008b 00000048 00006042 00000008 00000000 00014403 00000048 0000008b 00000089 00004403 00000008 00000000 00003882
;   from 32 to 16 bits
;   JMP: 00000068 00000089 00000083 0000dead 00002042 00000008 00000007 00004403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   JMP through a gate: 00000068 00000089 00000083 0000dead 00002042 00000008 00000007 00004403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   CALL: 00000068 0000008b 00000083 00000048 00006042 00000008 00000007 00004403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   CALL through a gate: 00000068 0000008b 00000083 00000048 00006042 00000008 00000007 00004403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   INT: 00000068 0000008b 00000083 00000048 00006042 00000008 00000002 00004403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   exception: 00000068 0000008b 00000083 00000048 00006042 00000008 00000000 00014403 00000048 0000008b 00000081 00004403 00000008 00000000 00003882
;   TSSs of 16 bits
;   JMP: 00000068 00000081 00000083 0000dead 00002042 00000008 00000007 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   JMP through a gate: 00000068 00000081 00000083 0000dead 00002042 00000008 00000007 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   CALL: 00000068 00000083 00000083 00000078 00006042 00000008 00000007 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   CALL through a gate: 00000068 00000083 00000083 00000078 00006042 00000008 00000007 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   INT: 00000068 00000083 00000083 00000078 00006042 00000008 00000002 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   exception: 00000068 00000083 00000083 00000078 00006042 00000008 00000000 00004403 00000078 00000083 00000081 00004403 00000008 00000000 00003882
;   from 16 to 32 bits
;   JMP: 00000068 00000081 0000008b 0000dead 00002042 00000008 00000007 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   JMP through a gate: 00000068 00000081 0000008b 0000dead 00002042 00000008 00000007 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   CALL: 00000068 00000083 0000008b 00000078 00006042 00000008 00000007 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   CALL through a gate: 00000068 00000083 0000008b 00000078 00006042 00000008 00000007 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   INT: 00000068 00000083 0000008b 00000078 00006042 00000008 00000002 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   exception: 00000068 00000083 0000008b 00000078 00006042 00000008 00000000 00004403 00000078 00000083 00000089 00004403 00000008 00000000 00003882
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.3 and table 7-2. Cells of a line, in the new task: TR; the access bytes of the old and the new TSS;
; the new TSS's link; EFLAGS; CR0.TS; the old task's EIP, less that of the instruction, and EFLAGS. Then, back in the
; old task by IRET or JMP: TR, both access bytes, EFLAGS, CR0.TS, the other task's EIP, less that behind its last
; instruction, and EFLAGS. QEMU 7.2 saves no RF for a fault.
VECTOR          equ 0x40
LINK            equ 0xdead              ; before the switch
OLD_FLAGS       equ CF | DF | NT | 2
NEW_FLAGS       equ ZF | IOPL(2) | 2
LEAVING_FLAGS   equ SF | OF | IOPL(3) | 2
%macro switch 2+                        ; name, instruction
        row %1, ":"
        call make_new_task
        mov dword [left_at], %%at
        clts
        push dword OLD_FLAGS
        popfd
%%at:   %2
        call show_return
        row_end
%endmacro
bits 32
test:
        mov [kit_stack], esp
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE
        put_gate 6, TASK, 0, TASK_GATE
        mov word [old_selector], TSS_SELECTOR
        mov dword [old_tss], TSS
        mov dword [old_size], 32
        log "TSSs of 32 bits"
        mov dword [new_size], 32
        call .each
        log "from 32 to 16 bits"
        mov dword [new_size], 16
        call .each
        put_descriptor MAIN16, MAIN16_TSS, TSS16_SIZE - 1, TSS16_AVAILABLE, 0
        mov ax, MAIN16
        ltr ax
        mov word [old_selector], MAIN16
        mov dword [old_tss], MAIN16_TSS
        mov dword [old_size], 16
        mov ax, DATA16
        mov ss, ax
        mov esp, V86_STACK
        log "TSSs of 16 bits"
        call .each
        log "from 16 to 32 bits"
        mov dword [new_size], 32
        call .each
        mov ax, DATA0
        mov ss, ax
        mov esp, [kit_stack]
        ret
.each:  switch "JMP", jmp TASK:0xbad
        switch "JMP through a gate", jmp GATE:0xbad
        switch "CALL", call TASK:0xbad
        switch "CALL through a gate", call GATE:0xbad
        switch "INT", int VECTOR
        switch "exception", ud2
        ret

make_new_task:
        cmp dword [new_size], 16
        je .words
        task 32, new_task
        mov dword [TASK_TSS + TSS32_EFLAGS], NEW_FLAGS
        mov word [TASK_TSS], LINK
        ret
.words: task 16, new_task
        mov word [TASK_TSS + TSS16_FLAGS], NEW_FLAGS
        mov word [TASK_TSS], LINK
        ret

new_task:
        pushfd
        pop edi
        movzx esp, sp
        call show_descriptors
        movzx eax, word [TASK_TSS]
        cell_value eax
        cell_value edi
        call show_ts
        mov ebx, [old_tss]
        mov ecx, [old_size]
        mov edx, [left_at]
        call show_saved_task
        test eax, eax
        jnz .leave
        add word [esi], 2               ; an exception: behind its instruction, when it is resumed
.leave: clts
        and edi, NT
        or edi, LEAVING_FLAGS
        push edi
        test edi, NT
        jz .jump
        mov dword [left_at], .behind_iret
        popfd
        iretd
.behind_iret:
.jump:  mov dword [left_at], .behind_jump
        popfd
        jmp far [old_pointer]
.behind_jump:

show_return:
        pushfd
        pop edi
        cmp dword [old_size], 16
        jne .whole_esp
        movzx esp, sp
.whole_esp:
        call show_descriptors
        cell_value edi
        call show_ts
        mov ebx, TASK_TSS
        mov ecx, [new_size]
        mov edx, [left_at]
        call show_saved_task
        ret

show_descriptors:
        xor eax, eax
        str ax
        cell_value eax
        movzx ebx, word [old_selector]
        movzx eax, byte [GDT + ebx + 5]
        cell_value eax
        movzx eax, byte [GDT + TASK + 5]
        cell_value eax
        ret
show_ts:
        mov eax, cr0
        and eax, 8
        cell_value eax
        ret
; EBX: TSS, ECX: its size, EDX: what to subtract from EIP. Leaves the difference in EAX, EIP's address in ESI.
show_saved_task:
        cmp ecx, 16
        je .words
        lea esi, [ebx + TSS32_EIP]
        mov eax, [esi]
        mov ecx, [ebx + TSS32_EFLAGS]
        jmp .show
.words: lea esi, [ebx + TSS16_IP]
        movzx eax, word [esi]
        movzx ecx, word [ebx + TSS16_FLAGS]
.show:  sub eax, edx
        cell_value eax
        cell_value ecx
        ret
        section .data
kit_stack:      dd 0
left_at:        dd 0
old_tss:        dd 0
old_size:       dd 0                    ; in bits
new_size:       dd 0
old_pointer:    dd 0
old_selector:   dw 0
