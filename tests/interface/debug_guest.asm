; A boot sector to debug: real mode, then protected mode, then paging with its code mapped at C0000000h too.
bits 16

CODE_SELECTOR equ 8
DATA_SELECTOR equ 16
PAGE_DIRECTORY equ 10000h
LARGE_PAGE equ 83h            ; present, writable, 4 MiB
HIGH equ 0c0000000h

global start, in_protected_mode, in_high_memory, store, load, call_site, function, counter, value

start:
        cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, start
        mov bx, 1234h
        lgdt [gdt_register]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp CODE_SELECTOR:in_protected_mode

bits 32
in_protected_mode:
        mov ax, DATA_SELECTOR
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, start
        mov edi, PAGE_DIRECTORY
        xor eax, eax
        mov ecx, 1024
        rep stosd
        mov dword [PAGE_DIRECTORY], LARGE_PAGE
        mov dword [PAGE_DIRECTORY + HIGH / 400000h * 4], LARGE_PAGE
        mov eax, cr4
        or al, 10h              ; PSE
        mov cr4, eax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        mov eax, HIGH + in_high_memory
        jmp eax
in_high_memory:
again:
store:
        inc dword [HIGH + counter]
load:
        mov eax, [HIGH + value]
call_site:
        call function
        jmp again
function:
        lea edx, [eax + eax]
        ret

align 8
gdt:
        dq 0
        dq 00cf9a000000ffffh
        dq 00cf92000000ffffh
gdt_register:
        dw gdt_register - gdt - 1
        dd gdt
counter:
        dd 0
value:
        dd 21

        times 510 - ($ - $$) db 0
        dw 0aa55h
