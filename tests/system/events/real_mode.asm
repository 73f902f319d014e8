; Events in real mode: FLAGS, CS and IP are pushed as words and no error code, IF, TF and AC are cleared, the table is
; where IDTR says and ends where it says; IRET brings IF, IOPL and NT back, IRETD AC, ID and RF too but not VM, VIF or
; VIP (SDM vol. 3B, 20.1.4; vol. 2A, INT n and IRET).
; Each line of an event: IP as an offset from the instruction, CS, FLAGS; then EFLAGS in the handler.
; QEMU 7.2 has no INT1 on this model.
; Rows: int, int3, into, int1, bound, div, ud2, mov, iret, iretd, pushfd, popfd, lidt
; Expect:
;   INT n 00000002 00000000 00000000 00000000
;   INT n, all flags 00000002 00000000 00007e01 00207c01
;   INT3 00000001 00000000 00000200 00000000
;   INTO 00000001 00000000 00000800 00000800
;   INT1 00000001 00000000 00000000 00000000
;   BOUND 00000000 00000000 00000000 00000000
;   DIV by 0 00000000 00000000 00000000 00000000
;   UD2 00000000 00000000 00000000 00000000
;   word at FFFFh 00000000 00000000 00000000 00000000
;   word at FFFFh of the stack 00000000 00000000 00000000 00000000
;   a far JMP beyond 64 KiB 00000000 00000000 00000000 00000000
;   CPUID with LOCK 00000000 00000000 00000000 00000000
;   single step 00000001 00000000 00000100 00000000
;   SP in the handler 0000fffc
;   INT by a table elsewhere 00000002 00000000 00000040 00000040
;   INT beyond the limit: #GP
;   INT in part beyond the limit: #GP
;   INT within the limit
;   IRET brings 00006240
;   IRETD brings 00241000
;   IRETD beyond 64 KiB: #GP
;   end
%include "testkit.inc"
bits 32
SHOWN           equ CF | ZF | TF | IF | DF | OF | IOPL(3) | NT | AC | ID

        section .data
origin:         dd 0
resume:         dd 0
        section .text

test:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        in_real .real
        ret

bits 16
; An event by vector %2, raised with EFLAGS %3.
%macro event 4+                         ; name, vector, EFLAGS, instruction
        row %1
        mov dword [origin], %%at
        mov dword [resume], %%behind
        push dword [(%2) * 4]
        mov dword [(%2) * 4], test.handler
        push dword %3
        popfd
%%at:   %4
%%behind:
        push dword 2
        popfd
        pop dword [(%2) * 4]
        row_end
%endmacro

.handler:
        pushfd
        mov bp, sp
        push eax
        movzx eax, word [bp + 4]
        sub ax, [origin]
        cell_value eax
        movzx eax, word [bp + 6]
        cell_value eax
        movzx eax, word [bp + 8]
        and eax, SHOWN
        cell_value eax
        mov eax, [bp]
        and eax, SHOWN
        cell_value eax
        pop eax
        popfd
        mov bp, sp
        push word [resume]
        pop word [bp]
        and word [bp + 4], ~TF
        iretw

.real:  event "INT n", 0x40, 2, int 0x40
        event "INT n, all flags", 0x40, 2 | IF | DF | OF | CF | IOPL(3) | NT | AC | ID, int 0x40
        event "INT3", 3, 2 | IF, int3
        event "INTO", 4, 2 | OF, into
        event "INT1", 1, 2, int1
        event "BOUND", 5, 2, bound sp, [cs:.bounds]
        event "DIV by 0", 0, 2 | AC, div byte [cs:.zero]
        event "UD2", 6, 2, ud2
        event "word at FFFFh", 13, 2, mov ax, [0xffff]
        event "word at FFFFh of the stack", 12, 2, mov ax, [ss:0xffff]
        event "a far JMP beyond 64 KiB", 13, 2, jmp dword 0:0x10000
        event "CPUID with LOCK", 6, 2, db 0xf0, 0x0f, 0xa2
        ; Single steps, by whoever has vector 1.
        event "single step", 1, 2 | TF, nop
        ; The stack wraps between pushes of words.
        push dword [0x40 * 4]
        mov dword [0x40 * 4], .wrapping_handler
        mov cx, sp
        mov ax, V86_STACK >> 4
        mov ss, ax
        mov sp, 2
        int 0x40
.wrapped:
        xor ax, ax
        mov ss, ax
        mov sp, cx
        pop dword [0x40 * 4]
        show "SP in the handler", ebx
        ; The table elsewhere, and its end.
        xor si, si
        push es
        mov ax, FREE_MEMORY >> 4
        mov es, ax
        xor di, di
        mov cx, 0x400
        rep movsb
        mov dword [es:0x40 * 4], .handler
        pop es
        lidt [.elsewhere]
        row "INT by a table elsewhere"
        mov dword [origin], .at
        mov dword [resume], .behind
.at:    int 0x40
.behind:
        row_end
        lidt [.short]
        try "INT beyond the limit", int 0xff
        try "INT in part beyond the limit", int 0xfe
        log "INT within the limit"
        lidt [kit_ivt_pointer]
        ; IRET.
        push word 2 | IF | IOPL(2) | NT | ZF
        push word 0
        push word .returned
        iretw
.returned:
        pushfd
        pop eax
        and eax, SHOWN
        show "IRET brings", eax
        push dword 2 | VM | VIF | VIP | AC | ID | IOPL(1)
        push dword 0
        push dword .returned_wide
        iretd
.returned_wide:
        pushfd
        pop eax
        and eax, SHOWN | VM | VIF | VIP
        show "IRETD brings", eax
        push dword 2
        push dword 0
        push dword 0x10000 + .returned_wide
        try "IRETD beyond 64 KiB", iretd
        add sp, 12
        push dword 2
        popfd
        ret
.bounds: dw 1, 1
.zero:  db 0
.elsewhere:
        dw 0x3ff
        dd FREE_MEMORY
.short: dw 0xfe * 4 + 2
        dd FREE_MEMORY
.wrapping_handler:
        movzx ebx, sp
        iretw
