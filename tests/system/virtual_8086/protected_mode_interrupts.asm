; CR4.PVI: at CPL 3 below IOPL 3, CLI and STI work on VIF, and STI faults while VIP is set; PUSHF, POPF and IRET are as
; ever, and rings 1 and 2 and virtual-8086 mode have none of it (SDM vol. 3B, 20.4; vol. 2, CLI, STI, POPF).
; Behind each instruction's outcome: IF, IOPL, VIF and VIP.
; QEMU 7.2 has no PVI.
; Rows: cli, sti, pushfd, popfd, iretd, mov to-control
; Expect:
;   without PVI
;   STI #GP 0000 00000000
;   CLI #GP 0000 00000000
;   STI #GP 0000 00000000
;   POPFD of zeros ok 00000000
;   POPFD of IF and VIF ok 00000000
;   CLI #GP 0000 00000000
;   STI #GP 0000 00182000
;   CLI #GP 0000 00182000
;   STI #GP 0000 00182000
;   POPFD of zeros ok 00182000
;   POPFD of IF and VIF ok 00182000
;   CLI #GP 0000 00182000
;   PVI
;   IOPL 00000000
;   STI ok 00080200
;   CLI ok 00000200
;   STI ok 00080200
;   POPFD of zeros ok 00080200
;   POPFD of IF and VIF ok 00080200
;   CLI ok 00000200
;   IOPL 00000001
;   STI ok 00081200
;   CLI ok 00001200
;   STI ok 00081200
;   POPFD of zeros ok 00081200
;   POPFD of IF and VIF ok 00081200
;   CLI ok 00001200
;   IOPL 00000002
;   STI ok 00082200
;   CLI ok 00002200
;   STI ok 00082200
;   POPFD of zeros ok 00082200
;   POPFD of IF and VIF ok 00082200
;   CLI ok 00002200
;   IOPL 00000003
;   STI ok 00003200
;   CLI ok 00003000
;   STI ok 00003200
;   POPFD of zeros ok 00003000
;   POPFD of IF and VIF ok 00003200
;   CLI ok 00003000
;   VIP
;   IOPL 00000000
;   STI #GP 0000 00100000
;   CLI ok 00100000
;   STI #GP 0000 00100000
;   POPFD of zeros ok 00100000
;   POPFD of IF and VIF ok 00100000
;   CLI ok 00100000
;   IOPL 00000001
;   STI #GP 0000 00101000
;   CLI ok 00101000
;   STI #GP 0000 00101000
;   POPFD of zeros ok 00101000
;   POPFD of IF and VIF ok 00101000
;   CLI ok 00101000
;   IOPL 00000002
;   STI #GP 0000 00102000
;   CLI ok 00102000
;   STI #GP 0000 00102000
;   POPFD of zeros ok 00102000
;   POPFD of IF and VIF ok 00102000
;   CLI ok 00102000
;   IOPL 00000003
;   STI ok 00103200
;   CLI ok 00103000
;   STI ok 00103200
;   POPFD of zeros ok 00103000
;   POPFD of IF and VIF ok 00103200
;   CLI ok 00103000
;   #GP before the instruction, EIP off by 00000000
;   VIP cleared, CLI ok 00000000
;   #GP before the instruction, EIP off by 00000000
;   VIP cleared, CLI ok 00083000
;   none in ring 2
;   ring 1
;   STI #GP 0000 00000000
;   CLI #GP 0000 00000000
;   STI #GP 0000 00000000
;   POPFD of zeros ok 00000000
;   POPFD of IF and VIF ok 00000000
;   CLI #GP 0000 00000000
;   ring 2, IOPL 1
;   STI #GP 0000 00001000
;   CLI #GP 0000 00001000
;   STI #GP 0000 00001000
;   POPFD of zeros ok 00001000
;   POPFD of IF and VIF ok 00001000
;   CLI #GP 0000 00001000
;   virtual-8086 mode
;   STI: #GP 0000
;   CLI: #GP 0000
;   end
%include "testkit.inc"
bits 32
%include "interrupt_due.inc"
SHOWN           equ IF | IOPL(3) | VIF | VIP

%macro each_iopl 1                      ; more flags
%assign iopl 0
%rep 4
        show "IOPL", iopl
        in_ring 3, test.ring3, 2 | IOPL(iopl) | %1
%assign iopl iopl + 1
%endrep
%endmacro

test:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        log "without PVI"
        in_ring 3, .ring3
        in_ring 3, .ring3, 2 | IOPL(2) | VIF | VIP
        mov eax, cr4
        or eax, 2
        mov cr4, eax
        log "PVI"
        each_iopl IF
        log "VIP"
        each_iopl VIP
        expect_interrupt_due .due_here
        in_ring 3, .due_here, 2 | VIP | VIF
        expect_interrupt_due .due_here
        in_ring 3, .due_here, 2 | VIP | VIF | IOPL(3)
        in_ring 2, .due_nowhere, 2 | VIP | VIF
        log "ring 1"
        in_ring 1, .ring1
        log "ring 2, IOPL 1"
        in_ring 2, .ring2, 2 | IOPL(1)
        log "virtual-8086 mode"
        in_v86 .v86
        ret

%macro attempt 2+
        row %1
        cell %2
        pushfd
        pop ebx
        and ebx, SHOWN
        cell_value ebx
        row_end
%endmacro
%macro interrupt_flag 0
        attempt "STI", sti
        attempt "CLI", cli
        attempt "STI", sti
        push dword 2
        attempt "POPFD of zeros", popfd
        push dword 2 | IF | VIF
        attempt "POPFD of IF and VIF", popfd
        attempt "CLI", cli
%endmacro
.ring3: mov ebp, esp
        interrupt_flag
        mov esp, ebp
        leave_ring
.ring1: interrupt_flag
        leave_ring
.ring2: interrupt_flag
        leave_ring
.due_here:
        nop
        attempt "VIP cleared, CLI", cli
        leave_ring
.due_nowhere:
        log "none in ring 2"
        leave_ring
bits 16
.v86:   try "STI", sti
        try "CLI", cli
        leave_ring
