; Writes a disk for as long as it runs, so that each sector tells when it was written (images.py foretells them all), and
; flushes the drive's cache every eighth round.
;
; Round N writes four sectors from the one whose number is the upper 12 bits of N * 9E3779B1h, each of them full of the
; dword N. The log has "flushed N" when rounds up to N are on the disk, "refused N" and "flush refused N" for errors.

%include "testkit.inc"
%include "testkit/ata.inc"

round           equ FREE_MEMORY
BUFFER          equ 0x100000
SECTORS         equ 4
ROUNDS_OF_FLUSH equ 8

NO_INTERRUPTS   equ 2
WRITE_SECTORS   equ 0x30
FLUSH_CACHE     equ 0xe7
BUSY            equ 0x80
REQUEST         equ 8
FAILED          equ 1

        section .text
bits 32
test:
        decode_ata
        mov dx, ATA_CONTROL
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
        mov dx, ATA_COMMAND
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
        imul eax, [round], 0x9e3779b1
        shr eax, 20
        ata_command WRITE_SECTORS, SECTORS
        mov ebx, SECTORS
.sector:
        mov dx, ATA_COMMAND
.wait:  in al, dx
        test al, BUSY
        jnz .wait
        test al, REQUEST
        jz finish
        mov esi, BUFFER
        mov ecx, 256
        mov dx, ATA_DATA
        rep outsw
        dec ebx
        jnz .sector
finish:
        mov dx, ATA_COMMAND
.wait:  in al, dx
        test al, BUSY
        jnz .wait
        test al, FAILED
        ret
