; The accessed bit: set in the descriptor by a load that succeeds, and by none that fails.
; Rows: mov to-segment, pop segment, les, call far, lar, lsl, verr, verw
; Expect:
;   mov ds: ok 00000093 00000092
;   mov es, accessed already: ok 00000093 00000093
;   mov fs, read-only: ok 00000091 00000090
;   mov gs, code: ok 0000009b 0000009a
;   mov ss: ok 00000093 00000092
;   pop es: ok 00000093 00000092
;   les: ok 0000009f 0000009e
;   mov ds, absent: #NP 0068 00000012 00000012
;   mov ds, execute-only: #GP 0068 00000098 00000098
;   mov ss, read-only: #GP 0068 00000090 00000090
;   mov ss, absent: #SS 0068 00000012 00000012
;   mov ss, wrong DPL: #GP 0068 000000b2 000000b2
;   call far: ok 00000099 00000098
;   call far, absent: #NP 0068 00000018 00000018
;   call far, wrong DPL: #GP 0068 000000f8 000000f8
;   call far, data: #GP 0068 00000092 00000092
;   lar: ok 00000092 00000092
;   lsl: ok 00000092 00000092
;   verr: ok 00000092 00000092
;   verw: ok 00000092 00000092
;   mov ds, LDT: ok 00000092 00000093
;   ring 3, supervisor page: ok
;   ring 3 000000f3
;   read-only page, accessed already: ok
;   read-only page: #PF 0003 cr2 0002106d
;   read-only page without WP: ok
;   set 00000093
;   end
%include "testkit.inc"
; Values: the access byte afterwards. SDM volume 3, 3.4.5.1: set when the selector is loaded. Of LAR, VERR and so on
; it is not set, and a system descriptor has none.
%macro access 3+                        ; name, access byte, instruction
        row %1, ":"
        put_descriptor FREE, 0, 0xfffff, %2, FLAT
        put_ldt_descriptor 0x0c, 0, 0xfffff, %2, FLAT
        mov eax, FREE
        cell %3
        mov ss, [cs:try_ss]
        push ss
        pop ds
        push ss
        pop es
        movzx ecx, byte [GDT + FREE + 5]
        cell_value ecx
        movzx ecx, byte [LDT + 0x0c - 4 + 5]
        cell_value ecx
        row_end
%endmacro
bits 32
test:
        access "mov ds", DATA_RW, mov ds, ax
        access "mov es, accessed already", DATA_RW | 1, mov es, ax
        access "mov fs, read-only", DATA_RO, mov fs, ax
        access "mov gs, code", CODE_RX, mov gs, ax
        access "mov ss", DATA_RW, mov ss, ax
        push dword FREE
        access "pop es", DATA_RW, pop es
        access "les", CONFORMING_RX, les edi, [.pointer]
        access "mov ds, absent", DATA_RW & ~PRESENT, mov ds, ax
        access "mov ds, execute-only", CODE_X, mov ds, ax
        access "mov ss, read-only", DATA_RO, mov ss, ax
        access "mov ss, absent", DATA_RW & ~PRESENT, mov ss, ax
        access "mov ss, wrong DPL", DATA_RW | DPL(1), mov ss, ax
        access "call far", CODE_X, call FREE:.called
        access "call far, absent", CODE_X & ~PRESENT, call FREE:.called
        access "call far, wrong DPL", CODE_X | DPL(3), call FREE:.called
        access "call far, data", DATA_RW, call FREE:.called
        access "lar", DATA_RW, lar ecx, ax
        access "lsl", DATA_RW, lsl ecx, ax
        access "verr", DATA_RW, verr ax
        access "verw", DATA_RW, verw ax
        mov eax, 0x0c
        access "mov ds, LDT", DATA_RW, mov ds, [.in_ldt]
        ; Code at ring 3 may not write the table's page; the processor's write is a supervisor's.
        call kit_paging_on
        and dword [PTE(GDT)], ~4
        put_descriptor FREE, 0, 0xfffff, DATA_RW | DPL(3), FLAT
        in_ring 3, .ring3
        movzx ecx, byte [GDT + FREE + 5]
        show "ring 3", ecx
        ; A supervisor may write a read-only page without CR0.WP, and not with it.
        put_descriptor FREE, 0, 0xfffff, DATA_RW, FLAT
        and dword [PTE(GDT)], ~2
        invlpg [GDT]
        mov eax, cr0
        or eax, 1 << 16
        mov cr0, eax
        mov eax, FREE
        try "read-only page, accessed already", mov es, [.kernel]
        try "read-only page", mov es, ax
        mov eax, cr0
        and eax, ~(1 << 16)
        mov cr0, eax
        mov eax, FREE
        try "read-only page without WP", mov es, ax
        movzx ecx, byte [GDT + FREE + 5]
        show "set", ecx
        ret
.ring3: mov eax, FREE | 3
        try "ring 3, supervisor page", mov es, ax
        leave_ring
.called:
        retf
.pointer:
        dd 0
        dw FREE
.in_ldt: dw 0x0c
.kernel: dw DATA0
