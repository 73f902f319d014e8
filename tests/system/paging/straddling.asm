; Accesses across the edge of two pages, the first, the second or both of which are absent or read-only: CR2 is the
; first byte that the page concerned lacks, the error code is that page's, and nothing is written to the other. The
; cells of a line: first absent, second absent, both absent; writes: first read-only, second read-only, too. Of an
; image of FSAVE or FXSAVE recent processors name the last byte, Bochs 2.7 some byte; here it is the first that is
; lacking. QEMU 7.2 reads before it finds that it may not write, Bochs 2.7 reads the second half of LES first, and both
; write images by parts.
; Rows: mov, add, xchg, cmpxchg, cmpxchg8b, cmp, push, pop, fld, fstp, fild, fistp, movq mmx, movups, movsd, bts, bt
; Rows: fxsave, fxrstor, fnsave, frstor, fldenv, fnstenv, bound, les, lgdt, sgdt, call far, jmp far
; Expect:
;   word: #PF 0000 cr2 00026fff #PF 0000 cr2 00027000 #PF 0000 cr2 00026fff
;   dword, 1 + 3 bytes: #PF 0000 cr2 00026fff #PF 0000 cr2 00027000 #PF 0000 cr2 00026fff
;   dword, 3 + 1 bytes: #PF 0000 cr2 00026ffd #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffd
;   CMP: #PF 0000 cr2 00026fff #PF 0000 cr2 00027000 #PF 0000 cr2 00026fff
;   PUSH: #PF 0000 cr2 00026fff #PF 0000 cr2 00027000 #PF 0000 cr2 00026fff
;   FLD of 32 bits: #PF 0000 cr2 00026ffe #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffe
;   FLD of 64 bits: #PF 0000 cr2 00026ffe #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffe
;   FLD of 80 bits: #PF 0000 cr2 00026ffe #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffe
;   FILD: #PF 0000 cr2 00026ffc #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffc
;   MOVQ: #PF 0000 cr2 00026ff9 #PF 0000 cr2 00027000 #PF 0000 cr2 00026ff9
;   MOVUPS: #PF 0000 cr2 00026ff1 #PF 0000 cr2 00027000 #PF 0000 cr2 00026ff1
;   BT far off: #PF 0000 cr2 00026fff #PF 0000 cr2 00027000 #PF 0000 cr2 00026fff
;   BOUND: #PF 0000 cr2 00026ffc #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffc
;   LES: #PF 0000 cr2 00026ffc #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffc
;   LGDT: #PF 0000 cr2 00026ffd #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffd
;   far JMP: #PF 0000 cr2 00026ffc #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffc
;   far CALL: #PF 0000 cr2 00026ffc #PF 0000 cr2 00027000 #PF 0000 cr2 00026ffc
;   FLDENV: #PF 0000 cr2 00026ff2 #PF 0000 cr2 00027000 #PF 0000 cr2 00026ff2
;   FRSTOR: #PF 0000 cr2 00026fce #PF 0000 cr2 00027000 #PF 0000 cr2 00026fce
;   FXRSTOR: #PF 0000 cr2 00026f00 #PF 0000 cr2 00027000 #PF 0000 cr2 00026f00
;   word: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   dword, 1 + 3 bytes: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   dword, 3 + 1 bytes: #PF 0002 cr2 00026ffd #PF 0002 cr2 00027000 #PF 0002 cr2 00026ffd #PF 0003 cr2 00026ffd #PF 0003 cr2 00027000
;   ADD: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   XCHG: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   CMPXCHG: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   CMPXCHG8B: #PF 0002 cr2 00026ffc #PF 0002 cr2 00027000 #PF 0002 cr2 00026ffc #PF 0003 cr2 00026ffc #PF 0003 cr2 00027000
;   BTS: #PF 0002 cr2 00026ffe #PF 0002 cr2 00027000 #PF 0002 cr2 00026ffe #PF 0003 cr2 00026ffe #PF 0003 cr2 00027000
;   POP: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   FSTP of 32 bits: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   FSTP of 64 bits: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   FSTP of 80 bits: #PF 0002 cr2 00026fff #PF 0002 cr2 00027000 #PF 0002 cr2 00026fff #PF 0003 cr2 00026fff #PF 0003 cr2 00027000
;   FISTP: #PF 0002 cr2 00026ffc #PF 0002 cr2 00027000 #PF 0002 cr2 00026ffc #PF 0003 cr2 00026ffc #PF 0003 cr2 00027000
;   MOVQ: #PF 0002 cr2 00026ff9 #PF 0002 cr2 00027000 #PF 0002 cr2 00026ff9 #PF 0003 cr2 00026ff9 #PF 0003 cr2 00027000
;   MOVUPS: #PF 0002 cr2 00026ff1 #PF 0002 cr2 00027000 #PF 0002 cr2 00026ff1 #PF 0003 cr2 00026ff1 #PF 0003 cr2 00027000
;   SGDT: #PF 0002 cr2 00026ffd #PF 0002 cr2 00027000 #PF 0002 cr2 00026ffd #PF 0003 cr2 00026ffd #PF 0003 cr2 00027000
;   FNSTENV: #PF 0002 cr2 00026ff2 #PF 0002 cr2 00027000 #PF 0002 cr2 00026ff2 #PF 0003 cr2 00026ff2 #PF 0003 cr2 00027000
;   FNSAVE: #PF 0002 cr2 00026fce #PF 0002 cr2 00027000 #PF 0002 cr2 00026fce #PF 0003 cr2 00026fce #PF 0003 cr2 00027000
;   FXSAVE: #PF 0002 cr2 00026f00 #PF 0002 cr2 00027000 #PF 0002 cr2 00026f00 #PF 0003 cr2 00026f00 #PF 0003 cr2 00027000
;   end
%include "testkit.inc"
FIRST           equ FREE_MEMORY
EDGE            equ FREE_MEMORY + 0x1000
SECOND          equ EDGE
WRITABLE        equ 7
READ_ONLY       equ 5
ABSENT          equ 0
MXCSR           equ 24                          ; in the image of FXRSTOR

%macro with_rights 3+                   ; of the two pages; instruction
        mov dword [PTE(FIRST)], FIRST | %1
        mov dword [PTE(SECOND)], SECOND | %2
        invlpg [FIRST]
        invlpg [SECOND]
        cell %3
%endmacro

%macro reads 2+
        row %1, ":"
        with_rights ABSENT, WRITABLE, %2
        with_rights WRITABLE, ABSENT, %2
        with_rights ABSENT, ABSENT, %2
        row_end
%endmacro

%macro writes 2+
        row %1, ":"
        with_rights ABSENT, WRITABLE, %2
        with_rights WRITABLE, ABSENT, %2
        with_rights ABSENT, ABSENT, %2
        with_rights READ_ONLY, WRITABLE, %2
        with_rights WRITABLE, READ_ONLY, %2
        row_end
        call check_memory
%endmacro

        section .text
bits 32
test:
        call kit_paging_on
        mov eax, cr4
        or eax, 3 << 9                  ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, cr0
        or eax, 1 << 16                 ; WP
        mov cr0, eax
        call fill_memory
        mov dword [EDGE - 256 + MXCSR], 0
        mov ebx, EDGE - 1
        mov ecx, 8
        reads "word", mov ax, [EDGE - 1]
        reads "dword, 1 + 3 bytes", mov eax, [EDGE - 1]
        reads "dword, 3 + 1 bytes", mov eax, [EDGE - 3]
        reads "CMP", cmp [ebx], eax
        reads "PUSH", push dword [ebx]
        reads "FLD of 32 bits", fld dword [EDGE - 2]
        reads "FLD of 64 bits", fld qword [EDGE - 2]
        reads "FLD of 80 bits", fld tword [EDGE - 2]
        reads "FILD", fild qword [EDGE - 4]
        reads "MOVQ", movq mm0, [EDGE - 7]
        reads "MOVUPS", movups xmm0, [EDGE - 15]
        reads "BT far off", bt [EDGE - 1], ecx
        reads "BOUND", bound eax, [EDGE - 4]
        reads "LES", les eax, [EDGE - 4]
        reads "LGDT", lgdt [EDGE - 3]
        reads "far JMP", jmp far [EDGE - 4]
        reads "far CALL", call far [EDGE - 4]
        reads "FLDENV", fldenv [EDGE - 14]
        reads "FRSTOR", frstor [EDGE - 50]
        reads "FXRSTOR", fxrstor [EDGE - 256]
        fninit
        call map_both
        call fill_memory
        writes "word", mov [EDGE - 1], ax
        writes "dword, 1 + 3 bytes", mov [EDGE - 1], eax
        writes "dword, 3 + 1 bytes", mov [EDGE - 3], eax
        writes "ADD", add [ebx], eax
        writes "XCHG", xchg [ebx], eax
        writes "CMPXCHG", cmpxchg [ebx], eax
        writes "CMPXCHG8B", cmpxchg8b [EDGE - 4]
        writes "BTS", bts [EDGE - 2], ecx
        writes "POP", pop dword [ebx]
        writes "FSTP of 32 bits", fst dword [EDGE - 1]
        writes "FSTP of 64 bits", fst qword [EDGE - 1]
        writes "FSTP of 80 bits", fstp tword [EDGE - 1]
        writes "FISTP", fistp qword [EDGE - 4]
        writes "MOVQ", movq [EDGE - 7], mm0
        writes "MOVUPS", movups [EDGE - 15], xmm0
        writes "SGDT", sgdt [EDGE - 3]
        writes "FNSTENV", fnstenv [EDGE - 14]
        writes "FNSAVE", fnsave [EDGE - 50]
        writes "FXSAVE", fxsave [EDGE - 256]
        ret

; Both pages are all 5Ah; what a fault of the other page left written is reported.
fill_memory:
        mov edi, FIRST
        mov ecx, 0x2000 / 4
        mov eax, 0x5a5a5a5a
        rep stosd
        ret

map_both:
        mov dword [PTE(FIRST)], FIRST | WRITABLE
        mov dword [PTE(SECOND)], SECOND | WRITABLE
        invlpg [FIRST]
        invlpg [SECOND]
        ret

check_memory:
        pushad
        call map_both
        mov edi, FIRST
        mov ecx, 0x2000 / 4
        mov eax, 0x5a5a5a5a
        repe scasd
        je .same
        sub edi, 4
        show "WRITTEN at", edi
        call fill_memory
.same:  popad
        ret
