; A small kernel that reads a disk by the PC's IDE controller: word by word from the data port, or by bus-master DMA. It
; halts until the controller interrupts, and adds up what came.
;
; The ROM's first page, which is not copied to RAM, holds the order (frontend/lab/ordered_guest.h): READ_PIO or READ_DMA,
; and the number of commands, each of which reads SECTORS sectors.

ORDER           equ 0xf0000 + 4         ; where the order lies while the guest runs
READ_PIO        equ 1
READ_DMA        equ 2
SECTORS         equ 16

%include "testkit.inc"
%include "testkit/ata.inc"
%include "testkit/pc.inc"

        section .vectors
        dd READ_PIO
        dd 50

; Apart from code: stores to a page that code was decoded from take a slow way.
interrupted     equ FREE_MEMORY         ; whether the controller has interrupted
commands        equ FREE_MEMORY + 4
sum             equ FREE_MEMORY + 8
REGIONS         equ FREE_MEMORY + 16    ; the bus master's table
BUFFER          equ 0x100000

READ_SECTORS    equ 0x20
READ_BY_DMA     equ 0xc8

MASTER_STATUS   equ BUS_MASTER + 2
MASTER_TABLE    equ BUS_MASTER + 4
TO_MEMORY       equ 8
START           equ 1
MASTER_INTERRUPT equ 4

VECTORS         equ 0x20                ; of IRQ 0
IDE_VECTOR      equ VECTORS + 14

        section .text
bits 32
test:
        start_pics VECTORS, 0xfb        ; the second controller alone,
        mov al, 0xbf                    ; and of it IRQ 14
        out 0xa1, al
        put_gate IDE_VECTOR, CODE0, ide_interrupt, INT_GATE32
        decode_ata
        mov dword [REGIONS], BUFFER
        mov dword [REGIONS + 4], 0x80000000 | SECTORS * 512
        mov dword [sum], 0
        mov eax, [ORDER + 4]
        mov [commands], eax
.command:
        test byte [ORDER], READ_DMA
        jnz .dma
        call read_pio
        jmp .read
.dma:   call read_dma
.read:  call add_up
        dec dword [commands]
        jnz .command
        show "sum", [sum]
        ret

; The sectors of the command that is due lie behind those of the next one.
%macro read_with 1
        mov eax, [commands]
        and eax, 63
        imul eax, SECTORS
        ata_command %1, SECTORS
%endmacro

read_pio:
        read_with READ_SECTORS
        mov edi, BUFFER
        mov ebx, SECTORS
.sector:
        call await_interrupt
        mov dx, ATA_DATA
        mov ecx, 256
        rep insw
        dec ebx
        jnz .sector
        ret

read_dma:
        mov dx, MASTER_TABLE
        mov eax, REGIONS
        out dx, eax
        mov dx, MASTER_STATUS
        mov al, MASTER_INTERRUPT        ; ends an old one
        out dx, al
        mov dx, BUS_MASTER
        mov al, TO_MEMORY
        out dx, al
        read_with READ_BY_DMA
        mov dx, BUS_MASTER
        mov al, TO_MEMORY | START
        out dx, al
        call await_interrupt
        mov dx, MASTER_STATUS
        in al, dx
        mov dx, BUS_MASTER
        mov al, TO_MEMORY
        out dx, al
        ret

await_interrupt:
        cli
        cmp byte [interrupted], 0
        jne .came
        sti                             ; in force behind HLT's boundary: nothing is missed
        hlt
        jmp await_interrupt
.came:
        mov byte [interrupted], 0
        sti
        ret

ide_interrupt:
        push eax
        push edx
        mov byte [interrupted], 1
        mov dx, ATA_COMMAND
        in al, dx
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop edx
        pop eax
        iretd

add_up:
        mov esi, BUFFER
        mov ecx, SECTORS * 512 / 4
        mov eax, [sum]
.next:
        add eax, [esi]
        rol eax, 1
        add esi, 4
        dec ecx
        jnz .next
        mov [sum], eax
        ret
