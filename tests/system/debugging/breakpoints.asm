; Debug registers: what kinds, lengths and enables match, faults and traps, RF, GD, the alias of DR4 and DR5, and the bits
; that are fixed (SDM vol. 3B, 17.2 and 17.3).
; QEMU 7.2 does not align addresses, has no GD and keeps reserved bits; Bochs 2.7 keeps bit 11 of DR7 and leaves RF clear.
; Rows: mov to-debug, mov from-debug, mov, push, pop, xchg, cmp, stosb, in immediate, out immediate, fstp, int1, iretd
; Expect:
;   DR6 of ones ffffefff
;   DR7 of ones but GD ffff07ff
;   DR6 of zeros ffff0ff0
;   DR7 of zeros 00000400
;   DR3 12345678
;   MOV DR4: ok
;   DR6 ffffefff
;   MOV DR5: ok
;   DR7 00000700
;   MOV DR4, DE: #UD
;   MOV from DR5, DE: #UD
;   4 bytes, write: #DB at +05 dr6 0ff1
;   4 bytes, read: ok
;   4 bytes, write below: ok
;   4 bytes, write above: ok
;   4 bytes, write the last byte and above: #DB at +05 dr6 0ff1
;   4 bytes, write below and the first byte: #DB at +05 dr6 0ff1
;   4 bytes, low address bits are ignored: #DB at +05 dr6 0ff1
;   2 bytes, low address bit is ignored: #DB at +05 dr6 0ff1
;   2 bytes, write behind: ok
;   1 byte, write beside: ok
;   1 byte, write over it: #DB at +05 dr6 0ff1
;   access, read: #DB at +05 dr6 0ff1
;   access, write: #DB at +05 dr6 0ff1
;   access, CMP: #DB at +07 dr6 0ff1
;   access, XCHG: #DB at +06 dr6 0ff1
;   access, 80-bit store: #DB at +06 dr6 0ff1
;   write, PUSH: #DB at +01 dr6 0ff1
;   access, POP: #DB at +01 dr6 0ff1
;   REP STOSB: #DB dr6 0ff1
;   ECX 00000005
;   EDI 00026003
;   RF 00010000
;   REP STOSB, the last: #DB at +02 dr6 0ff1
;   ECX 00000000
;   RF 00000000
;   OUT to the port: #DB at +02 dr6 0ff1
;   IN from the port: #DB at +02 dr6 0ff1
;   OUT to the port beside: ok
;   word OUT across it: #DB at +03 dr6 0ff1
;   4 ports, OUT to the last: #DB at +02 dr6 0ff1
;   code: #DB dr6 0ff1
;   RF 00000000
;   with RF, instructions at the breakpoint 00000001
;   RF behind 00000000
;   L0, G1 and G3: #DB at +05 dr6 0ffb
;   INT1 leaves them: #DB at +01 dr6 0ffb
;   MOV from DR0, GD: #DB dr6 2ff0
;   RF 00010000
;   DR7 00000400
;   MOV DR7, GD: #DB dr6 2ff0
;   ring 1, MOV from DR7: #GP 0000
;   ring 3, MOV DR7: #GP 0000
;   ring 3, MOV from DR6: #GP 0000
;   end
%include "testkit.inc"
bits 32
DATA            equ FREE_MEMORY
EXECUTE         equ 0
WRITE           equ 1
PORT            equ 2
ACCESS          equ 3

; DR7 for breakpoint 0: kind, length 1, 2 or 4.
%define breakpoint(kind, length) (0x402 | (kind) << 16 | ((length) - 1) << 18)
%macro watch 3                          ; address, kind, length
        push eax
        xor eax, eax
        mov dr6, eax
        mov eax, %1
        mov dr0, eax
        mov eax, breakpoint(%2, %3)
        mov dr7, eax
        pop eax
%endmacro
%macro show_debug 2                     ; name, register
        mov eax, %2
        show %1, eax
%endmacro

test:
        ; Fixed bits.
        or eax, -1
        mov dr6, eax
        show_debug "DR6 of ones", dr6
        mov eax, ~(1 << 13)             ; without GD
        mov dr7, eax
        show_debug "DR7 of ones but GD", dr7
        xor eax, eax
        mov dr6, eax
        mov dr7, eax
        show_debug "DR6 of zeros", dr6
        show_debug "DR7 of zeros", dr7
        mov eax, 0x12345678
        mov dr3, eax
        show_debug "DR3", dr3
        ; DR4 and DR5.
        or eax, -1
        try "MOV DR4", mov dr4, eax
        show_debug "DR6", dr6
        mov eax, 0x700
        try "MOV DR5", mov dr5, eax
        show_debug "DR7", dr7
        mov eax, cr4
        or eax, 8
        mov cr4, eax
        try "MOV DR4, DE", mov dr4, eax
        try "MOV from DR5, DE", mov eax, dr5
        xor eax, eax
        mov dr6, eax

        ; Writes.
        watch DATA + 4, WRITE, 4
        try "4 bytes, write", mov [DATA + 4], eax
        watch DATA + 4, WRITE, 4
        try "4 bytes, read", mov eax, [DATA + 4]
        try "4 bytes, write below", mov [DATA], eax
        try "4 bytes, write above", mov [DATA + 8], eax
        try "4 bytes, write the last byte and above", mov [DATA + 7], eax
        watch DATA + 4, WRITE, 4
        try "4 bytes, write below and the first byte", mov [DATA + 1], eax
        watch DATA + 6, WRITE, 4
        try "4 bytes, low address bits are ignored", mov [DATA + 4], al
        watch DATA + 5, WRITE, 2
        try "2 bytes, low address bit is ignored", mov [DATA + 4], al
        watch DATA + 4, WRITE, 2
        try "2 bytes, write behind", mov [DATA + 6], al
        watch DATA + 5, WRITE, 1
        try "1 byte, write beside", mov [DATA + 4], al
        try "1 byte, write over it", mov [DATA + 4], eax
        ; Reads and writes.
        watch DATA, ACCESS, 4
        try "access, read", mov eax, [DATA]
        watch DATA, ACCESS, 4
        try "access, write", mov [DATA], eax
        watch DATA, ACCESS, 4
        try "access, CMP", cmp byte [DATA + 3], 0
        watch DATA, ACCESS, 4
        try "access, XCHG", xchg eax, [DATA]
        watch DATA, ACCESS, 4
        fldz
        try "access, 80-bit store", fstp tword [DATA - 8]
        fninit
        watch DATA, WRITE, 4
        in_ring 3, .push                ; where exceptions have another stack
        watch DATA, ACCESS, 4
        in_ring 3, .pop
        ; Strings stop behind the iteration that matched.
        watch DATA + 2, WRITE, 1
        mov edi, DATA
        mov ecx, 8
        try "REP STOSB", rep stosb
        show "ECX", ecx
        show "EDI", edi
        show_saved "RF", RF
        watch DATA + 7, WRITE, 1
        mov edi, DATA
        mov ecx, 8
        try "REP STOSB, the last", rep stosb
        show "ECX", ecx
        show_saved "RF", RF
        ; Ports, with CR4.DE.
        watch 0x80, PORT, 1
        try "OUT to the port", out 0x80, al
        watch 0x80, PORT, 1
        try "IN from the port", in al, 0x80
        watch 0x80, PORT, 1
        try "OUT to the port beside", out 0x81, al
        try "word OUT across it", out 0x7f, ax
        watch 0x80, PORT, 4
        try "4 ports, OUT to the last", out 0x83, al

        ; Code: before the instruction, unless RF is set.
        watch .code, EXECUTE, 1
        try_jump "code", .code
        show_saved "RF", RF
        push dword 2 | RF
        push dword CODE0
        push dword .code
        mov dword [.reached], 0
        iretd
.behind:
        show "with RF, instructions at the breakpoint", dword [.reached]
        show_flags "RF behind", RF
        ; Several at once.
        xor eax, eax
        mov dr6, eax
        mov eax, DATA
        mov dr0, eax
        mov dr1, eax
        mov dr3, eax
        mov eax, 0x400 | 1 << 0 | 1 << 3 | 1 << 7 | 0x1111 << 16  ; L0, G1, G3: writes of a byte
        mov dr7, eax
        try "L0, G1 and G3", mov [DATA], al
        ; DR6 keeps its bits till software clears them.
        xor eax, eax
        mov dr7, eax
        try "INT1 leaves them", int1
        ; General detect: a fault, which clears GD.
        xor eax, eax
        mov dr6, eax
        mov eax, 0x2400
        mov dr7, eax
        try "MOV from DR0, GD", mov eax, dr0
        show_saved "RF", RF
        show_debug "DR7", dr7
        mov eax, 0x2400
        mov dr7, eax
        try "MOV DR7, GD", mov dr7, eax
        xor eax, eax
        mov dr6, eax
        in_ring 1, .ring1
        in_ring 3, .ring3
        ret
.code:  inc dword [.reached]
        jmp .behind
.reached: dd 0
.push:  mov esp, DATA + 4
        try "write, PUSH", push eax
        mov esp, STACK3
        leave_ring
.pop:   mov esp, DATA
        try "access, POP", pop eax
        mov esp, STACK3
        leave_ring
.ring1: try "ring 1, MOV from DR7", mov eax, dr7
        leave_ring
.ring3: try "ring 3, MOV DR7", mov dr7, eax
        try "ring 3, MOV from DR6", mov eax, dr6
        leave_ring
