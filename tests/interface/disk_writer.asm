; Writes a disk for as long as it runs, so that each sector tells when it was written (images.py foretells them all), and
; flushes the drive's cache every eighth round.
;
; Round N writes four sectors from the one whose number is the upper 12 bits of N * 9E3779B1h, each of them full of the
; dword N. The log has "flushed N" when rounds up to N are on the disk, "refused N" and "flush refused N" for errors.

%include "testkit.inc"

round           equ FREE_MEMORY
BUFFER          equ 0x100000
SECTORS         equ 4
ROUNDS_OF_FLUSH equ 8

IDE             equ 0x1f0               ; the first channel
IDE_SECTORS     equ IDE + 2
IDE_ADDRESS     equ IDE + 3             ; bits 0 to 23, three ports
IDE_DRIVE       equ IDE + 6
IDE_COMMAND     equ IDE + 7             ; reads give the status
IDE_CONTROL     equ 0x3f6
NO_INTERRUPTS   equ 2
LBA             equ 0xe0
WRITE_SECTORS   equ 0x30
FLUSH_CACHE     equ 0xe7
BUSY            equ 0x80
REQUEST         equ 8
FAILED          equ 1

        section .text
bits 32
test:
        mov dx, 0xcf8                   ; the IDE function decodes the channel's ports: IDETIM and the command register
        mov eax, 0x80000940
        out dx, eax
        mov dx, 0xcfc
        mov eax, 0x80008000
        out dx, eax
        mov dx, 0xcf8
        mov eax, 0x80000904
        out dx, eax
        mov dx, 0xcfc
        mov eax, 1
        out dx, eax
        mov dx, IDE_CONTROL
        mov al, NO_INTERRUPTS
        out dx, al
        mov dword [round], 0
        cld
.round: inc dword [round]
        mov eax, [round]
        mov edi, BUFFER
        mov ecx, 128
        rep stosd
        call write
        jz .written
        show "refused", [round]
.written:
        test byte [round], ROUNDS_OF_FLUSH - 1
        jnz .round
        mov dx, IDE_COMMAND
        mov al, FLUSH_CACHE
        out dx, al
        call finish
        jz .flushed
        show "flush refused", [round]
        jmp .round
.flushed:
        show "flushed", [round]
        jmp .round

; ZF: it went well.
write:
        mov dx, IDE_DRIVE
        mov al, LBA
        out dx, al
        mov dx, IDE_SECTORS
        mov al, SECTORS
        out dx, al
        imul eax, [round], 0x9e3779b1
        shr eax, 20
        mov dx, IDE_ADDRESS
        out dx, al
        inc edx
        shr eax, 8
        out dx, al
        inc edx
        shr eax, 8
        out dx, al
        mov dx, IDE_COMMAND
        mov al, WRITE_SECTORS
        out dx, al
        mov ebx, SECTORS
.sector:
        mov dx, IDE_COMMAND
.wait:  in al, dx
        test al, BUSY
        jnz .wait
        test al, REQUEST
        jz finish
        mov esi, BUFFER
        mov ecx, 256
        mov dx, IDE
        rep outsw
        dec ebx
        jnz .sector
finish:
        mov dx, IDE_COMMAND
.wait:  in al, dx
        test al, BUSY
        jnz .wait
        test al, FAILED
        ret
