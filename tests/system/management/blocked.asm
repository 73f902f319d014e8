; System management mode holds back SMI, NMI, maskable interrupts and INIT (SDM vol. 3C, 34.3.1, 34.6 to 34.8). One SMI is
; latched; an NMI is taken behind RSM unless an IRET let it in before, or it was blocked outside already.
; Rows: rsm, iret
; Expect:
;   SMI within an SMI
;   handler's runs 00000002
;   second one behind the first 00000001
;   NMI within
;   taken in the handler 00000000
;   taken behind it 00000001
;   NMI behind an IRET of the handler
;   taken in the handler 00000001
;   taken behind it 00000000
;   NMI blocked outside, SMI in its handler
;   NMIs in the handler of the first 00000000
;   NMIs 00000002
;   interrupt within, IF clear
;   taken in the handler 00000000
;   taken behind it 00000001
;   single steps over OUT 00000001
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
%include "smm.inc"
IN_HANDLER      equ NOTED               ; what was counted when the handler ended
RUNS            equ NOTED + 4
NMIS            equ NOTED + 8
TASK            equ NOTED + 12          ; what the handler shall do: a procedure
STEPS           equ NOTED + 16
ICR             equ LOCAL_APIC + 0x300
NMI_TO_ALL      equ 0x84400             ; NMI, asserted, to all including self

%macro nmi 0                            ; 32-bit code
        mov dword [ICR], NMI_TO_ALL
%endmacro

        section .text
bits 16
handler:
        inc dword [RUNS]
        mov sp, V86_STACK
        call [TASK]
        mov eax, [NMIS]
        mov [IN_HANDLER], eax
nothing_to_do:
        rsm

smi_again:
        cmp dword [RUNS], 1
        jne .end
        out APMC, al
        nop
        nop
        mov eax, [RUNS]
        mov [NOTED + 20], eax           ; still 1
.end:   ret

nmi_within:
        mov dword [dword ICR], NMI_TO_ALL
        nop
        ret

nmi_behind_iret:                        ; the handler needs a table of its own
        mov word [2 * 4], real_nmi
        mov word [2 * 4 + 2], 0
        lidt [ivt]
        pushf
        push cs
        push .here
        iret
.here:  mov dword [dword ICR], NMI_TO_ALL
        nop
        ret
real_nmi:
        inc dword [NMIS]
        iret
do_nothing:
        ret
ivt:    dw 0x3ff
        dd 0

bits 32
nmi_handler:
        inc dword [NMIS]
        iretd
nmi_handler_with_smi:
        inc dword [NMIS]
        cmp dword [NMIS], 1
        jne .end
        out APMC, al
        nmi                             ; still blocked
        nop
        mov eax, [NMIS]
        dec eax
        mov [IN_HANDLER], eax
.end:   iretd
step_handler:
        inc dword [STEPS]
        and dword [esp + 8], ~TF
        iretd

%macro prepare 1                        ; task of the handler
        mov dword [TASK], %1
        mov dword [RUNS], 0
        mov dword [NMIS], 0
        mov dword [IN_HANDLER], 0
%endmacro
%macro show_taken 0
        mov eax, [IN_HANDLER]
        show "taken in the handler", eax
        mov eax, [NMIS]
        sub eax, [IN_HANDLER]
        show "taken behind it", eax
%endmacro

test:   enable_smi
        smi_handler handler
        put_gate 2, CODE0, nmi_handler, INT_GATE32
        log "SMI within an SMI"
        prepare smi_again
        out APMC, al
        nop
        mov eax, [RUNS]
        show "handler's runs", eax
        mov eax, [NOTED + 20]
        show "second one behind the first", eax
        log "NMI within"
        prepare nmi_within
        out APMC, al
        nop
        show_taken
        log "NMI behind an IRET of the handler"
        prepare nmi_behind_iret
        out APMC, al
        nop
        show_taken
        log "NMI blocked outside, SMI in its handler"
        put_gate 2, CODE0, nmi_handler_with_smi, INT_GATE32
        prepare do_nothing
        nmi
        nop
        mov eax, [IN_HANDLER]
        show "NMIs in the handler of the first", eax
        mov eax, [NMIS]
        show "NMIs", eax
        call interrupt
        call single_step
        ret

interrupt:
        log "interrupt within, IF clear"
        prepare arm_and_wait
        put_gate 0x50, CODE0, timer, INT_GATE32
        start_pics 0x50, 0xfe
        sti
        out APMC, al
        cli
        show_taken
        ret
bits 16
arm_and_wait:
        arm_timer
.wait:  timer_pending
        jz .wait
        ret
bits 32
timer:  inc dword [NMIS]
        push eax
        mov al, 0x20
        out 0x20, al
        pop eax
        iretd

; The trap of a single step over the OUT waits while the SMI is served (table 6-2).
single_step:
        prepare do_nothing
        put_gate 1, CODE0, step_handler, INT_GATE32
        mov dword [STEPS], 0
        pushfd
        or dword [esp], TF
        popfd
        out APMC, al
        nop
        mov eax, [STEPS]
        show "single steps over OUT", eax
        ret
