; PAE: the four pointers are loaded with CR3, and when CR0 or CR4 change paging, not when memory changes; reserved bits
; in them are #GP and leave the register as it was (SDM vol. 3A, 4.4.1). QEMU 7.2 walks the pointers in memory; Bochs
; 2.7 loads them for any change of CR0.
; Rows: mov to-control, mov from-control, mov, invlpg
; Cpu: pentium3
; Expect:
;   high quarter 11111111
;   a quarter without a pointer: #PF 0000 cr2 80000000
;   changed in memory, INVLPG
;   high quarter 11111111
;   not present in memory
;   high quarter 11111111
;   CR3 loaded
;   high quarter 22222222
;   CR0.WP changed
;   high quarter 22222222
;   CR0.CD changed
;   high quarter 11111111
;   CR4.TSD changed
;   high quarter 11111111
;   CR4.PGE changed
;   high quarter 22222222
;   CR4.PSE changed
;   high quarter 11111111
;   CR3, bit 1: #GP 0000
;   CR3, bit 2: #GP 0000
;   CR3, bit 3: ok
;   CR3, bit 4: ok
;   CR3, bit 5: #GP 0000
;   CR3, bit 6: #GP 0000
;   CR3, bit 7: #GP 0000
;   CR3, bit 8: #GP 0000
;   CR3, bit 9: ok
;   CR3, bit 10: ok
;   CR3, bit 11: ok
;   CR3, bit 12: ok
;   CR3, bit 36: #GP 0000
;   CR3, bit 63: #GP 0000
;   CR3 00026020
;   high quarter 11111111
;   not present, reserved bits: ok
;   not present: #PF 0000 cr2 40000000
;   CR0.CD with a reserved bit: #GP 0000
;   CR0 changed by 00000000
;   CR4.PGE with a reserved bit: #GP 0000
;   CR4 changed by 00000000
;   CR4.TSD with a reserved bit: ok
;   high quarter 11111111
;   pointer 00028001
;   directory entry 004000a7
;   CR0.PG with a reserved bit: #GP 0000
;   PG 00000000
;   end
%include "testkit.inc"
PAE             equ 1 << 5
PGE             equ 1 << 7
PSE             equ 1 << 4
PG              equ 1 << 31
CD              equ 1 << 30
NW              equ 1 << 29
POINTERS        equ FREE_MEMORY + 0x20  ; aligned to 32 bytes
OTHER_POINTERS  equ FREE_MEMORY + 0x40
LOW_DIRECTORY   equ FREE_MEMORY + 0x1000
HIGH_DIRECTORY  equ FREE_MEMORY + 0x2000  ; of 40000000h to 7fffffffh
OTHER_DIRECTORY equ FREE_MEMORY + 0x3000
HIGH            equ 0x40000000

        section .text
bits 32
test:
        mov dword [0x400000], 0x11111111
        mov dword [0x600000], 0x22222222
        mov dword [LOW_DIRECTORY], 0x87
        mov dword [HIGH_DIRECTORY], 0x400087
        mov dword [OTHER_DIRECTORY], 0x600087
        mov dword [POINTERS], LOW_DIRECTORY | 1
        mov dword [POINTERS + 8], HIGH_DIRECTORY | 1
        mov dword [OTHER_POINTERS], LOW_DIRECTORY | 1
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr4
        or al, PAE
        mov cr4, eax
        mov eax, cr0
        and eax, ~(CD | NW)
        or eax, PG
        mov cr0, eax
        call look
        try "a quarter without a pointer", mov eax, [0x80000000]
        mov dword [POINTERS + 8], OTHER_DIRECTORY | 1
        invlpg [HIGH]
        log "changed in memory, INVLPG"
        call look
        mov dword [POINTERS + 8], 0
        log "not present in memory"
        call look
        mov dword [POINTERS + 8], OTHER_DIRECTORY | 1
        mov eax, cr3
        mov cr3, eax
        log "CR3 loaded"
        call look
        ; What reloads: PG, CD, NW in CR0; PAE, PGE, PSE in CR4.
        mov dword [POINTERS + 8], HIGH_DIRECTORY | 1
        mov eax, cr0
        xor eax, 1 << 16
        mov cr0, eax
        log "CR0.WP changed"
        call look
        xor eax, CD
        mov cr0, eax
        log "CR0.CD changed"
        call look
        mov dword [POINTERS + 8], OTHER_DIRECTORY | 1
        mov eax, cr4
        xor eax, 4
        mov cr4, eax
        log "CR4.TSD changed"
        call look
        xor eax, PGE
        mov cr4, eax
        log "CR4.PGE changed"
        call look
        mov dword [POINTERS + 8], HIGH_DIRECTORY | 1
        xor eax, PSE
        mov cr4, eax
        log "CR4.PSE changed"
        call look
        ; Reserved bits.
%assign bit 1
%rep 12
%defstr number %[bit]
%strcat line "CR3, bit ", number
        mov dword [OTHER_POINTERS + 8], OTHER_DIRECTORY & 0xffff0000 | 1 << bit | OTHER_DIRECTORY & 0xf000 | 1
        mov eax, OTHER_POINTERS
        try line, mov cr3, eax
        mov eax, POINTERS
        mov cr3, eax
%assign bit bit + 1
%endrep
        mov dword [OTHER_POINTERS + 8], OTHER_DIRECTORY | 1
        mov dword [OTHER_POINTERS + 12], 0x10
        mov eax, OTHER_POINTERS
        try "CR3, bit 36", mov cr3, eax
        mov dword [OTHER_POINTERS + 12], 0x80000000
        try "CR3, bit 63", mov cr3, eax
        mov ebx, cr3
        show "CR3", ebx
        call look
        mov dword [OTHER_POINTERS + 8], 0xfe
        try "not present, reserved bits", mov cr3, eax
        try "not present", mov eax, [HIGH]
        mov eax, POINTERS
        mov cr3, eax
        mov dword [POINTERS + 16], 3
        mov eax, cr0
        mov ebx, eax
        xor eax, CD
        try "CR0.CD with a reserved bit", mov cr0, eax
        mov eax, cr0
        sub eax, ebx
        show "CR0 changed by", eax
        mov eax, cr4
        mov ebx, eax
        xor eax, PGE
        try "CR4.PGE with a reserved bit", mov cr4, eax
        mov eax, cr4
        sub eax, ebx
        show "CR4 changed by", eax
        xor ebx, 4
        try "CR4.TSD with a reserved bit", mov cr4, ebx
        call look
        mov dword [POINTERS + 16], 0
        ; Rights of the pointers: there are none (bits 1 and 2 are reserved); A bits are not set.
        show "pointer", [POINTERS + 8]
        show "directory entry", [HIGH_DIRECTORY]
        mov eax, cr0
        and eax, ~PG
        mov cr0, eax
        mov dword [POINTERS + 8], OTHER_DIRECTORY | 3
        or eax, PG
        try "CR0.PG with a reserved bit", mov cr0, eax
        mov eax, cr0
        shr eax, 31
        show "PG", eax
        ret

look:
        push eax
        mov eax, [HIGH]
        show "high quarter", eax
        pop eax
        ret
