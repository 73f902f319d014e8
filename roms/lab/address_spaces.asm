; A small kernel and four processes, each with page tables of its own, which yield to each other: every round is a load of
; CR3, another kernel stack, and work of a process on its own pages.
;
; The ROM's first page, which is not copied to RAM, holds the order (frontend/lab/ordered_guest.h): the number of pages
; that a process works on, and the number of rounds.

ORDER           equ 0xf0000 + 4         ; where the order lies while the guest runs

%include "testkit.inc"

        section .vectors
        dd 12                           ; pages
        dd 4000                         ; rounds

PROCESSES       equ 4
USER_PAGES      equ 16
SPACE           equ 0x50000             ; a directory and a page table for each process
SPACE_SIZE      equ 0x2000
USER            equ 0x800000            ; linear, the same in every process
USER_STACK      equ USER + USER_PAGES * 0x1000
USER_FRAMES     equ 0x200000            ; USER_PAGES for each process
KERNEL_STACKS   equ 0x60000             ; 4 KiB for each process
SAVED           equ 4 * (8 + 2 + 5)     ; PUSHAD, DS and ES, and the frame of INT

USER_CODE       equ CODE3
USER_DATA       equ DATA3

; Apart from code: stores to a page that code was decoded from take a slow way.
kernel_esp      equ FREE_MEMORY
current         equ FREE_MEMORY + 4
rounds          equ FREE_MEMORY + 8
process_esp     equ FREE_MEMORY + 16    ; of those that wait

        section .text
bits 32
test:
        mov al, 0xff                    ; no interrupts: the switches are looked at, not the clock
        out 0x21, al
        out 0xa1, al
        put_gate 0x80, CODE0, yield, INT_GATE32 | DPL(3)
        call kit_paging_on              ; its first page table is the kernel's, in every process
        xor ebx, ebx
.process:
        call make_process
        inc ebx
        cmp ebx, PROCESSES
        jb .process
        mov eax, [ORDER + 4]
        mov [rounds], eax
        mov [kernel_esp], esp
        xor ebx, ebx
        jmp switch

; EBX: number. Its address space, and a stack from which `switch` starts it.
make_process:
        mov edi, ebx
        imul edi, SPACE_SIZE
        add edi, SPACE
        mov dword [edi], PAGE_TABLE | 7
        lea eax, [edi + 0x1000 + 7]
        mov [edi + (USER >> 22) * 4], eax
        add edi, 0x1000
        mov eax, ebx
        imul eax, USER_PAGES * 0x1000
        add eax, USER_FRAMES | 7
        mov ecx, USER_PAGES
.page:
        stosd
        add eax, 0x1000
        loop .page
        mov edi, ebx
        shl edi, 12
        add edi, KERNEL_STACKS + 0x1000 - SAVED
        mov [process_esp + ebx * 4], edi
        xor eax, eax
        mov ecx, 8
        rep stosd
        mov eax, USER_DATA
        stosd
        stosd
        mov eax, process
        stosd
        mov eax, USER_CODE
        stosd
        mov eax, IF | 2
        stosd
        mov eax, USER_STACK
        stosd
        mov eax, USER_DATA
        stosd
        ret

; INT 80h: the next process runs.
yield:
        push ds
        push es
        pushad
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        dec dword [rounds]
        jz finish
        mov ebx, [current]
        mov [process_esp + ebx * 4], esp
        inc ebx
        cmp ebx, PROCESSES
        jb switch
        xor ebx, ebx

; EBX: to whom.
switch:
        mov [current], ebx
        mov eax, ebx
        imul eax, SPACE_SIZE
        add eax, SPACE
        mov cr3, eax
        mov esp, [process_esp + ebx * 4]
        lea eax, [ebx + 1]
        shl eax, 12
        add eax, KERNEL_STACKS
        mov [TSS + 4], eax              ; ESP0
        popad
        pop es
        pop ds
        iretd

finish:
        mov esp, [kernel_esp]
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, [USER_FRAMES]
        show "work", eax
        ret

; A process adds to each of its pages, and yields.
process:
        mov edx, USER
        mov ecx, [ORDER]
.page:
        mov ebx, 16
.word:
        inc dword [edx + ebx * 4]
        dec ebx
        jnz .word
        inc dword [edx]
        add edx, 0x1000
        loop .page
        int 0x80
        jmp process
