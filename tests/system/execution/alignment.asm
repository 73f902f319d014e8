; Alignment checks: at CPL 3 alone, with CR0.AM and EFLAGS.AC, by the size of what is accessed (SDM vol. 3A, table
; 6-7). The cells of a line: the operand, or ESP, 0, 1, 2, 4 and 8 bytes behind a multiple of 16. Where the manual's
; table gives a pseudo-descriptor four bytes, its section 3.5.1 has it lie two bytes behind a multiple of four: word
; and dword are checked for themselves. QEMU 7.2 checks no alignment; Bochs 2.7 checks the registers in the image of
; FSAVE for themselves, where the table gives all of it four bytes. MOVUPS may raise #AC; processors do not.
; Rows: mov, movzx, add, push, pop, call, enter, leave, pushad, popad, xchg, cmpxchg8b, bt, btr, les, bound
; Rows: nop with-operand, movsw, movsd, stosd, lodsw, lodsb, cmpsd, scasd, outsd, fld, fst, fild, fldcw, fnstenv
; Rows: fldenv, fnsave, frstor, movq mmx, movss, movq xmm, movhps, movups, movaps, stmxcsr, sgdt, sidt, sldt, str
; Rows: smsw, lar, lea, xlat, pushfd, mov from-segment, mov to-segment, pushf, prefetcht0
; Expect:
;   AM clear
;   MOV: ok ok ok ok ok
;   MOVSD: ok ok ok ok ok
;   PUSH: ok ok ok ok ok
;   AC clear
;   MOV: ok ok ok ok ok
;   MOVSD: ok ok ok ok ok
;   PUSH: ok ok ok ok ok
;   ring 2
;   MOV: ok ok ok ok ok
;   MOVSD: ok ok ok ok ok
;   PUSH: ok ok ok ok ok
;   ring 3
;   MOV FS by the LDT: ok
;   byte: ok ok ok ok ok
;   word: ok #AC 0000 ok ok ok
;   dword: ok #AC 0000 #AC 0000 ok ok
;   ADD: ok #AC 0000 #AC 0000 ok ok
;   XCHG: ok #AC 0000 ok ok ok
;   MOVZX of a word: ok #AC 0000 ok ok ok
;   BT, bit in the next dword: ok #AC 0000 #AC 0000 ok ok
;   BTR of 16 bits: ok #AC 0000 ok ok ok
;   LES: ok #AC 0000 #AC 0000 ok ok
;   LES of 16 bits: ok #AC 0000 ok ok ok
;   BOUND: ok #AC 0000 #AC 0000 ok ok
;   MOVSW: ok #AC 0000 ok ok ok
;   MOVSD: ok #AC 0000 #AC 0000 ok ok
;   STOSD: ok #AC 0000 #AC 0000 ok ok
;   LODSW: ok #AC 0000 ok ok ok
;   LODSB: ok ok ok ok ok
;   CMPSD: ok #AC 0000 #AC 0000 ok ok
;   SCASD: ok #AC 0000 #AC 0000 ok ok
;   OUTSD: ok #AC 0000 #AC 0000 ok ok
;   FLD of 32 bits: ok #AC 0000 #AC 0000 ok ok
;   FST of 64 bits: ok #AC 0000 #AC 0000 #AC 0000 ok
;   FLD of 80 bits: ok #AC 0000 #AC 0000 #AC 0000 ok
;   FILD of 16 bits: ok #AC 0000 ok ok ok
;   FILD of 64 bits: ok #AC 0000 #AC 0000 #AC 0000 ok
;   FLDCW: ok #AC 0000 ok ok ok
;   FLDENV: ok #AC 0000 #AC 0000 ok ok
;   FRSTOR: ok #AC 0000 #AC 0000 ok ok
;   FNSTENV: ok #AC 0000 #AC 0000 ok ok
;   FNSTENV of 16 bits: ok #AC 0000 ok ok ok
;   FNSAVE: ok #AC 0000 #AC 0000 ok ok
;   MOVQ of MMX: ok #AC 0000 #AC 0000 #AC 0000 ok
;   MOVSS: ok #AC 0000 #AC 0000 ok ok
;   MOVQ of XMM: ok #AC 0000 #AC 0000 #AC 0000 ok
;   MOVHPS: ok #AC 0000 #AC 0000 #AC 0000 ok
;   MOVAPS: ok #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   MOVUPS: ok ok ok ok ok
;   STMXCSR: ok #AC 0000 #AC 0000 ok ok
;   FBLD: ok #AC 0000 #AC 0000 #AC 0000 ok
;   CMPXCHG8B: ok #AC 0000 #AC 0000 #AC 0000 ok
;   SGDT: #AC 0000 #AC 0000 ok #AC 0000 #AC 0000
;   SIDT: #AC 0000 #AC 0000 ok #AC 0000 #AC 0000
;   SLDT: ok #AC 0000 ok ok ok
;   STR: ok #AC 0000 ok ok ok
;   SMSW: ok #AC 0000 ok ok ok
;   MOV from FS: ok #AC 0000 ok ok ok
;   LAR: ok #AC 0000 ok ok ok
;   LEA: ok ok ok ok ok
;   XLAT: ok ok ok ok ok
;   NOP: ok ok ok ok ok
;   PREFETCHT0: ok ok ok ok ok
;   PUSH: ok #AC 0000 #AC 0000 ok ok
;   PUSH of 16 bits: ok #AC 0000 ok ok ok
;   POP: ok #AC 0000 #AC 0000 ok ok
;   PUSHAD: ok #AC 0000 #AC 0000 ok ok
;   POPAD: ok #AC 0000 #AC 0000 ok ok
;   PUSHFD: ok #AC 0000 #AC 0000 ok ok
;   PUSHF: ok #AC 0000 ok ok ok
;   ENTER: ok #AC 0000 #AC 0000 ok ok
;   LEAVE: ok #AC 0000 #AC 0000 ok ok
;   CALL and back: ok #AC 0000 #AC 0000 ok ok
;   virtual-8086 mode
;   word at 0: ok
;   word at 1: #AC 0000
;   dword at 2: #AC 0000
;   end
%include "testkit.inc"
AM              equ 1 << 18
PLACE           equ FREE_MEMORY

%macro operand 2+                       ; name, instruction with its operand at EBX
        row %1, ":"
        operand_at 0, %2
        operand_at 1, %2
        operand_at 2, %2
        operand_at 4, %2
        operand_at 8, %2
        row_end
%endmacro
%macro operand_at 2+
        mov ebx, PLACE + %1
        mov esi, ebx
        mov edi, ebx
        cell %2
        push ds
        pop es
%endmacro

%macro stack 2+                         ; name, instruction
        row %1, ":"
        stack_at 0, %2
        stack_at 1, %2
        stack_at 2, %2
        stack_at 4, %2
        stack_at 8, %2
        row_end
%endmacro
%macro stack_at 2+
        mov [good_esp], esp
        mov esp, PLACE + 0x100 + %1
        mov ebp, esp
        cell %2
        mov esp, [good_esp]
%endmacro

        section .data
good_esp:       dd 0

        section .text
bits 32
test:   mov eax, cr4
        or eax, 3 << 9                          ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        fninit
        ; What the processor accesses for itself is not checked: the tables and the stack of ring 0.
        put_descriptor FREE, LDT + 1, 0xff, LDT_ACCESS, 0
        put_entry LDT + 1, descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW | DPL(3), FLAT)
        mov ax, FREE
        lldt ax
        mov dword [TSS + 4], KERNEL_STACK - 2
        log "AM clear"
        in_ring 3, .unchecked, 2 | AC
        mov eax, cr0
        or eax, AM
        mov cr0, eax
        log "AC clear"
        in_ring 3, .unchecked, 2
        log "ring 2"
        in_ring 2, .unchecked, 2 | AC
        log "ring 3"
        in_ring 3, .user, 2 | AC | IOPL(3)
        in_v86 .v86, 2 | AC | IOPL(3)
        ret
.unchecked:
        operand "MOV", mov eax, [ebx]
        operand "MOVSD", movsd
        stack "PUSH", push eax
        leave_ring
.user:  mov eax, 4                              ; the LDT's first selector
        or al, 3
        try "MOV FS by the LDT", mov fs, ax
        xor eax, eax
        mov ecx, 32
        mov dx, 0x80
        operand "byte", mov [ebx], al
        operand "word", mov [ebx], ax
        operand "dword", mov [ebx], eax
        operand "ADD", add [ebx], eax
        operand "XCHG", xchg [ebx], ax
        operand "MOVZX of a word", movzx eax, word [ebx]
        operand "BT, bit in the next dword", bt [ebx], ecx
        operand "BTR of 16 bits", btr [ebx], cx
        operand "LES", les eax, [ebx]
        operand "LES of 16 bits", les ax, [ebx]
        operand "BOUND", bound eax, [ebx]
        operand "MOVSW", movsw
        operand "MOVSD", movsd
        operand "STOSD", stosd
        operand "LODSW", lodsw
        operand "LODSB", lodsb
        operand "CMPSD", cmpsd
        operand "SCASD", scasd
        operand "OUTSD", outsd
        operand "FLD of 32 bits", fld dword [ebx]
        operand "FST of 64 bits", fst qword [ebx]
        operand "FLD of 80 bits", fld tword [ebx]
        operand "FILD of 16 bits", fild word [ebx]
        operand "FILD of 64 bits", fild qword [ebx]
        fninit
        operand "FLDCW", fldcw [ebx]
        operand "FLDENV", fldenv [ebx]
        operand "FRSTOR", frstor [ebx]
        fninit
        operand "FNSTENV", fnstenv [ebx]
        operand "FNSTENV of 16 bits", o16 fnstenv [ebx]
        operand "FNSAVE", fnsave [ebx]
        operand "MOVQ of MMX", movq mm0, [ebx]
        emms
        operand "MOVSS", movss xmm0, [ebx]
        operand "MOVQ of XMM", movq xmm0, [ebx]
        operand "MOVHPS", movhps [ebx], xmm0
        operand "MOVAPS", movaps xmm0, [ebx]
        operand "MOVUPS", movups xmm0, [ebx]
        operand "STMXCSR", stmxcsr [ebx]
        operand "FBLD", fbld [ebx]
        fninit
        operand "CMPXCHG8B", cmpxchg8b [ebx]
        operand "SGDT", sgdt [ebx]
        operand "SIDT", sidt [ebx]
        operand "SLDT", sldt [ebx]
        operand "STR", str [ebx]
        operand "SMSW", smsw [ebx]
        operand "MOV from FS", mov [ebx], fs
        operand "LAR", lar eax, [ebx]
        operand "LEA", lea eax, [ebx]
        mov al, 1
        operand "XLAT", xlatb
        operand "NOP", nop dword [ebx]
        operand "PREFETCHT0", prefetcht0 [ebx]
        stack "PUSH", push eax
        stack "PUSH of 16 bits", push ax
        stack "POP", pop eax
        stack "PUSHAD", pushad
        stack "POPAD", popad
        stack "PUSHFD", pushfd
        stack "PUSHF", pushfw
        stack "ENTER", enter 16, 1
        stack "LEAVE", leave
        stack "CALL and back", call .back
        leave_ring
.back:  pop eax
        jmp eax
bits 16
.v86:   log "virtual-8086 mode"
        try "word at 0", mov ax, [good_esp]
        try "word at 1", mov ax, [good_esp + 1]
        try "dword at 2", mov eax, [good_esp + 2]
        leave_ring
