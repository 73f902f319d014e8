; What RETF and IRET refuse, in 16 and 32 bits: selectors of code and of the outer ring's stack, EIP beyond the code's
; limit, frames that the stack does not hold whole. Nothing changes before the last check.
; Rows: ret far, iretd, iret
; Expect:
;   null: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   null with RPL 3: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   behind the GDT: #GP 0800 #GP 0800 #GP 0800 #GP 0800
;   behind the LDT: #GP 0104 #GP 0104 #GP 0104 #GP 0104
;   data: #GP 0010 #GP 0010 #GP 0010 #GP 0010
;   TSS: #GP 0048 #GP 0048 #GP 0048 #GP 0048
;   call gate: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   absent: #NP 0068 #NP 0068 #NP 0068 #NP 0068
;   execute-only: ok 0068 ok 0068 ok 0068 ok 0068
;   EIP beyond the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   EIP within the limit: ok 0068 ok 0068 ok 0068 ok 0068
;   EIP of which 16 bits are within the limit: #GP 0000 ok 0068 #GP 0000 ok 0068
;   to ring 3
;   good stack: ok 003b ok 003b ok 003b ok 003b
;   null stack: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   null stack with RPL 3: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   stack behind the GDT: #GP 0800 #GP 0800 #GP 0800 #GP 0800
;   stack behind the LDT: #GP 0104 #GP 0104 #GP 0104 #GP 0104
;   stack with RPL 2: #GP 0040 #GP 0040 #GP 0040 #GP 0040
;   stack of DPL 2: #GP 0030 #GP 0030 #GP 0030 #GP 0030
;   code as stack: #GP 0038 #GP 0038 #GP 0038 #GP 0038
;   TSS as stack: #GP 0048 #GP 0048 #GP 0048 #GP 0048
;   read-only stack: #GP 0070 #GP 0070 #GP 0070 #GP 0070
;   absent stack: #SS 0070 #SS 0070 #SS 0070 #SS 0070
;   absent code: #NP 0068 #NP 0068 #NP 0068 #NP 0068
;   code, EIP beyond the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   code, EIP within the limit: ok 006b ok 006b ok 006b ok 006b
;   frame without its last byte, and whole
;   same ring: #SS 0000 ok 0008 #SS 0000 ok 0008 #SS 0000 ok 0008 #SS 0000 ok 0008
;   to ring 3: #SS 0000 ok 003b #SS 0000 ok 003b #SS 0000 ok 003b #SS 0000 ok 003b
;   end
%include "testkit.inc"
%include "far_returns.inc"
; SDM volume 2, RET and IRET. An absent stack is #SS (volume 3, 6.15: so is "a return to a different privilege level");
; Bochs 2.7 follows IRET's list of exceptions, which says #NP, and QEMU 7.2, which checks no limits, does so for RETF
; too. Cells: RETF, RETF of 16 bits, IRETD, IRET.
CODE            equ FREE
STACK           equ FREE + 8
%macro line 1                           ; name
        row %1, ":"
        returns
        row_end
%endmacro
%macro code 2                           ; name, CS
        mov dword [to_cs], %2
        line %1
%endmacro
%macro stack 2                          ; name, SS
        mov dword [to_ss], %2
        line %1
%endmacro
%macro code_up_to 2                     ; last byte, access byte
        put_descriptor CODE, 0, 0, %2, BITS32
        mov word [GDT + CODE], %1
%endmacro
; With all of the frame but its last byte, then with all of it, within the stack's limit (Bochs 2.7 ignores the upper
; half of SS's slot).
%macro frame_end 3+                     ; frame's start, size, instruction
        short_frame %1, %2 - 1, %3
        short_frame %1, %2, %3
%endmacro
%macro short_frame 3+                   ; frame's start, bytes of it, instruction
        put_descriptor STACK, 0, %1 + (%2) - 1, DATA_RW, BITS32
        mov ebx, esp
        mov eax, STACK
        mov ss, ax
        mov esp, FRAMES
        return_by %1, %3
        mov eax, DATA0
        mov ss, ax
        mov esp, ebx
        mov ds, ax
        mov es, ax
%endmacro
bits 32
test:
        mov dword [to_ss], DATA0
        code "null", 0
        code "null with RPL 3", 3
        code "behind the GDT", 0x800
        code "behind the LDT", 0x104
        code "data", DATA0
        code "TSS", TSS_SELECTOR
        put_call_gate CODE, CODE0, arrived, CALL_GATE32, 0
        code "call gate", CODE
        put_descriptor CODE, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        code "absent", CODE
        put_descriptor CODE, 0, 0xfffff, CODE_X, FLAT
        code "execute-only", CODE
        code_up_to arrived - 1, CODE_RX
        code "EIP beyond the limit", CODE
        code_up_to arrived_end - 1, CODE_RX
        code "EIP within the limit", CODE
        mov dword [to_eip], arrived + 0xffff0000
        code "EIP of which 16 bits are within the limit", CODE
        mov dword [to_eip], arrived

        log "to ring 3"
        mov dword [to_cs], CODE3
        stack "good stack", DATA3
        stack "null stack", 0
        stack "null stack with RPL 3", 3
        stack "stack behind the GDT", 0x803
        stack "stack behind the LDT", 0x107
        stack "stack with RPL 2", DATA3 & ~3 | 2
        stack "stack of DPL 2", DATA2 & ~3 | 3
        stack "code as stack", CODE3
        stack "TSS as stack", TSS_SELECTOR | 3
        put_descriptor STACK, 0, 0xfffff, DATA_RO | DPL(3), FLAT
        stack "read-only stack", STACK | 3
        put_descriptor STACK, 0, 0xfffff, DATA_RW & ~PRESENT | DPL(3), FLAT
        stack "absent stack", STACK | 3
        mov dword [to_ss], DATA3
        put_descriptor CODE, 0, 0xfffff, CODE_RX & ~PRESENT | DPL(3), FLAT
        code "absent code", CODE | 3
        code_up_to arrived - 1, CODE_RX | DPL(3)
        code "code, EIP beyond the limit", CODE | 3
        code_up_to arrived_end - 1, CODE_RX | DPL(3)
        code "code, EIP within the limit", CODE | 3

        log "frame without its last byte, and whole"
        mov dword [to_cs], CODE0
        row "same ring:"
        frame_end RETF32_FRAME, 8, retf
        frame_end RETF16_FRAME, 4, o16 retf
        frame_end IRET32_FRAME, 12, iretd
        frame_end IRET16_FRAME, 6, iretw
        row_end
        mov dword [to_cs], CODE3
        row "to ring 3:"
        frame_end RETF32_FRAME, 16, retf
        frame_end RETF16_FRAME, 8, o16 retf
        frame_end IRET32_FRAME, 20, iretd
        frame_end IRET16_FRAME, 10, iretw
        row_end
        ret
