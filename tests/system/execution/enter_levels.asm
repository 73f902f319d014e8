; ENTER with every nesting level, modulo 32, in both operand sizes: the copied display, the frame's pointer and the
; room for locals; what limits and pages refuse comes before anything changes (SDM vol. 2A, ENTER). A line shows how
; far ESP has moved, EBP relative to the old ESP, and the sum of the slots, each times its place. QEMU 7.2 checks no
; limits.
; Rows: enter
; Expect:
;   level 0 ffffffec fffffffc 00026800
;   level 1 ffffffe8 fffffffc 000747f8
;   level 2 ffffffe4 fffffffc 0009b7f6
;   level 3 ffffffe0 fffffffc 000c27f8
;   level 15 ffffffb0 fffffffc 00296c20
;   level 31 ffffff70 fffffffc 00508e40
;   level 32 ffffffec fffffffc 00026800
;   level 33 ffffffe8 fffffffc 000747f8
;   level 255 ffffff70 fffffffc 00508e40
;   16 bits, level 0 ffffffee fffffffe 68005a5a
;   16 bits, level 1 ffffffec fffffffe 68006ffe
;   16 bits, level 2 ffffffea fffffffe 47fcb4b4
;   16 bits, level 31 ffffffb0 fffffffe 6d56ffe0
;   16 bits, level 34 ffffffea fffffffe 47fcb4b4
;   down to 0: ok
;   ESP, EBP 00000000 00000000
;   a push below 0: #SS 0000
;   ESP, EBP 00000004 00000800
;   locals below 0: #SS 0000
;   ESP, EBP 00000800 00000800
;   locals down to 0: ok
;   ESP, EBP 00000000 00000800
;   the outer display below 0: #SS 0000
;   ESP, EBP 00000800 00000004
;   the outer display beyond the limit: #SS 0000
;   ESP, EBP 00000800 00001008
;   at the limit: ok
;   ESP, EBP 000007f4 000007fc
;   old EBP pushed at the limit: ok
;   ESP, EBP 00000ffc 00000ffc
;   end
%include "testkit.inc"
TOP             equ FREE_MEMORY + 0x1000        ; ESP before
OUTER           equ FREE_MEMORY + 0x800         ; EBP: below it an outer display of dwords 1 to 32
SHORT_STACK     equ FREE
SENTINEL        equ 0x5a5a5a5a

%macro nested 3                         ; name, size override or nothing, level
        call prepare
        mov [good_esp], esp
        mov esp, TOP
        mov ebp, OUTER
        %2 enter 16, %3
        call finish
        row %1
        cell_value [moved]
        cell_value [frame]
        cell_value [sum]
        row_end
%endmacro

        section .data
good_esp:       dd 0
moved:          dd 0
frame:          dd 0
sum:            dd 0

        section .text
bits 32
prepare:
        mov edi, FREE_MEMORY + 0xf00
        mov ecx, 64
        mov eax, SENTINEL
        rep stosd
        mov edi, OUTER
        mov eax, 1
.slot:  sub edi, 4
        mov [edi], eax
        inc eax
        cmp eax, 33
        jb .slot
        ret

; The stack is the new one here, but for the return address.
finish: pop ebx
        mov eax, esp
        sub eax, TOP
        mov [moved], eax
        mov eax, ebp
        sub eax, TOP
        mov [frame], eax
        mov esp, [good_esp]
        mov esi, TOP
        xor edi, edi
        mov ecx, 1
.slot:  sub esi, 4
        mov eax, [esi]
        cmp eax, SENTINEL
        je .end
        imul eax, ecx
        add edi, eax
        inc ecx
        jmp .slot
.end:   mov [sum], edi
        jmp ebx

test:   nested "level 0", , 0
        nested "level 1", , 1
        nested "level 2", , 2
        nested "level 3", , 3
        nested "level 15", , 15
        nested "level 31", , 31
        nested "level 32", , 32
        nested "level 33", , 33
        nested "level 255", , 255
        nested "16 bits, level 0", o16, 0
        nested "16 bits, level 1", o16, 1
        nested "16 bits, level 2", o16, 2
        nested "16 bits, level 31", o16, 31
        nested "16 bits, level 34", o16, 34
        put_descriptor SHORT_STACK, FREE_MEMORY, 0xfff, DATA_RW | DPL(3), BITS32
        in_ring 3, .user
        ret

%macro within 5+                        ; name, ESP, EBP, instruction: on the short stack
        mov [good_esp], esp
        mov ax, SHORT_STACK | 3
        mov ss, ax
        mov esp, %2
        mov ebp, %3
        try %1, %4, %5
        mov [moved], esp
        mov [frame], ebp
        mov ax, DATA3
        mov ss, ax
        mov esp, [good_esp]
        row "ESP, EBP"
        cell_value [moved]
        cell_value [frame]
        row_end
%endmacro
.user:  within "down to 0", 4, 0x800, enter 0, 0
        within "a push below 0", 4, 0x800, enter 0, 1
        within "locals below 0", 0x800, 0x800, enter 0x1000, 0
        within "locals down to 0", 0x804, 0x800, enter 0x800, 0
        within "the outer display below 0", 0x800, 4, enter 0, 3
        within "the outer display beyond the limit", 0x800, 0x1008, enter 0, 2
        within "at the limit", 0x800, 0x1000, enter 0, 2
        within "old EBP pushed at the limit", 0x1000, 0, enter 0, 0
        leave_ring
