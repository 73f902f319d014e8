; Data breakpoints on memory that is more than memory: descriptor tables, page tables, code, a device's registers, ROM.
; The store has its effect, and #DB comes behind it (SDM vol. 3B, 17.2.4 and 17.3.1.2). Of what the processor itself
; reads and writes in its tables this test says nothing.
; Rows: mov, and, mov to-segment, invlpg, stosd, xchg
; Expect:
;   a descriptor is written 00000001
;   and read 00000001
;   load of it: #NP 0068
;   a gate is written 00000001
;   a page table entry is written 00000001
;   its page 22222222
;   exchanged 00000001
;   its page 11111111
;   among three of a string 00000001
;   its neighbour 00000000
;   a directory entry is written 00000001
;   code is written 00000001
;   it has run with 00000003
;   code that runs is no access 00000000
;   a device's register is written 00000001
;   and read 00000001
;   its value 00000020
;   ROM is read 00000001
;   ROM is written 00000001
;   end
%include "testkit.inc"
bits 32
ENTRY           equ FREE
PAGE            equ FREE_MEMORY + 0x1000        ; whose entry is watched
CODE            equ FREE_MEMORY
APIC_TABLE      equ PAGE_TABLE + 0x1000
LOCAL_APIC      equ 0xfee00000
TASK_PRIORITY   equ LOCAL_APIC + 0x80
ROM             equ 0xfffff000

        section .data
traps:          dd 0
        section .text

%macro watch 1                          ; four bytes, reads and writes
        mov ebx, %1
        mov dr0, ebx
        mov ebx, 0x402 | 0xf << 16
        mov dr7, ebx
%endmacro
%macro unwatched 0
        mov ebx, 0x400
        mov dr7, ebx
%endmacro
; An instruction and how many traps it met.
%macro trapped 2+
        mov dword [traps], 0
        %2
        show %1, dword [traps]
%endmacro

test:
        put_gate 1, CODE0, .count, INT_GATE32
        put_descriptor ENTRY, 0, 0xffff, DATA_RW, BITS32
        watch GDT + ENTRY + 4
        trapped "a descriptor is written", and byte [GDT + ENTRY + 5], ~PRESENT
        trapped "and read", mov eax, [GDT + ENTRY + 4]
        unwatched
        mov eax, ENTRY
        try "load of it", mov es, ax
        watch IDT + 0x40 * 8
        trapped "a gate is written", mov dword [IDT + 0x40 * 8], 5
        unwatched

        call kit_paging_on
        mov dword [PAGE_DIRECTORY + (LOCAL_APIC >> 22) * 4], APIC_TABLE | 7
        mov dword [APIC_TABLE + (LOCAL_APIC >> 12 & 0x3ff) * 4], LOCAL_APIC | 7
        mov dword [PAGE_DIRECTORY + (ROM >> 22) * 4], (PAGE_TABLE + 0x2000) | 7
        mov dword [PAGE_TABLE + 0x2000 + (ROM >> 12 & 0x3ff) * 4], ROM | 7
        mov eax, cr3
        mov cr3, eax
        mov dword [PAGE], 0x11111111
        mov dword [PAGE + 0x1000], 0x22222222
        watch PTE(PAGE)
        trapped "a page table entry is written", mov dword [PTE(PAGE)], (PAGE + 0x1000) | 7
        invlpg [PAGE]
        show "its page", dword [PAGE]
        mov eax, PAGE | 7
        trapped "exchanged", xchg eax, [PTE(PAGE)]
        invlpg [PAGE]
        show "its page", dword [PAGE]
        mov edi, PTE(PAGE) - 4
        mov eax, (PAGE - 0x1000) | 7
        mov ecx, 3
        trapped "among three of a string", call .entries
        trapped "its neighbour", mov dword [PTE(PAGE) + 4], (PAGE + 0x1000) | 7
        watch PAGE_DIRECTORY
        trapped "a directory entry is written", mov dword [PAGE_DIRECTORY], PAGE_TABLE | 7
        unwatched

        ; Code that is about to run.
        mov dword [CODE], 0xc3909040    ; INC EAX, two NOPs, RET
        xor eax, eax
        call CODE
        watch CODE
        trapped "code is written", mov byte [CODE + 1], 0x40
        call CODE
        show "it has run with", eax
        trapped "code that runs is no access", call CODE
        unwatched

        watch TASK_PRIORITY
        trapped "a device's register is written", mov dword [TASK_PRIORITY], 0x20
        trapped "and read", mov eax, [TASK_PRIORITY]
        show "its value", eax
        mov dword [TASK_PRIORITY], 0
        watch ROM + 0xff0
        trapped "ROM is read", mov eax, [ROM + 0xff0]
        trapped "ROM is written", mov dword [ROM + 0xff0], 5
        unwatched
        ret
.count: inc dword [traps]
        iretd
.entries:
        stosd
        add eax, 0x1000
        loop .entries
        ret
