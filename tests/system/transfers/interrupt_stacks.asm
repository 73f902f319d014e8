; The stack that an interrupt to ring 1 takes from the TSS: what may be wrong with its selector, its room and the TSS.
; INT n leaves EXT clear, an exception sets it; what fails leaves the caller as it was.
; Rows: int, ud2, ltr
; Expect:
;   null: #TS 0000 #TS 0001
;   null with RPL 1: #TS 0000 #TS 0001
;   RPL 0: #TS 0020 #TS 0021
;   RPL 3: #TS 0020 #TS 0021
;   DPL 0: #TS 0010 #TS 0011
;   DPL 3: #TS 0040 #TS 0041
;   code: #TS 0018 #TS 0019
;   TSS: #TS 0048 #TS 0049
;   behind the GDT: #TS 0800 #TS 0801
;   behind the LDT: #TS 0104 #TS 0105
;   read-only: #TS 0070 #TS 0071
;   absent: #SS 0070 #SS 0071
;   in the LDT: ok 0069 ok 0069
;   good: ok 0069 ok 0069
;   20 bytes: ok 0069 ok 0069
;   19 bytes: #SS 0070 #SS 0071
;   the last 20 bytes: ok 0069 ok 0069
;   one byte behind the limit: #SS 0070 #SS 0071
;   expand-down, 20 bytes: ok 0069 ok 0069
;   expand-down, 19 bytes: #SS 0070 #SS 0071
;   16-bit stack that wraps: ok 0069 ok 0069
;   24 bytes with an error code: ok 0069
;   23 bytes with an error code: #DF 0000
;   gate of 16 bits, 10 bytes: ok 0069 ok 0069
;   gate of 16 bits, 9 bytes: #SS 0070 #SS 0071
;   gate of 16 bits, 12 bytes with an error code: ok 0069
;   gate of 16 bits, 11 bytes with an error code: #DF 0000
;   TSS with SS1: ok 0069 ok 0069
;   TSS without SS1's last byte: #TS 0078 #TS 0079
;   TSS of 16 bits with SS1: ok 0069 ok 0069
;   TSS of 16 bits without SS1's last byte: #TS 0078 #TS 0079
;   end
%include "testkit.inc"
; SDM volume 2, INT n: #TS with the stack's selector, #SS for an absent one or too little room in it, #TS with TR's
; selector if it ends before SS1: 5 bytes behind the start of ESP1 (Bochs 2.7 wants 7). Cells: INT n, then UD2. QEMU 7.2
; leaves EXT clear, gives #TS for an absent stack, and finds room anywhere.
VECTOR          equ 0x40
TARGET          equ FREE
STACK           equ FREE + 8
SHORT_TSS       equ FREE + 16
BASE            equ FREE_MEMORY
%macro both 1                           ; name
        row %1, ":"
        unmoved int VECTOR
        unmoved ud2
        row_end
%endmacro
%macro unmoved 1+
        mov ebp, esp
        cell %1
        cmp [last_esp], ebp
        je %%kept
        cmp dword [last_vector], NO_EXCEPTION
        je %%kept
        log "(ESP has moved)"
%%kept:
%endmacro
%macro selector 2                       ; name, ring 1's SS
        mov word [TSS + 16], %2
        both %1
%endmacro
%macro room 2                           ; name, ESP1
        mov dword [TSS + 12], %2
        both %1
%endmacro
%macro gates 1                          ; type
        put_gate VECTOR, TARGET, arrived, (%1) | DPL(3)
        put_gate 6, TARGET, arrived, %1
        put_gate 13, TARGET, arrived, %1
%endmacro
; A #GP pushes an error code; what it meets makes it a double fault.
%macro with_error_code 2                ; name, ESP1
        mov dword [TSS + 12], %2
        row %1, ":"
        unmoved mov ds, bx
        row_end
%endmacro
%macro tss 3                            ; name, type, limit
        put_descriptor SHORT_TSS, TSS, %3, %2, 0
        mov ax, SHORT_TSS
        ltr ax
        row %1, ":"
        in_ring 3, both_in_ring3
        row_end
%endmacro
bits 32
test:
        put_descriptor TARGET, 0, 0xfffff, CODE_RX | DPL(1), FLAT
        in_ring 3, .selectors
        in_ring 3, .rooms
        ; The TSS must hold ESP1 and SS1; the test kit's handlers need ESP0 and SS0 only.
        mov dword [TSS + 12], STACK1
        mov word [TSS + 16], DATA1
        tss "TSS with SS1", TSS32_AVAILABLE, 17
        tss "TSS without SS1's last byte", TSS32_AVAILABLE, 16
        mov word [TSS + 2], V86_STACK
        mov word [TSS + 4], DATA0
        mov word [TSS + 6], V86_STACK - 0x800
        mov word [TSS + 8], DATA1
        tss "TSS of 16 bits with SS1", TSS16_AVAILABLE, 9
        tss "TSS of 16 bits without SS1's last byte", TSS16_AVAILABLE, 8
        ret
.selectors:
        gates INT_GATE32
        selector "null", 0
        selector "null with RPL 1", 1
        selector "RPL 0", DATA1 & ~3
        selector "RPL 3", DATA1 | 3
        selector "DPL 0", DATA0 | 1
        selector "DPL 3", DATA3 & ~3 | 1
        selector "code", CODE1
        selector "TSS", TSS_SELECTOR | 1
        selector "behind the GDT", 0x801
        selector "behind the LDT", 0x105
        put_descriptor STACK, 0, 0xfffff, DATA_RO | DPL(1), FLAT
        selector "read-only", STACK | 1
        put_descriptor STACK, 0, 0xfffff, DATA_RW & ~PRESENT | DPL(1), FLAT
        selector "absent", STACK | 1
        put_ldt_descriptor 0x0c, 0, 0xfffff, DATA_RW | DPL(1), FLAT
        selector "in the LDT", 0x0d
        selector "good", DATA1
        leave_ring
.rooms: gates INT_GATE32
        mov word [TSS + 16], STACK | 1
        put_descriptor STACK, BASE, 0xff, DATA_RW | DPL(1), BITS32
        room "20 bytes", 20
        room "19 bytes", 19
        room "the last 20 bytes", 0x100
        room "one byte behind the limit", 0x101
        put_descriptor STACK, BASE, 0xff, DATA_DOWN_RW | DPL(1), BITS32
        room "expand-down, 20 bytes", 0x114
        room "expand-down, 19 bytes", 0x113
        put_descriptor STACK, 0, 0xffff, DATA_RW | DPL(1), BITS16
        room "16-bit stack that wraps", 0x10000
        put_descriptor STACK, BASE, 0xff, DATA_RW | DPL(1), BITS32
        mov bx, 0x7ff0
        with_error_code "24 bytes with an error code", 24
        with_error_code "23 bytes with an error code", 23
        gates INT_GATE16
        room "gate of 16 bits, 10 bytes", 10
        room "gate of 16 bits, 9 bytes", 9
        with_error_code "gate of 16 bits, 12 bytes with an error code", 12
        with_error_code "gate of 16 bits, 11 bytes with an error code", 11
        gates TRAP_GATE32
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
        leave_ring
both_in_ring3:
        unmoved int VECTOR
        unmoved ud2
        leave_ring
arrived:
        arrive
