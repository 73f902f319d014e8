; Images of the x87 state: FNSTENV and FNSAVE in their four layouts, FXSAVE in its own, and what is refused (SDM vol. 1,
; 8.1.10 and 10.5.1). Opcodes are left out: whether they are kept is a mode of the Pentium 4.
; QEMU 7.2 stores zeros in reserved halves, keeps no pointers in FRSTOR and FXSAVE, and lets MXCSR have any bit.
; Rows: fnstenv, fnsave, frstor, fxsave, fxrstor, fld, fld1, fninit, ldmxcsr, stmxcsr, movups
; Expect:
;   32-bit protected
;   FNSTENV ffff037f ffff3000 ffff0fff 00026100 00000008 00026010 ffff0010 5a5a5a5a
;   FNSAVE ffff037f ffff3000 ffff0fff 00026100 00000008 00026010 ffff0010
;   ST0, ST1 00000000 c0000000 00004000 00000000 3fff8000
;   behind it 5a5a5a5a
;   initialized ffff037f ffff0000 ffffffff 00000000 00000000 00000000 ffff0000 5a5a5a5a
;   FRSTOR ffff037f ffff3000 ffff0fff 00026100 00000008 00026010 ffff0010 5a5a5a5a
;   ST0 40400000
;   16-bit protected
;   FNSTENV 3000037f 61000fff 60100008 5a5a0010
;   FNSAVE 3000037f 61000fff 60100008
;   ST0, ST1 00000010 00000000 4000c000 00000000 80000000
;   behind it 5a5a5a5a
;   FRSTOR 3000037f 61000fff 60100008 5a5a0010
;   ST0 40400000
;   32-bit real
;   FNSTENV ffff037f ffff3000 ffff0fff ffff6100 00002000 ffff6010 00002000 5a5a5a5a
;   16-bit real
;   FNSTENV 3000037f 61000fff 60102000 5a5a2000
;   32-bit virtual-8086
;   FNSTENV ffff037f ffff3000 ffff0fff ffff6100 00002000 ffff6010 00002000 5a5a5a5a
;   16-bit virtual-8086
;   FNSTENV 3000037f 61000fff 60102000 5a5a2000
;   FXSAVE
;   header 3000037f 000000c0 00026100 00000008 00026010 00000010 00001f80 0000ffff
;   ST0 00000000 c0000000 00004000 00000000
;   ST1 00000000 80000000 00003fff 00000000
;   XMM0 11111111 22222222 33333333 44444444
;   the last 48 bytes 5a5a5a5a
;   behind it 5a5a5a5a
;   FNSTENV ffff037f ffff3000 ffff0fff 00026100 00000008 00026010 ffff0010 5a5a5a5a
;   FNSTENV ffff037f ffff3000 ffff0fff 00026100 00000008 00026010 ffff0010 5a5a5a5a
;   XMM0 11111111 22222222 33333333 44444444
;   ST0 40400000
;   FXSAVE at 1: #GP 0000
;   FXRSTOR at 1: #GP 0000
;   FXSAVE at 2: #GP 0000
;   FXRSTOR at 2: #GP 0000
;   FXSAVE at 4: #GP 0000
;   FXRSTOR at 4: #GP 0000
;   FXSAVE at 8: #GP 0000
;   FXRSTOR at 8: #GP 0000
;   FXRSTOR, a reserved bit of MXCSR: #GP 0000
;   LDMXCSR, a reserved bit: #GP 0000
;   MXCSR 00001f80
;   LDMXCSR, all others: ok
;   end
%include "testkit.inc"
OSFXSR          equ 1 << 9
BASE            equ FREE_MEMORY                 ; paragraph 2600h
OPERAND         equ 0x10                        ; there: the float 3,
CODE            equ 0x100                       ; and code that loads it
IMAGE512        equ FREE_MEMORY + 0x1000
SENTINEL        equ 0x5a5a5a5a

%macro show_dwords 3                            ; name, address, how many
        row %1
%assign offset 0
%rep %3
        cell_value dword [%2 + offset]
%assign offset offset + 4
%endrep
        row_end
%endmacro

%macro refill 0
        pushad
        mov edi, image
        mov ecx, 128
        mov eax, SENTINEL
        rep stosd
        popad
%endmacro

        section .data
image:          times 128 dd 0

        section .text
bits 32
load32:                                         ; goes to BASE + CODE
        fld dword [BASE + OPERAND]
        ret
load16:
bits 16
        fld dword [OPERAND]
        retf
bits 32

copy_load:                                      ; ESI
        mov edi, BASE + CODE
        mov ecx, 16
        rep movsb
        ret

make_state:
        fninit
        fld1
        call BASE + CODE
        refill
        ret

test:   mov dword [BASE + OPERAND], 0x40400000
        mov esi, load32
        call copy_load
        log "32-bit protected"
        call make_state
        fnstenv [image]
        call show_environment32
        call make_state
        fnsave [image]
        mov word [image + 18], 0
        show_dwords "FNSAVE", image, 7
        show_dwords "ST0, ST1", image + 28, 5
        show "behind it", [image + 108]
        fnstenv [image + 256]
        show_dwords "initialized", image + 256, 8
        frstor [image]
        fnstenv [image + 256]
        mov word [image + 256 + 18], 0
        show_dwords "FRSTOR", image + 256, 8
        fstp dword [image]
        show "ST0", [image]
        log "16-bit protected"
        call make_state
        o16 fnstenv [image]
        show_dwords "FNSTENV", image, 4
        call make_state
        o16 fnsave [image]
        show_dwords "FNSAVE", image, 3
        show_dwords "ST0, ST1", image + 12, 5
        show "behind it", [image + 94]
        o16 frstor [image]
        o16 fnstenv [image + 256]
        show_dwords "FRSTOR", image + 256, 4
        fstp dword [image]
        show "ST0", [image]
        mov esi, load16
        call copy_load
        log "32-bit real"
        in_real .paragraphs32
        log "16-bit real"
        in_real .paragraphs16
        log "32-bit virtual-8086"
        in_v86 .v86_32
        log "16-bit virtual-8086"
        in_v86 .v86_16
        ; FXSAVE.
        mov esi, load32
        call copy_load
        mov eax, cr4
        or eax, OSFXSR
        mov cr4, eax
        call extended
        ret

show_environment32:
        mov word [image + 18], 0                ; opcode
        show_dwords "FNSTENV", image, 8
        ret

extended:
        log "FXSAVE"
        mov edi, IMAGE512
        mov ecx, 132
        mov eax, SENTINEL
        rep stosd
        call make_state
        movups xmm0, [values]
        fxsave [IMAGE512]
        mov word [IMAGE512 + 6], 0              ; opcode
        show_dwords "header", IMAGE512, 8
        show_dwords "ST0", IMAGE512 + 32, 4
        show_dwords "ST1", IMAGE512 + 48, 4
        show_dwords "XMM0", IMAGE512 + 160, 4
        show "the last 48 bytes", [IMAGE512 + 464]
        show "behind it", [IMAGE512 + 512]
        fnstenv [image]
        call show_environment32
        fninit
        xorps xmm0, xmm0
        fxrstor [IMAGE512]
        fnstenv [image]
        call show_environment32
        movups [image], xmm0
        show_dwords "XMM0", image, 4
        fstp dword [image]
        show "ST0", [image]
%assign offset 1
%rep 4
%defstr number %[offset]
%strcat saving "FXSAVE at ", number
%strcat restoring "FXRSTOR at ", number
        try saving, fxsave [IMAGE512 + offset]
        try restoring, fxrstor [IMAGE512 + offset]
%assign offset offset * 2
%endrep
        mov dword [IMAGE512 + 24], 0x10000
        try "FXRSTOR, a reserved bit of MXCSR", fxrstor [IMAGE512]
        try "LDMXCSR, a reserved bit", ldmxcsr [IMAGE512 + 24]
        stmxcsr [image]
        show "MXCSR", [image]
        mov dword [IMAGE512 + 24], 0xffff
        try "LDMXCSR, all others", ldmxcsr [IMAGE512 + 24]
        ret

        section .data
values:         dd 0x11111111, 0x22222222, 0x33333333, 0x44444444

        section .text
bits 16
%macro in_paragraphs 2                          ; operand size, how many dwords
        fninit
        fld1
        mov ax, BASE / 16
        mov ds, ax
        call BASE / 16:CODE
        xor ax, ax
        mov ds, ax
        mov es, ax
        refill
        %1 fnstenv [image]
%if %2 == 8
        and dword [image + 16], 0xfffff800      ; opcode
%else
        and word [image + 8], 0xf800
%endif
        show_dwords "FNSTENV", image, %2
%endmacro
test.paragraphs32:
        in_paragraphs o32, 8
        ret
test.paragraphs16:
        in_paragraphs o16, 4
        ret
test.v86_32:
        in_paragraphs o32, 8
        leave_ring
test.v86_16:
        in_paragraphs o16, 4
        leave_ring
