; 4 MiB pages without PSE-36 and PAT: under CR4.PSE bits 21 to 12 of their entries and bit 7 of table entries are
; reserved, otherwise no bits are (SDM vol. 3A, 4.3).
; Rows: mov, mov to-control, mov from-control, invlpg
; Cpu: pentium-mmx
; Expect:
;   PSE clear
;   PS and all bits of a directory entry: ok
;   bit 7 of a table entry: ok
;   PSE set
;   4 MiB page: ok
;   read 22222222
;   bit 12: #PF 0009 cr2 00402000
;   bit 13: #PF 0009 cr2 00402000
;   bit 14: #PF 0009 cr2 00402000
;   bit 15: #PF 0009 cr2 00402000
;   bit 16: #PF 0009 cr2 00402000
;   bit 17: #PF 0009 cr2 00402000
;   bit 18: #PF 0009 cr2 00402000
;   bit 19: #PF 0009 cr2 00402000
;   bit 20: #PF 0009 cr2 00402000
;   bit 21: #PF 0009 cr2 00402000
;   write: #PF 000b cr2 00402000
;   user: #PF 000d cr2 00402000
;   not present: #PF 0000 cr2 00402000
;   bits 11 to 8: ok
;   bit 7 of a table entry: #PF 0009 cr2 00402000
;   write: #PF 000b cr2 00402000
;   not present: #PF 0000 cr2 00402000
;   bit 8 and bits 4 and 3: ok
;   PSE clear again: ok
;   PAE: #GP 0000
;   PGE: #GP 0000
;   end
%include "testkit.inc"
PSE             equ 1 << 4
PAE             equ 1 << 5
PGE             equ 1 << 7
LARGE           equ 0x80
LINEAR          equ 0x402000
PAGE            equ FREE_MEMORY + 0x1000
DIRECTORY_ENTRY equ PAGE_DIRECTORY + 4

%macro with_entry 2+                    ; entry, case
        mov dword [DIRECTORY_ENTRY], %1
        invlpg [LINEAR]
        try %2
%endmacro
%macro with_table_entry 2+
        mov dword [FREE_MEMORY + 8], %1
        invlpg [LINEAR]
        try %2
%endmacro

        section .text
bits 32
test:
        mov dword [0x802000], 0x22222222
        call kit_paging_on
        log "PSE clear"
        mov dword [FREE_MEMORY + 8], PAGE | 7
        with_entry FREE_MEMORY | LARGE | 0xf1f, "PS and all bits of a directory entry", mov eax, [LINEAR]
        with_table_entry PAGE | 1 << 7 | 7, "bit 7 of a table entry", mov eax, [LINEAR]
        log "PSE set"
        mov eax, cr4
        or al, PSE
        mov cr4, eax
        with_entry 0x800000 | LARGE | 7, "4 MiB page", mov eax, [LINEAR]
        show "read", eax
%assign bit 12
%rep 10
%defstr number %[bit]
%strcat line "bit ", number
        with_entry 0x800000 | LARGE | 1 << bit | 7, line, mov eax, [LINEAR]
%assign bit bit + 1
%endrep
        with_entry 0x800000 | LARGE | 1 << 12 | 7, "write", mov [LINEAR], eax
        in_ring 3, .user
        with_entry 0x800000 | LARGE | 1 << 12 | 6, "not present", mov eax, [LINEAR]
        with_entry 0x800000 | LARGE | 0xf1f, "bits 11 to 8", mov eax, [LINEAR]
        mov dword [DIRECTORY_ENTRY], FREE_MEMORY | 7
        with_table_entry PAGE | 1 << 7 | 7, "bit 7 of a table entry", mov eax, [LINEAR]
        with_table_entry PAGE | 1 << 7 | 7, "write", mov [LINEAR], eax
        with_table_entry PAGE | 1 << 7 | 6, "not present", mov eax, [LINEAR]
        with_table_entry PAGE | 0x11f, "bit 8 and bits 4 and 3", mov eax, [LINEAR]
        mov dword [FREE_MEMORY + 8], PAGE | 1 << 7 | 7
        mov eax, cr4
        and al, ~PSE
        mov cr4, eax
        try "PSE clear again", mov eax, [LINEAR]
        mov eax, cr4
        or al, PAE
        try "PAE", mov cr4, eax
        mov eax, cr4
        or al, PGE
        try "PGE", mov cr4, eax
        ret
.user:  try "user", mov eax, [LINEAR]
        leave_ring
