; RETF and IRETD from each ring to code of each DPL, by selectors of each RPL: to the same ring or an outer one.
; Rows: ret far, iretd
; Expect:
;   from ring 00000000
;   code of DPL 0: ok 0068 ok 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 0: ok 0068 ok 0068 ok 0069 ok 0069 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 1: #GP 0068 #GP 0068 ok 0069 ok 0069 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 1: #GP 0068 #GP 0068 ok 0069 ok 0069 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a #GP 0068 #GP 0068
;   conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   from ring 00000001
;   code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 0: #GP 0068 #GP 0068 ok 0069 ok 0069 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 1: #GP 0068 #GP 0068 ok 0069 ok 0069 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 1: #GP 0068 #GP 0068 ok 0069 ok 0069 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a #GP 0068 #GP 0068
;   conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   from ring 00000002
;   code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a #GP 0068 #GP 0068
;   conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006a ok 006a ok 006b ok 006b
;   code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   from ring 00000003
;   code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 0: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 1: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   conforming code of DPL 2: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   conforming code of DPL 3: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 ok 006b ok 006b
;   end
%include "testkit.inc"
%include "far_returns.inc"
; SDM volume 2, RET and IRET: RPL is the ring to return to; it may not be below CPL, nonconforming code must be of that
; DPL, conforming code of that DPL or below. Cells: RETF and IRETD for RPL 0, then for RPL 1 to 3.
TARGET          equ FREE
%macro rpls 1                           ; access byte
        put_descriptor TARGET, 0, 0xfffff, %1, FLAT
  %assign rpl 0
  %rep 4
        mov dword [to_cs], TARGET | rpl
        mov dword [to_ss], (DATA0 + 0x11 * rpl) & ~3 | rpl
        returns32
    %assign rpl rpl + 1
  %endrep
        row_end
%endmacro
bits 32
test:
        call .privileges
        in_ring 1, .outer
        in_ring 2, .outer
        in_ring 3, .outer
        ret
.outer: call .privileges
        leave_ring
.privileges:
        mov eax, cs
        and eax, 3
        show "from ring", eax
%assign dpl 0
%rep 4
  %defstr dpl_text dpl
        row "code of DPL ", dpl_text, ":"
        rpls CODE_RX | DPL(dpl)
        row "conforming code of DPL ", dpl_text, ":"
        rpls CONFORMING_RX | DPL(dpl)
  %assign dpl dpl + 1
%endrep
        ret
