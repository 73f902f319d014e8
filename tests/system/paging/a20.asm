; A20 masked: bit 20 of every physical address is 0 at once, behind paging, for data, code, page tables and
; directories; in real mode FFFF:0010 is 0:0 then.
; Rows: mov, out immediate, in immediate, call, ret, stosd, mov to-control, jmp
; Expect:
;   A20 on
;   2 MiB 22222222
;   3 MiB 33333333
;   code 00000003
;   by a table 33333333
;   by a large page 33333333
;   A20 masked
;   2 MiB 22222222
;   3 MiB 22222222
;   code 00000002
;   by a table 22222222
;   by a large page 22222222
;   stored to 3 MiB, in 2 MiB 44444444
;   string to 3 MiB, in 2 MiB 55555555
;   A20 on
;   3 MiB 33333333
;   code 00000003
;   by a table 33333333
;   by a large page 33333333
;   3 MiB, where it was stored 00000000
;   accessed bits of both tables 00002020
;   directory at 3 MiB 33333333
;   directory at 3 MiB, masked 22222222
;   real mode, A20 on 33333333
;   real mode, A20 masked 22222222
;   end
%include "testkit.inc"
LARGE           equ 0x80
PSE             equ 1 << 4
EVEN            equ 0x200000            ; bit 20 clear, and the megabyte behind
ODD             equ 0x300000
MARK            equ 0x0                 ; offsets in both: a value,
CODE            equ 0x100               ; MOV EAX, n and RET,
STORED          equ 0x200
TABLE           equ 0x1000              ; a page table that maps LINEAR to its own megabyte,
DIRECTORY       equ 0x2000              ; a directory like the kit's, with that table
LINEAR          equ 0x400000            ; by a table in the odd megabyte
LINEAR_LARGE    equ 0x800000            ; by a large page whose first byte is 0: its megabytes 2 and 3

; Either of port 92h and the keyboard controller opens the gate.
%macro a20 1                            ; 2: on, 0: masked
        push eax
        mov al, 0xdd | (%1)             ; commands: A20 low, A20 high
        out 0x64, al
        in al, 0x92
        and al, ~2
        or al, %1
        out 0x92, al
        pop eax
%endmacro

        section .text
bits 32
test:   mov edi, EVEN
        mov ecx, 0x200000 / 4
        xor eax, eax
        rep stosd
        mov dword [EVEN], 0x22222222
        mov dword [ODD], 0x33333333
        mov dword [EVEN + CODE], 0x000002b8
        mov dword [ODD + CODE], 0x000003b8
        mov dword [EVEN + CODE + 4], 0xc300
        mov dword [ODD + CODE + 4], 0xc300
        mov dword [EVEN + TABLE], EVEN | 7
        mov dword [ODD + TABLE], ODD | 7
        mov dword [EVEN + DIRECTORY], PAGE_TABLE | 7
        mov dword [ODD + DIRECTORY], PAGE_TABLE | 7
        mov dword [EVEN + DIRECTORY + 4], (EVEN + TABLE) | 7
        mov dword [ODD + DIRECTORY + 4], (ODD + TABLE) | 7
        call kit_paging_on
        mov eax, cr4
        or eax, PSE
        mov cr4, eax
        mov dword [PAGE_DIRECTORY + 4], (ODD + TABLE) | 7
        mov dword [PAGE_DIRECTORY + 8], LARGE | 7
        log "A20 on"
        mov eax, [EVEN]
        show "2 MiB", eax
        call look
        a20 0
        log "A20 masked"
        mov eax, [EVEN]
        show "2 MiB", eax
        call look
        mov dword [ODD + STORED], 0x44444444
        show "stored to 3 MiB, in 2 MiB", [EVEN + STORED]
        mov edi, ODD + STORED + 4
        mov eax, 0x55555555
        mov ecx, 2
        rep stosd
        show "string to 3 MiB, in 2 MiB", [EVEN + STORED + 8]
        a20 2
        log "A20 on"
        call look
        show "3 MiB, where it was stored", [ODD + STORED]
        mov eax, [ODD + TABLE]
        mov ah, al
        mov al, [EVEN + TABLE]
        and eax, 0x2020
        show "accessed bits of both tables", eax
        mov eax, ODD + DIRECTORY
        mov cr3, eax
        mov eax, [LINEAR]
        show "directory at 3 MiB", eax
        a20 0
        mov eax, [LINEAR]
        show "directory at 3 MiB, masked", eax
        a20 2
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        push dword [0]
        mov dword [0], 0x22222222
        mov dword [0x100000], 0x33333333
        in_real .real
        pop dword [0]
        ret

look:   mov eax, [ODD]
        show "3 MiB", eax
        call ODD + CODE
        show "code", eax
        mov eax, [LINEAR]
        show "by a table", eax
        mov eax, [LINEAR_LARGE + ODD]
        show "by a large page", eax
        ret

bits 16
test.real:
        mov ax, 0xffff
        mov es, ax
        mov eax, [es:0x10]
        show "real mode, A20 on", eax
        a20 0
        mov eax, [es:0x10]
        show "real mode, A20 masked", eax
        a20 2
        ret
