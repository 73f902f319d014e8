; Auto HALT restart and I/O instruction restart (SDM vol. 3C, 34.10, 34.12): a halted processor is halted again behind the
; handler unless that says otherwise; an instruction that caused an SMI runs again if the handler wants that.
; Rows: rsm, hlt, out immediate, outsb
; Expect:
;   halted: SMIs 00000002
;   restart flag in the first 00000001
;   EIP behind HLT, off by 00000000
;   I/O state 00000000
;   OUT: SMIs 00000002
;   I/O state 00b20083
;   REP OUTSB: SMIs 00000004
;   I/O state 00b20063
;   its address, off by 00000000
;   ECX 00000000
;   ESI, off by 00000000
;   not caused by I/O, runs 00000001
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
%include "smm.inc"
IO_MEMORY       equ 0x7fa0
IO_APIC         equ 0xfec00000
TIMER_PIN       equ 2
DELIVER_SMI     equ 2 << 8
RUNS            equ NOTED
TASK            equ NOTED + 4
FLAG            equ NOTED + 8
HALTED_EIP      equ NOTED + 12

        section .text
bits 16
handler:
        inc dword [RUNS]
        mov sp, V86_STACK
        call [TASK]
        rsm

halt_twice:                             ; leaves the flag the first time, and clears it the second
        cmp dword [RUNS], 1
        jne .last
        mov ax, [dword SAVED(HALT_RESTART)]
        mov [FLAG], ax
        mov eax, [dword SAVED(SAVED_EIP)]
        mov [HALTED_EIP], eax
        arm_timer
        ret
.last:  mov word [dword SAVED(HALT_RESTART)], 0
        ret

once_more:                              ; what the second SMI is of runs again
        cmp dword [RUNS], 1
        jne .end
        mov word [dword SAVED(IO_RESTART)], 0xff
.end:   ret

second_once_more:
        cmp dword [RUNS], 2
        jne .end
        mov word [dword SAVED(IO_RESTART)], 0xff
.end:   ret

bits 32
%macro prepare 1
        mov dword [TASK], %1
        mov dword [RUNS], 0
%endmacro
%macro io_apic 2                        ; register, value
        mov dword [IO_APIC], %1
        mov dword [IO_APIC + 0x10], %2
%endmacro
%macro show_runs 1
        mov eax, [RUNS]
        show %1, eax
%endmacro
%macro show_saved_dword 2
        mov eax, [SAVED(%2)]
        show %1, eax
%endmacro

test:   enable_smi
        smi_handler handler
        start_pics 0x50, 0xff
        io_apic 0x10 + 2 * TIMER_PIN + 1, 0
        io_apic 0x10 + 2 * TIMER_PIN, DELIVER_SMI
        prepare halt_twice
        arm_timer
        sti                             ; every interrupt is masked
        hlt
.behind_halt:
        cli
        show_runs "halted: SMIs"
        movzx eax, word [FLAG]
        show "restart flag in the first", eax
        mov eax, [HALTED_EIP]
        sub eax, .behind_halt
        show "EIP behind HLT, off by", eax
        show_saved_dword "I/O state", IO_STATE
        io_apic 0x10 + 2 * TIMER_PIN, 1 << 16

        prepare once_more
        out APMC, al
        show_runs "OUT: SMIs"
        show_saved_dword "I/O state", IO_STATE

        prepare second_once_more
        mov dx, APMC
        mov ecx, 3
        mov esi, GDT
        rep outsb
        show_runs "REP OUTSB: SMIs"
        show_saved_dword "I/O state", IO_STATE
        mov eax, [SAVED(IO_MEMORY)]
        sub eax, GDT + 2
        show "its address, off by", eax
        show "ECX", ecx
        sub esi, GDT + 3
        show "ESI, off by", esi

        prepare once_more
        mov dword [LOCAL_APIC + 0x300], 0x84200 ; an SMI to all including self
        nop
        show_runs "not caused by I/O, runs"
        ret
