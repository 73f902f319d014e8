; Far JMP and CALL straight to a segment: types, privileges and absence.
; Rows: jmp far, call far
; Expect:
;   code: ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068
;   absent code: #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068 #NP 0068
;   data: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   neither gate nor TSS: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, code of DPL 0: ok 0068 ok 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, conforming code of DPL 0: ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068 ok 0068
;   CPL 0, code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, conforming code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 0, conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, conforming code of DPL 0: ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069
;   CPL 1, code of DPL 1: ok 0069 ok 0069 ok 0069 ok 0069 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, conforming code of DPL 1: ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069 ok 0069
;   CPL 1, code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 1, conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 3, code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 3, conforming code of DPL 0: ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b
;   CPL 3, code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 3, conforming code of DPL 1: ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b
;   CPL 3, code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   CPL 3, conforming code of DPL 2: ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b
;   CPL 3, code of DPL 3: ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b
;   CPL 3, conforming code of DPL 3: ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b ok 006b
;   null: #GP 0000 #GP 0000
;   null with an RPL: #GP 0000 #GP 0000
;   behind the GDT: #GP 0800 #GP 0800
;   behind the LDT: #GP 0104 #GP 0104
;   in the LDT: ok 000c ok 000c
;   absent in the LDT: #NP 000c #NP 000c
;   no LDT: #GP 000c #GP 000c
;   end
%include "testkit.inc"
; Cells: JMP, then CALL, to each type, DPL or RPL. SDM volume 3, 5.8.1: nonconforming code wants DPL = CPL and
; RPL <= CPL, conforming code DPL <= CPL. A cell that arrives shows CS.
%macro types 2                          ; name, access byte of the first
        row %1, ":"
        mov ebx, %2
%%next: put_descriptor FREE, 0, 0xfffff, 0, FLAT
        mov [GDT + FREE + 5], bl
        mov word [.pointer + 4], FREE
        call .both
        inc ebx
        test bl, 7
        jnz %%next
        row_end
%endmacro
%macro rpls 2                           ; name, access byte
        row %1, ":"
        put_descriptor FREE, 0, 0xfffff, %2, FLAT
        mov word [.pointer + 4], FREE
%%next: call .both
        inc word [.pointer + 4]
        test word [.pointer + 4], 3
        jnz %%next
        row_end
%endmacro
%macro privileges 1                     ; CPL as text
  %assign dpl 0
  %rep 4
    %defstr dpl_text dpl
        rpls {"CPL ", %1, ", code of DPL ", dpl_text}, CODE_RX | DPL(dpl)
        rpls {"CPL ", %1, ", conforming code of DPL ", dpl_text}, CONFORMING_RX | DPL(dpl)
    %assign dpl dpl + 1
  %endrep
%endmacro
%macro selector 2                       ; name, value
        row %1, ":"
        mov word [.pointer + 4], %2
        call .both
        row_end
%endmacro
bits 32
test:
        types "code", 0x98
        types "absent code", 0x18
        types "data", 0x90
        row "neither gate nor TSS:"
        mov word [.pointer + 4], FREE
  %assign kind 0
  %rep 16
    %if (1 << kind) & 0xedcd
        put_descriptor FREE, 0, 0xfffff, PRESENT | kind, FLAT
        call .both
    %endif
    %assign kind kind + 1
  %endrep
        row_end
        privileges "0"
        in_ring 1, .ring1
        in_ring 3, .ring3
        selector "null", 0
        selector "null with an RPL", 2
        selector "behind the GDT", 0x800
        selector "behind the LDT", 0x104
        put_ldt_descriptor 0x0c, 0, 0xfffff, CODE_RX, FLAT
        selector "in the LDT", 0x0c
        put_ldt_descriptor 0x0c, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        selector "absent in the LDT", 0x0c
        xor eax, eax
        lldt ax
        selector "no LDT", 0x0c
        ret
.ring1: privileges "1"
        leave_ring
.ring3: privileges "3"
        leave_ring
.both:  cell jmp far [.pointer]
        cell call far [.pointer]
        ret
.arrived:
        arrive
        section .data
.pointer: dd .arrived
        dw 0
