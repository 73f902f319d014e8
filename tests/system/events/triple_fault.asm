; A contributory exception while #DF is delivered shuts the processor down (SDM vol. 3A, 6.15, interrupt 8).
; Rows: int, jmp far
; Expect:
;   #NP while #GP is delivered: #DF 0000
;   #NP while INT 8 is delivered: #NP 0042
;   next, #NP while #DF is delivered
;   [triple fault]
%include "testkit.inc"
bits 32
test:
        and byte [IDT + 13 * 8 + 5], ~PRESENT
        try "#NP while #GP is delivered", jmp 0:0
        ; INT n is no exception: what its gate raises comes alone.
        and byte [IDT + 8 * 8 + 5], ~PRESENT
        try "#NP while INT 8 is delivered", int 8
        log "next, #NP while #DF is delivered"
        jmp 0:0
