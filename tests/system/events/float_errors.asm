; An unmasked error of the x87 waits for the next instruction that looks for it: #MF there with CR0.NE, at that
; instruction and with the error's flags still set; IRQ13 without NE, once per error. Instructions that do not wait pass
; (SDM vol. 1, 8.6 and 8.7; vol. 3A, 6.15, interrupt 16). Each line: the instruction with the error pending, then WAIT.
; QEMU 7.2 looks for errors in WAIT alone, and hangs with IRQ13.
; Rows: fwait, fld1, fldcw, fldenv, frstor, fnstsw, fnstcw, fnstenv, fnsave, fninit, fnclex, fxsave, fnop, fincstp, fxch
; Rows: fstp, fdivp, out immediate, iretd
; Expect:
;   NE
;   WAIT: #MF #MF
;   RF 00010000
;   FNOP: #MF #MF
;   FLD1: #MF #MF
;   FXCH: #MF #MF
;   FINCSTP: #MF #MF
;   FLDCW: #MF #MF
;   FLDENV: #MF #MF
;   FRSTOR: #MF #MF
;   FSTP: #MF #MF
;   FNSTSW AX: ok #MF
;   FNSTSW: ok #MF
;   FNSTCW: ok #MF
;   FNSTENV: ok ok
;   FNSAVE: ok ok
;   FXSAVE: ok #MF
;   FNINIT: ok ok
;   FNCLEX: ok ok
;   FLDCW that unmasks: ok #MF
;   FLDENV of an error: ok #MF
;   FRSTOR of an error: ok #MF
;   status behind FNSTENV, which masks: 00003004
;   IRQ13
;   interrupts 00000001
;   interrupts 00000001
;   interrupts 00000001
;   WAIT, no error: ok
;   WAIT, error ignored: ok
;   FLD1, error ignored: ok
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
IMAGE_AT        equ FREE_MEMORY
COPROCESSOR     equ PIC_SECOND + 5

        section .data
interrupts:     dd 0
        section .text

%macro divide 0                         ; by zero, unmasked
        fninit
        fldcw [test.control]
        fld1
        fldz
        fdivp st1, st0
%endmacro
%macro pending 2+
        divide
        row %1, ":"
        cell %2
        cell wait
        row_end
        fnclex
%endmacro
; An error with IRQ13 let in: how often it comes until the WAIT behind has completed.
%macro interrupted 1+
        mov dword [interrupts], 0
        divide
        %1
        wait
        nop
        nop
        show "interrupts", dword [interrupts]
%endmacro

test:
        mov eax, cr0
        or al, 0x20
        mov cr0, eax
        log "NE"
        pending "WAIT", wait
        show_saved "RF", RF
        pending "FNOP", fnop
        pending "FLD1", fld1
        pending "FXCH", fxch st1
        pending "FINCSTP", fincstp
        pending "FLDCW", fldcw [.control]
        pending "FLDENV", fldenv [IMAGE_AT]
        pending "FRSTOR", frstor [IMAGE_AT]
        pending "FSTP", fstp dword [IMAGE_AT]
        pending "FNSTSW AX", fnstsw ax
        pending "FNSTSW", fnstsw [IMAGE_AT]
        pending "FNSTCW", fnstcw [IMAGE_AT]
        pending "FNSTENV", fnstenv [IMAGE_AT]
        pending "FNSAVE", fnsave [IMAGE_AT]
        pending "FXSAVE", fxsave [IMAGE_AT]
        pending "FNINIT", fninit
        pending "FNCLEX", fnclex
        ; Errors of the past that a new control word unmasks, and that an image brings.
        fninit
        fld1
        fldz
        fdivp st1, st0
        row "FLDCW that unmasks:"
        cell fldcw [.control]
        cell fld1
        row_end
        fnclex
        divide
        fnstenv [IMAGE_AT]
        fninit
        row "FLDENV of an error:"
        cell fldenv [IMAGE_AT]
        cell fld1
        row_end
        fnclex
        divide
        fnsave [IMAGE_AT]
        row "FRSTOR of an error:"
        cell frstor [IMAGE_AT]
        cell fld1
        row_end
        fnclex
        divide
        fnstenv [IMAGE_AT]
        row "status behind FNSTENV, which masks:"
        fnstsw ax
        movzx eax, ax
        cell_value eax
        row_end
        fninit

        log "IRQ13"
        mov eax, cr0
        and al, ~0x20
        mov cr0, eax
        call pic_start
        put_gate COPROCESSOR, CODE0, .handler, INT_GATE32
        mov al, 0xfb
        out 0x21, al
        mov al, 0xdf
        out 0xa1, al
        sti
        interrupted nop
        interrupted fnstsw ax
        interrupted fld1
        cli
        try "WAIT, no error", wait
        call pic_start
        ; Masked at the controller and ignored: neither an interrupt nor #MF.
        divide
        out 0xf0, al
        try "WAIT, error ignored", wait
        try "FLD1, error ignored", fld1
        fninit
        ret
.control: dd 0x37b
.handler:
        push eax
        inc dword [interrupts]
        fnclex
        out 0xf0, al                    ; takes the request back
        mov al, 0x20
        out 0xa0, al
        out 0x20, al
        pop eax
        iretd
