; INT n from each ring through gates of each kind to code of each DPL, and through gates of each DPL: it stays in its
; ring or goes to an inner one, never to an outer one; conforming code runs at the caller's level.
; Rows: int
; Expect:
;   from ring 00000000
;   interrupt gate to code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   interrupt gate to conforming code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   trap gate to code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   trap gate to conforming code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   interrupt gate of 16 bits to code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   interrupt gate of 16 bits to conforming code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   trap gate of 16 bits to code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   trap gate of 16 bits to conforming code: ok 0068 #GP 0068 #GP 0068 #GP 0068
;   gates of DPL 0 to 3: ok 0068 ok 0068 ok 0068 ok 0068
;   from ring 00000001
;   interrupt gate to code: ok 0068 ok 0069 #GP 0068 #GP 0068
;   interrupt gate to conforming code: ok 0069 ok 0069 #GP 0068 #GP 0068
;   trap gate to code: ok 0068 ok 0069 #GP 0068 #GP 0068
;   trap gate to conforming code: ok 0069 ok 0069 #GP 0068 #GP 0068
;   interrupt gate of 16 bits to code: ok 0068 ok 0069 #GP 0068 #GP 0068
;   interrupt gate of 16 bits to conforming code: ok 0069 ok 0069 #GP 0068 #GP 0068
;   trap gate of 16 bits to code: ok 0068 ok 0069 #GP 0068 #GP 0068
;   trap gate of 16 bits to conforming code: ok 0069 ok 0069 #GP 0068 #GP 0068
;   gates of DPL 0 to 3: #GP 0202 ok 0068 ok 0068 ok 0068
;   from ring 00000002
;   interrupt gate to code: ok 0068 ok 0069 ok 006a #GP 0068
;   interrupt gate to conforming code: ok 006a ok 006a ok 006a #GP 0068
;   trap gate to code: ok 0068 ok 0069 ok 006a #GP 0068
;   trap gate to conforming code: ok 006a ok 006a ok 006a #GP 0068
;   interrupt gate of 16 bits to code: ok 0068 ok 0069 ok 006a #GP 0068
;   interrupt gate of 16 bits to conforming code: ok 006a ok 006a ok 006a #GP 0068
;   trap gate of 16 bits to code: ok 0068 ok 0069 ok 006a #GP 0068
;   trap gate of 16 bits to conforming code: ok 006a ok 006a ok 006a #GP 0068
;   gates of DPL 0 to 3: #GP 0202 #GP 0202 ok 0068 ok 0068
;   from ring 00000003
;   interrupt gate to code: ok 0068 ok 0069 ok 006a ok 006b
;   interrupt gate to conforming code: ok 006b ok 006b ok 006b ok 006b
;   trap gate to code: ok 0068 ok 0069 ok 006a ok 006b
;   trap gate to conforming code: ok 006b ok 006b ok 006b ok 006b
;   interrupt gate of 16 bits to code: ok 0068 ok 0069 ok 006a ok 006b
;   interrupt gate of 16 bits to conforming code: ok 006b ok 006b ok 006b ok 006b
;   trap gate of 16 bits to code: ok 0068 ok 0069 ok 006a ok 006b
;   trap gate of 16 bits to conforming code: ok 006b ok 006b ok 006b ok 006b
;   gates of DPL 0 to 3: #GP 0202 #GP 0202 #GP 0202 ok 0068
;   end
%include "testkit.inc"
; SDM volume 3, 6.12.1.1, and volume 2, INT n: #GP(vector * 8 + 2) if the gate's DPL is below CPL, #GP(selector) if the
; code's DPL is above it. A cell that arrives shows CS.
VECTOR          equ 0x40
TARGET          equ FREE
%macro each_dpl 2                       ; access byte of DPL 0, line's name
        row %2, ":"
  %assign dpl 0
  %rep 4
        put_descriptor TARGET, 0, 0xfffff, (%1) | DPL(dpl), FLAT
        cell int VECTOR
    %assign dpl dpl + 1
  %endrep
        row_end
%endmacro
%macro gate 2                           ; name, type
        put_gate VECTOR, TARGET, arrived, (%2) | DPL(3)
        each_dpl CODE_RX, {%1, " to code"}
        each_dpl CONFORMING_RX, {%1, " to conforming code"}
%endmacro
%macro gate_dpls 0
        put_descriptor TARGET, 0, 0xfffff, CODE_RX, FLAT
        row "gates of DPL 0 to 3:"
  %assign dpl 0
  %rep 4
        put_gate VECTOR, TARGET, arrived, INT_GATE32 | DPL(dpl)
        cell int VECTOR
    %assign dpl dpl + 1
  %endrep
        row_end
%endmacro
bits 32
test:
        call .gates
        in_ring 1, .outer
        in_ring 2, .outer
        in_ring 3, .outer
        ret
.outer: call .gates
        leave_ring
.gates: mov eax, cs
        and eax, 3
        show "from ring", eax
        gate "interrupt gate", INT_GATE32
        gate "trap gate", TRAP_GATE32
        gate "interrupt gate of 16 bits", INT_GATE16
        gate "trap gate of 16 bits", TRAP_GATE16
        gate_dpls
        ret
arrived:
        arrive
