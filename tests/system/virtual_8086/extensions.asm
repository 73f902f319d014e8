; CR4.VME: below IOPL 3, CLI, STI, PUSHF, POPF and IRET of virtual-8086 code work on VIF, and fault where they would set
; it while VIP is set; with 32-bit operands they fault as ever; INT n goes to the program's own handler where the
; redirection bitmap has a 0, whatever IOPL is (SDM vol. 3B, 20.3.2 to 20.3.3, table 20-2; vol. 2, POPF, IRET, INT n).
; Behind each instruction's outcome: IF, TF, NT, IOPL, AC, VIF and VIP as they are then.
; QEMU 7.2 has no VME.
; Rows: cli, sti, pushf, pushfd, popf, popfd, iret, iretd, int, int3, mov to-control
; Expect:
;   without VME
;   STI #GP 0000 00002000
;   CLI #GP 0000 00002000
;   PUSHF #GP 0000 00002000
;   its image 00002300
;   PUSHFD #GP 0000 00002000
;   POPF of IF and NT #GP 0000 00002000
;   PUSHF #GP 0000 00002000
;   its image 00002000
;   POPF of IOPL 1 #GP 0000 00002000
;   POPFD #GP 0000 00002000
;   IRET to IF and NT #GP 0000 00002000
;   IRET to IOPL 1 #GP 0000 00002000
;   IRETD #GP 0000 00002000
;   INT n, redirected #GP 0000 00002000
;   INT n, not redirected #GP 0000 00002000
;   INT3 #BP at +01 00002000
;   IOPL 00000000
;   STI ok 00080200
;   CLI ok 00000200
;   PUSHF ok 00000200
;   its image 00003000
;   PUSHFD #GP 0000 00000200
;   POPF of IF and NT ok 00084200
;   PUSHF ok 00080200
;   its image 00003200
;   POPF of IOPL 1 ok 00000200
;   POPFD #GP 0000 00000200
;   IRET to IF and NT ok 00084200
;   IRET to IOPL 1 ok 00000200
;   IRETD #GP 0000 00000200
;   INT n, redirected 00003200 00000200 00080200
;   INT n, not redirected #GP 0000 00080200
;   INT3 #BP at +01 00080200
;   IOPL 00000001
;   STI ok 00081200
;   CLI ok 00001200
;   PUSHF ok 00001200
;   its image 00003000
;   PUSHFD #GP 0000 00001200
;   POPF of IF and NT ok 00085200
;   PUSHF ok 00081200
;   its image 00003200
;   POPF of IOPL 1 ok 00001200
;   POPFD #GP 0000 00001200
;   IRET to IF and NT ok 00085200
;   IRET to IOPL 1 ok 00001200
;   IRETD #GP 0000 00001200
;   INT n, redirected 00003200 00001200 00081200
;   INT n, not redirected #GP 0000 00081200
;   INT3 #BP at +01 00081200
;   IOPL 00000002
;   STI ok 00082200
;   CLI ok 00002200
;   PUSHF ok 00002200
;   its image 00003000
;   PUSHFD #GP 0000 00002200
;   POPF of IF and NT ok 00086200
;   PUSHF ok 00082200
;   its image 00003200
;   POPF of IOPL 1 ok 00002200
;   POPFD #GP 0000 00002200
;   IRET to IF and NT ok 00086200
;   IRET to IOPL 1 ok 00002200
;   IRETD #GP 0000 00002200
;   INT n, redirected 00003200 00002200 00082200
;   INT n, not redirected #GP 0000 00082200
;   INT3 #BP at +01 00082200
;   IOPL 00000003
;   STI ok 00003200
;   CLI ok 00003000
;   PUSHF ok 00003000
;   its image 00003000
;   PUSHFD ok 00003000
;   POPF of IF and NT ok 00007200
;   PUSHF ok 00003200
;   its image 00003200
;   POPF of IOPL 1 ok 00003000
;   POPFD ok 00003000
;   IRET to IF and NT ok 00007200
;   IRET to IOPL 1 ok 00003000
;   IRETD ok 00043000
;   INT n, redirected 00003200 00043000 00043200
;   INT n, not redirected ok 00043200
;   INT3 #BP at +01 00043200
;   VIP
;   STI #GP 0000 00100000
;   CLI ok 00100000
;   PUSHF ok 00100000
;   its image 00003000
;   PUSHFD #GP 0000 00100000
;   POPF of IF and NT #GP 0000 00100000
;   PUSHF ok 00100000
;   its image 00003000
;   POPF of IOPL 1 ok 00100000
;   POPFD #GP 0000 00100000
;   IRET to IF and NT #GP 0000 00100000
;   IRET to IOPL 1 ok 00100000
;   IRETD #GP 0000 00100000
;   INT n, redirected 00003000 00100000 00100000
;   INT n, not redirected #GP 0000 00100000
;   INT3 #BP at +01 00100000
;   VIP, IOPL 3
;   STI ok 00103200
;   CLI ok 00103000
;   PUSHF ok 00103000
;   its image 00003000
;   PUSHFD ok 00103000
;   POPF of IF and NT ok 00107200
;   PUSHF ok 00103200
;   its image 00003200
;   POPF of IOPL 1 ok 00103000
;   POPFD ok 00103000
;   IRET to IF and NT ok 00107200
;   IRET to IOPL 1 ok 00103000
;   IRETD ok 00143000
;   INT n, redirected 00003200 00143000 00143200
;   INT n, not redirected ok 00143200
;   INT3 #BP at +01 00143200
;   #GP before the instruction, EIP off by 00000000
;   VIP cleared, CLI ok 00000000
;   #GP before the instruction, EIP off by 00000000
;   VIP cleared, CLI ok 00083000
;   VIP and VIF without VME, CLI #GP 0000 00180000
;   POPF of TF #GP 0000 00000000
;   IRET to TF #GP 0000 00000000
;   INT n at the end of the TSS #GP 0000 00000000
;   INT n at the end of the TSS 00003000 00000000 00000000
;   end
%include "testkit.inc"
bits 32
%include "interrupt_due.inc"
SHOWN           equ IF | TF | NT | IOPL(3) | AC | VIF | VIP
IO_MAP          equ 136                 ; behind the redirection bitmap, which is behind the TSS
REDIRECTED      equ 0x40
NOT_REDIRECTED  equ 0x41

        section .data
next:           dd 0
        section .text

test:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov word [TSS + 102], IO_MAP
        and byte [TSS + IO_MAP - 32 + REDIRECTED / 8], ~(1 << (REDIRECTED & 7))
        mov word [REDIRECTED * 4], .own_handler
        mov word [3 * 4], .own_handler
        put_gate NOT_REDIRECTED, CODE0, .monitor_handler, INT_GATE32 | DPL(3)
        or byte [IDT + 3 * 8 + 5], DPL(3)
        log "without VME"
        in_v86 .all, 2 | IOPL(2)
        mov eax, cr4
        or eax, 1
        mov cr4, eax
%assign iopl 0
%rep 4
        show "IOPL", iopl
        in_v86 .all, 2 | IOPL(iopl) | IF
%assign iopl iopl + 1
%endrep
        log "VIP"
        in_v86 .all, 2 | VIP
        log "VIP, IOPL 3"
        in_v86 .all, 2 | IOPL(3) | VIP
        ; Both set: the first instruction faults.
        expect_interrupt_due .due_here
        in_v86 .due_here, 2 | VIP | VIF
        expect_interrupt_due .due_here
        in_v86 .due_here, 2 | VIP | VIF | IOPL(3)
        mov eax, cr4
        and al, ~1
        mov cr4, eax
        in_v86 .undisturbed, 2 | VIP | VIF
        mov eax, cr4
        or al, 1
        mov cr4, eax
        in_v86 .trap_flag
        ; A bitmap that is not in the TSS.
        mov word [TSS + 102], TSS_LIMIT + 32 - REDIRECTED / 8 + 1
        in_v86 .no_bitmap
        mov word [TSS + 102], TSS_LIMIT + 32 - REDIRECTED / 8
        mov byte [TSS + TSS_LIMIT], 0
        in_v86 .no_bitmap
        ret
.monitor_handler:
        iretd


bits 16
%macro attempt 2+
        row %1
        cell %2
        call test.flags
        row_end
        mov sp, V86_STACK
%endmacro
%macro attempt_pushf 0
        mov word [V86_STACK - 2], 0
        attempt "PUSHF", pushfw
        movzx eax, word [V86_STACK - 2]
        and eax, SHOWN
        show "its image", eax
%endmacro
%macro attempt_popf 3                   ; name, w or d, flags
%ifidn %2, w
        push word %3
%else
        push dword %3
%endif
        attempt %1, popf%2
%endmacro
%macro attempt_iret 3
        mov word [next], %%behind
%ifidn %2, w
        push word %3
        push word 0
        push word test.landed
%else
        push dword %3
        push dword 0
        push dword test.landed
%endif
        row %1
        cell iret%2
%%behind:
        call test.flags
        row_end
        mov sp, V86_STACK
%endmacro
.due_here:
        nop
        attempt "VIP cleared, CLI", cli
        leave_ring
.undisturbed:
        attempt "VIP and VIF without VME, CLI", cli
        leave_ring
.own_handler:
        mov bp, sp
        movzx eax, word [bp + 4]
        and eax, SHOWN
        cell_value eax
        call .flags
        iretw
.flags: try_silently hlt
        mov eax, [last_eflags]
        and eax, SHOWN
        cell_value eax
        ret
.landed:
        int KIT_DONE
        jmp [next]

.all:
        attempt "STI", sti
        attempt "CLI", cli
        attempt_pushf
        attempt "PUSHFD", pushfd
        attempt_popf "POPF of IF and NT", w, 2 | IF | NT
        attempt_pushf
        attempt_popf "POPF of IOPL 1", w, 2 | IOPL(1)
        attempt_popf "POPFD", d, 2
        attempt_iret "IRET to IF and NT", w, 2 | IF | NT
        attempt_iret "IRET to IOPL 1", w, 2 | IOPL(1)
        attempt_iret "IRETD", d, 2 | AC
        try_silently sti
        attempt "INT n, redirected", int REDIRECTED
        attempt "INT n, not redirected", int NOT_REDIRECTED
        attempt "INT3", int3
        leave_ring
.trap_flag:                             ; which below IOPL 3 cannot be set
        attempt_popf "POPF of TF", w, 2 | TF
        attempt_iret "IRET to TF", w, 2 | TF
        leave_ring
.no_bitmap:
        attempt "INT n at the end of the TSS", int REDIRECTED
        leave_ring
