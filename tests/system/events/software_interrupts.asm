; INT n, INT3, INTO, INT1 and BOUND look at their gate: limit, type, DPL, presence and target, each with its error code.
; EXT is clear for INT n, INT3 and INTO; exceptions and INT1 set it and ignore the gate's DPL (SDM vol. 3A, 6.12.1.2 and
; 6.13; vol. 2A, INT n).
; Rows: int, int3, into, int1, bound, ud2, lidt
; Expect:
;   interrupt gate: ok
;   trap gate: ok
;   not present: #NP 0202
;   gate of type 00000080
;   INT: #GP 0202
;   gate of type 00000081
;   INT: #GP 0202
;   gate of type 00000082
;   INT: #GP 0202
;   gate of type 00000083
;   INT: #GP 0202
;   gate of type 00000084
;   INT: #GP 0202
;   gate of type 00000088
;   INT: #GP 0202
;   gate of type 00000089
;   INT: #GP 0202
;   gate of type 0000008a
;   INT: #GP 0202
;   gate of type 0000008b
;   INT: #GP 0202
;   gate of type 0000008c
;   INT: #GP 0202
;   gate of type 0000008d
;   INT: #GP 0202
;   gate of type 00000090
;   INT: #GP 0202
;   gate of type 00000091
;   INT: #GP 0202
;   gate of type 00000092
;   INT: #GP 0202
;   gate of type 00000093
;   INT: #GP 0202
;   gate of type 00000094
;   INT: #GP 0202
;   gate of type 00000095
;   INT: #GP 0202
;   gate of type 00000096
;   INT: #GP 0202
;   gate of type 00000097
;   INT: #GP 0202
;   gate of type 00000098
;   INT: #GP 0202
;   gate of type 00000099
;   INT: #GP 0202
;   gate of type 0000009a
;   INT: #GP 0202
;   gate of type 0000009b
;   INT: #GP 0202
;   gate of type 0000009c
;   INT: #GP 0202
;   gate of type 0000009d
;   INT: #GP 0202
;   gate of type 0000009e
;   INT: #GP 0202
;   gate of type 0000009f
;   INT: #GP 0202
;   to the null selector: #GP 0000
;   to the null selector with RPL 3: #GP 0000
;   to a selector outside the GDT: #GP 0800
;   to a selector outside the LDT: #GP 0104
;   to a data segment: #GP 0010
;   to a TSS: #GP 0048
;   to ring 1: #GP 0018
;   to code that is not present: #NP 0068
;   beyond the code's limit: #GP 0000
;   task gate to a data segment: #GP 0010
;   task gate to a busy TSS: #GP 0048
;   task gate to the LDT: #GP 0004
;   UD2 to a data segment: #GP 0011
;   UD2 to the null selector: #GP 0001
;   UD2, not present: #NP 0033
;   UD2, no gate for it: #GP 0033
;   INT3, not present: #NP 001a
;   INTO, not present: #NP 0022
;   BOUND, not present: #NP 002b
;   INT1, not present: #NP 000b
;   ring 3, INT n: #GP 0202
;   ring 3, INT3: #GP 001a
;   ring 3, INT 3: #GP 001a
;   ring 3, INTO: #GP 0022
;   ring 3, INT1: ok
;   ring 3, not present: #GP 0202
;   ring 3, INT n: #GP 0202
;   ring 3, INT3: ok
;   ring 3, INT 3: ok
;   ring 3, INTO: ok
;   ring 3, INT1: ok
;   ring 3, not present: #GP 0202
;   ring 2, INT n: ok
;   ring 3, not present: #GP 0202
;   INT beyond the limit: #GP 0202
;   INT in part beyond the limit: #GP 0202
;   end
%include "testkit.inc"
bits 32
VECTOR          equ 0x40
NOT_PRESENT     equ FREE                ; code
RING1_CODE      equ FREE + 8
DATA            equ FREE + 16

test:
        put_descriptor NOT_PRESENT, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        put_gate VECTOR, CODE0, .handler, INT_GATE32
        try "interrupt gate", int VECTOR
        put_gate VECTOR, CODE0, .handler, TRAP_GATE32
        try "trap gate", int VECTOR
        put_gate VECTOR, CODE0, .handler, INT_GATE32 & ~PRESENT
        try "not present", int VECTOR
%assign type 0
%rep 32
%if (type & 0x1f) < 5 || (type & 0x1f) > 7 && (type & 0x1f) != 14 && (type & 0x1f) != 15
        put_gate VECTOR, CODE0, .handler, PRESENT | type
        call .type
%endif
%assign type type + 1
%endrep
        put_gate VECTOR, 0, .handler, INT_GATE32
        try "to the null selector", int VECTOR
        put_gate VECTOR, 3, .handler, INT_GATE32
        try "to the null selector with RPL 3", int VECTOR
        put_gate VECTOR, GDT_LIMIT + 1, .handler, INT_GATE32
        try "to a selector outside the GDT", int VECTOR
        put_gate VECTOR, 0x104, .handler, INT_GATE32
        try "to a selector outside the LDT", int VECTOR
        put_gate VECTOR, DATA0, .handler, INT_GATE32
        try "to a data segment", int VECTOR
        put_gate VECTOR, TSS_SELECTOR, .handler, INT_GATE32
        try "to a TSS", int VECTOR
        put_gate VECTOR, CODE1, .handler, INT_GATE32
        try "to ring 1", int VECTOR
        put_gate VECTOR, NOT_PRESENT, .handler, INT_GATE32
        try "to code that is not present", int VECTOR
        put_descriptor NOT_PRESENT, 0, 0xff, CODE_RX, BITS32
        try "beyond the code's limit", int VECTOR
        put_gate VECTOR, DATA0, .handler, TASK_GATE
        try "task gate to a data segment", int VECTOR
        put_gate VECTOR, TSS_SELECTOR, 0, TASK_GATE
        try "task gate to a busy TSS", int VECTOR
        put_gate VECTOR, 4, 0, TASK_GATE
        try "task gate to the LDT", int VECTOR
        ; Exceptions by the same gates.
        put_gate 6, DATA0, .handler, INT_GATE32
        try "UD2 to a data segment", ud2
        put_gate 6, 0, .handler, INT_GATE32
        try "UD2 to the null selector", ud2
        put_gate 6, CODE0, .handler, INT_GATE32 & ~PRESENT
        try "UD2, not present", ud2
        put_gate 6, CODE0, .handler, CALL_GATE32
        try "UD2, no gate for it", ud2
        put_gate 3, CODE0, .handler, INT_GATE32 & ~PRESENT
        try "INT3, not present", int3
        put_gate 4, CODE0, .handler, INT_GATE32 & ~PRESENT
        mov al, 0x7f
        add al, al
        try "INTO, not present", into
        put_gate 5, CODE0, .handler, INT_GATE32 & ~PRESENT
        mov dword [FREE_MEMORY], 1
        mov dword [FREE_MEMORY + 4], 1
        try "BOUND, not present", bound eax, [FREE_MEMORY]
        put_gate 1, CODE0, .handler, INT_GATE32 & ~PRESENT
        try "INT1, not present", int1
        ; The gate's DPL from ring 3.
        put_gate 1, CODE0, .handler, INT_GATE32
        put_gate 3, CODE0, .handler, INT_GATE32
        put_gate 4, CODE0, .handler, INT_GATE32
        put_gate 5, CODE0, .handler, INT_GATE32
        put_gate 6, CODE0, .handler, INT_GATE32
        put_gate VECTOR, CODE0, .handler, INT_GATE32
        in_ring 3, .dpl
        put_gate 3, CODE0, .handler, INT_GATE32 | DPL(3)
        put_gate 4, CODE0, .handler, INT_GATE32 | DPL(3)
        put_gate VECTOR, CODE0, .handler, INT_GATE32 | DPL(2)
        in_ring 3, .dpl
        in_ring 2, .dpl2
        put_gate VECTOR, CODE0, .handler, (INT_GATE32 & ~PRESENT) | DPL(2)
        in_ring 3, .not_present
        ; The IDT's limit.
        lidt [.short]
        try "INT beyond the limit", int VECTOR
        lidt [.shorter]
        try "INT in part beyond the limit", int VECTOR
        lidt [kit_idt_pointer]
        ret
.short:         dw VECTOR * 8 - 1
                dd IDT
.shorter:       dw VECTOR * 8 + 6
                dd IDT
.handler:
        mov edx, 1
        iretd
.type:  movzx eax, byte [IDT + VECTOR * 8 + 5]
        show "gate of type", eax
        try "INT", int VECTOR
        ret
.dpl2:  try "ring 2, INT n", int VECTOR
        leave_ring
.dpl:   try "ring 3, INT n", int VECTOR
        try "ring 3, INT3", int3
        try "ring 3, INT 3", int 3
        mov al, 0x7f
        add al, al
        try "ring 3, INTO", into
        try "ring 3, INT1", int1
.not_present:
        try "ring 3, not present", int VECTOR
        leave_ring
