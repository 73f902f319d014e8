; LLDT and LTR: every error, in every ring and mode; what stays after an error, and the busy bit.
; Rows: lldt, ltr, sldt, str
; Expect:
;   system types 0 to 7, LLDT: #GP 0068 #GP 0068 ok #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   system types 0 to 7, LTR: #GP 0068 ok #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   system types 8 to f, LLDT: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   system types 8 to f, LTR: #GP 0068 ok #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   data, LLDT: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   data, LTR: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   code, LLDT: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   code, LTR: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   absent system types 0 to 7, LLDT: #GP 0068 #GP 0068 #NP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   absent system types 0 to 7, LTR: #GP 0068 #NP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   absent system types 8 to f, LLDT: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   absent system types 8 to f, LTR: #GP 0068 #NP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   null: ok #GP 0000
;   null with an RPL: ok #GP 0000
;   behind the GDT: #GP 0800 #GP 0800
;   in the LDT: #GP 000c #GP 000c
;   LLDT, RPL does not matter: ok
;   LDTR 0000006b
;   LTR, DPL 3: ok
;   busy 000000eb
;   LTR, busy: #GP 0070
;   LTR, 16 bits, RPL 1: ok
;   busy 00000083
;   LTR, null: #GP 0000
;   TR is kept 00000069
;   LTR, the old one is still busy: #GP 0048
;   LTR: ok
;   null LDTR ffff0000
;   LLDT: ok
;   outer ring: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   outer ring: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   outer ring: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   real mode, LLDT: #UD
;   real mode, LTR: #UD
;   virtual-8086 mode, LLDT: #UD
;   virtual-8086 mode, LTR: #UD
;   end
%include "testkit.inc"
; SDM volume 2, LLDT and LTR. Cells: the types, and LLDT and LTR. QEMU 7.2 takes a null selector in TR.
%macro types 2                          ; text, access byte of the first
        row %1, ", LLDT:"
        mov ebx, %2
%%lldt: call .put
        cell lldt ax
        inc bl
        test bl, 7
        jnz %%lldt
        row_end
        row %1, ", LTR:"
        mov ebx, %2
%%ltr:  call .put
        cell ltr [.free]
        inc bl
        test bl, 7
        jnz %%ltr
        row_end
%endmacro
%macro both 2                           ; text, selector
        row %1, ":"
        mov eax, %2
        cell lldt ax
        cell ltr ax
        row_end
%endmacro
bits 32
test:
        types "system types 0 to 7", 0x80
        types "system types 8 to f", 0x88
        types "data", 0x90
        types "code", 0x98
        types "absent system types 0 to 7", 0x00
        types "absent system types 8 to f", 0x08
        both "null", 0
        both "null with an RPL", 3
        both "behind the GDT", 0x800
        mov ax, LDT_SELECTOR
        lldt ax
        put_ldt_descriptor 0x0c, LDT, 0xff, LDT_ACCESS, 0
        both "in the LDT", 0x0c
        put_descriptor FREE, LDT, 0xff, LDT_ACCESS | DPL(3), 0
        put_descriptor FREE + 8, TSS, TSS_LIMIT, TSS32_AVAILABLE | DPL(3), 0
        try "LLDT, RPL does not matter", lldt [.free3]
        xor eax, eax
        sldt ax
        show "LDTR", eax
        mov ax, FREE + 8
        try "LTR, DPL 3", ltr ax
        movzx eax, byte [GDT + FREE + 8 + 5]
        show "busy", eax
        mov ax, FREE + 8
        try "LTR, busy", ltr ax
        mov byte [GDT + FREE + 5], TSS16_AVAILABLE
        try "LTR, 16 bits, RPL 1", ltr [.free1]
        movzx eax, byte [GDT + FREE + 5]
        show "busy", eax
        try "LTR, null", ltr [.null]
        xor eax, eax
        str ax
        show "TR is kept", eax
        mov ax, TSS_SELECTOR
        try "LTR, the old one is still busy", ltr ax
        put_descriptor TSS_SELECTOR, TSS, TSS_LIMIT, TSS32_AVAILABLE, 0
        try "LTR", ltr ax
        xor eax, eax
        lldt ax
        mov eax, -1
        sldt ax
        show "null LDTR", eax
        try "LLDT", lldt [.ldt]
        in_ring 1, .outer
        in_ring 2, .outer
        in_ring 3, .outer
        in_real .real
        in_v86 .v86
        ret
.put:   put_descriptor FREE, LDT, 0xff, 0, 0
        mov [GDT + FREE + 5], bl
        mov eax, FREE
        ret
.outer: mov eax, LDT_SELECTOR
        row "outer ring:"
        cell lldt ax
        cell ltr ax
        cell lldt [.null]
        cell ltr [.null]
        row_end
        leave_ring
bits 16
.real:  try "real mode, LLDT", lldt ax
        try "real mode, LTR", ltr ax
        ret
.v86:   try "virtual-8086 mode, LLDT", lldt ax
        try "virtual-8086 mode, LTR", ltr ax
        leave_ring
bits 32
.free:  dw FREE
.free1: dw FREE | 1
.free3: dw FREE | 3
.null:  dw 0
.ldt:   dw LDT_SELECTOR
