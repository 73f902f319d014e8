; Loading DS and SS over every CPL, DPL and RPL, with data, code and conforming code.
; Rows: mov to-segment
; Expect:
;   ds, data, CPL 0, DPL 0: ok #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 0, DPL 1: ok ok #GP 0068 #GP 0068
;   ds, data, CPL 0, DPL 2: ok ok ok #GP 0068
;   ds, data, CPL 0, DPL 3: ok ok ok ok
;   ds, code, CPL 0, DPL 0: ok #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 0, DPL 1: ok ok #GP 0068 #GP 0068
;   ds, code, CPL 0, DPL 2: ok ok ok #GP 0068
;   ds, code, CPL 0, DPL 3: ok ok ok ok
;   ds, conforming, CPL 0, DPL 0: ok ok ok ok
;   ds, conforming, CPL 0, DPL 1: ok ok ok ok
;   ds, conforming, CPL 0, DPL 2: ok ok ok ok
;   ds, conforming, CPL 0, DPL 3: ok ok ok ok
;   ss, CPL 0, DPL 0: ok #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 0, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 0, DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 0, DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 1, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 1, DPL 1: ok ok #GP 0068 #GP 0068
;   ds, data, CPL 1, DPL 2: ok ok ok #GP 0068
;   ds, data, CPL 1, DPL 3: ok ok ok ok
;   ds, code, CPL 1, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 1, DPL 1: ok ok #GP 0068 #GP 0068
;   ds, code, CPL 1, DPL 2: ok ok ok #GP 0068
;   ds, code, CPL 1, DPL 3: ok ok ok ok
;   ds, conforming, CPL 1, DPL 0: ok ok ok ok
;   ds, conforming, CPL 1, DPL 1: ok ok ok ok
;   ds, conforming, CPL 1, DPL 2: ok ok ok ok
;   ds, conforming, CPL 1, DPL 3: ok ok ok ok
;   ss, CPL 1, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 1, DPL 1: #GP 0068 ok #GP 0068 #GP 0068
;   ss, CPL 1, DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 1, DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 2, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 2, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 2, DPL 2: ok ok ok #GP 0068
;   ds, data, CPL 2, DPL 3: ok ok ok ok
;   ds, code, CPL 2, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 2, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 2, DPL 2: ok ok ok #GP 0068
;   ds, code, CPL 2, DPL 3: ok ok ok ok
;   ds, conforming, CPL 2, DPL 0: ok ok ok ok
;   ds, conforming, CPL 2, DPL 1: ok ok ok ok
;   ds, conforming, CPL 2, DPL 2: ok ok ok ok
;   ds, conforming, CPL 2, DPL 3: ok ok ok ok
;   ss, CPL 2, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 2, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 2, DPL 2: #GP 0068 #GP 0068 ok #GP 0068
;   ss, CPL 2, DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 3, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 3, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 3, DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, data, CPL 3, DPL 3: ok ok ok ok
;   ds, code, CPL 3, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 3, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 3, DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ds, code, CPL 3, DPL 3: ok ok ok ok
;   ds, conforming, CPL 3, DPL 0: ok ok ok ok
;   ds, conforming, CPL 3, DPL 1: ok ok ok ok
;   ds, conforming, CPL 3, DPL 2: ok ok ok ok
;   ds, conforming, CPL 3, DPL 3: ok ok ok ok
;   ss, CPL 3, DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 3, DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 3, DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   ss, CPL 3, DPL 3: #GP 0068 #GP 0068 #GP 0068 ok
;   end
%include "testkit.inc"
; A row has a CPL and a DPL, its cells the RPLs 0 to 3. SDM volume 3, 5.6 and 5.7: DS wants CPL and RPL <= DPL, but
; any of a conforming segment; SS wants CPL = RPL = DPL.
%macro over_rpl 3+                      ; name, access byte, instruction
        row %1
        put_descriptor FREE, 0, 0xfffff, %2, FLAT
        mov eax, FREE
%%next: cell %3
        mov ss, [cs:try_ss]
        push ss
        pop ds
        inc eax
        test eax, 3
        jnz %%next
        row_end
%endmacro
%macro over_dpl 4+                      ; name, CPL as text, access byte, instruction
  %assign dpl 0
  %rep 4
    %defstr dpl_text dpl
        over_rpl {%1, ", CPL ", %2, ", DPL ", dpl_text, ":"}, %3 | DPL(dpl), %4
    %assign dpl dpl + 1
  %endrep
%endmacro
%macro over_kinds 1                     ; CPL as text
        over_dpl "ds, data", %1, DATA_RW, mov ds, ax
        over_dpl "ds, code", %1, CODE_RX, mov ds, ax
        over_dpl "ds, conforming", %1, CONFORMING_RX, mov ds, ax
        over_dpl "ss", %1, DATA_RW, mov ss, ax
        leave_ring
%endmacro
bits 32
test:
        in_ring 0, .ring0
        in_ring 1, .ring1
        in_ring 2, .ring2
        in_ring 3, .ring3
        ret
.ring0: over_kinds "0"
.ring1: over_kinds "1"
.ring2: over_kinds "2"
.ring3: over_kinds "3"
