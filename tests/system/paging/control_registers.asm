; Illegal values of CR0, CR3 and CR4, and turning paging on and off.
; Rows: mov to-control, mov from-control, lmsw, smsw, clts, mov, jmp
; Expect:
;   PE: ok
;   CR0 00000011
;   PG without PE: #GP 0000
;   CR0 00000011
;   PG without PE, WP: #GP 0000
;   CR0 00000011
;   NW without CD: #GP 0000
;   CR0 00000011
;   NW and CD: ok
;   CR0 60000011
;   CD: ok
;   CR0 40000011
;   all defined bits but PG: ok
;   CR0 6005003f
;   reserved bits are ignored, ET stays: ok
;   CR0 00000011
;   PE again: ok
;   CR0 00000011
;   NW without CD, paging: #GP 0000
;   CR0 80000011
;   PG without PE, paging: #GP 0000
;   CR0 80000011
;   paging: ok
;   CR0 80000011
;   CR3, PWT and PCD: ok
;   CR3 00040018
;   CR2 12345678
;   CR4, reserved bit 31: #GP 0000
;   CR4, bit 11: #GP 0000
;   CR4, VMXE: #GP 0000
;   CR4, all but PAE: ok
;   CR4 000007df
;   from CR1: #UD
;   to CR1: #UD
;   from CR5: #UD
;   to CR7: #UD
;   from CR0 with mod 0 80000011
;   ring 3, from CR0: #GP 0000
;   ring 3, to CR3: #GP 0000
;   ring 3, from CR1: #UD
;   ring 3, CLTS: #GP 0000
;   ring 3, LMSW: #GP 0000
;   ring 3, SMSW 00000011
;   ring 1, from CR4: #GP 0000
;   ring 1, to CR0: #GP 0000
;   ring 1, CLTS: #GP 0000
;   paging off: a page that the tables lack: ok
;   paging on: a page that the tables lack: #PF 0000 cr2 00800000
;   physical 00000000
;   behind the map 11111111
;   end
%include "testkit.inc"
PE              equ 1
MP              equ 2
EM              equ 4
TS              equ 8
ET              equ 0x10
NE              equ 0x20
WP              equ 1 << 16
AM              equ 1 << 18
NW              equ 1 << 29
CD              equ 1 << 30
PG              equ 1 << 31

%macro load_cr0 2                       ; name, value
        mov eax, %2
        try %1, mov cr0, eax
        mov eax, cr0
        show "CR0", eax
%endmacro

        section .text
bits 32
test:
        load_cr0 "PE", PE
        load_cr0 "PG without PE", PG
        load_cr0 "PG without PE, WP", PG | WP
        load_cr0 "NW without CD", PE | NW
        load_cr0 "NW and CD", PE | NW | CD
        load_cr0 "CD", PE | CD
        load_cr0 "all defined bits but PG", PE | MP | EM | TS | ET | NE | WP | AM | NW | CD
        load_cr0 "reserved bits are ignored, ET stays", PE | 0x1ffaffc0
        load_cr0 "PE again", PE
        call kit_paging_on
        load_cr0 "NW without CD, paging", PE | PG | NW
        load_cr0 "PG without PE, paging", PG
        load_cr0 "paging", PE | PG
        ; CR3 keeps PWT and PCD; other low bits are ignored.
        mov eax, PAGE_DIRECTORY | 0x18
        try "CR3, PWT and PCD", mov cr3, eax
        mov eax, cr3
        show "CR3", eax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        ; CR2 is a plain register.
        mov eax, 0x12345678
        mov cr2, eax
        mov eax, cr2
        show "CR2", eax
        try "CR4, reserved bit 31", mov cr4, eax
        mov eax, 1 << 11
        try "CR4, bit 11", mov cr4, eax
        mov eax, 1 << 13
        try "CR4, VMXE", mov cr4, eax
        mov eax, 0x7df
        mov ebx, cr4
        try "CR4, all but PAE", mov cr4, eax
        mov eax, cr4
        show "CR4", eax
        mov cr4, ebx
        ; Control registers that do not exist.
        try "from CR1", db 0x0f, 0x20, 0xc8
        try "to CR1", db 0x0f, 0x22, 0xc8
        try "from CR5", db 0x0f, 0x20, 0xe8
        try "to CR7", db 0x0f, 0x22, 0xf8
        ; The mod field does not matter: always a register.
        db 0x0f, 0x20, 0x00
        show "from CR0 with mod 0", eax
        in_ring 3, .user
        in_ring 1, .ring1
        ; Paging off behind the identity map, on again; the page behind the instruction is not the identity's.
        mov eax, cr0
        and eax, ~PG
        mov cr0, eax
        jmp .off
.off:   try "paging off: a page that the tables lack", mov eax, [0x800000]
        mov eax, cr0
        or eax, PG
        mov cr0, eax
        try "paging on: a page that the tables lack", mov eax, [0x800000]
        mov dword [PTE(FREE_MEMORY)], (FREE_MEMORY + 0x1000) | 7
        invlpg [FREE_MEMORY]
        mov dword [FREE_MEMORY], 0x11111111
        mov eax, cr0
        and eax, ~PG
        mov cr0, eax
        show "physical", [FREE_MEMORY]
        show "behind the map", [FREE_MEMORY + 0x1000]
        ret
.user:  try "ring 3, from CR0", mov eax, cr0
        try "ring 3, to CR3", mov cr3, eax
        try "ring 3, from CR1", db 0x0f, 0x20, 0xc8
        try "ring 3, CLTS", clts
        try "ring 3, LMSW", lmsw ax
        smsw ax
        and eax, 0xffff
        show "ring 3, SMSW", eax
        leave_ring
.ring1: try "ring 1, from CR4", mov eax, cr4
        try "ring 1, to CR0", mov cr0, eax
        try "ring 1, CLTS", clts
        leave_ring
