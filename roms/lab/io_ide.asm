; Reads or writes blocks of a disk by the PC's IDE controller, which takes one command at a time. Variant 0 moves the data
; word by word, all of a block behind one interrupt (ATA's READ and WRITE MULTIPLE); variant 1 by bus-master DMA.
%define DEVICE_IRQ 14
%include "lab/io_blocks.inc"
%include "testkit/ata.inc"

SET_MULTIPLE    equ 0xc6
READ_MULTIPLE   equ 0xc4
WRITE_MULTIPLE  equ 0xc5
READ_DMA        equ 0xc8
WRITE_DMA       equ 0xca

STATUS_DRQ      equ 8
STATUS_ERROR    equ 1

MASTER_STATUS   equ BUS_MASTER + 2
MASTER_TABLE    equ BUS_MASTER + 4
TO_MEMORY       equ 8
START           equ 1
MASTER_INTERRUPT equ 4

buffer          equ DRIVER_DATA
number          equ DRIVER_DATA + 4
left            equ DRIVER_DATA + 8
status          equ DRIVER_DATA + 12
REGIONS         equ DRIVER_DATA + 16    ; the bus master's table

        section .text
device_start:
        decode_ata
        expect dword 1
        mov dx, ATA_DRIVE
        mov al, ATA_LBA
        out dx, al
        mov dx, ATA_COUNT
        mov al, SECTORS
        out dx, al
        mov dx, ATA_COMMAND
        mov al, SET_MULTIPLE
        out dx, al
        jmp await_command

device_transfer:
        mov [left], ecx
        mov dword [buffer], BUFFERS
        mov eax, [unit]
        mov [number], eax
.block:
        expect dword 1
        cmp byte [VARIANT], 0
        jne .dma
        call transfer_by_words
        jmp .done
.dma:   call transfer_by_dma
.done:
        inc dword [number]
        add dword [buffer], BLOCK
        dec dword [left]
        jnz .block
        ret

%macro begin_command 1                  ; on the block that is due
        mov eax, [number]
        sector_of_block eax
        ata_command %1, SECTORS
%endmacro

await_command:
        call await_work
        test byte [status], STATUS_ERROR
        jnz .failed
        ret
.failed:
        complain "the disk reports an error"

transfer_by_words:
        cmp byte [WORK], OUTWARD
        je .write
        begin_command READ_MULTIPLE
        call await_command
        mov edi, [buffer]
        mov dx, ATA_DATA
        mov ecx, BLOCK / 2
        rep insw
        ret
.write:
        begin_command WRITE_MULTIPLE
        mov dx, ATA_CONTROL             ; no interrupt tells that the first data may come
.ask:   in al, dx
        test al, STATUS_DRQ
        jz .ask
        mov esi, [buffer]
        mov dx, ATA_DATA
        mov ecx, BLOCK / 2
        rep outsw
        jmp await_command

transfer_by_dma:
        mov eax, [buffer]
        mov [REGIONS], eax
        mov dword [REGIONS + 4], 0x80000000 | BLOCK
        mov dx, MASTER_TABLE
        mov eax, REGIONS
        out dx, eax
        mov dx, MASTER_STATUS
        mov al, MASTER_INTERRUPT        ; ends an old one
        out dx, al
        cmp byte [WORK], OUTWARD
        je .write
        mov bl, TO_MEMORY
        begin_command READ_DMA
        jmp .start
.write: mov bl, 0
        begin_command WRITE_DMA
.start:
        mov dx, BUS_MASTER
        mov al, bl
        or al, START
        out dx, al
        push ebx
        call await_command
        pop ebx
        mov dx, MASTER_STATUS
        in al, dx
        mov dx, BUS_MASTER
        mov al, bl
        out dx, al
        ret

device_interrupt:
        mov dx, ATA_COMMAND
        in al, dx
        mov [status], al
        mov dword [outstanding], 0
        ret
