; Option ROM that takes the MP table away (MultiProcessor Specification 1.4, section 4): SeaBIOS makes one on every board,
; and systems that find it, as Windows NT's set-up does, expect the APICs that it names.

bits 16
cpu 386
org 0

ROM_SIZE                equ 512
FLOATING_POINTER_SIZE   equ 16
MP_SIGNATURE            equ '_MP_'

        dw 0xaa55
        db ROM_SIZE / 512

; Called while the firmware can still write its segment: zeroes the signature of each floating pointer structure.
initialize:
        push ds
        push si
        push cx
        mov ax, 0xf000
        mov ds, ax
        xor si, si
.next:
        cmp dword [si], MP_SIGNATURE
        jne .other
        call is_structure
        jne .other
        mov dword [si], 0
.other:
        add si, FLOATING_POINTER_SIZE
        jnz .next
        pop cx
        pop si
        pop ds
        xor ax, ax                      ; nothing to boot from
        retf

; ZF: the bytes at DS:SI sum up to zero.
is_structure:
        mov cx, FLOATING_POINTER_SIZE
        xor bx, bx
        xor al, al
.byte:
        add al, [si + bx]
        inc bx
        loop .byte
        test al, al
        ret

        times ROM_SIZE - ($ - $$) db 0
