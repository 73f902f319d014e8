; A stack of ring 0 that cannot take a frame ends in shutdown: #PF of PUSH, #PF while it is delivered, #PF while #DF is
; (SDM vol. 3A, 6.15, interrupt 8). #SS would do the same.
; Rows: push
; Expect:
;   PUSH in ring 3: #PF 0006 cr2 00026ffc
;   next, PUSH in ring 0
;   [triple fault]
%include "testkit.inc"
bits 32
NOWHERE         equ FREE_MEMORY
test:
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        mov eax, cr3
        mov cr3, eax
        in_ring 3, .ring3
        log "next, PUSH in ring 0"
        mov esp, NOWHERE + 0x1000
        push eax
        ret
.ring3: mov esp, NOWHERE + 0x1000
        try "PUSH in ring 3", push eax
        mov esp, STACK3
        leave_ring
