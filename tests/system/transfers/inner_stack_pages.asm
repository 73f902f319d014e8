; Page faults of a change to an inner ring, by CALL through gates and by INT: on the new stack, where supervisor rights
; count, and in the TSS that names it. The caller is left as it was.
; Rows: call far, int, ud2
; Expect:
;   user's pages: ok 0079 ok 0079 ok 0079 ok 0079
;   supervisor's pages: ok 0079 ok 0079 ok 0079 ok 0079
;   absent: #PF 0002 cr2 00027ffc #PF 0002 cr2 00027ffe #PF 0002 cr2 00027ffc #PF 0002 cr2 00027ffc
;   read-only: #PF 0003 cr2 00027ffc #PF 0003 cr2 00027ffe #PF 0003 cr2 00027ffc #PF 0003 cr2 00027ffc
;   absent below the first push: #PF 0002 cr2 00027ffc #PF 0002 cr2 00027ffe #PF 0002 cr2 00027ffc #PF 0002 cr2 00027ffc
;   absent behind what is pushed: ok 0079 ok 0079 ok 0079 ok 0079
;   absent at the first push: #PF 0002 cr2 00028004 #PF 0002 cr2 00028006 #PF 0002 cr2 00028004 #PF 0002 cr2 00028004
;   a push in both pages, the upper absent: #PF 0002 cr2 00028000 #PF 0002 cr2 00028000 #PF 0002 cr2 00028000 #PF 0002 cr2 00028000
;   a push in both pages, the lower absent: #PF 0002 cr2 00027ffd #PF 0002 cr2 00027fff #PF 0002 cr2 00027ffd #PF 0002 cr2 00027ffd
;   SS1 in an absent page of the TSS: #PF 0000 cr2 0002a000 #PF 0000 cr2 0002a000 #PF 0000 cr2 0002a000 #PF 0000 cr2 0002a000
;   end
%include "testkit.inc"
; SDM volume 3, 4.6 and 5.8.5. Cells: CALL by gates of 32 and 16 bits, with a parameter, INT and UD2, from ring 3 to 1:
; the push is the inner ring's, so U/S is clear in the error code.
VECTOR          equ 0x40
GATE            equ FREE
GATE16          equ FREE + 8
TARGET          equ FREE + 16
OTHER_TSS       equ FREE + 24
PAGE1           equ FREE_MEMORY + 0x1000 ; of the new stack
PAGE2           equ FREE_MEMORY + 0x2000
TSS_PAGE2       equ FREE_MEMORY + 0x4000
STRADDLING_TSS  equ TSS_PAGE2 - 16      ; SS1 is the first in the second page
USER            equ 7
SUPERVISOR      equ 3
READ_ONLY       equ 1
%macro with_pages 4                     ; name, entry's bits of PAGE1 and PAGE2, ESP1
        mov dword [PTE(PAGE1)], PAGE1 | (%2)
        mov dword [PTE(PAGE2)], PAGE2 | (%3)
        mov dword [TSS + 12], %4
        mov eax, cr3
        mov cr3, eax
        row %1, ":"
        in_ring 3, attempt
%endmacro
%macro one 1+
        mov esp, STACK3 - 0x100
        cell %1
        cmp dword [last_vector], NO_EXCEPTION
        je %%same
        cmp dword [last_esp], STACK3 - 0x100
        je %%same
        log " (ESP has moved)"
%%same:
%endmacro
bits 32
test:
        call kit_paging_on
        mov eax, cr0
        or eax, 1 << 16                 ; WP
        mov cr0, eax
        put_descriptor TARGET, 0, 0xfffff, CODE_RX | DPL(1), FLAT
        put_call_gate GATE, TARGET, arrived, CALL_GATE32 | DPL(3), 1
        put_call_gate GATE16, TARGET, arrived, CALL_GATE16 | DPL(3), 1
        put_gate VECTOR, TARGET, arrived, INT_GATE32 | DPL(3)
        put_gate 6, TARGET, arrived, INT_GATE32
        with_pages "user's pages", USER, USER, PAGE2
        with_pages "supervisor's pages", SUPERVISOR, SUPERVISOR, PAGE2
        with_pages "absent", 0, 0, PAGE2
        with_pages "read-only", READ_ONLY, READ_ONLY, PAGE2
        with_pages "absent below the first push", 0, USER, PAGE2 + 4
        with_pages "absent behind what is pushed", USER, 0, PAGE2
        with_pages "absent at the first push", USER, 0, PAGE2 + 8
        with_pages "a push in both pages, the upper absent", USER, 0, PAGE2 + 2
        with_pages "a push in both pages, the lower absent", 0, USER, PAGE2 + 1

        mov esi, TSS
        mov edi, STRADDLING_TSS
        mov ecx, 104
        rep movsb
        put_descriptor OTHER_TSS, STRADDLING_TSS, 103, TSS32_AVAILABLE, 0
        mov ax, OTHER_TSS
        ltr ax
        mov dword [PTE(TSS_PAGE2)], 0
        with_pages "SS1 in an absent page of the TSS", USER, USER, PAGE2
        ret
attempt:
        one call GATE:0
        one call GATE16:0
        one int VECTOR
        one ud2
        row_end
        leave_ring
arrived:
        arrive
