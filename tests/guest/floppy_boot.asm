; A boot sector that works through INT 13h on the floppy disk it came from: geometry, reads, a write with its
; verification, and a formatted track. It says on the debug console what type of drive the BIOS names and "ok", or which
; step went wrong, and ends the machine with 0 or 1.
;
; The test sets the words at SECTORS, HEADS, CYLINDERS and FORMATS, and begins each other sector with its number.
        bits 16
        org 0x7c00

DEBUG_CONSOLE   equ 0x402
DEBUG_EXIT      equ 0x501
BUFFER          equ 0x9000
BUFFER_WORDS    equ 256

        jmp start

        times 0x18 - ($ - $$) db 0
sectors:        dw 18                   ; where DOS has them too
heads:          dw 2
cylinders:      dw 80
formats:        dw 1                    ; whether the BIOS behind INT 13h can format
drive:          db 0

%macro step 1                           ; names what comes next
        mov byte [stage], %1
%endmacro

start:  cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        mov [drive], dl

        step 'g'                        ; parameters: the type is told, BX
        mov ah, 8
        int 0x13
        jc failed
        mov al, bl
        add al, '0'
        call say
        xor ax, ax
        mov es, ax

        step 't'                        ; a whole track
        mov ax, 0x0200
        mov al, [sectors]
        mov cx, 1
        xor dh, dh
        call transfer
        mov cx, [sectors]
        dec cx
        mov si, BUFFER + 512
        mov eax, 1
.next:  cmp [si], eax
        jne failed
        inc eax
        add si, 512
        loop .next

        step 'r'                        ; the last sector
        call last_sector
        mov ax, 0x0201
        call transfer
        movzx eax, word [cylinders]
        movzx ecx, word [heads]
        mul ecx
        movzx ecx, word [sectors]
        mul ecx
        dec eax
        cmp [BUFFER], eax
        jne failed

        step 'w'                        ; is written, verified and read again
        mov di, BUFFER
        mov cx, BUFFER_WORDS
        mov ax, 0xa55a
        rep stosw
        call last_sector
        mov ax, 0x0301
        call transfer
        step 'v'
        call last_sector
        mov ax, 0x0401
        call transfer
        step 'c'
        mov word [BUFFER], 0
        call last_sector
        mov ax, 0x0201
        call transfer
        mov di, BUFFER
        mov cx, BUFFER_WORDS
        mov ax, 0xa55a
        repe scasw
        jne failed

        step 'f'                        ; cylinder 1, head 0
        cmp word [formats], 0
        je done
        mov di, BUFFER
        mov cx, [sectors]
        mov eax, 0x02000001             ; C 1, H 0, R from 1 on, N 2
.ids:   add eax, 0x10000
        stosd
        loop .ids
        mov ah, 5
        mov al, [sectors]
        mov cx, 0x0101
        xor dh, dh
        call transfer
        mov ax, 0x0201
        mov cx, 0x0101
        call transfer
        cmp word [BUFFER], 0xf6f6       ; as the diskette parameter table has it
        jne failed

done:   mov al, 'o'
        call say
        mov al, 'k'
        call say
        xor al, al
        jmp end

failed: mov al, [stage]
        call say
        mov al, 1
end:    mov dx, DEBUG_EXIT
        out dx, al
        hlt
        jmp end

; CX and DH name the last sector of the disk.
last_sector:
        mov ch, [cylinders]
        dec ch
        mov cl, [sectors]
        mov dh, [heads]
        dec dh
        ret

; INT 13h with AX, CX and DH on the drive and the buffer; does not return after an error. A disk that has just been put
; in costs one attempt.
transfer:
        mov dl, [drive]
        mov bx, BUFFER
        pusha
        int 0x13
        popa
        jnc .good
        int 0x13
        jc failed
.good:  ret

say:    mov dx, DEBUG_CONSOLE
        out dx, al
        ret

stage:  db 0

        times 510 - ($ - $$) db 0
        dw 0xaa55
