; LAR, LSL, VERR and VERW over every CPL, RPL and DPL; selectors that are null or beyond the table; real mode.
; Rows: lar, lsl, verr, verw
; Expect:
;   ring 0, data: 0000000f 000000ff 00000fff 0000ffff
;   ring 0, read-only data: 00000007 00000077 00000777 00007777
;   ring 0, code: 00000007 00000077 00000777 00007777
;   ring 0, execute-only code: 00000003 00000033 00000333 00003333
;   ring 0, conforming code: 00007777 00007777 00007777 00007777
;   ring 0, execute-only conforming code: 00003333 00003333 00003333 00003333
;   ring 0, TSS: 00000003 00000033 00000333 00003333
;   ring 0, call gate: 00000001 00000011 00000111 00001111
;   ring 1, data: 00000000 000000ff 00000fff 0000ffff
;   ring 1, read-only data: 00000000 00000077 00000777 00007777
;   ring 1, code: 00000000 00000077 00000777 00007777
;   ring 1, execute-only code: 00000000 00000033 00000333 00003333
;   ring 1, conforming code: 00007777 00007777 00007777 00007777
;   ring 1, execute-only conforming code: 00003333 00003333 00003333 00003333
;   ring 1, TSS: 00000000 00000033 00000333 00003333
;   ring 1, call gate: 00000000 00000011 00000111 00001111
;   ring 2, data: 00000000 00000000 00000fff 0000ffff
;   ring 2, read-only data: 00000000 00000000 00000777 00007777
;   ring 2, code: 00000000 00000000 00000777 00007777
;   ring 2, execute-only code: 00000000 00000000 00000333 00003333
;   ring 2, conforming code: 00007777 00007777 00007777 00007777
;   ring 2, execute-only conforming code: 00003333 00003333 00003333 00003333
;   ring 2, TSS: 00000000 00000000 00000333 00003333
;   ring 2, call gate: 00000000 00000000 00000111 00001111
;   ring 3, data: 00000000 00000000 00000000 0000ffff
;   ring 3, read-only data: 00000000 00000000 00000000 00007777
;   ring 3, code: 00000000 00000000 00000000 00007777
;   ring 3, execute-only code: 00000000 00000000 00000000 00003333
;   ring 3, conforming code: 00007777 00007777 00007777 00007777
;   ring 3, execute-only conforming code: 00003333 00003333 00003333 00003333
;   ring 3, TSS: 00000000 00000000 00000000 00003333
;   ring 3, call gate: 00000000 00000000 00000000 00001111
;   null 00000000
;   null with an RPL 00000000
;   behind the GDT 00000000
;   in the LDT 0000000f
;   behind the LDT 00000000
;   no LDT 00000000
;   real mode, LAR: #UD
;   real mode, LSL: #UD
;   real mode, VERR: #UD
;   real mode, VERW: #UD
;   virtual-8086 mode, LAR: #UD
;   virtual-8086 mode, VERR: #UD
;   operand's page absent, LAR: #PF 0000 cr2 00026000
;   operand's page absent, VERW: #PF 0000 cr2 00026002
;   end
%include "testkit.inc"
; A row has a kind of segment and a CPL. Its cells are the DPLs, with a digit for each RPL from 3 down to 0, whose bits
; tell whether LAR (1), LSL (2), VERR (4) and VERW (8) say yes. SDM volume 2: conforming code is open to all.
%macro ask 1+                           ; instruction: its ZF becomes the next bit of EDX
        %1
        setz bl
        movzx ebx, bl
        lea edx, [edx * 2 + ebx]
%endmacro
%macro over_privileges 2                ; name, access byte
        row %1, ":"
  %assign dpl 0
  %rep 4
        put_descriptor FREE, 0, 0xfffff, %2 | DPL(dpl), FLAT
        mov eax, FREE | 3
        call .ask_rpls
        cell_value edx
    %assign dpl dpl + 1
  %endrep
        row_end
%endmacro
%macro over_kinds 1                     ; name of the ring
        over_privileges {%1, ", data"}, DATA_RW
        over_privileges {%1, ", read-only data"}, DATA_RO
        over_privileges {%1, ", code"}, CODE_RX
        over_privileges {%1, ", execute-only code"}, CODE_X
        over_privileges {%1, ", conforming code"}, CONFORMING_RX
        over_privileges {%1, ", execute-only conforming code"}, CODE_X | 4
        over_privileges {%1, ", TSS"}, TSS32_AVAILABLE
        over_privileges {%1, ", call gate"}, CALL_GATE32
        leave_ring
%endmacro
%macro selector 2                       ; name, value
        mov eax, %2
        xor edx, edx
        call .ask
        show %1, edx
%endmacro
bits 32
test:
        in_ring 0, .ring0
        in_ring 1, .ring1
        in_ring 2, .ring2
        in_ring 3, .ring3
        put_ldt_descriptor 0x0c, 0, 0xfffff, DATA_RW, FLAT
        selector "null", 0
        selector "null with an RPL", 3
        selector "behind the GDT", 0x800
        selector "in the LDT", 0x0c
        selector "behind the LDT", 0x104
        xor eax, eax
        lldt ax
        selector "no LDT", 0x0c
        put_descriptor FREE, 0, 0xfffff, DATA_RW, FLAT
        mov eax, FREE
        in_real .real
        in_v86 .v86
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY)], 0
        try "operand's page absent, LAR", lar ecx, [FREE_MEMORY]
        try "operand's page absent, VERW", verw [FREE_MEMORY + 2]
        ret
.ring0: over_kinds "ring 0"
.ring1: over_kinds "ring 1"
.ring2: over_kinds "ring 2"
.ring3: over_kinds "ring 3"
.ask_rpls:
        xor edx, edx
.rpl:   call .ask
        test eax, 3
        lea eax, [eax - 1]
        jnz .rpl
        ret
.ask:   ask verw ax
        ask verr ax
        ask lsl ecx, ax
        ask lar ecx, ax
        ret
bits 16
.real:  try "real mode, LAR", lar ecx, ax
        try "real mode, LSL", lsl ecx, ax
        try "real mode, VERR", verr ax
        try "real mode, VERW", verw ax
        ret
.v86:   try "virtual-8086 mode, LAR", lar ecx, ax
        try "virtual-8086 mode, VERR", verr ax
        leave_ring
