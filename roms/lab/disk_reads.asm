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

IDE             equ 0x1f0               ; the first channel
IDE_SECTORS     equ IDE + 2
IDE_ADDRESS     equ IDE + 3             ; bits 0 to 23, three ports
IDE_DRIVE       equ IDE + 6
IDE_COMMAND     equ IDE + 7             ; reads give the status, which ends the interrupt
LBA             equ 0xe0
READ_SECTORS    equ 0x20
READ_BY_DMA     equ 0xc8

BUS_MASTER      equ 0xc000
MASTER_STATUS   equ BUS_MASTER + 2
MASTER_TABLE    equ BUS_MASTER + 4
TO_MEMORY       equ 8
START           equ 1
MASTER_INTERRUPT equ 4

VECTORS         equ 0x20                ; of IRQ 0
IDE_VECTOR      equ VECTORS + 14

%macro write_pci 2                      ; register of the IDE function (device 1, function 1), value
        mov dx, 0xcf8
        mov eax, 0x80000900 | (%1)
        out dx, eax
        mov dx, 0xcfc
        mov eax, %2
        out dx, eax
%endmacro

        section .text
bits 32
test:
        start_pics VECTORS, 0xfb        ; the second controller alone,
        mov al, 0xbf                    ; and of it IRQ 14
        out 0xa1, al
        put_gate IDE_VECTOR, CODE0, ide_interrupt, INT_GATE32
        write_pci 0x40, 0x80008000      ; both channels decode their ports (IDETIM)
        write_pci 0x20, BUS_MASTER
        write_pci 0x04, 5               ; ports, bus master
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

; AL: the command, for the sectors that lie behind each other.
%macro ide_command 1
        mov dx, IDE_DRIVE
        mov al, LBA
        out dx, al
        mov dx, IDE_SECTORS
        mov al, SECTORS
        out dx, al
        mov dx, IDE_ADDRESS
        mov eax, [commands]
        and eax, 63
        imul eax, SECTORS
        out dx, al
        inc edx
        shr eax, 8
        out dx, al
        inc edx
        shr eax, 8
        out dx, al
        mov dx, IDE_COMMAND
        mov al, %1
        out dx, al
%endmacro

read_pio:
        ide_command READ_SECTORS
        mov edi, BUFFER
        mov ebx, SECTORS
.sector:
        call await_interrupt
        mov dx, IDE
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
        ide_command READ_BY_DMA
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
        mov dx, IDE_COMMAND
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
