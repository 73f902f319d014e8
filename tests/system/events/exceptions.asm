; Every exception that an instruction can raise: vector, error code, the saved EIP, and RF in the saved image: set for
; faults, not for traps (SDM vol. 3A, 6.15 and 17.3.1.1).
; QEMU 7.2 saves no RF, checks no limits of segments and has no INT1 on this model.
; Rows: div, int3, int1, into, bound, ud2, iretd, mov to-segment, fwait, divps, divss
; Expect:
;   DIV by 0: #DE
;   RF 00010000
;   DIV overflow: #DE
;   RF 00010000
;   IDIV overflow: #DE
;   RF 00010000
;   AAM 0: #DE
;   RF 00010000
;   INT1: #DB at +01 dr6 0ff0
;   RF 00000000
;   INT3: #BP at +01
;   RF 00000000
;   INT 3: #BP at +02
;   RF 00000000
;   INTO: #OF at +01
;   RF 00000000
;   INTO, OF clear: ok
;   BOUND below: #BR
;   RF 00010000
;   BOUND above: #BR
;   RF 00010000
;   BOUND inside: ok
;   UD2: #UD
;   RF 00010000
;   LOCK NOP: #UD
;   RF 00010000
;   MOV CS: #UD
;   RF 00010000
;   LES from a register: #UD
;   RF 00010000
;   IRET, NT, no TSS: #TS 0008
;   RF 00010000
;   MOV DS, not present: #NP 0068
;   RF 00010000
;   MOV SS, not present: #SS 0068
;   RF 00010000
;   MOV DS, outside the table: #GP 0800
;   RF 00010000
;   beyond the limit: #GP 0000
;   RF 00010000
;   read beyond the stack's limit: #SS 0000
;   RF 00010000
;   push beyond the stack's limit: #SS 0000
;   RF 00010000
;   FDIVP by 0: ok
;   then FWAIT: #MF
;   RF 00010000
;   then FNSTSW: ok
;   then FLD1: #MF
;   RF 00010000
;   FWAIT after FNCLEX: ok
;   DIVSS by 0: #XM
;   RF 00010000
;   DIVPS by 0: #XM
;   RF 00010000
;   unaligned: ok
;   unaligned: #AC 0000
;   unaligned: ok
;   unaligned: ok
;   read: #PF 0000 cr2 00026008
;   RF 00010000
;   write: #PF 0002 cr2 00026008
;   RF 00010000
;   fetch: #PF 0000 cr2 00026000
;   RF 00010000
;   user read: #PF 0004 cr2 00026008
;   RF 00010000
;   user write: #PF 0006 cr2 00026008
;   RF 00010000
;   user write, read only: #PF 0007 cr2 00026008
;   RF 00010000
;   user read, supervisor's: #PF 0005 cr2 00027000
;   RF 00010000
;   end
%include "testkit.inc"
bits 32
%macro raise 2+
        try %1, %2
        show_saved "RF", RF
%endmacro
NOT_PRESENT     equ FREE                ; a data segment
BAD_STACK       equ FREE + 8            ; 64 KiB, where no stack is

test:
        put_descriptor NOT_PRESENT, 0, 0xffff, DATA_RW & ~PRESENT, BITS32
        mov eax, 0x1000
        mov edx, eax
        mov ecx, 0
        raise "DIV by 0", div ecx
        mov ecx, 1
        raise "DIV overflow", div ecx
        mov eax, 0x80000000
        cdq
        or ecx, -1
        raise "IDIV overflow", idiv ecx
        mov eax, 0x8080
        raise "AAM 0", aam 0
        raise "INT1", int1
        raise "INT3", int3
        raise "INT 3", int 3
        mov al, 0x7f
        add al, al
        raise "INTO", into
        xor eax, eax
        try "INTO, OF clear", into
        mov dword [FREE_MEMORY], 5
        mov dword [FREE_MEMORY + 4], 6
        mov eax, 4
        raise "BOUND below", bound eax, [FREE_MEMORY]
        mov eax, 7
        raise "BOUND above", bound eax, [FREE_MEMORY]
        mov eax, 6
        try "BOUND inside", bound eax, [FREE_MEMORY]
        raise "UD2", ud2
        raise "LOCK NOP", db 0xf0, 0x90
        raise "MOV CS", db 0x8e, 0xc8
        raise "LES from a register", db 0xc4, 0xc0
        ; A task's return to something that is no busy TSS.
        mov word [TSS], CODE0
        pushfd
        or dword [esp], NT
        popfd
        raise "IRET, NT, no TSS", iretd
        mov word [TSS], 0
        mov eax, NOT_PRESENT
        raise "MOV DS, not present", mov ds, ax
        raise "MOV SS, not present", mov ss, ax
        mov eax, GDT_LIMIT + 1
        raise "MOV DS, outside the table", mov ds, ax
        ; The stack's limit, and others.
        put_descriptor BAD_STACK, 0, 0xffff, DATA_RW, BITS32
        mov eax, BAD_STACK
        mov es, ax
        raise "beyond the limit", mov eax, [es:0x10000]
        put_descriptor BAD_STACK, 0, 0xffff, DATA_RW | DPL(3), BITS32
        in_ring 3, .stack
        ; The x87's error waits for the next instruction that looks for it.
        mov eax, cr0
        or al, 0x20
        mov cr0, eax
        fninit
        push dword 0x37b                ; division by zero is not masked
        fldcw [esp]
        pop eax
        fld1
        fldz
        try "FDIVP by 0", fdivp st1, st0
        raise "then FWAIT", fwait
        try "then FNSTSW", fnstsw ax
        raise "then FLD1", fld1
        fnclex
        try "FWAIT after FNCLEX", fwait
        fninit
        mov eax, cr4
        or eax, 0x600                   ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        push dword 0x1d80
        ldmxcsr [esp]
        pop eax
        xorps xmm0, xmm0
        mov eax, 0x3f800000
        cvtsi2ss xmm1, eax
        raise "DIVSS by 0", divss xmm1, xmm0
        raise "DIVPS by 0", divps xmm1, xmm0
        ; Alignment is checked at CPL 3 alone, with CR0.AM and EFLAGS.AC.
        in_ring 3, .unaligned, 2 | AC
        mov eax, cr0
        or eax, 1 << 18
        mov cr0, eax
        in_ring 3, .unaligned, 2 | AC
        in_ring 3, .unaligned
        in_ring 2, .unaligned, 2 | AC
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY)], 0
        invlpg [FREE_MEMORY]
        raise "read", mov eax, [FREE_MEMORY + 8]
        raise "write", mov [FREE_MEMORY + 8], eax
        try_jump "fetch", FREE_MEMORY
        show_saved "RF", RF
        in_ring 3, .pages
        ret
.unaligned:
        try "unaligned", mov eax, [FREE_MEMORY + 1]
        leave_ring
.stack: mov ebp, esp                    ; outside the limit of 64 KiB
        mov eax, BAD_STACK | 3
        mov ecx, ss
        mov ss, eax
        try "read beyond the stack's limit", mov eax, [ebp]
        mov ss, ecx
        show_saved "RF", RF
        mov eax, BAD_STACK | 3
        mov ss, eax
        try "push beyond the stack's limit", push eax
        mov ss, ecx
        show_saved "RF", RF
        leave_ring
.pages: raise "user read", mov eax, [FREE_MEMORY + 8]
        raise "user write", mov [FREE_MEMORY + 8], eax
        mov dword [PTE(FREE_MEMORY)], FREE_MEMORY | 5   ; was not present: no INVLPG needed
        raise "user write, read only", mov [FREE_MEMORY + 8], eax
        mov dword [PTE(FREE_MEMORY + 0x1000)], FREE_MEMORY | 3
        raise "user read, supervisor's", mov eax, [FREE_MEMORY + 0x1000]
        leave_ring
