; x87, MMX and SSE instructions whose operand reaches into an absent page: all of the state, its pointers and tags too,
; is as it was, so that the instruction can be done again when the page is there. QEMU 7.2 and Bochs 2.7 change a part
; first, and read and write long operands by parts of their own choice.
; Rows: frstor, fldenv, fxrstor, fldcw, fld, fild, fbld, fadd, fcomp, fnsave, fnstenv, fxsave, fnstcw, fnstsw, fst, fstp
; Rows: fistp, fbstp, movq mmx, paddb mmx, movups, addps, cvtps2pi, cvtpi2ps, ldmxcsr, stmxcsr, movaps
; Expect:
;   loads
;   FLD of 32 bits: #PF 0000 cr2 00027000 ok
;   FLD of 80 bits: #PF 0000 cr2 00027000 ok
;   FILD: #PF 0000 cr2 00027000 ok
;   FBLD: #PF 0000 cr2 00027000 ok
;   FADD: #PF 0000 cr2 00027000 ok
;   FCOMP: #PF 0000 cr2 00027000 ok
;   MOVQ of MMX: #PF 0000 cr2 00027000 ok
;   PADDB of MMX: #PF 0000 cr2 00027000 ok
;   MOVUPS: #PF 0000 cr2 00027000 ok
;   ADDPS: #PF 0000 cr2 00027000 ok
;   CVTPS2PI: #PF 0000 cr2 00027000 ok
;   CVTPI2PS: #PF 0000 cr2 00027000 ok
;   LDMXCSR: #PF 0000 cr2 00027000 ok
;   FLDCW: #PF 0000 cr2 00027000 ok
;   FLDENV: #PF 0000 cr2 00027000 ok
;   FRSTOR: #PF 0000 cr2 00027000 ok
;   FXRSTOR: #PF 0000 cr2 00027000 ok
;   stores
;   FST of 32 bits: #PF 0002 cr2 00027000 ok
;   FSTP of 80 bits: #PF 0002 cr2 00027000 ok
;   FISTP: #PF 0002 cr2 00027000 ok
;   FBSTP: #PF 0002 cr2 00027000 ok
;   MOVQ of MMX: #PF 0002 cr2 00027000 ok
;   MOVUPS: #PF 0002 cr2 00027000 ok
;   MOVAPS: #PF 0002 cr2 00027000 ok
;   STMXCSR: #PF 0002 cr2 00027000 ok
;   FNSTCW: #PF 0002 cr2 00027000 ok
;   FNSTSW: #PF 0002 cr2 00027000 ok
;   FNSTENV: #PF 0002 cr2 00027000 ok
;   FNSAVE: #PF 0002 cr2 00027000 ok
;   FXSAVE: #PF 0002 cr2 00027000 ok
;   end
%include "testkit.inc"
OSFXSR          equ 1 << 9
EDGE            equ FREE_MEMORY + 0x1000        ; of the absent page
BEFORE          equ FREE_MEMORY + 0x2000        ; images of FXSAVE
AFTER           equ BEFORE + 512

%macro faulting 3+                              ; name, bytes before the edge, instruction with its operand at EBX
        call make_state
        mov dword [PTE(EDGE)], 0
        invlpg [EDGE]
        mov ebx, EDGE - %2
        fxsave [BEFORE]
        row %1, ":"
        cell %3
        fxsave [AFTER]
        call compare
        mov dword [PTE(EDGE)], EDGE | 7
        cell %3
        row_end
%endmacro

        section .data
default_mxcsr:  dd 0x1f80

        section .text
bits 32
make_state:
        fninit
        fld1
        fldpi
        fldl2e
        ldmxcsr [default_mxcsr]
        movups xmm0, [kit_gdt]
        movups xmm1, [kit_gdt + 16]
        ret

compare:
        mov esi, BEFORE
        mov edi, AFTER
        mov ecx, 128
        repe cmpsd
        je .same
        row " CHANGED"
.same:  ret

test:   mov eax, cr4
        or eax, OSFXSR
        mov cr4, eax
        call kit_paging_on
        log "loads"
        faulting "FLD of 32 bits", 2, fld dword [ebx]
        faulting "FLD of 80 bits", 2, fld tword [ebx]
        faulting "FILD", 2, fild qword [ebx]
        faulting "FBLD", 2, fbld [ebx]
        faulting "FADD", 2, fadd dword [ebx]
        faulting "FCOMP", 2, fcomp qword [ebx]
        faulting "MOVQ of MMX", 4, movq mm0, [ebx]
        faulting "PADDB of MMX", 4, paddb mm0, [ebx]
        faulting "MOVUPS", 8, movups xmm0, [ebx]
        faulting "ADDPS", 0, addps xmm0, [ebx]
        faulting "CVTPS2PI", 4, cvtps2pi mm0, [ebx]
        faulting "CVTPI2PS", 4, cvtpi2ps xmm0, [ebx]
        faulting "LDMXCSR", 2, ldmxcsr [ebx]
        faulting "FLDCW", 1, fldcw [ebx]
        faulting "FLDENV", 14, fldenv [ebx]
        faulting "FRSTOR", 100, frstor [ebx]
        faulting "FXRSTOR", 16, fxrstor [ebx]
        log "stores"
        faulting "FST of 32 bits", 2, fst dword [ebx]
        faulting "FSTP of 80 bits", 2, fstp tword [ebx]
        faulting "FISTP", 2, fistp qword [ebx]
        faulting "FBSTP", 2, fbstp [ebx]
        faulting "MOVQ of MMX", 4, movq [ebx], mm0
        faulting "MOVUPS", 8, movups [ebx], xmm0
        faulting "MOVAPS", 0, movaps [ebx], xmm0
        faulting "STMXCSR", 2, stmxcsr [ebx]
        faulting "FNSTCW", 1, fnstcw [ebx]
        faulting "FNSTSW", 1, fnstsw [ebx]
        faulting "FNSTENV", 14, fnstenv [ebx]
        faulting "FNSAVE", 100, fnsave [ebx]
        faulting "FXSAVE", 16, fxsave [ebx]
        ret
