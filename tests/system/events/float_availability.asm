; What CR0.EM, MP and TS and CR4.OSFXSR and OSXMMEXCPT do to instructions of the x87, MMX and SSE: #NM, #UD or nothing
; (SDM vol. 3A, 2.5 with table 2-2, table 12-1 and 13.1; vol. 2, tables of exceptions of each instruction). Each line:
; FLD1, WAIT, FNSTCW, FNSTSW AX, MOVD mm, EMMS, XORPS, LDMXCSR, CVTPI2PS, FXSAVE, FXRSTOR, PREFETCHNTA, SFENCE.
; QEMU 7.2 looks at TS before EM in MMX, not at all in EMMS and CVTPI2PS, and raises no #MF but in WAIT, and no #XM.
; Rows: fld1, fwait, fnstcw, fnstsw, movd mmx, emms, xorps, ldmxcsr, cvtpi2ps, fxsave, fxrstor, prefetchnta, sfence
; Rows: divps, clts, cvtsi2ss, stmxcsr
; Expect:
;   none: ok ok ok ok ok ok #UD #UD #UD ok ok ok ok
;   MP: ok ok ok ok ok ok #UD #UD #UD ok ok ok ok
;   EM: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   EM, MP: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   TS: #NM ok #NM #NM #NM #NM #UD #UD #UD #NM #NM ok ok
;   TS, MP: #NM #NM #NM #NM #NM #NM #UD #UD #UD #NM #NM ok ok
;   TS, EM: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   TS, EM, MP: #NM #NM #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   OSFXSR
;   none: ok ok ok ok ok ok ok ok ok ok ok ok ok
;   MP: ok ok ok ok ok ok ok ok ok ok ok ok ok
;   EM: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   EM, MP: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   TS: #NM ok #NM #NM #NM #NM #NM #NM #NM #NM #NM ok ok
;   TS, MP: #NM #NM #NM #NM #NM #NM #NM #NM #NM #NM #NM ok ok
;   TS, EM: #NM ok #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   TS, EM, MP: #NM #NM #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   an x87 exception is pending
;   none: #MF #MF ok ok #MF #MF ok ok #MF ok ok ok ok
;   EM: #NM #MF #NM #NM #UD #UD #UD #UD #UD #NM #NM ok ok
;   TS: #NM #MF #NM #NM #NM #NM #NM #NM #NM #NM #NM ok ok
;   DIVPS by 0: #UD
;   DIVPS by 0, OSXMMEXCPT: #XM
;   DIVPS by 0, TS: #NM
;   CLTS: ok
;   DIVPS by 0: #XM
;   MXCSR 00001d85
;   ring 3, TS, FLD1: #NM
;   ring 3, TS, MOVD: #NM
;   ring 3, TS, XORPS: #NM
;   ring 3, CLTS: #GP 0000
;   virtual-8086 mode, TS, FLD1: #NM
;   virtual-8086 mode, TS, WAIT: ok
;   end
%include "testkit.inc"
bits 32
IMAGE_AT        equ FREE_MEMORY

%macro unit_line 1                      ; CR0's EM, MP and TS
        mov eax, cr0
        and al, ~0x0e
        or al, %1
        mov cr0, eax
        cell fld1
        cell wait
        cell fnstcw [FREE_MEMORY + 0x400]
        cell fnstsw ax
        cell movd mm0, eax
        cell emms
        cell xorps xmm0, xmm0
        cell ldmxcsr [.mxcsr]
        cell cvtpi2ps xmm0, mm0
        cell fxsave [IMAGE_AT]
        cell fxrstor [IMAGE_AT]
        cell prefetchnta [IMAGE_AT]
        cell sfence
        row_end
%endmacro
%macro each_setting 0
        row "none:"
        unit_line 0
        row "MP:"
        unit_line 2
        row "EM:"
        unit_line 4
        row "EM, MP:"
        unit_line 6
        row "TS:"
        unit_line 8
        row "TS, MP:"
        unit_line 0x0a
        row "TS, EM:"
        unit_line 0x0c
        row "TS, EM, MP:"
        unit_line 0x0e
        mov eax, cr0
        and al, ~0x0e
        mov cr0, eax
        fninit
%endmacro

test:
        fxsave [IMAGE_AT]
        each_setting
        log "OSFXSR"
        mov eax, cr4
        or eax, 0x200
        mov cr4, eax
        call .settings
        log "an x87 exception is pending"
        mov eax, cr0
        or al, 0x20
        mov cr0, eax
        push dword 0x37b
        fldcw [esp]
        pop eax
        fld1
        fldz
        fdivp st1, st0
        fxsave [IMAGE_AT]               ; so that FXRSTOR brings the exception back
        row "none:"
        unit_line 0
        row "EM:"
        unit_line 4
        row "TS:"
        unit_line 8
        clts
        fnclex
        mov eax, cr0
        and al, ~0x0e
        mov cr0, eax
        fninit
        ; SSE's exceptions without and with OSXMMEXCPT.
        ldmxcsr [.unmasked]
        xorps xmm0, xmm0
        mov eax, 0x3f800000
        cvtsi2ss xmm1, eax
        try "DIVPS by 0", divps xmm1, xmm0
        mov eax, cr4
        or eax, 0x400
        mov cr4, eax
        try "DIVPS by 0, OSXMMEXCPT", divps xmm1, xmm0
        mov eax, cr0
        or al, 8
        mov cr0, eax
        try "DIVPS by 0, TS", divps xmm1, xmm0
        try "CLTS", clts
        try "DIVPS by 0", divps xmm1, xmm0
        stmxcsr [FREE_MEMORY + 0x400]
        show "MXCSR", dword [FREE_MEMORY + 0x400]
        ; In ring 3 and in virtual-8086 mode it is the same.
        ldmxcsr [.mxcsr]
        mov eax, cr0
        or al, 8
        mov cr0, eax
        in_ring 3, .ring3
        in_v86 .v86
        clts
        ret
.settings:
        each_setting
        ret
.mxcsr: dd 0x1f80
.unmasked: dd 0x1d80
.ring3: try "ring 3, TS, FLD1", fld1
        try "ring 3, TS, MOVD", movd mm0, eax
        try "ring 3, TS, XORPS", xorps xmm0, xmm0
        try "ring 3, CLTS", clts
        leave_ring
bits 16
.v86:   try "virtual-8086 mode, TS, FLD1", fld1
        try "virtual-8086 mode, TS, WAIT", wait
        leave_ring
