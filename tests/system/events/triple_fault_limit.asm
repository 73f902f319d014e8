; With an IDT of limit 0 every exception and interrupt ends in shutdown: #GP for its gate, #GP for #GP's, #GP for #DF's
; (SDM vol. 3A, 6.12 and 6.15, interrupt 8). Old systems reset the machine that way.
; Rows: lidt, int3
; Expect:
;   next, INT3
;   [triple fault]
%include "testkit.inc"
bits 32
test:
        log "next, INT3"
        lidt [.nothing]
        int3
        ret
.nothing:
        dw 0
        dd IDT
