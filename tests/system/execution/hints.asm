; Instructions that name memory without accessing it raise no fault for it: LEA, NOP, INVLPG and the prefetches;
; CLFLUSH is checked as a load of a byte, but may name an execute-only segment (SDM vol. 2A, CLFLUSH). ARPL reads, and
; writes only what it changes, as processors do; QEMU 7.2 and Bochs 2.7 check it as a write. The cells of a line: an
; absent page, a null segment, beyond the limit, a read-only page.
; Rows: lea, nop with-operand, invlpg, prefetchnta, prefetcht0, prefetcht1, prefetcht2, clflush, mov, arpl
; Expect:
;   LEA: ok ok ok ok
;   NOP: ok ok ok ok
;   INVLPG: ok ok ok ok
;   PREFETCHNTA: ok ok ok ok
;   PREFETCHT0: ok ok ok ok
;   PREFETCHT1: ok ok ok ok
;   PREFETCHT2: ok ok ok ok
;   CLFLUSH: #PF 0000 cr2 00026000 #GP 0000 #GP 0000 ok
;   MOV from memory: #PF 0000 cr2 00026000 #GP 0000 #GP 0000 ok
;   ARPL that changes: #PF 0000 cr2 00026000 #GP 0000 #GP 0000 #PF 0003 cr2 00027000
;   ARPL that changes nothing: #PF 0000 cr2 00026000 #GP 0000 #GP 0000 ok
;   CLFLUSH by an execute-only CS: ok
;   accessed, not dirty 00028027
;   MOV by it: #GP 0000
;   CLFLUSH beyond its limit: #GP 0000
;   ring 3, CLFLUSH of a supervisor's page: #PF 0005 cr2 00028000
;   ring 3, PREFETCHT0 of a supervisor's page: ok
;   end
%include "testkit.inc"
WP              equ 1 << 16
ABSENT          equ FREE_MEMORY
READ_ONLY       equ FREE_MEMORY + 0x1000
PAGE            equ FREE_MEMORY + 0x2000
SHORT_DATA      equ FREE                ; 16 bytes of PAGE
EXECUTE_ONLY    equ FREE + 8

%macro named 2+                         ; name, instruction with its operand at FS:EBX
        row %1, ":"
        place DATA0, ABSENT, %2
        place 0, PAGE, %2
        place SHORT_DATA, 0x10, %2
        place DATA0, READ_ONLY, %2
        row_end
%endmacro
%macro place 3+
        mov bx, %1
        mov fs, bx
        mov ebx, %2
        cell %3
%endmacro

        section .text
bits 32
test:   mov dword [READ_ONLY], 1
        call kit_paging_on
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        mov dword [PTE(ABSENT)], 0
        mov dword [PTE(READ_ONLY)], READ_ONLY | 5
        mov eax, cr3
        mov cr3, eax
        put_descriptor SHORT_DATA, PAGE, 0xf, DATA_RW, BITS32
        put_descriptor EXECUTE_ONLY, 0, 0x3ff, CODE_X, FLAT
        named "LEA", lea eax, [fs:ebx]
        named "NOP", nop dword [fs:ebx]
        named "INVLPG", invlpg [fs:ebx]
        named "PREFETCHNTA", prefetchnta [fs:ebx]
        named "PREFETCHT0", prefetcht0 [fs:ebx]
        named "PREFETCHT1", prefetcht1 [fs:ebx]
        named "PREFETCHT2", prefetcht2 [fs:ebx]
        named "CLFLUSH", clflush [fs:ebx]
        named "MOV from memory", mov al, [fs:ebx]
        mov ecx, 3
        named "ARPL that changes", arpl [fs:ebx], cx
        xor ecx, ecx
        named "ARPL that changes nothing", arpl [fs:ebx], cx
        mov dword [PTE(PAGE)], PAGE | 7
        invlpg [PAGE]
        jmp EXECUTE_ONLY:.execute_only
.execute_only:
        try "CLFLUSH by an execute-only CS", clflush [cs:PAGE]
        show "accessed, not dirty", [PTE(PAGE)]
        try "MOV by it", mov al, [cs:PAGE]
        try "CLFLUSH beyond its limit", clflush [cs:0x400000]
        jmp CODE0:.readable
.readable:
        mov dword [PTE(PAGE)], PAGE | 3
        invlpg [PAGE]
        in_ring 3, .user
        ret
.user:  try "ring 3, CLFLUSH of a supervisor's page", clflush [PAGE]
        try "ring 3, PREFETCHT0 of a supervisor's page", prefetcht0 [PAGE]
        leave_ring
