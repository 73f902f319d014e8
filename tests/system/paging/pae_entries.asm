; PAE: rights of directory and table entries, accessed and dirty bits, the reserved bits of each kind of entry (36 bits
; of physical address, no NX), and pages beyond 4 GiB (SDM vol. 3A, 4.4.2). Bochs 2.7's model has 40 bits, QEMU 7.2's
; more. A line of rights names P/W/U of the directory entry and of the table entry and shows what a supervisor's read
; and write, then a user's, come to: the error code, or ff. A line of reserved bits shows those that raise the fault.
; Rows: mov, mov to-control
; Expect:
;   7/7 000000ff 000000ff 000000ff 000000ff
;   7/5 000000ff 00000003 000000ff 00000007
;   7/3 000000ff 000000ff 00000005 00000007
;   7/1 000000ff 00000003 00000005 00000007
;   5/7 000000ff 00000003 000000ff 00000007
;   3/7 000000ff 000000ff 00000005 00000007
;   1/7 000000ff 00000003 00000005 00000007
;   5/3 000000ff 00000003 00000005 00000007
;   3/5 000000ff 00000003 00000005 00000007
;   7/6 00000000 00000002 00000004 00000006
;   6/7 00000000 00000002 00000004 00000006
;   read, directory entry 00028027
;   table entry 00029027
;   write, directory entry 00028027
;   table entry 00029067
;   2 MiB page, read 002000a7
;   written 002000e7
;   reserved in a table entry: fffffff0 00000000
;   in a directory entry: fffffff0 00000000
;   in a 2 MiB page's: fffffff0 001fe000
;   not present, reserved bit: #PF 0000 cr2 00200000
;   reserved bit, write: #PF 000b cr2 00200000
;   reserved bit, user: #PF 000d cr2 00200000
;   page at 4 GiB ffffffff
;   page at 60 GiB ffffffff
;   write: ok
;   with PSE 22222222
;   end
%include "testkit.inc"
PAE             equ 1 << 5
WP              equ 1 << 16
PG              equ 1 << 31
LARGE           equ 0x80
POINTERS        equ FREE_MEMORY
LOW_DIRECTORY   equ FREE_MEMORY + 0x1000
TABLE           equ FREE_MEMORY + 0x2000        ; of 200000h
TARGET          equ FREE_MEMORY + 0x3000
DIRECTORY_ENTRY equ LOW_DIRECTORY + 8
LINEAR          equ 0x200000

%macro rights 2                                 ; of the directory entry, of the table entry
%defstr both %1/%2
        row both
        mov dword [DIRECTORY_ENTRY], TABLE | %1
        mov dword [TABLE], TARGET | %2
        call accesses
        row_end
%endmacro

        section .data
entry:          dd 0                            ; whose bits are tried
valid:          dd 0, 0                         ; what it is without them

        section .text
bits 32
test:   mov dword [LOW_DIRECTORY], LARGE | 7
        mov dword [POINTERS], LOW_DIRECTORY | 1
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr4
        or al, PAE
        mov cr4, eax
        mov eax, cr0
        or eax, PG | WP
        mov cr0, eax
        rights 7, 7
        rights 7, 5
        rights 7, 3
        rights 7, 1
        rights 5, 7
        rights 3, 7
        rights 1, 7
        rights 5, 3
        rights 3, 5
        rights 7, 6
        rights 6, 7
        ; Accessed and dirty bits.
        mov dword [DIRECTORY_ENTRY], TABLE | 7
        mov dword [TABLE], TARGET | 7
        call flush
        mov eax, [LINEAR]
        show "read, directory entry", [DIRECTORY_ENTRY]
        show "table entry", [TABLE]
        mov [LINEAR], eax
        show "write, directory entry", [DIRECTORY_ENTRY]
        show "table entry", [TABLE]
        mov dword [DIRECTORY_ENTRY], 0x200000 | LARGE | 7
        call flush
        mov eax, [LINEAR]
        show "2 MiB page, read", [DIRECTORY_ENTRY]
        mov [LINEAR], eax
        show "written", [DIRECTORY_ENTRY]
        ; Reserved bits.
        mov dword [DIRECTORY_ENTRY], TABLE | 7
        mov dword [TABLE], TARGET | 7
        mov dword [entry], TABLE
        mov ecx, 8
        row "reserved in a table entry:"
        call reserved_bits
        mov dword [entry], DIRECTORY_ENTRY
        mov ecx, 36                     ; lower ones would lead elsewhere
        row "in a directory entry:"
        call reserved_bits
        mov dword [DIRECTORY_ENTRY], 0x200000 | LARGE | 7
        mov ecx, 8
        row "in a 2 MiB page's:"
        call reserved_bits
        mov dword [DIRECTORY_ENTRY], 0x200000 | LARGE | 6
        mov dword [DIRECTORY_ENTRY + 4], 0x80000000
        call flush
        try "not present, reserved bit", mov eax, [LINEAR]
        mov dword [DIRECTORY_ENTRY], 0x200000 | LARGE | 7
        call flush
        try "reserved bit, write", mov [LINEAR], eax
        in_ring 3, .user
        ; Beyond 4 GiB there is no memory here.
        mov dword [DIRECTORY_ENTRY + 4], 1
        call flush
        mov eax, [LINEAR]
        show "page at 4 GiB", eax
        mov dword [DIRECTORY_ENTRY], TABLE | 7
        mov dword [DIRECTORY_ENTRY + 4], 0
        mov dword [TABLE + 4], 0xf
        call flush
        mov eax, [LINEAR]
        show "page at 60 GiB", eax
        try "write", mov [LINEAR], eax
        ; CR4.PSE does not matter: 2 MiB pages are there without it.
        mov dword [DIRECTORY_ENTRY], 0x200000 | LARGE | 7
        call flush
        mov dword [LINEAR], 0x22222222
        mov eax, cr4
        or al, 1 << 4
        mov cr4, eax
        call flush
        mov eax, [LINEAR]
        show "with PSE", eax
        ret
.user:  try "reserved bit, user", mov eax, [LINEAR]
        leave_ring

flush:  push eax
        mov eax, cr3
        mov cr3, eax
        pop eax
        ret

; A read and a write in ring 0, and in ring 3: as cells.
accesses:
        call flush
        call one_ring
        in_ring 3, .user
        ret
.user:  call one_ring
        leave_ring
one_ring:
        try_silently mov eax, [LINEAR]
        call show_code
        try_silently mov [LINEAR], eax
show_code:
        mov eax, 0xff
        cmp dword [last_vector], NO_EXCEPTION
        je .show
        mov eax, [last_error]
.show:  cell_value eax
        ret

; Sets one bit of the entry after the other, from ECX on, and shows which raise a fault with RSVD: high half, low half.
reserved_bits:
        mov ebx, [entry]
        mov eax, [ebx]
        mov [valid], eax
        xor esi, esi
        xor edi, edi
.bit:   mov eax, [valid]
        mov [ebx], eax
        mov dword [ebx + 4], 0
        bts [ebx], ecx
        call flush
        try_silently mov eax, [LINEAR]
        cmp dword [last_vector], 14
        jne .next
        cmp dword [last_error], 9
        jne .next
        mov edx, ecx
        and edx, 31
        cmp ecx, 32
        jae .high
        bts esi, edx
        jmp .next
.high:  bts edi, edx
.next:  inc ecx
        cmp ecx, 64
        jb .bit
        mov eax, [valid]
        mov [ebx], eax
        mov dword [ebx + 4], 0
        call flush
        cell_value edi
        cell_value esi
        row_end
        ret
