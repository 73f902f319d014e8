; Which segment an address belongs to: the base register decides, not the index; a prefix overrides, but not for the
; stack and the destinations of strings (SDM vol. 1, table 3-5). Beyond the limit SS raises #SS(0), all others #GP(0).
; The cells of a line: the address lies beyond the limits of DS, ES and FS; beyond that of SS. QEMU 7.2 checks no
; limits.
; Rows: mov, movsb, cmpsb, stosb, scasb, lodsb, outsb, insb, xlat, leave, push, pop, lea, fld, bt, bound, les
; Expect:
;   [EBX]: #GP 0000 ok
;   [EDI + 4]: #GP 0000 ok
;   [ESI + 1000h]: #GP 0000 ok
;   [disp32]: #GP 0000 ok
;   MOV AL, moffs: #GP 0000 ok
;   [EBP]: ok #SS 0000
;   [EBP + 1000h]: ok #SS 0000
;   [ESP + 200h]: ok #SS 0000
;   [EBP + ECX]: ok #SS 0000
;   [ECX + EBP]: #GP 0000 ok
;   [EBP * 2 + disp32]: #GP 0000 ok
;   [ESP + EBP]: ok #SS 0000
;   [EDX + ESI]: #GP 0000 ok
;   [BX]: #GP 0000 ok
;   [BX + SI + 1000h]: #GP 0000 ok
;   [BP + DI + 1000h]: ok #SS 0000
;   [BP]: ok #SS 0000
;   [DI]: #GP 0000 ok
;   [disp16]: #GP 0000 ok
;   [DS:EBP]: #GP 0000 ok
;   [SS:EBX]: ok #SS 0000
;   [CS:EBX]: ok ok
;   [FS:EBP]: #GP 0000 ok
;   LODSB: #GP 0000 ok
;   SS LODSB: ok #SS 0000
;   STOSB: #GP 0000 ok
;   SS STOSB: #GP 0000 ok
;   SCASB: #GP 0000 ok
;   SS SCASB: #GP 0000 ok
;   MOVSB: #GP 0000 ok
;   SS MOVSB: #GP 0000 #SS 0000
;   SS CMPSB: #GP 0000 #SS 0000
;   XLAT: #GP 0000 ok
;   SS XLAT: ok #SS 0000
;   SS OUTSB: ok #SS 0000
;   SS INSB: #GP 0000 ok
;   LEAVE: ok #SS 0000
;   DS LEAVE: ok #SS 0000
;   PUSH [EBX]: #GP 0000 ok
;   POP [EBX]: #GP 0000 ok
;   LEA: ok ok
;   FLD [EBP]: ok #SS 0000
;   BT [EBP]: ok #SS 0000
;   BOUND: ok #SS 0000
;   LES: ok #SS 0000
;   end
%include "testkit.inc"
LIMIT           equ 0xefff              ; of the short segments; stack and the kit's data lie below
BEYOND          equ 0xf000
SHORT_DATA      equ FREE
STACK           equ 0xef00

%macro with_segments 3+                 ; for DS, ES and FS; for SS; instruction
        mov [good_esp], esp
        mov ax, %2
        mov ss, ax
        mov esp, STACK
        mov ax, %1
        mov ds, ax
        mov es, ax
        mov fs, ax
        call point
        cell %3
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov ss, ax
        mov esp, [good_esp]
%endmacro

%macro belongs 2+                       ; name, instruction
        row %1, ":"
        with_segments SHORT_DATA, DATA0, %2
        with_segments DATA0, SHORT_DATA, %2
        row_end
%endmacro

        section .data
good_esp:       dd 0

        section .text
bits 32
; All addresses below are BEYOND then, or farther.
point:  mov ebx, BEYOND
        mov esi, ebx
        mov edi, ebx
        mov ebp, ebx
        mov ecx, 1
        xor edx, edx
        xor eax, eax
        ret

test:   put_descriptor SHORT_DATA, 0, LIMIT, DATA_RW, BITS32
        belongs "[EBX]", mov al, [ebx]
        belongs "[EDI + 4]", mov al, [edi + 4]
        belongs "[ESI + 1000h]", mov al, [esi + 0x1000]
        belongs "[disp32]", mov al, [dword BEYOND]
        belongs "MOV AL, moffs", db 0xa0, 0x00, 0xf0, 0x00, 0x00
        belongs "[EBP]", mov al, [ebp]
        belongs "[EBP + 1000h]", mov al, [ebp + 0x1000]
        belongs "[ESP + 200h]", mov al, [esp + 0x200]
        belongs "[EBP + ECX]", mov al, [ebp + ecx]
        belongs "[ECX + EBP]", db 0x8a, 0x04, 0x29
        belongs "[EBP * 2 + disp32]", mov al, [nosplit ebp * 2 + 0x100]
        belongs "[ESP + EBP]", mov al, [esp + ebp]
        belongs "[EDX + ESI]", mov al, [edx + esi]
        belongs "[BX]", mov al, [bx]
        belongs "[BX + SI + 1000h]", mov al, [bx + si + 0x1000]
        belongs "[BP + DI + 1000h]", mov al, [bp + di + 0x1000]
        belongs "[BP]", mov al, [bp]
        belongs "[DI]", mov al, [di]
        belongs "[disp16]", mov al, [word BEYOND]
        belongs "[DS:EBP]", mov al, [ds:ebp]
        belongs "[SS:EBX]", mov al, [ss:ebx]
        belongs "[CS:EBX]", mov al, [cs:ebx]
        belongs "[FS:EBP]", mov al, [fs:ebp]
        belongs "LODSB", lodsb
        belongs "SS LODSB", ss lodsb
        belongs "STOSB", stosb
        belongs "SS STOSB", ss stosb
        belongs "SCASB", scasb
        belongs "SS SCASB", ss scasb
        belongs "MOVSB", movsb
        belongs "SS MOVSB", ss movsb
        belongs "SS CMPSB", ss cmpsb
        belongs "XLAT", xlatb
        belongs "SS XLAT", ss xlatb
        belongs "SS OUTSB", ss outsb
        belongs "SS INSB", ss insb
        belongs "LEAVE", leave
        belongs "DS LEAVE", ds leave
        belongs "PUSH [EBX]", push dword [ebx]
        belongs "POP [EBX]", pop dword [ebx]
        belongs "LEA", lea eax, [ebx]
        belongs "FLD [EBP]", fld dword [ebp]
        belongs "BT [EBP]", bt [ebp], ecx
        belongs "BOUND", bound edx, [ebp]
        belongs "LES", les eax, [ebp]
        ret
