; POPF and POPFD change IF with CPL <= IOPL, IOPL at ring 0 alone, never VM, and clear RF; the rest in every ring (SDM
; vol. 2B, POPF, table 4-16); IRETD follows the same rules but for VM and RF.
; Rows: popf, popfd, pushfd, iretd
; Expect:
;   ring 0
;   POPFD of ones 00247ed7
;   POPFD of zeros 00000002
;   POPF of ones 00007ed7
;   POPF of zeros 00000002
;   IOPL 00000000
;   ring 1
;   POPFD of ones 00244cd7
;   POPFD of zeros 00000002
;   POPF of ones 00004cd7
;   POPF of zeros 00000002
;   IRETD of ones 00240cd7
;   ring 2
;   POPFD of ones 00244cd7
;   POPFD of zeros 00000002
;   POPF of ones 00004cd7
;   POPF of zeros 00000002
;   IRETD of ones 00240cd7
;   ring 3
;   POPFD of ones 00244cd7
;   POPFD of zeros 00000002
;   POPF of ones 00004cd7
;   POPF of zeros 00000002
;   IRETD of ones 00240cd7
;   ring 3
;   POPFD of ones 00244ed7
;   POPFD of zeros 00000202
;   POPF of ones 00004ed7
;   POPF of zeros 00000202
;   IRETD of ones 00240ed7
;   IOPL 00000001
;   ring 1
;   POPFD of ones 00245ed7
;   POPFD of zeros 00001002
;   POPF of ones 00005ed7
;   POPF of zeros 00001002
;   IRETD of ones 00241ed7
;   ring 2
;   POPFD of ones 00245cd7
;   POPFD of zeros 00001002
;   POPF of ones 00005cd7
;   POPF of zeros 00001002
;   IRETD of ones 00241cd7
;   ring 3
;   POPFD of ones 00245cd7
;   POPFD of zeros 00001002
;   POPF of ones 00005cd7
;   POPF of zeros 00001002
;   IRETD of ones 00241cd7
;   ring 3
;   POPFD of ones 00245ed7
;   POPFD of zeros 00001202
;   POPF of ones 00005ed7
;   POPF of zeros 00001202
;   IRETD of ones 00241ed7
;   IOPL 00000002
;   ring 1
;   POPFD of ones 00246ed7
;   POPFD of zeros 00002002
;   POPF of ones 00006ed7
;   POPF of zeros 00002002
;   IRETD of ones 00242ed7
;   ring 2
;   POPFD of ones 00246ed7
;   POPFD of zeros 00002002
;   POPF of ones 00006ed7
;   POPF of zeros 00002002
;   IRETD of ones 00242ed7
;   ring 3
;   POPFD of ones 00246cd7
;   POPFD of zeros 00002002
;   POPF of ones 00006cd7
;   POPF of zeros 00002002
;   IRETD of ones 00242cd7
;   ring 3
;   POPFD of ones 00246ed7
;   POPFD of zeros 00002202
;   POPF of ones 00006ed7
;   POPF of zeros 00002202
;   IRETD of ones 00242ed7
;   IOPL 00000003
;   ring 1
;   POPFD of ones 00247ed7
;   POPFD of zeros 00003002
;   POPF of ones 00007ed7
;   POPF of zeros 00003002
;   IRETD of ones 00243ed7
;   ring 2
;   POPFD of ones 00247ed7
;   POPFD of zeros 00003002
;   POPF of ones 00007ed7
;   POPF of zeros 00003002
;   IRETD of ones 00243ed7
;   ring 3
;   POPFD of ones 00247ed7
;   POPFD of zeros 00003002
;   POPF of ones 00007ed7
;   POPF of zeros 00003002
;   IRETD of ones 00243ed7
;   ring 3
;   POPFD of ones 00247ed7
;   POPFD of zeros 00003002
;   POPF of ones 00007ed7
;   POPF of zeros 00003002
;   IRETD of ones 00243ed7
;   end
%include "testkit.inc"
bits 32
ALL             equ 0x3f7fd5 & ~(TF | VIF | VIP)

%macro pop_flags 0
        push dword ALL
        popfd
        pushfd
        pop eax
        show "POPFD of ones", eax
        push dword 0
        popfd
        pushfd
        pop eax
        show "POPFD of zeros", eax
        push word ALL & 0xffff
        popfw
        pushfd
        pop eax
        show "POPF of ones", eax
        push word 0
        popfw
        pushfd
        pop eax
        show "POPF of zeros", eax
%endmacro

test:
        log "ring 0"
        pop_flags
        push dword 2
        popfd
%assign iopl 0
%rep 4
        show "IOPL", iopl
        in_ring 1, .ring1, 2 | IOPL(iopl)
        in_ring 2, .ring2, 2 | IOPL(iopl)
        in_ring 3, .ring3, 2 | IOPL(iopl)
        in_ring 3, .ring3, 2 | IOPL(iopl) | IF
%assign iopl iopl + 1
%endrep
        push dword 2
        popfd
        ret
.ring1: log "ring 1"
        pop_flags
        call .return
        leave_ring
.ring2: log "ring 2"
        pop_flags
        call .return
        leave_ring
.ring3: log "ring 3"
        pop_flags
        call .return
        leave_ring
.return:                                ; IRETD to the same ring
        push dword ALL & ~(VM | NT)
        push cs
        push dword .returned
        push dword 2
        popfd
        iretd
.returned:
        pushfd
        pop eax
        show "IRETD of ones", eax
        ret
