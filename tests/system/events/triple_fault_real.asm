; Real mode shuts down too: with an interrupt table of limit 0, where #GP and #DF have no vector (SDM vol. 3B, 20.1.4;
; vol. 2A, INT n).
; Rows: lidt, int
; Expect:
;   INT beyond the limit: #GP
;   next, INT with limit 0
;   [triple fault]
%include "testkit.inc"
bits 32
test:
        in_real .real
        ret
bits 16
.real:  lidt [.short]
        try "INT beyond the limit", int 0x40
        lidt [kit_ivt_pointer]
        log "next, INT with limit 0"
        lidt [.nothing]
        int 0x40
        ret
.short: dw 0x40 * 4 + 2                 ; without the vectors of the services
        dd 0
.nothing:
        dw 0
        dd 0
