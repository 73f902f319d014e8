; Global pages: with CR4.PGE their translations survive a load of CR3, but not INVLPG or a change of CR4.PGE.
; What a test can rely on: a translation that must have gone is gone. That one which may survive does is no promise of
; the architecture; here entries in memory are always honoured at once, so such cases only change memory and CR3 alike.
; Rows: invlpg, mov to-control, mov from-control, mov
; Expect:
;   read 11111111
;   INVLPG
;   read 22222222
;   CR4.PGE cleared
;   read 11111111
;   CR3 loaded without PGE
;   read 22222222
;   CR4.PGE set
;   read 11111111
;   CR3 loaded, entry unchanged
;   read 11111111
;   entry 00026127
;   read 11111111
;   CR3 loaded, page not global
;   read 22222222
;   directory entry with G 22222222
;   and gone with CR3: #PF 0000 cr2 007f0000
;   paging off and on
;   read 11111111
;   end
%include "testkit.inc"
PGE             equ 1 << 7
GLOBAL_PAGE     equ 1 << 8
LINEAR          equ 0x3f0000            ; its entry points to the pages below in turn
ENTRY           equ PTE(LINEAR)
ONE             equ FREE_MEMORY
TWO             equ FREE_MEMORY + 0x1000

        section .text
bits 32
test:
        call kit_paging_on
        mov dword [ONE], 0x11111111
        mov dword [TWO], 0x22222222
        mov dword [ENTRY], ONE | GLOBAL_PAGE | 7
        invlpg [LINEAR]
        mov eax, cr4
        or eax, PGE
        mov cr4, eax
        call look
        mov dword [ENTRY], TWO | GLOBAL_PAGE | 7
        invlpg [LINEAR]
        log "INVLPG"
        call look
        mov dword [ENTRY], ONE | GLOBAL_PAGE | 7
        mov eax, cr4
        xor eax, PGE
        mov cr4, eax
        log "CR4.PGE cleared"
        call look
        mov dword [ENTRY], TWO | GLOBAL_PAGE | 7
        mov eax, cr3
        mov cr3, eax
        log "CR3 loaded without PGE"
        call look
        mov dword [ENTRY], ONE | GLOBAL_PAGE | 7
        mov eax, cr4
        xor eax, PGE
        mov cr4, eax
        log "CR4.PGE set"
        call look
        mov eax, cr3
        mov cr3, eax
        log "CR3 loaded, entry unchanged"
        call look
        show "entry", [ENTRY]
        mov dword [ENTRY], ONE | 7      ; no longer global
        invlpg [LINEAR]
        call look
        mov dword [ENTRY], TWO | 7
        mov eax, cr3
        mov cr3, eax
        log "CR3 loaded, page not global"
        call look
        ; A global directory entry of a page table means nothing.
        mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE | GLOBAL_PAGE | 7
        mov eax, [0x400000 + LINEAR]
        show "directory entry with G", eax
        mov dword [PAGE_DIRECTORY + 4], 0
        mov eax, cr3
        mov cr3, eax
        try "and gone with CR3", mov eax, [0x400000 + LINEAR]
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov dword [ENTRY], ONE | GLOBAL_PAGE | 7
        or eax, 0x80000000
        mov cr0, eax
        log "paging off and on"
        call look
        ret

look:
        push eax
        mov eax, [LINEAR]
        show "read", eax
        pop eax
        ret
