; Which flags IRETD and IRET take from the frame: IOPL, VIF and VIP at CPL 0, IF at CPL up to IOPL, the rest at any
; level; IRET those of the lower half.
; Rows: iretd, iret
; Expect:
;   ring 0: ok 0008 003c7ed7 ok 0008 00000002 ok 0008 00007ed7 ok 0008 00240002
;   ring 0 to 3: ok 003b 003c7ed7 ok 003b 00000002 ok 003b 00007ed7 ok 003b 00240002
;   ring 1, IOPL 0: ok 0019 00244cd7 ok 0019 00000002 ok 0019 00004cd7 ok 0019 00240002
;   ring 1, IOPL 1: ok 0019 00245ed7 ok 0019 00001002 ok 0019 00005ed7 ok 0019 00241002
;   ring 1, IOPL 2: ok 0019 00246ed7 ok 0019 00002002 ok 0019 00006ed7 ok 0019 00242002
;   ring 1, IOPL 3: ok 0019 00247ed7 ok 0019 00003002 ok 0019 00007ed7 ok 0019 00243002
;   ring 2, IOPL 0: ok 002a 00244cd7 ok 002a 00000002 ok 002a 00004cd7 ok 002a 00240002
;   ring 2, IOPL 1: ok 002a 00245cd7 ok 002a 00001002 ok 002a 00005cd7 ok 002a 00241002
;   ring 2, IOPL 2: ok 002a 00246ed7 ok 002a 00002002 ok 002a 00006ed7 ok 002a 00242002
;   ring 2, IOPL 3: ok 002a 00247ed7 ok 002a 00003002 ok 002a 00007ed7 ok 002a 00243002
;   ring 3, IOPL 0: ok 003b 00244cd7 ok 003b 00000002 ok 003b 00004cd7 ok 003b 00240002
;   ring 3, IOPL 1: ok 003b 00245cd7 ok 003b 00001002 ok 003b 00005cd7 ok 003b 00241002
;   ring 3, IOPL 2: ok 003b 00246cd7 ok 003b 00002002 ok 003b 00006cd7 ok 003b 00242002
;   ring 3, IOPL 3: ok 003b 00247ed7 ok 003b 00003002 ok 003b 00007ed7 ok 003b 00243002
;   end
%include "testkit.inc"
%include "far_returns.inc"
; SDM volume 2, IRET. Cells: CS and EFLAGS behind IRETD of ones, IRETD of zeros, IRET of ones and IRET of zeros, with
; EFLAGS the contrary before. Ones have no TF; VM is ignored but at CPL 0, where they lack it. QEMU 7.2 takes VM at any
; level, and VIF and VIP at none.
ONES            equ 0x3f7fd5 & ~(TF | VM)
SETTABLE        equ ONES & ~(NT | IOPL(3) | VIF | VIP)  ; before IRET, whatever IOPL
%macro flags_behind 4+                  ; EFLAGS in the frame, before, frame, instruction
        mov dword [to_eflags], %1
        return_by %3, with_flags %2, %4
        cell_value eax
%endmacro
%macro with_flags 2+                    ; EFLAGS, instruction
        push dword %1
        popfd
        %2
%endmacro
%macro line 5                           ; name, IOPL, CS, SS, VM or 0
        mov dword [to_cs], %3
        mov dword [to_ss], %4
        row %1, ":"
        flags_behind ONES | (%5), IOPL(%2), IRET32_FRAME, iretd
        flags_behind 0, SETTABLE | IOPL(%2), IRET32_FRAME, iretd
        flags_behind ONES & 0xffff, IOPL(%2), IRET16_FRAME, iretw
        flags_behind 0, SETTABLE | IOPL(%2), IRET16_FRAME, iretw
        row_end
%endmacro
%macro ring 2                           ; ring, IOPL
  %defstr ring_text %1
  %defstr iopl_text %2
        in_ring %1, %%code, 2 | IOPL(%2)
        jmp %%behind
%%code: line {"ring ", ring_text, ", IOPL ", iopl_text}, %2, CODE%1, DATA%1, VM
        leave_ring
%%behind:
%endmacro
bits 32
test:
        mov dword [to_eip], show_eflags
        line "ring 0", 0, CODE0, DATA0, 0
        line "ring 0 to 3", 0, CODE3, DATA3, 0
%assign level 1
%rep 3
        ring level, 0
        ring level, 1
        ring level, 2
        ring level, 3
  %assign level level + 1
%endrep
        ret
show_eflags:
        pushfd
        pop eax
        arrive
