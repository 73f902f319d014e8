; A directory that maps itself: its last entry makes its tables appear from ffc00000h on and itself at fffff000h.
; Entries written there count after INVLPG; one entry is directory's and table's at once: its bits are set and obeyed
; as both.
; Rows: mov, invlpg, mov to-control, and, xchg, stosd, btr
; Expect:
;   the directory's first entry 00041027
;   a table's entry 00026003
;   its own entry, read 00040023
;   its own entry, written 00040063
;   mapped in the table 11111111
;   mapped elsewhere 22222222
;   its entry 00027023
;   accessed bit cleared 00027003
;   set by a read 00027023
;   dirty bit set by a write 00027063
;   the table's entry in the directory is dirty 00041067
;   unmapped: #PF 0002 cr2 003f0010
;   a new table in the directory 33333333
;   its entry 00028023
;   the table gone: #PF 0000 cr2 00400000
;   its entries gone: #PF 0000 cr2 ffc01000
;   its own entry read-only, read: ok
;   a table's entry, write: #PF 0003 cr2 ffc00fc0
;   the directory, write: #PF 0003 cr2 fffff004
;   what the tables map, write: ok
;   ring 3: #PF 0005 cr2 ffc00000
;   its own entry the user's, ring 3: ok
;   its own entry gone: #PF 0000 cr2 fffffffc
;   end
%include "testkit.inc"
WP              equ 1 << 16
TABLES          equ 0xffc00000          ; dword n there is the entry of page n
DIRECTORY       equ 0xfffff000
OWN_ENTRY       equ PAGE_DIRECTORY + 1023 * 4
LINEAR          equ 0x3f0000
ENTRY           equ TABLES + LINEAR / 4096 * 4
ONE             equ FREE_MEMORY
TWO             equ FREE_MEMORY + 0x1000
THREE           equ FREE_MEMORY + 0x2000
NEW_TABLE       equ FREE_MEMORY + 0x3000
NEW_LINEAR      equ 0x400000
NEW_ENTRIES     equ TABLES + NEW_LINEAR / 4096 * 4

        section .text
bits 32
test:   mov dword [ONE + 0x10], 0x11111111
        mov dword [TWO + 0x10], 0x22222222
        mov dword [THREE], 0x33333333
        call kit_paging_on
        mov dword [OWN_ENTRY], PAGE_DIRECTORY | 3
        show "the directory's first entry", [DIRECTORY]
        mov dword [PTE(LINEAR)], ONE | 3
        show "a table's entry", [ENTRY]
        show "its own entry, read", [OWN_ENTRY]
        mov dword [DIRECTORY + 8], 0
        show "its own entry, written", [OWN_ENTRY]
        mov dword [ENTRY], ONE | 3
        invlpg [LINEAR]
        mov eax, [LINEAR + 0x10]
        show "mapped in the table", eax
        mov dword [ENTRY], TWO | 3
        invlpg [LINEAR]
        mov eax, [LINEAR + 0x10]
        show "mapped elsewhere", eax
        show "its entry", [ENTRY]
        and byte [ENTRY], ~0x20
        invlpg [LINEAR]
        show "accessed bit cleared", [ENTRY]
        mov eax, [LINEAR]
        show "set by a read", [ENTRY]
        mov [LINEAR], eax
        show "dirty bit set by a write", [ENTRY]
        show "the table's entry in the directory is dirty", [PAGE_DIRECTORY]
        xor eax, eax
        xchg [ENTRY], eax
        invlpg [LINEAR]
        try "unmapped", mov [LINEAR + 0x10], eax
        ; A table of its own for the next 4 MiB.
        mov dword [DIRECTORY + 4], NEW_TABLE | 3
        mov edi, NEW_ENTRIES
        mov ecx, 1024
        xor eax, eax
        rep stosd
        mov dword [NEW_ENTRIES], THREE | 3
        mov eax, [NEW_LINEAR]
        show "a new table in the directory", eax
        show "its entry", [NEW_ENTRIES]
        btr dword [DIRECTORY + 4], 0
        invlpg [NEW_LINEAR]
        invlpg [NEW_ENTRIES]
        try "the table gone", mov eax, [NEW_LINEAR]
        try "its entries gone", mov eax, [NEW_ENTRIES]
        ; Rights.
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        mov dword [OWN_ENTRY], PAGE_DIRECTORY | 1
        call flush
        try "its own entry read-only, read", mov eax, [DIRECTORY]
        try "a table's entry, write", mov [ENTRY], eax
        try "the directory, write", mov [DIRECTORY + 4], eax
        try "what the tables map, write", mov [ONE], eax
        in_ring 3, .supervisors
        mov dword [OWN_ENTRY], PAGE_DIRECTORY | 5
        call flush
        in_ring 3, .users
        mov dword [OWN_ENTRY], 0
        call flush
        try "its own entry gone", mov eax, [DIRECTORY + 0xffc]
        ret
.supervisors:
        try "ring 3", mov eax, [TABLES]
        leave_ring
.users: try "its own entry the user's, ring 3", mov eax, [TABLES]
        leave_ring

flush:  mov eax, cr3
        mov cr3, eax
        ret
