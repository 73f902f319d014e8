; RSM of a CR0 with PG and without PE shuts the processor down (SDM vol. 3C, 34.3.2).
; Rows: rsm
; Expect:
;   [triple fault]
%include "testkit.inc"
%include "smm.inc"

        section .text
bits 16
handler:
        mov dword [dword SAVED(SAVED_CR0)], 0x80000010
        rsm
bits 32
test:   enable_smi
        smi_handler handler
        out APMC, al
        ret
