; What 64-bit mode no longer has, or has with other widths: stack, frames, far pointers, decimal arithmetic, BOUND, INTO.
; Rows: push, pop, push cs, push segment, pop segment, pusha, pushad, popa, popad, call, ret, enter, leave, aaa, aas
; Rows: aam, aad, daa, das, salc, bound, into, arpl, lds, les, lfs, lgs, lss, pushf, pushfd, popf, popfd, call far
; Rows: ret far, jmp far, mov from-segment, mov to-segment, bswap, xlat
; Expect:
;   PUSH r32 fffffffc
;   top aaaa1111
;   PUSH r16 fffffffe
;   top 00101111
;   PUSH imm8 fffffffc
;   top fffffffe
;   PUSH imm8 of 16 bits fffffffe
;   top 0010fffe
;   PUSH CS fffffffc
;   top 99990008
;   PUSH DS fffffffc
;   top 99990010
;   POP r32 00000004
;   top 22222222
;   POP r16 00000002
;   top 22220000
;   ECX 00000010
;   POP ESP-relative 00000004
;   top 22222222
;   POP FS 00000004
;   top 22222222
;   POP GS of 16 bits 00000002
;   top 22220000
;   PUSHAD ffffffe0
;   top 77777777
;   PUSHA fffffff0
;   top 66667777
;   POPAD 00000020
;   top 99999999
;   EAX 88888888
;   POPA 00000010
;   top 55555555
;   EDI 00000010
;   PUSHFD fffffffc
;   top 00000002
;   PUSHF fffffffe
;   top 00100002
;   ENTER 8, 0 fffffff4
;   top 99999999
;   ENTER 4, 2 fffffff0
;   top 99999999
;   ENTER 4, 1 of 16 bits fffffff8
;   top 99999999
;   LEAVE 00000008
;   top 33333333
;   EBP 22222222
;   LEAVE of 16 bits 00000006
;   top 33332222
;   CALL and RET 00000000
;   top 00000010
;   LDS, DS 77770043
;   EAX 12345678
;   LES of 16 bits 12349abc
;   LFS 12345678
;   LGS, GS 77770043
;   LSS 0002ff00
;   LDS of a register: #UD
;   CALL far pushes CS 00000008
;   MOV r32 from FS 00000043
;   MOV r16 from FS ffff0043
;   MOV to CS: #UD
;   MOV to the seventh segment register: #UD
;   AAA 00000301
;   CF, AF 00000011
;   AAS 00000109
;   AAM 00000603
;   PF, ZF, SF 00000004
;   AAM 0: #DE
;   AAM 16 0000030f
;   AAD 00000049
;   DAA 00000014
;   CF, AF 00000011
;   DAS 00000088
;   CF, AF 00000011
;   SALC 000000ff
;   XLAT 00000016
;   BSWAP 04030201
;   BOUND at the lower bound: ok
;   BOUND at the upper bound: ok
;   BOUND above: #BR
;   BOUND below: #BR
;   BOUND of 16 bits: ok
;   BOUND of 16 bits, above: #BR
;   INTO without overflow: ok
;   INTO after overflow: #OF at +01
;   ARPL 0000000b
;   ZF 00000040
;   ARPL, level already there 00000000
;   POPFD 00000081
;   POPF 00000040
;   end
%include "testkit.inc"

; Runs an instruction with the stack at `frame` and shows how far ESP moved and the dword at its top.
%macro stack 2+
        call set_frame
        mov [saved_esp], esp
        mov esp, frame
        %2
        call take_stack
        show %1, [moved]
        show "top", [top]
%endmacro

        section .data
saved_esp:      dd 0
moved:          dd 0
top:            dd 0
pointer32:      dd 0x12345678
                dw DATA3
pointer16:      dw 0x9abc, DATA0
stack_pointer:  dd STACK0 - 0x100
                dw DATA0
bounds:         dd -5, 10
bounds16:       dw 3, 4
                times 16 dd 0x55555555
frame:          times 8 dd 0
contents:       times 16 dd 0x99999999
                dd DATA0, 0x22222222, 0x33333333, 0x44444444, 0x55555555, 0x66666666, 0x77777777, 0x88888888
table:          db 0, 11, 22, 33

        section .text
bits 32
set_frame:
        push esi
        push edi
        push ecx
        mov esi, contents
        mov edi, frame - 64
        mov ecx, 24
        rep movsd
        pop ecx
        pop edi
        pop esi
        ret

take_stack:                             ; keeps what it does not return; the frame above its own return address is read
        pop dword [top]                 ; the return address
        push dword [top]
        mov [kept_eax], eax
        lea eax, [esp + 4]
        sub eax, frame
        mov [moved], eax
        mov eax, [esp + 4]
        mov [top], eax
        mov eax, [esp]
        mov esp, [saved_esp]
        push eax
        mov eax, [kept_eax]
        ret

test:
        mov eax, 0xaaaa1111
        stack "PUSH r32", push eax
        stack "PUSH r16", push ax
        stack "PUSH imm8", push byte -2
        stack "PUSH imm8 of 16 bits", o16 push byte -2
        ; The upper half of the slot stays as it was, as recent processors do (SDM vol. 2, PUSH; QEMU 7.2 clears it).
        stack "PUSH CS", push cs
        stack "PUSH DS", push ds
        stack "POP r32", pop ecx
        stack "POP r16", pop cx
        show "ECX", ecx
        stack "POP ESP-relative", pop dword [esp + 4]
        stack "POP FS", pop fs
        stack "POP GS of 16 bits", o16 pop gs
        mov ecx, 0xcccc3333
        mov edx, 0xdddd4444
        mov ebx, 0xbbbb5555
        mov esi, 0x66666666
        mov edi, 0x77777777
        stack "PUSHAD", pushad
        stack "PUSHA", o16 pusha
        stack "POPAD", popad
        show "EAX", eax
        stack "POPA", o16 popa
        show "EDI", edi
        stack "PUSHFD", pushfd
        push dword 2
        popfd
        stack "PUSHF", pushfw
        xor eax, eax
        mov ebp, frame + 16
        stack "ENTER 8, 0", enter 8, 0
        mov ebp, frame + 16
        stack "ENTER 4, 2", enter 4, 2
        mov ebp, frame + 16
        stack "ENTER 4, 1 of 16 bits", o16 enter 4, 1
        mov ebp, frame + 4
        stack "LEAVE", leave
        show "EBP", ebp
        mov ebp, frame + 4
        stack "LEAVE of 16 bits", o16 leave
        stack "CALL and RET", call .called
        ; Far pointers.
        lds eax, [cs:pointer32]
        mov cx, ds
        mov dx, DATA0
        mov ds, dx
        show "LDS, DS", ecx
        show "EAX", eax
        les ax, [pointer16]
        show "LES of 16 bits", eax
        lfs esi, [pointer32]
        lgs edi, [pointer32]
        show "LFS", esi
        mov cx, gs
        show "LGS, GS", ecx
        mov ebp, esp
        lss esp, [stack_pointer]
        mov ecx, esp
        mov esp, ebp
        show "LSS", ecx
        try "LDS of a register", db 0xc5, 0xc0
        call CODE0:far_target
        jmp CODE0:.there
.there: mov eax, -1
        mov eax, fs
        show "MOV r32 from FS", eax
        mov eax, -1
        mov ax, fs
        show "MOV r16 from FS", eax
        try "MOV to CS", db 0x8e, 0xc8
        try "MOV to the seventh segment register", db 0x8e, 0xf8
        ; Decimal arithmetic, with CF, PF, AF, ZF and SF where they are defined.
        mov eax, 0x020b
        aaa
        show "AAA", eax
        show_flags "CF, AF", CF | AF
        mov eax, 0x020b
        sub al, 0x0c
        aas
        show "AAS", eax
        mov eax, 63
        aam
        show "AAM", eax
        show_flags "PF, ZF, SF", PF | ZF | SF
        try "AAM 0", aam 0
        mov eax, 63
        aam 16
        show "AAM 16", eax
        mov eax, 0x0703
        aad
        show "AAD", eax
        mov al, 0x79
        add al, 0x35
        daa
        show "DAA", eax
        show_flags "CF, AF", CF | AF
        mov al, 0x35
        sub al, 0x47
        das
        show "DAS", eax
        show_flags "CF, AF", CF | AF
        stc
        db 0xd6                         ; SALC
        show "SALC", eax
        mov ebx, table
        mov eax, 2
        xlatb
        show "XLAT", eax
        mov eax, 0x01020304
        bswap eax
        show "BSWAP", eax
        ; BOUND, INTO, ARPL.
        mov eax, -5
        try "BOUND at the lower bound", bound eax, [bounds]
        mov eax, 10
        try "BOUND at the upper bound", bound eax, [bounds]
        mov eax, 11
        try "BOUND above", bound eax, [bounds]
        mov eax, -6
        try "BOUND below", bound eax, [bounds]
        mov eax, 0x10004
        try "BOUND of 16 bits", bound ax, [bounds16]
        mov eax, 5
        try "BOUND of 16 bits, above", bound ax, [bounds16]
        mov al, 1
        add al, al
        try "INTO without overflow", into
        mov al, 0x7f
        inc al
        try "INTO after overflow", into
        mov ax, 8
        mov cx, 3
        arpl ax, cx
        show "ARPL", eax
        show_flags "ZF", ZF
        arpl ax, cx
        show_flags "ARPL, level already there", ZF
        push dword CF | SF
        popfd
        show_flags "POPFD", CF | SF | ZF
        push word ZF
        popfw
        show_flags "POPF", CF | SF | ZF
        ret
.called:
        ret
far_target:
        mov eax, [esp + 4]
        and eax, 0xffff                 ; the upper half is not defined
        show "CALL far pushes CS", eax
        retf

        section .data
kept_eax:       dd 0
