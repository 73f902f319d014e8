; CALL and JMP through call gates of 16 and 32 bits: privileges, types, absence, and the stack of the inner ring.
; Rows: call far, jmp far
; Expect:
;   ring 0 to 0: ok 0070 ok 0070
;   code of an outer ring: #GP 0070 #GP 0070
;   absent code: #NP 0070 #NP 0070
;   data in the gate: #GP 0070 #GP 0070
;   null in the gate: #GP 0000 #GP 0000
;   beyond the GDT in the gate: #GP 0800 #GP 0800
;   RPL 3 in the gate: ok 0070 ok 0070
;   absent gate: #NP 0068 #NP 0068
;   gate of DPL 0, RPL 3: #GP 0068 #GP 0068
;   gate of DPL 0, RPL 0: ok 0070 ok 0070
;   16 bits, ring 0 to 0: ok 0070 ok 0070
;   ring 3, gate of DPL 0: #GP 0068 #GP 0068
;   ring 3 to 0, two dwords: ok 0070 #GP 0070
;   CS 0000003b
;   second parameter 33334444
;   first parameter 11112222
;   SS 00000043
;   parameters: ok 0070
;   16 bits, ring 3 to 0, two words: ok 0070 #GP 0070
;   ring 3 to 1: ok 0071 #GP 0070
;   conforming code: ok 0073 ok 0073
;   null SS1: #TS 0000 #GP 0070
;   SS1 with RPL 3: #TS 0020 #GP 0070
;   SS1 of DPL 0: #TS 0010 #GP 0070
;   SS1 code: #TS 0018 #GP 0070
;   SS1 behind the GDT: #TS 0800 #GP 0070
;   absent SS1: #SS 0078 #GP 0070
;   read-only SS1: #TS 0078 #GP 0070
;   no room in SS1: #SS 0078 #GP 0070
;   good SS1: ok 0071 #GP 0070
;   end
%include "testkit.inc"
; SDM volume 3, 5.8.3 to 5.8.5. The gate is GATE, its code segment TARGET; the offset in the instruction is ignored.
GATE            equ FREE
TARGET          equ FREE + 8
ABSENT          equ FREE + 16
%macro both 2                           ; name, RPL of the gate's selector
        row %1, ":"
        cell call GATE | (%2):0xdead
        cell jmp GATE | (%2):0xdead
        row_end
%endmacro
%macro gate 3                           ; selector in it, access byte, parameters
        put_call_gate GATE, %1, arrived, %2, %3
%endmacro
%macro target 1                         ; access byte
        put_descriptor TARGET, 0, 0xfffff, %1, FLAT
%endmacro
%macro stack 2                           ; name, selector of ring 1's stack
        mov word [TSS + 16], %2
        both %1, 3
%endmacro
bits 32
test:
        gate TARGET, CALL_GATE32 | DPL(3), 0
        target CODE_RX
        both "ring 0 to 0", 0
        target CODE_RX | DPL(1)
        both "code of an outer ring", 0
        target CODE_RX & ~PRESENT
        both "absent code", 0
        target DATA_RW
        both "data in the gate", 0
        target CODE_RX
        gate 0, CALL_GATE32 | DPL(3), 0
        both "null in the gate", 0
        gate 0x800, CALL_GATE32 | DPL(3), 0
        both "beyond the GDT in the gate", 0
        gate TARGET | 3, CALL_GATE32 | DPL(3), 0
        both "RPL 3 in the gate", 0
        gate TARGET, CALL_GATE32 & ~PRESENT, 0
        both "absent gate", 0
        gate TARGET, CALL_GATE32, 0
        both "gate of DPL 0, RPL 3", 3
        both "gate of DPL 0, RPL 0", 0
        gate TARGET, CALL_GATE16, 0
        both "16 bits, ring 0 to 0", 0
        in_ring 3, .ring3_gate_dpl0
        gate TARGET, CALL_GATE32 | DPL(3), 2
        in_ring 3, .ring3_dword
        gate TARGET, CALL_GATE16 | DPL(3), 2
        in_ring 3, .ring3_word
        target CODE_RX | DPL(1)
        gate TARGET, CALL_GATE32 | DPL(3), 0
        in_ring 3, .ring3_to_1
        target CONFORMING_RX
        in_ring 3, .ring3_conforming
        target CODE_RX | DPL(1)
        in_ring 3, .ring3_bad_stacks
        ret
.ring3_gate_dpl0:
        both "ring 3, gate of DPL 0", 3
        leave_ring
.ring3_dword:
        push dword 0x11112222
        push dword 0x33334444
        both "ring 3 to 0, two dwords", 3
        mov dword [shown], 1
        try "parameters", call GATE | 3:0
        mov dword [shown], 0
        leave_ring
.ring3_word:
        push word 0x1111
        push word 0x2222
        both "16 bits, ring 3 to 0, two words", 3
        leave_ring
.ring3_to_1:
        both "ring 3 to 1", 3
        leave_ring
.ring3_conforming:
        both "conforming code", 3
        leave_ring
; SDM volume 2, CALL: #TS with SS1's selector, #SS for an absent one and for too little room; EXT is clear. QEMU 7.2
; gives #TS for an absent one, and finds room anywhere.
.ring3_bad_stacks:
        stack "null SS1", 0
        stack "SS1 with RPL 3", DATA1 | 3
        stack "SS1 of DPL 0", DATA0 | 1
        stack "SS1 code", CODE1
        stack "SS1 behind the GDT", 0x801
        put_descriptor ABSENT, 0, 0xfffff, DATA_RW & ~PRESENT | DPL(1), FLAT
        stack "absent SS1", ABSENT | 1
        put_descriptor ABSENT, 0, 0xfffff, DATA_RO | DPL(1), FLAT
        stack "read-only SS1", ABSENT | 1
        put_descriptor ABSENT, 0, 0xfff, DATA_RW | DPL(1), BITS32
        stack "no room in SS1", ABSENT | 1
        stack "good SS1", DATA1
        leave_ring
arrived:
        cmp dword [shown], 0
        je .quiet
        show "CS", [esp + 4]
        show "second parameter", [esp + 8]
        show "first parameter", [esp + 12]
        show "SS", [esp + 20]
.quiet: arrive
        section .data
shown:  dd 0
