; RSM of a CR4 with a reserved bit shuts the processor down (SDM vol. 3C, 34.3.2). Where the save area has CR4 the manual
; does not say: 7F78h is this processor's own place.
; Rows: rsm
; Expect:
;   [triple fault]
%include "testkit.inc"
%include "smm.inc"

        section .text
bits 16
handler:
        mov dword [dword SAVED(0x7f78)], 1 << 30
        rsm
bits 32
test:   enable_smi
        smi_handler handler
        out APMC, al
        ret
