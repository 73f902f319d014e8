; Data breakpoints follow linear addresses: another page with the same memory does not match, a page that is mapped anew
; does; they hold in every ring, from the moment DR7 enables them to the moment it does not, with paging switched on and
; off (SDM vol. 3B, 17.2.1 and 17.2.4).
; Rows: mov, mov to-debug, mov to-control, invlpg
; Expect:
;   off 00000000 00000000 00000000
;   on, no paging 00000001 00000000 00000000
;   on, paging 00000001 00000000 00000000
;   off 00000000 00000000 00000000
;   on again 00000001 00000000 00000000
;   another ring 00000001 00000000 00000000
;   another ring 00000001 00000000 00000000
;   another ring 00000000 00000000 00000000
;   four bytes on 00000000 00000001 00000000
;   at the alias 00000000 00000000 00000001
;   mapped elsewhere 00000001 00000000 00000000
;   read only: #PF 0003 cr2 00026010
;   traps 00000000
;   writable again 00000001 00000000 00000000
;   paging off 00000001 00000000 00000000
;   off 00000000 00000000 00000000
;   end
%include "testkit.inc"
bits 32
WATCHED         equ FREE_MEMORY + 0x10
ALIAS           equ 0x3f0000            ; a page that shows the same memory, 16 bytes behind
OTHER           equ 0x3f1000

        section .data
traps:          dd 0
        section .text

%macro accesses 1
        row %1
        traps_of [WATCHED]
        traps_of [WATCHED + 4]
        traps_of [ALIAS + 0x10]
        row_end
%endmacro
%macro traps_of 1
        mov dword [traps], 0
        mov dword %1, 5
        cell_value [traps]
%endmacro
%macro set_control 2+
        mov eax, %1
        %2
        mov %1, eax
%endmacro

test:
        put_gate 1, CODE0, .count, INT_GATE32
        mov eax, WATCHED
        mov dr0, eax
        accesses "off"
        call .enable
        accesses "on, no paging"
        call kit_paging_on
        mov dword [PTE(ALIAS)], FREE_MEMORY | 7
        invlpg [ALIAS]
        accesses "on, paging"
        call .disable
        accesses "off"
        call .enable
        accesses "on again"
        in_ring 3, .ring3
        in_ring 1, .ring3
        call .disable
        in_ring 3, .ring3
        call .enable
        ; The address moves.
        mov eax, WATCHED + 4
        mov dr0, eax
        accesses "four bytes on"
        mov eax, ALIAS + 0x10
        mov dr0, eax
        accesses "at the alias"
        mov eax, WATCHED
        mov dr0, eax
        ; The page moves.
        mov dword [PTE(WATCHED)], 0x3f1000 | 7
        invlpg [WATCHED]
        accesses "mapped elsewhere"
        mov dword [PTE(WATCHED)], FREE_MEMORY | 5
        set_control cr0, or eax, 1 << 16
        invlpg [WATCHED]
        mov dword [traps], 0
        try "read only", mov [WATCHED], eax
        show "traps", dword [traps]
        mov dword [PTE(WATCHED)], FREE_MEMORY | 7
        invlpg [WATCHED]
        accesses "writable again"
        set_control cr0, and eax, 0x7fffffff
        accesses "paging off"
        call .disable
        accesses "off"
        ret
.count: inc dword [traps]
        iretd
.enable:
        mov eax, 0x402 | 0xd << 16
        mov dr7, eax
        ret
.disable:
        mov eax, 0x400
        mov dr7, eax
        ret
.ring3: accesses "another ring"
        leave_ring
