; Instructions have 15 bytes at the most: one more is #GP(0), before #UD, in every mode (SDM vol. 3A, 6.15). Prefixes
; may be repeated; of segment overrides and of REP and REPNE the last one counts. QEMU 7.2 checks no segment rights.
; Rows: nop, mov, add, stosb, cmpsb, jmp, ud2, cli
; Expect:
;   15 bytes of NOP: ok
;   16 bytes of NOP: #GP 0000
;   20 bytes of NOP: #GP 0000
;   15 bytes of MOV: ok
;   16 bytes of MOV: #GP 0000
;   15 bytes of LOCK ADD: ok
;   16 bytes of LOCK ADD: #GP 0000
;   15 bytes of JMP: ok
;   16 bytes of JMP: #GP 0000
;   15 bytes of UD2: #UD
;   16 bytes of UD2: #GP 0000
;   15 bytes of LOCK NOP: #UD
;   16 bytes of LOCK NOP: #GP 0000
;   15 bytes of an undefined opcode: #UD
;   16 bytes of an undefined opcode: #GP 0000
;   15 bytes of STOSB: ok
;   ECX 00000000
;   16 bytes of STOSB: #GP 0000
;   ECX 00000002
;   66 twice is 66 once 0000aaaa
;   67 twice is 67 once 00005555
;   SS, ES: ES counts: #GP 0000
;   ES, SS: SS counts: ok
;   CS write: #GP 0000
;   REPNE, REP: REP counts 00000000
;   REP, REPNE: REPNE counts 00000002
;   ring 3
;   15 bytes of CLI: #GP 0000
;   16 bytes of NOP: #GP 0000
;   virtual-8086 mode
;   15 bytes of NOP: ok
;   16 bytes of NOP: #GP 0000
;   real mode
;   15 bytes of NOP: ok
;   16 bytes of NOP: #GP
;   end
%include "testkit.inc"

OPERAND_SIZE    equ 0x66

%macro prefixed 3+                      ; how many prefixes, which, the bytes behind them
        times %1 db %2
        db %3
%endmacro

%macro both_lengths 4+                  ; name, prefix, length without prefixes, bytes
%strcat fits "15 bytes of ", %1
%strcat too_long "16 bytes of ", %1
        try fits, prefixed 15 - %3, %2, %4
        try too_long, prefixed 16 - %3, %2, %4
%endmacro

        section .data
source:         dd 0xaaaa5555

        section .text
bits 32
test:   mov ebx, FREE_MEMORY
        both_lengths "NOP", OPERAND_SIZE, 1, 0x90
        try "20 bytes of NOP", prefixed 19, 0x2e, 0x90
        both_lengths "MOV", 0x3e, 11, 0xc7, 0x84, 0x20, 0, 0, 2, 0, 1, 2, 3, 4      ; [EAX + 20000h]
        both_lengths "LOCK ADD", 0x3e, 4, 0xf0, 0x83, 0x03, 1
        both_lengths "JMP", 0x2e, 5, 0xe9, 0, 0, 0, 0
        both_lengths "UD2", OPERAND_SIZE, 2, 0x0f, 0x0b
        both_lengths "LOCK NOP", OPERAND_SIZE, 2, 0xf0, 0x90
        both_lengths "an undefined opcode", OPERAND_SIZE, 2, 0x0f, 0x04
        mov edi, ebx
        mov ecx, 2
        try "15 bytes of STOSB", prefixed 14, 0xf3, 0xaa
        show "ECX", ecx
        mov ecx, 2
        try "16 bytes of STOSB", prefixed 15, 0xf3, 0xaa
        show "ECX", ecx
        mov eax, 0
        db OPERAND_SIZE, OPERAND_SIZE, 0xb8, 0xaa, 0xaa      ; MOV AX, imm16
        show "66 twice is 66 once", eax
        mov eax, 0
        db 0x67, 0x67, 0x8b, 0x06               ; MOV EAX, [disp16]
        dw source
        and eax, 0xffff
        show "67 twice is 67 once", eax
        mov ax, 0
        mov es, ax
        try "SS, ES: ES counts", db 0x36, 0x26, 0x8b, 0x03
        try "ES, SS: SS counts", db 0x26, 0x36, 0x8b, 0x03
        mov ax, DATA0
        mov es, ax
        try "CS write", db 0x36, 0x2e, 0x89, 0x03
        mov dword [ebx], 0
        call compare_bytes
        db 0xf2, 0xf3, 0xa6                     ; equal bytes: REPE runs to the end
        show "REPNE, REP: REP counts", ecx
        call compare_bytes
        db 0xf3, 0xf2, 0xa6
        show "REP, REPNE: REPNE counts", ecx
        in_ring 3, .user
        in_v86 .v86
        in_real .real
        ret
.user:  log "ring 3"
        try "15 bytes of CLI", prefixed 14, OPERAND_SIZE, 0xfa
        try "16 bytes of NOP", prefixed 15, OPERAND_SIZE, 0x90
        leave_ring
bits 16
.v86:   log "virtual-8086 mode"
        both_lengths "NOP", OPERAND_SIZE, 1, 0x90
        leave_ring
.real:  log "real mode"
        both_lengths "NOP", OPERAND_SIZE, 1, 0x90
        ret
bits 32
compare_bytes:
        mov esi, ebx
        mov edi, ebx
        mov ecx, 3
        cld
        ret
