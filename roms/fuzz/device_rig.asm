; The firmware of the device fuzzing rig: a processor in real mode that acknowledges every interrupt and halts.
bits 16
org 0

ROM_SIZE equ 0x10000
PIC_MASTER equ 0x20
PIC_SLAVE equ 0xa0
END_OF_INTERRUPT equ 0x20
STACK equ 0x7000

start:
        cli
        xor ax, ax
        mov ss, ax
        mov sp, STACK
        mov es, ax
        xor di, di
        mov cx, 256
        cld
.vector:
        mov ax, handler
        stosw
        mov ax, cs
        stosw
        loop .vector
        sti
.halt:
        hlt
        jmp .halt

handler:
        push ax
        mov al, END_OF_INTERRUPT
        out PIC_SLAVE, al
        out PIC_MASTER, al
        pop ax
        iret

        times ROM_SIZE - 16 - ($ - $$) db 0
reset_vector:
        jmp 0xf000:start
        times ROM_SIZE - ($ - $$) db 0
