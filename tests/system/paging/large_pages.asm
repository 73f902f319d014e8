; 4 MiB pages: CR4.PSE, rights, accessed and dirty bits, reserved bits and PSE-36 (SDM vol. 3A, 4.3).
; Rows: mov, mov to-control, mov from-control, invlpg
; Expect:
;   PSE clear: PS is ignored: ok
;   read 33333333
;   PSE set: some of the table's address bits are reserved: #PF 0009 cr2 00402000
;   4 MiB page: ok
;   read 22222222
;   entry 008000a7
;   write: ok
;   entry 008000e7
;   PAT bit: ok
;   read 44444444
;   all ignored bits: ok
;   read 44444444
;   not present: #PF 0000 cr2 00402000
;   not present, reserved bit: #PF 0000 cr2 00402000
;   address bit 13: ok
;   address bit 14: ok
;   address bit 15: ok
;   address bit 16: ok
;   address bit 17: #PF 0009 cr2 00402000
;   address bit 18: #PF 0009 cr2 00402000
;   address bit 19: #PF 0009 cr2 00402000
;   address bit 20: #PF 0009 cr2 00402000
;   address bit 21: #PF 0009 cr2 00402000
;   reserved bit, write: #PF 000b cr2 00402000
;   reserved bit, user: #PF 000d cr2 00402000
;   read-only, WP: #PF 0003 cr2 00402000
;   entry 00800085
;   supervisor page: ok
;   supervisor page, user reads: #PF 0005 cr2 00402000
;   supervisor page, user writes: #PF 0007 cr2 00402000
;   read-only page, user reads: ok
;   read-only page, user writes: #PF 0007 cr2 00402000
;   straddling write: ok
;   entry 008000e7
;   next 00c000e7
;   low half 77880000
;   high half 00005566
;   straddling write, next not present: #PF 0002 cr2 00800000
;   low half 77880000
;   a table instead: ok
;   read 33333333
;   end
%include "testkit.inc"
PSE             equ 1 << 4
LARGE           equ 0x80
LINEAR          equ 0x402000
DIRECTORY_ENTRY equ PAGE_DIRECTORY + 4

%macro with_entry 2+                    ; entry, case
        mov dword [DIRECTORY_ENTRY], %1
        invlpg [LINEAR]
        try %2
%endmacro

        section .text
bits 32
test:
        mov dword [0x802000], 0x22222222
        call kit_paging_on
        ; Without CR4.PSE the bit is ignored: entry 2 of the table at FREE_MEMORY.
        mov dword [FREE_MEMORY + 8], (FREE_MEMORY + 0x1000) | 7
        mov dword [FREE_MEMORY + 0x1000], 0x33333333
        with_entry FREE_MEMORY | LARGE | 7, "PSE clear: PS is ignored", mov eax, [LINEAR]
        show "read", eax
        mov eax, cr4
        or al, PSE
        mov cr4, eax
        ; PSE-36 with 36 bits of physical address: 16 to 13 are address bits (QEMU 7.2 and Bochs 2.7 have 40 bits).
        with_entry FREE_MEMORY | LARGE | 7, "PSE set: some of the table's address bits are reserved", mov eax, [LINEAR]
        with_entry 0x800000 | LARGE | 7, "4 MiB page", mov eax, [LINEAR]
        show "read", eax
        call show_entry
        with_entry 0x800000 | LARGE | 7, "write", mov dword [LINEAR], 0x44444444
        call show_entry
        with_entry 0x800000 | LARGE | 1 << 12 | 7, "PAT bit", mov eax, [LINEAR]
        show "read", eax
        with_entry 0x800000 | LARGE | 0xf7f, "all ignored bits", mov eax, [LINEAR]
        show "read", eax
        with_entry 0x800000 | LARGE, "not present", mov eax, [LINEAR]
        with_entry 0x800000 | LARGE | 1 << 21, "not present, reserved bit", mov eax, [LINEAR]
%assign bit 13
%rep 9
%defstr number %[bit]
%strcat line "address bit ", number
        with_entry 0x800000 | LARGE | 1 << bit | 7, line, mov ecx, [LINEAR]
%assign bit bit + 1
%endrep
        with_entry 0x800000 | LARGE | 1 << 21 | 7, "reserved bit, write", mov [LINEAR], ecx
        in_ring 3, .reserved_as_user
        mov eax, cr0
        or eax, 1 << 16
        mov cr0, eax
        with_entry 0x800000 | LARGE | 5, "read-only, WP", mov [LINEAR], ecx
        call show_entry
        with_entry 0x800000 | LARGE | 3, "supervisor page", mov eax, [LINEAR]
        in_ring 3, .user
        mov dword [DIRECTORY_ENTRY], 0x800000 | LARGE | 5
        invlpg [LINEAR]
        in_ring 3, .user_reads
        ; The last page of a large page and the first of the next.
        mov dword [DIRECTORY_ENTRY], 0x800000 | LARGE | 7
        mov dword [DIRECTORY_ENTRY + 4], 0xc00000 | LARGE | 7
        mov eax, cr3
        mov cr3, eax
        try "straddling write", mov dword [0x7ffffe], 0x55667788
        call show_entry
        show "next", [DIRECTORY_ENTRY + 4]
        show "low half", [0x7ffffc]
        show "high half", [0x800000]
        mov dword [DIRECTORY_ENTRY + 4], 0
        invlpg [0x800000]
        try "straddling write, next not present", mov dword [0x7ffffe], 0x99aabbcc
        show "low half", [0x7ffffc]
        ; INVLPG of any page within ends the whole translation; a page table takes its place.
        mov dword [FREE_MEMORY + 8], (FREE_MEMORY + 0x1000) | 7
        mov dword [DIRECTORY_ENTRY], FREE_MEMORY | 7
        invlpg [0x7ff000]
        try "a table instead", mov eax, [LINEAR]
        show "read", eax
        ret
.reserved_as_user:
        try "reserved bit, user", mov eax, [LINEAR]
        leave_ring
.user:  try "supervisor page, user reads", mov eax, [LINEAR]
        try "supervisor page, user writes", mov [LINEAR], eax
        leave_ring
.user_reads:
        try "read-only page, user reads", mov eax, [LINEAR]
        try "read-only page, user writes", mov [LINEAR], eax
        leave_ring

show_entry:
        show "entry", [DIRECTORY_ENTRY]
        ret
