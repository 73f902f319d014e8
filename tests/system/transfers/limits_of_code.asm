; Transfers beyond the limit of a code segment: #GP(0), with EIP at the instruction that jumped, and ESP as it was.
; Rows: jmp, call, ret, jmp far, call far, ret far, iretd, jz, jnz, loop
; Expect:
;   jmp near: #GP 0000
;   jmp register: #GP 0000
;   jmp memory: #GP 0000
;   call near: #GP 0000
;   call register: #GP 0000
;   jz, taken: #GP 0000
;   jnz, not taken: ok
;   ret: #GP 0000
;   ret 8: #GP 0000
;   loop, in the segment: ok
;   ecx 00000004
;   jmp far: #GP 0000
;   call far: #GP 0000
;   ret far: #GP 0000
;   iretd: #GP 0000
;   ret, 16 bits, cut: ok 0008
;   end
%include "testkit.inc"
; The code runs in FREE, whose limit ends with the test's code. SDM volume 2, JMP: #GP(0) "if the target offset in
; destination operand is beyond the new code segment limit". QEMU 7.2 moves EIP and ESP first: its fetch raises #GP.
BEYOND          equ 0xf000
%macro beyond 2+
        mov ebp, esp
        try %1, %2
        cmp [last_esp], ebp
        je %%kept
        log "(ESP has moved)"
%%kept:
%endmacro
bits 32
test:
        put_descriptor FREE, 0, 0, CODE_RX, BITS32
        mov word [GDT + FREE], .end - 1
        put_descriptor FREE + 8, 0, 0xfff, CODE_RX, BITS32
        jmp FREE:.small
.small: mov ecx, BEYOND
        mov [.near], ecx
        beyond "jmp near", jmp near BEYOND
        beyond "jmp register", jmp ecx
        beyond "jmp memory", jmp [.near]
        beyond "call near", call near BEYOND
        beyond "call register", call ecx
        xor eax, eax
        beyond "jz, taken", jz near BEYOND
        try "jnz, not taken", jnz near BEYOND
        push ecx
        beyond "ret", ret
        beyond "ret 8", ret 8
        pop ecx
        mov ecx, 5
        try "loop, in the segment", loop $ + 2
        show "ecx", ecx
        beyond "jmp far", jmp FREE + 8:0x1000
        beyond "call far", call FREE + 8:0x1000
        push dword FREE + 8
        push dword 0x1000
        beyond "ret far", retf
        add esp, 8
        pushfd
        push dword FREE + 8
        push dword 0x1000
        beyond "iretd", iretd
        add esp, 12
        jmp CODE0:.big
        ; A 16-bit operand cuts EIP to 16 bits before the check.
.big:   mov eax, .cut
        or eax, 0xf0000000
        push eax
        try "ret, 16 bits, cut", o16 ret
        pop eax
        ret
.cut:   arrive
.end:
        section .data
.near:  dd 0
