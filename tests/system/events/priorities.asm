; Of several exceptions of one instruction, the one that the manual's order puts first is raised (SDM vol. 3A, table
; 6-2).
; QEMU 7.2 looks at memory before LOCK, at permissions before #UD, checks no limits of segments, and saves no RF.
; Rows: fld, fwait, ud2, lgdt, insb, mov, movq mmx, div, bound, jmp far, fnsave
; Expect:
;   15 prefixes before a page that is not present: #GP 0000
;   14 prefixes before a page that is not present: #PF 0000 cr2 00027000
;   15 prefixes and NOP: #GP 0000
;   14 prefixes and NOP: ok
;   14 prefixes and UD2: #GP 0000
;   13 prefixes and UD2: #UD
;   UD2, its second byte not present: #PF 0000 cr2 00027000
;   LOCK, the opcode not present: #PF 0000 at +01 cr2 00027000
;   code breakpoint in a page that is not present: #DB dr6 0ff1
;   RF 00000000
;   LOCK FLD, TS: #UD
;   LOCK and memory that is not present, TS: #UD
;   FLD from memory that is not present, TS: #NM
;   MOVQ from memory that is not present, TS: #NM
;   MOVAPS without OSFXSR, TS: #UD
;   LOCK MOV from memory that is not present: #UD
;   beyond the limit, page not present: #GP 0000
;   ring 3, LGDT from memory that is not present: #GP 0000
;   ring 3, INVLPG: #GP 0000
;   ring 3, LLDT from memory that is not present: #GP 0000
;   ring 3, INSB to memory that is not present: #GP 0000
;   ring 3, MOV CR0: #GP 0000
;   ring 3, a control register that is none: #UD
;   ring 3, LOCK HLT: #UD
;   unaligned: #AC 0000
;   pending #MF, FLD from memory that is not present: #MF
;   pending #MF, FLD beyond the limit: #MF
;   pending #MF, FNSAVE to memory that is not present: #PF 0002 cr2 003ff000
;   pending #MF, MOVQ from memory that is not present: #MF
;   pending #MF, TS, FLD: #NM
;   pending #MF, TS, MP, FWAIT: #NM
;   DIV by memory that is not present: #PF 0000 cr2 003ff000
;   BOUND with bounds that are not present: #PF 0000 cr2 003ff000
;   far JMP through memory that is not present: #PF 0000 cr2 003ff000
;   end
%include "testkit.inc"
bits 32
SMALL           equ FREE                ; a data segment of 4 KiB
NOWHERE         equ 0x3ff000            ; a page that is not present
CODE_PAGE       equ FREE_MEMORY

%macro prefixed 2                       ; number of prefixes, instruction
        times %1 db 0x66
        %2
%endmacro
%macro locked 1
        db 0xf0
        %1
%endmacro
%macro copy_code 3                      ; to, from, length
        mov esi, %2
        mov edi, %1
        mov ecx, %3
        rep movsb
%endmacro

test:
        put_descriptor SMALL, 0, 0xfff, DATA_RW | DPL(3), BITS32
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        mov dword [PTE(CODE_PAGE + 0x1000)], 0
        mov eax, cr3
        mov cr3, eax

        ; Fetching: up to 15 bytes are fetched, and the length is looked at before the bytes behind them.
        copy_code CODE_PAGE + 0x1000 - 15, .prefixes, 15
        try_jump "15 prefixes before a page that is not present", CODE_PAGE + 0x1000 - 15
        copy_code CODE_PAGE + 0x1000 - 14, .prefixes, 14
        try_jump "14 prefixes before a page that is not present", CODE_PAGE + 0x1000 - 14
        try "15 prefixes and NOP", prefixed 15, nop
        try "14 prefixes and NOP", prefixed 14, nop
        try "14 prefixes and UD2", prefixed 14, ud2
        try "13 prefixes and UD2", prefixed 13, ud2
        copy_code CODE_PAGE + 0xfff, .ud2, 1
        try_jump "UD2, its second byte not present", CODE_PAGE + 0xfff
        copy_code CODE_PAGE + 0xffe, .fld, 2
        try_jump "LOCK, the opcode not present", CODE_PAGE + 0xfff - 1
        ; A code breakpoint before the fetch's fault.
        mov eax, NOWHERE
        mov dr0, eax
        mov eax, 0x401 | 1
        mov dr7, eax
        try_jump "code breakpoint in a page that is not present", NOWHERE
        show_saved "RF", RF
        xor eax, eax
        mov dr7, eax

        ; Decoding: #UD, then #NM, before operands.
        mov eax, cr0
        or eax, 8
        mov cr0, eax
        try "LOCK FLD, TS", db 0xf0, 0xd9, 0xe8
        try "LOCK and memory that is not present, TS", locked {fld dword [NOWHERE]}
        try "FLD from memory that is not present, TS", fld dword [NOWHERE]
        try "MOVQ from memory that is not present, TS", movq mm0, [NOWHERE]
        try "MOVAPS without OSFXSR, TS", movaps xmm0, [NOWHERE]
        clts
        try "LOCK MOV from memory that is not present", locked {mov eax, [NOWHERE]}

        ; Executing: segments before pages. (The manual leaves the order of pages and alignment to the processor.)
        mov eax, SMALL
        mov es, eax
        try "beyond the limit, page not present", mov eax, [es:NOWHERE]
        in_ring 3, .ring3
        ; An error of the x87 waits: before memory, behind #NM.
        mov eax, cr0
        or eax, 1 << 18 | 0x20
        mov cr0, eax
        in_ring 3, .alignment, 2 | AC
        fninit
        push dword 0x37e
        fldcw [esp]
        pop eax
        fldz
        fldz
        fdivp st1, st0
        try "pending #MF, FLD from memory that is not present", fld dword [NOWHERE]
        try "pending #MF, FLD beyond the limit", fld dword [es:NOWHERE]
        try "pending #MF, FNSAVE to memory that is not present", fnsave [NOWHERE]
        try "pending #MF, MOVQ from memory that is not present", movq mm0, [NOWHERE]
        mov eax, cr0
        or eax, 8
        mov cr0, eax
        try "pending #MF, TS, FLD", fld dword [NOWHERE]
        mov eax, cr0
        or eax, 2
        mov cr0, eax
        try "pending #MF, TS, MP, FWAIT", fwait
        clts
        fnclex
        ; The divisor is read before it divides.
        xor edx, edx
        mov eax, 5
        try "DIV by memory that is not present", div dword [NOWHERE]
        try "BOUND with bounds that are not present", bound eax, [NOWHERE]
        try "far JMP through memory that is not present", jmp far [NOWHERE]
        ret
.prefixes: times 15 db 0x66
.ud2:   ud2
.fld:   db 0x90, 0xf0
.ring3: try "ring 3, LGDT from memory that is not present", lgdt [NOWHERE]
        try "ring 3, INVLPG", invlpg [NOWHERE]
        try "ring 3, LLDT from memory that is not present", lldt [NOWHERE]
        mov edi, NOWHERE
        mov dx, 0x80
        try "ring 3, INSB to memory that is not present", insb
        mov eax, 0xffffff
        try "ring 3, MOV CR0", mov cr0, eax
        try "ring 3, a control register that is none", db 0x0f, 0x22, 0xc8
        try "ring 3, LOCK HLT", db 0xf0, 0xf4
        leave_ring
.alignment:
        try "unaligned", mov eax, [FREE_MEMORY + 1]
        leave_ring
