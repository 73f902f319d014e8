; A transfer sets the accessed bits of the code and the stack that it loads, and of neither if a later check fails.
; Rows: call far, jmp far, ret far, iretd, int
; Expect:
;   RETF and IRETD to ring 3
;   good: ok 006b 000000fb 000000f3 ok 006b 000000fb 000000f3
;   null SS: #GP 0000 000000fa 000000f2 #GP 0000 000000fa 000000f2
;   SS of DPL 0: #GP 0010 000000fa 000000f2 #GP 0010 000000fa 000000f2
;   EIP beyond the limit: #GP 0000 000000fa 000000f2 #GP 0000 000000fa 000000f2
;   CALL and INT from ring 3 to 1
;   good: ok 0069 000000bb 000000b3 ok 0069 000000bb 000000b3
;   EIP beyond the limit: #GP 0000 000000ba 000000b2 #GP 0000 000000ba 000000b2
;   no room: #SS 0070 000000ba 000000b2 #SS 0070 000000ba 000000b2
;   JMP, CALL and INT in ring 0
;   good: ok 0068 0000009b 00000092 ok 0068 0000009b 00000092 ok 0068 0000009b 00000092
;   EIP beyond the limit: #GP 0000 0000009a 00000092 #GP 0000 0000009a 00000092 #GP 0000 0000009a 00000092
;   end
%include "testkit.inc"
%include "far_returns.inc"
; SDM volume 3, 3.4.5.1: the bit is set when the selector is loaded. Each transfer is followed by the access bytes of
; CODE and STACK, which have bit 0 clear before it. QEMU 7.2 never sets it here.
CODE            equ FREE
STACK           equ FREE + 8
GATE            equ FREE + 16
VECTOR          equ 0x40
TOO_SMALL       equ 0xff                ; limit of code without `arrived`
%macro fresh 2                          ; DPL of both, limit of the code
        put_descriptor CODE, 0, %2, CODE_RX | DPL(%1), BITS32
        put_descriptor STACK, 0, 0xfffff, DATA_RW | DPL(%1), FLAT
%endmacro
%macro show_access 0
        movzx eax, byte [GDT + CODE + 5]
        cell_value eax
        movzx eax, byte [GDT + STACK + 5]
        cell_value eax
%endmacro
%macro outer 3                          ; name, limit of the code, SS
        mov dword [to_cs], CODE | 3
        mov dword [to_ss], %3
        row %1, ":"
        fresh 3, %2
        return_by RETF32_FRAME, retf
        show_access
        fresh 3, %2
        return_by IRET32_FRAME, iretd
        show_access
        row_end
%endmacro
; The new stack ends at its segment's limit, so that ESP1 decides over its room.
%macro inner 3                          ; name, limit of the code, ESP1
        mov dword [TSS + 12], %3
        mov word [TSS + 16], STACK | 1
        row %1, ":"
        in_ring 3, %%ring3
        jmp %%behind
%%ring3:
        inner_by %2, call GATE | 3:0
        inner_by %2, int VECTOR
        leave_ring
%%behind:
        row_end
%endmacro
%macro inner_by 2+                      ; limit, instruction
        put_descriptor CODE, 0, %1, CODE_RX | DPL(1), BITS32
        put_descriptor STACK, 0, STACK1, DATA_RW | DPL(1), BITS32
        cell %2
        show_access
%endmacro
%macro same 2                           ; name, limit of the code
        row %1, ":"
        same_by %2, jmp CODE:arrived
        same_by %2, call CODE:arrived
        same_by %2, int VECTOR
        row_end
%endmacro
%macro same_by 2+                       ; limit, instruction
        fresh 0, %1
        cell %2
        show_access
%endmacro
bits 32
test:
        put_call_gate GATE, CODE, arrived, CALL_GATE32 | DPL(3), 0
        put_gate VECTOR, CODE, arrived, INT_GATE32 | DPL(3)
        log "RETF and IRETD to ring 3"
        outer "good", 0xfffff, STACK | 3
        outer "null SS", 0xfffff, 0
        outer "SS of DPL 0", 0xfffff, DATA0 | 3
        outer "EIP beyond the limit", TOO_SMALL, STACK | 3
        log "CALL and INT from ring 3 to 1"
        inner "good", 0xfffff, STACK1
        inner "EIP beyond the limit", TOO_SMALL, STACK1
        inner "no room", 0xfffff, STACK1 + 8
        log "JMP, CALL and INT in ring 0"
        same "good", 0xfffff
        same "EIP beyond the limit", TOO_SMALL
        ret
