; PAE and no-execute: error codes with and without EFER.NXE, at each level, fetches by supervisor and user, across pages.
; A line shows the error codes of a fetch, a read and a write (ff: no fault).
; Rows: mov, mov to-control, rdmsr, wrmsr, call, nop, ret, jmp
; Cpu: pentium4-nx
; Expect:
;   EFER.NXE clear: bit 63 is reserved
;   directory 0009090b
;   directory, user 000d0d0f
;   table 0009090b
;   table, user 000d0d0f
;   not present, fetch 00000000
;   EFER 00000000
;   NXE: ok
;   EFER.NXE set
;   executable 00ffffff
;   executable, user 00ffffff
;   directory 0011ffff
;   directory, user 0015ffff
;   table 0011ffff
;   table, user 0015ffff
;   supervisor 00ffffff
;   supervisor, user 00150507
;   not present, fetch 00000010
;   reserved bit, fetch 00000019
;   reserved bit, write: #PF 000b cr2 00200000
;   2 MiB page, reserved bit, fetch 00000019
;   2 MiB page, fetch 00000011
;   2 MiB page, write: ok
;   2 MiB page executable, fetch 000000ff
;   into the next page 00000011
;   EIP 00201000
;   across the boundary 00000011
;   EIP 00200fff
;   CR2 00201000
;   accessed 0002a007
;   across the boundary, executable 000000ff
;   accessed 0002a027
;   32-bit paging, fetch 00000000
;   end
%include "testkit.inc"
PAE             equ 1 << 5
PG              equ 1 << 31
NXE             equ 1 << 11
EFER            equ 0xc0000080
NX              equ 0x80000000          ; in the high half of an entry
POINTERS        equ FREE_MEMORY
LOW_DIRECTORY   equ FREE_MEMORY + 0x1000
TABLE           equ FREE_MEMORY + 0x2000  ; of linear 200000h
CODE            equ FREE_MEMORY + 0x3000  ; two pages, mapped there
DIRECTORY_ENTRY equ LOW_DIRECTORY + 8
LINEAR          equ 0x200000

%macro rights 4                         ; high halves and low bits of directory and table entry
        mov dword [DIRECTORY_ENTRY], TABLE | %2
        mov dword [DIRECTORY_ENTRY + 4], %1
        mov dword [TABLE], CODE | %4
        mov dword [TABLE + 4], %3
        mov eax, cr3
        mov cr3, eax
%endmacro

%macro accesses 1
        mov dword [codes], 0
        try_silently call LINEAR
        call add_code
        try_silently mov eax, [LINEAR]
        call add_code
        try_silently mov [LINEAR + 0x10], eax
        call add_code
        show %1, [codes]
%endmacro

%macro by_both 5                        ; name, halves as above
        rights %2, %3, %4, %5
        accesses %1
        in_ring 3, %%user
        jmp %%behind
%strcat line %1, ", user"
%%user: accesses line
        leave_ring
%%behind:
%endmacro

%macro fetch 2                          ; name, address
        try_silently call %2
        mov dword [codes], 0
        call add_code
        show %1, [codes]
%endmacro

        section .data
codes:          dd 0

        section .text
bits 32
test:
        mov dword [CODE], 0xc3909090    ; NOPs and RET
        mov dword [CODE + 0xffc], 0x90909090
        mov dword [CODE + 0x1000], 0xc3909090
        mov dword [LOW_DIRECTORY], 0x87
        mov dword [POINTERS], LOW_DIRECTORY | 1
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr4
        or al, PAE
        mov cr4, eax
        mov eax, cr0
        or eax, PG
        mov cr0, eax
        log "EFER.NXE clear: bit 63 is reserved"
        by_both "directory", NX, 7, 0, 7
        by_both "table", 0, 7, NX, 7
        rights NX, 6, 0, 7
        fetch "not present, fetch", LINEAR
        mov ecx, EFER
        rdmsr
        show "EFER", eax
        or eax, NXE
        try "NXE", wrmsr
        log "EFER.NXE set"
        by_both "executable", 0, 7, 0, 7
        by_both "directory", NX, 7, 0, 7
        by_both "table", 0, 7, NX, 7
        by_both "supervisor", 0, 7, 0, 3
        rights 0, 7, NX, 6
        fetch "not present, fetch", LINEAR
        rights 0, 7, 0x10, 7
        fetch "reserved bit, fetch", LINEAR
        rights 0, 7, 0x10, 7
        try "reserved bit, write", mov [LINEAR], eax
        rights 0, 0x87, 0, 0            ; a 2 MiB page with a reserved bit: the table's address
        fetch "2 MiB page, reserved bit, fetch", LINEAR
        mov dword [DIRECTORY_ENTRY], 0x200087
        mov dword [DIRECTORY_ENTRY + 4], NX
        mov eax, cr3
        mov cr3, eax
        fetch "2 MiB page, fetch", LINEAR
        try "2 MiB page, write", mov dword [LINEAR + 0x1000], 0xc3909090
        mov dword [DIRECTORY_ENTRY + 4], 0
        mov eax, cr3
        mov cr3, eax
        fetch "2 MiB page executable, fetch", LINEAR + 0x1000
        ; Code that runs into a page that may not be executed, and an instruction that begins before it.
        rights 0, 7, 0, 7
        mov dword [TABLE + 8], (CODE + 0x1000) | 7
        mov dword [TABLE + 12], NX
        fetch "into the next page", LINEAR + 0xffd
        show "EIP", [last_eip]
        mov byte [CODE + 0xfff], 0xb8   ; MOV EAX, imm32
        fetch "across the boundary", LINEAR + 0xffe
        show "EIP", [last_eip]
        show "CR2", [last_cr2]
        show "accessed", [TABLE + 8]
        mov dword [TABLE + 12], 0
        invlpg [LINEAR + 0x1000]
        mov byte [CODE + 0x1004], 0xc3
        fetch "across the boundary, executable", LINEAR + 0xffe
        show "accessed", [TABLE + 8]
        ; 32-bit paging knows no NX: the fetch bit is not set.
        mov eax, cr0
        and eax, ~PG
        mov cr0, eax
        mov eax, cr4
        and al, ~PAE
        mov cr4, eax
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY + 0x7000)], 0
        invlpg [FREE_MEMORY + 0x7000]
        fetch "32-bit paging, fetch", FREE_MEMORY + 0x7000
        ret

add_code:                               ; the error code, or ff, as the last byte of `codes`
        push eax
        mov eax, [last_vector]
        cmp eax, NO_EXCEPTION
        je .known
        mov eax, [last_error]
.known: shl dword [codes], 8
        or [codes], eax
        pop eax
        ret
