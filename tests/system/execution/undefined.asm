; Encodings that no instruction has raise #UD, without a look at operands or privilege: reserved opcodes, reserved
; places of groups, registers where the operand must be memory and the reverse, registers that do not exist, and
; instructions that need protected mode. A line of a group has a cell for each place, the reg field of MOD R/M. QEMU
; 7.2 ignores some places, knows FISTTP on its Pentium III, and has no second place of TEST.
; Rows: ud2, fnop, test, shl, add
; Expect:
;   0F 04 to 0F: #UD #UD #UD #UD #UD #UD #UD #UD
;   0F 24 to 27: #UD #UD #UD #UD
;   0F 36 to 3F: #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD
;   0F 78 to 7D: #UD #UD #UD #UD #UD #UD
;   0F A6, A7, B8, B9, D0, F0, FF: #UD #UD #UD #UD #UD #UD #UD
;   8C, memory: #UD #UD
;   8C, register: #UD #UD
;   8E, memory: #UD #UD #UD
;   8E, register: #UD #UD #UD
;   8F, memory: #UD #UD #UD #UD #UD #UD #UD
;   8F, register: #UD #UD #UD #UD #UD #UD #UD
;   C6, memory: #UD #UD #UD #UD #UD #UD #UD
;   C6, register: #UD #UD #UD #UD #UD #UD #UD
;   C7, memory: #UD #UD #UD #UD #UD #UD #UD
;   C7, register: #UD #UD #UD #UD #UD #UD #UD
;   FE, memory: #UD #UD #UD #UD #UD #UD
;   FE, register: #UD #UD #UD #UD #UD #UD
;   FF, memory: #UD
;   FF, register: #UD #UD #UD
;   0F 00, memory: #UD #UD
;   0F 00, register: #UD #UD
;   0F 01, memory: #UD
;   0F 01, EAX: #UD #UD #UD #UD #UD #UD
;   0F 01, ECX: #UD #UD #UD #UD #UD #UD
;   0F 20: #UD #UD #UD #UD
;   0F 22: #UD #UD #UD #UD
;   0F 71, memory: #UD #UD #UD #UD #UD #UD #UD #UD
;   0F 71, register: #UD #UD #UD #UD #UD
;   0F 72, memory: #UD #UD #UD #UD #UD #UD #UD #UD
;   0F 72, register: #UD #UD #UD #UD #UD
;   0F 73, memory: #UD #UD #UD #UD #UD #UD #UD #UD
;   0F 73, register: #UD #UD #UD #UD #UD #UD
;   0F AE, memory: #UD #UD #UD
;   0F AE, register: #UD #UD #UD #UD #UD
;   0F BA, memory: #UD #UD #UD #UD
;   0F BA, register: #UD #UD #UD #UD
;   0F C7, memory: #UD #UD #UD #UD #UD #UD #UD
;   0F C7, register: #UD #UD #UD #UD #UD #UD #UD #UD
;   D9, memory: #UD
;   D9, ST1: #UD
;   D9 D1 to EF: #UD #UD #UD #UD #UD #UD
;   DA, ST0: #UD #UD #UD #UD
;   DB, memory: #UD #UD #UD
;   DB, ST0: #UD
;   DB E5: #UD
;   DD, memory: #UD #UD
;   DD, ST0: #UD #UD
;   DE, ST0: #UD
;   DF, memory: #UD
;   DF, ST1: #UD #UD
;   no memory operand
;   LEA: #UD
;   LES: #UD
;   LDS: #UD
;   LSS: #UD
;   LFS: #UD
;   LGS: #UD
;   BOUND: #UD
;   MOVLPS: #UD
;   MOVHPS: #UD
;   MOVNTPS: #UD
;   MOVNTI: #UD
;   MOVNTQ: #UD
;   a memory operand
;   MOVMSKPS: #UD
;   PEXTRW: #UD
;   PMOVMSKB: #UD
;   MASKMOVQ: #UD
;   second places of one instruction
;   C0 /6: ok
;   D3 /6: ok
;   F6 /1: ok
;   F7 /1: ok
;   82 /0: ok
;   D9 D0: ok
;   a null segment: #UD
;   ring 3
;   LGDT with a register: #UD
;   INVLPG with a register: #UD
;   MOV to CR5: #UD
;   RSM: #UD
;   real mode
;   ARPL: #UD
;   LAR: #UD
;   LSL: #UD
;   SLDT: #UD
;   STR: #UD
;   LLDT: #UD
;   LTR: #UD
;   VERR: #UD
;   VERW: #UD
;   MOV to CS: #UD
;   end
%include "testkit.inc"
MEMORY          equ 0x03                ; MOD R/M but for its reg field: [EBX], EAX or ECX
WITH_EAX        equ 0xc0
WITH_ECX        equ 0xc1

; Longer forms take their other bytes from the NOPs.
%macro encoded 1+
        db %1, 0x90, 0x90, 0x90, 0x90, 0x90
%endmacro

%macro bytes 2+                         ; name, bytes
        try %1, encoded %2
%endmacro

%macro places 3-*                       ; name, MOD R/M, places in a group of which OPCODE has the opcode
        row %1, ":"
%assign modrm %2
%rep %0 - 2
        cell encoded OPCODE, modrm | %3 << 3
%rotate 1
%endrep
        row_end
%endmacro

%macro second_bytes 2-*                 ; name, opcodes behind 0Fh
        row %1, ":"
%rep %0 - 1
        cell encoded 0x0f, %2, MEMORY
%rotate 1
%endrep
        row_end
%endmacro

        section .text
bits 32
test:   mov ebx, FREE_MEMORY
        second_bytes "0F 04 to 0F", 0x04, 0x05, 0x07, 0x0a, 0x0b, 0x0c, 0x0e, 0x0f
        second_bytes "0F 24 to 27", 0x24, 0x25, 0x26, 0x27
        second_bytes "0F 36 to 3F", 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
        second_bytes "0F 78 to 7D", 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d
        second_bytes "0F A6, A7, B8, B9, D0, F0, FF", 0xa6, 0xa7, 0xb8, 0xb9, 0xd0, 0xf0, 0xff
%define OPCODE 0x8c
        places "8C, memory", MEMORY, 6, 7
        places "8C, register", WITH_ECX, 6, 7
%define OPCODE 0x8e
        places "8E, memory", MEMORY, 1, 6, 7
        places "8E, register", WITH_EAX, 1, 6, 7
%define OPCODE 0x8f
        places "8F, memory", MEMORY, 1, 2, 3, 4, 5, 6, 7
        places "8F, register", WITH_ECX, 1, 2, 3, 4, 5, 6, 7
%define OPCODE 0xc6
        places "C6, memory", MEMORY, 1, 2, 3, 4, 5, 6, 7
        places "C6, register", WITH_EAX, 1, 2, 3, 4, 5, 6, 7
%define OPCODE 0xc7
        places "C7, memory", MEMORY, 1, 2, 3, 4, 5, 6, 7
        places "C7, register", WITH_ECX, 1, 2, 3, 4, 5, 6, 7
%define OPCODE 0xfe
        places "FE, memory", MEMORY, 2, 3, 4, 5, 6, 7
        places "FE, register", WITH_ECX, 2, 3, 4, 5, 6, 7
%define OPCODE 0xff
        places "FF, memory", MEMORY, 7
        places "FF, register", WITH_ECX, 3, 5, 7
%define OPCODE 0x0f, 0x00
        places "0F 00, memory", MEMORY, 6, 7
        places "0F 00, register", WITH_ECX, 6, 7
%define OPCODE 0x0f, 0x01
        places "0F 01, memory", MEMORY, 5
        places "0F 01, EAX", WITH_EAX, 0, 1, 2, 3, 5, 7
        places "0F 01, ECX", WITH_ECX, 0, 1, 2, 3, 5, 7
%define OPCODE 0x0f, 0x20
        places "0F 20", WITH_EAX, 1, 5, 6, 7
%define OPCODE 0x0f, 0x22
        places "0F 22", WITH_EAX, 1, 5, 6, 7
%define OPCODE 0x0f, 0x71
        places "0F 71, memory", MEMORY, 0, 1, 2, 3, 4, 5, 6, 7
        places "0F 71, register", WITH_ECX, 0, 1, 3, 5, 7
%define OPCODE 0x0f, 0x72
        places "0F 72, memory", MEMORY, 0, 1, 2, 3, 4, 5, 6, 7
        places "0F 72, register", WITH_ECX, 0, 1, 3, 5, 7
%define OPCODE 0x0f, 0x73
        places "0F 73, memory", MEMORY, 0, 1, 2, 3, 4, 5, 6, 7
        places "0F 73, register", WITH_ECX, 0, 1, 3, 4, 5, 7
%define OPCODE 0x0f, 0xae
        places "0F AE, memory", MEMORY, 4, 5, 6
        places "0F AE, register", WITH_ECX, 0, 1, 2, 3, 4
%define OPCODE 0x0f, 0xba
        places "0F BA, memory", MEMORY, 0, 1, 2, 3
        places "0F BA, register", WITH_ECX, 0, 1, 2, 3
%define OPCODE 0x0f, 0xc7
        places "0F C7, memory", MEMORY, 0, 2, 3, 4, 5, 6, 7
        places "0F C7, register", WITH_ECX, 0, 1, 2, 3, 4, 5, 6, 7
%define OPCODE 0xd9
        places "D9, memory", MEMORY, 1
        places "D9, ST1", WITH_ECX, 2
        row "D9 D1 to EF:"
        cell encoded 0xd9, 0xd1
        cell encoded 0xd9, 0xe2
        cell encoded 0xd9, 0xe3
        cell encoded 0xd9, 0xe6
        cell encoded 0xd9, 0xe7
        cell encoded 0xd9, 0xef
        row_end
%define OPCODE 0xda
        places "DA, ST0", WITH_EAX, 4, 5, 6, 7
%define OPCODE 0xdb
        places "DB, memory", MEMORY, 1, 4, 6
        places "DB, ST0", WITH_EAX, 7
        bytes "DB E5", 0xdb, 0xe5
%define OPCODE 0xdd
        places "DD, memory", MEMORY, 1, 5
        places "DD, ST0", WITH_EAX, 6, 7
%define OPCODE 0xde
        places "DE, ST0", WITH_EAX, 3
%define OPCODE 0xdf
        places "DF, memory", MEMORY, 1
        places "DF, ST1", WITH_ECX, 4, 7
        log "no memory operand"
        bytes "LEA", 0x8d, 0xc0
        bytes "LES", 0xc4, 0xc0
        bytes "LDS", 0xc5, 0xc0
        bytes "LSS", 0x0f, 0xb2, 0xc0
        bytes "LFS", 0x0f, 0xb4, 0xc0
        bytes "LGS", 0x0f, 0xb5, 0xc0
        bytes "BOUND", 0x62, 0xc0
        bytes "MOVLPS", 0x0f, 0x13, 0xc0
        bytes "MOVHPS", 0x0f, 0x17, 0xc0
        bytes "MOVNTPS", 0x0f, 0x2b, 0xc0
        bytes "MOVNTI", 0x0f, 0xc3, 0xc0
        bytes "MOVNTQ", 0x0f, 0xe7, 0xc0
        log "a memory operand"
        bytes "MOVMSKPS", 0x0f, 0x50, 0x03
        bytes "PEXTRW", 0x0f, 0xc5, 0x03
        bytes "PMOVMSKB", 0x0f, 0xd7, 0x03
        bytes "MASKMOVQ", 0x0f, 0xf7, 0x03
        log "second places of one instruction"
        bytes "C0 /6", 0xc0, 0x33, 1
        bytes "D3 /6", 0xd3, 0xf1
        bytes "F6 /1", 0xf6, 0x0b, 1
        bytes "F7 /1", 0xf7, 0xc9
        bytes "82 /0", 0x82, 0x03, 1
        bytes "D9 D0", 0xd9, 0xd0
        xor eax, eax
        mov es, ax
        bytes "a null segment", 0x26, 0xfe, 0x13
        mov ax, DATA0
        mov es, ax
        in_ring 3, .user
        in_real .real
        ret
.user:  log "ring 3"
        bytes "LGDT with a register", 0x0f, 0x01, 0xd0
        bytes "INVLPG with a register", 0x0f, 0x01, 0xf8
        bytes "MOV to CR5", 0x0f, 0x22, 0xe8
        bytes "RSM", 0x0f, 0xaa
        leave_ring
bits 16
.real:  log "real mode"
        bytes "ARPL", 0x63, 0xc0
        bytes "LAR", 0x0f, 0x02, 0xc0
        bytes "LSL", 0x0f, 0x03, 0xc0
        bytes "SLDT", 0x0f, 0x00, 0xc0
        bytes "STR", 0x0f, 0x00, 0xc8
        bytes "LLDT", 0x0f, 0x00, 0xd0
        bytes "LTR", 0x0f, 0x00, 0xd8
        bytes "VERR", 0x0f, 0x00, 0xe0
        bytes "VERW", 0x0f, 0x00, 0xe8
        bytes "MOV to CS", 0x8e, 0xc8
        ret
