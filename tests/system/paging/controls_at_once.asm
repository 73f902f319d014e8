; Changes of the controls of paging hold for the next instruction, although translations were known before: CR0.WP,
; CR4.PSE, CR0.PG, CR3 and privilege. What must be gone from the TLB is gone after INVLPG, MOV to CR3 and a change of
; these; what was not present is kept nowhere.
; Rows: mov, mov to-control, mov from-control, invlpg
; Expect:
;   WP clear, write: ok
;   WP set, write: #PF 0003 cr2 00026000
;   WP clear again, write: ok
;   ring 3, write: #PF 0007 cr2 00026000
;   ring 3, read: ok
;   then ring 0, write: ok
;   supervisor's page, ring 0: ok
;   then ring 3: #PF 0005 cr2 00027000
;   then ring 1: ok
;   then ring 2: ok
;   then virtual-8086 mode: #PF 0005 cr2 0000f000
;   absent: #PF 0000 cr2 003f0000
;   present, no INVLPG 11111111
;   mapped elsewhere, INVLPG of its last byte 22222222
;   mapped elsewhere, MOV to CR3 11111111
;   mapped elsewhere, PG off and on 22222222
;   read and written: ok
;   fewer rights, INVLPG: #PF 0003 cr2 003f0000
;   PSE clear: a table 11111111
;   PSE set: a large page, the table 00028027
;   PSE clear again 11111111
;   another CR3 22222222
;   the first CR3: #PF 0000 cr2 00429000
;   end
%include "testkit.inc"
WP              equ 1 << 16
PG              equ 1 << 31
PSE             equ 1 << 4
READ_ONLY       equ FREE_MEMORY
SUPERVISOR      equ FREE_MEMORY + 0x1000
ONE             equ FREE_MEMORY + 0x2000
TWO             equ FREE_MEMORY + 0x3000
TABLE           equ 0x400000                    ; or a large page
OTHER_DIRECTORY equ FREE_MEMORY + 0x5000
LINEAR          equ 0x3f0000

%macro set_bits 2                       ; control register, bits
        mov eax, %1
        or eax, %2
        mov %1, eax
%endmacro
%macro clear_bits 2
        mov eax, %1
        and eax, ~(%2)
        mov %1, eax
%endmacro

        section .text
bits 32
test:   mov dword [ONE], 0x11111111
        mov dword [TWO], 0x22222222
        mov dword [TABLE], ONE | 7
        mov dword [OTHER_DIRECTORY], PAGE_TABLE | 7
        mov dword [OTHER_DIRECTORY + 4], 0x87
        call kit_paging_on
        mov dword [PTE(READ_ONLY)], READ_ONLY | 5
        mov dword [PTE(SUPERVISOR)], SUPERVISOR | 3
        invlpg [READ_ONLY]
        invlpg [SUPERVISOR]
        try "WP clear, write", mov [READ_ONLY], eax
        set_bits cr0, WP
        try "WP set, write", mov [READ_ONLY], eax
        clear_bits cr0, WP
        try "WP clear again, write", mov [READ_ONLY], eax
        in_ring 3, .read_only
        try "then ring 0, write", mov [READ_ONLY], eax
        try "supervisor's page, ring 0", mov [SUPERVISOR], eax
        in_ring 3, .ring3
        in_ring 1, .ring1
        in_ring 2, .ring2
        mov dword [PTE(0xf000)], 0xf003
        invlpg [0xf000]
        in_v86 .v86
        call translations
        call roots
        ret
.read_only:
        try "ring 3, write", mov [READ_ONLY], eax
        try "ring 3, read", mov eax, [READ_ONLY]
        leave_ring
.ring3: try "then ring 3", mov eax, [SUPERVISOR]
        leave_ring
.ring1: try "then ring 1", mov [SUPERVISOR], eax
        leave_ring
.ring2: try "then ring 2", mov [SUPERVISOR], eax
        leave_ring

translations:
        mov dword [PTE(LINEAR)], 0
        invlpg [LINEAR]
        try "absent", mov eax, [LINEAR]
        mov dword [PTE(LINEAR)], ONE | 5
        mov eax, [LINEAR]
        show "present, no INVLPG", eax
        mov dword [PTE(LINEAR)], TWO | 5
        invlpg [LINEAR + 0xfff]
        mov eax, [LINEAR]
        show "mapped elsewhere, INVLPG of its last byte", eax
        mov dword [PTE(LINEAR)], ONE | 5
        mov eax, cr3
        mov cr3, eax
        mov eax, [LINEAR]
        show "mapped elsewhere, MOV to CR3", eax
        mov dword [PTE(LINEAR)], TWO | 7
        clear_bits cr0, PG
        set_bits cr0, PG
        mov eax, [LINEAR]
        show "mapped elsewhere, PG off and on", eax
        set_bits cr0, WP
        try "read and written", mov [LINEAR + 4], eax
        mov dword [PTE(LINEAR)], TWO | 5
        invlpg [LINEAR]
        try "fewer rights, INVLPG", mov [LINEAR], eax
        clear_bits cr0, WP
        ret

roots:  mov dword [PAGE_DIRECTORY + 4], TABLE | 0x87
        mov eax, [0x400000]
        show "PSE clear: a table", eax
        set_bits cr4, PSE
        mov eax, [0x400000]
        show "PSE set: a large page, the table", eax
        clear_bits cr4, PSE
        mov eax, [0x400000]
        show "PSE clear again", eax
        set_bits cr4, PSE
        mov dword [PAGE_DIRECTORY + 4], 0
        mov eax, OTHER_DIRECTORY
        mov cr3, eax
        mov eax, [0x400000 + TWO]
        show "another CR3", eax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        try "the first CR3", mov eax, [0x400000 + TWO]
        ret

bits 16
test.v86:
        try "then virtual-8086 mode", mov al, [0xf000]
        leave_ring
