; Paging structures in unusual places: a table and a directory in ROM, where accessed and dirty bits do not stick, a
; table in the last page of memory and one beyond it, which reads as all ones; and a page beyond memory. QEMU 7.2
; hangs: it tries again and again to set an accessed bit in ROM.
; Rows: mov, invlpg, mov to-control, call, push, pop, add, stosd
; Expect:
;   table in ROM: read 11111111
;   its entry 00026007
;   write 22222222
;   its entry 00026007
;   absent: #PF 0002 cr2 003f1000
;   read-only: ok
;   read-only, write: #PF 0003 cr2 003f2000
;   supervisor's, ring 3: #PF 0005 cr2 003f3000
;   written through one entry, seen by the other 33333333
;   directory in ROM: its entry 000fe007
;   read 33333333
;   absent: #PF 0000 cr2 00400000
;   table in the last page of memory: read 33333333
;   its entry 00026027
;   write: ok
;   its entry 00026067
;   page beyond memory, read ffffffff
;   write: ok
;   read ffffffff
;   table beyond memory: leads to ROM 001000ea
;   in ring 3 001000ea
;   end
%include "testkit.inc"
WP              equ 1 << 16
ROM             equ 0xf0000
ROM_TABLE       equ 0xe000              ; offset in the ROM; an identity map but for the pages below
ROM_DIRECTORY   equ 0xf000
LINEAR          equ 0x3f0000
ABSENT          equ 0x3f1000
READ_ONLY       equ 0x3f2000
SUPERVISOR      equ 0x3f3000
PAGE            equ FREE_MEMORY
LAST_PAGE       equ 0xfff000
BEYOND          equ 0x1000000
LAST_LINEAR     equ 0x7ff000            ; by the last entry of the second table

        section .rom_table start=ROM_TABLE vstart=ROM_TABLE
%assign page 0
%rep LINEAR / 0x1000
        dd page | 7
%assign page page + 0x1000
%endrep
        dd PAGE | 7, 0, PAGE | 5, PAGE | 3
        times 1024 - ($ - $$) / 4 dd 0
        section .rom_directory start=ROM_DIRECTORY vstart=ROM_DIRECTORY
        dd (ROM + ROM_TABLE) | 7

        section .text
bits 32
test:   mov dword [PAGE], 0x11111111
        call kit_paging_on
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        mov dword [PAGE_DIRECTORY], (ROM + ROM_TABLE) | 7
        call flush
        mov eax, [LINEAR]
        show "table in ROM: read", eax
        call show_rom_entry
        mov dword [LINEAR], 0x22222222
        mov eax, [LINEAR]
        show "write", eax
        call show_rom_entry
        try "absent", mov [ABSENT], eax
        try "read-only", mov eax, [READ_ONLY]
        try "read-only, write", mov [READ_ONLY], eax
        in_ring 3, .user
        add dword [LINEAR], 0x11111111
        mov eax, [READ_ONLY]
        show "written through one entry, seen by the other", eax
        mov eax, ROM + ROM_DIRECTORY
        mov cr3, eax
        show "directory in ROM: its entry", [ROM + ROM_DIRECTORY]
        mov eax, [READ_ONLY]
        show "read", eax
        try "absent", mov eax, [0x400000]
        ; The last page of memory.
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov dword [PAGE_DIRECTORY], PAGE_TABLE | 7
        mov dword [PAGE_DIRECTORY + 8], LAST_PAGE & 0xffc00000 | 0x87
        mov eax, cr4
        or al, 1 << 4                   ; PSE, to write to it
        mov cr4, eax
        mov edi, 0x800000 + LAST_PAGE % 0x400000
        mov ecx, 1023
        xor eax, eax
        rep stosd
        mov dword [edi], PAGE | 7
        mov dword [PAGE_DIRECTORY + 4], LAST_PAGE | 7
        call flush
        mov eax, [LAST_LINEAR]
        show "table in the last page of memory: read", eax
        show "its entry", [edi]
        try "write", mov [LAST_LINEAR], eax
        show "its entry", [edi]
        ; Beyond memory nothing answers.
        mov dword [edi], BEYOND | 7
        invlpg [LAST_LINEAR]
        mov eax, [LAST_LINEAR]
        show "page beyond memory, read", eax
        try "write", mov dword [LAST_LINEAR], 0
        mov eax, [LAST_LINEAR]
        show "read", eax
        mov dword [PAGE_DIRECTORY + 4], BEYOND | 7
        call flush
        mov eax, [0x400ff0]
        show "table beyond memory: leads to ROM", eax
        in_ring 3, .beyond
        ret
.user:  try "supervisor's, ring 3", mov eax, [SUPERVISOR]
        leave_ring
.beyond:
        mov eax, [0x400ff0]
        show "in ring 3", eax
        leave_ring

flush:  mov eax, cr3
        mov cr3, eax
        ret

show_rom_entry:
        show "its entry", [ROM + ROM_TABLE + LINEAR / 0x1000 * 4]
        ret
