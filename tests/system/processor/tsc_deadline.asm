; The TSC deadline mode of the local APIC's timer (SDM vol. 3A, 10.5.4.1): announced by CPUID, armed by IA32_TSC_DEADLINE,
; disarmed by its interrupt, by 0 and by another mode; it waits for the TSC as software sees it.
; Rows: rdmsr, wrmsr, cpuid, rdtsc, hlt
; Cpu: pentium4-deadline
; Expect:
;   CPUID 00000001
;   without the mode: ok
;   reads 00000000 00000000
;   armed: ok
;   reads what was written
;   interrupts 00000001
;   not before its time
;   reads 00000000 00000000
;   passed already: ok
;   interrupts 00000002
;   0 disarms: ok
;   reads 00000000 00000000
;   interrupts 00000002
;   the TSC jumps to it: ok
;   interrupts 00000003
;   another mode disarms: ok
;   reads 00000000 00000000
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
IA32_TSC        equ 0x10
IA32_TSC_DEADLINE equ 0x6e0
TIMER_ENTRY     equ LOCAL_APIC + 0x320
VECTOR          equ 0x30
DEADLINE_MODE   equ 2 << 17
PERIODIC_MODE   equ 1 << 17

        section .data
interrupts:     dd 0
deadline:       dd 0, 0
        section .text
bits 32

%macro show_deadline 0
        mov ecx, IA32_TSC_DEADLINE
        rdmsr
        row "reads"
        cell_value edx
        cell_value eax
        row_end
%endmacro

; EDX:EAX: so many cycles from now.
%macro after 1
        rdtsc
        add eax, %1
        adc edx, 0
%endmacro

%macro try_write 2                      ; name, register
        mov ecx, %2
        try %1, wrmsr
%endmacro

; What waits is let in.
%macro let_in 0
        sti
        nop
        nop
        cli
%endmacro

test:   put_gate VECTOR, CODE0, handler, INT_GATE32
        mov dword [LOCAL_APIC + 0xf0], 0x1ff
        mov eax, 1
        cpuid
        shr ecx, 24
        and ecx, 1
        show "CPUID", ecx
        mov dword [TIMER_ENTRY], VECTOR
        after 1000000
        try_write "without the mode", IA32_TSC_DEADLINE
        show_deadline

        mov dword [TIMER_ENTRY], DEADLINE_MODE | VECTOR
        after 1000000
        mov [deadline], eax
        mov [deadline + 4], edx
        try_write "armed", IA32_TSC_DEADLINE
        rdmsr
        cmp eax, [deadline]
        jne .other
        cmp edx, [deadline + 4]
        jne .other
        log "reads what was written"
.other: sti
        hlt
        cli
        show "interrupts", [interrupts]
        rdtsc
        sub eax, [deadline]
        sbb edx, [deadline + 4]
        jc .early
        log "not before its time"
.early: show_deadline

        mov eax, 1
        xor edx, edx
        try_write "passed already", IA32_TSC_DEADLINE
        let_in
        show "interrupts", [interrupts]

        after 1000000
        mov ecx, IA32_TSC_DEADLINE
        wrmsr
        xor eax, eax
        xor edx, edx
        try_write "0 disarms", IA32_TSC_DEADLINE
        show_deadline
        mov ecx, 2000000
        loop $
        let_in
        show "interrupts", [interrupts]

        mov eax, 0
        mov edx, 0x100                  ; minutes ahead
        mov ecx, IA32_TSC_DEADLINE
        wrmsr
        try_write "the TSC jumps to it", IA32_TSC
        let_in
        show "interrupts", [interrupts]

        after 1000000
        mov ecx, IA32_TSC_DEADLINE
        wrmsr
        mov dword [TIMER_ENTRY], PERIODIC_MODE | VECTOR
        mov dword [TIMER_ENTRY], DEADLINE_MODE | VECTOR
        try "another mode disarms", nop
        show_deadline
        ret

handler:
        inc dword [interrupts]
        mov dword [LOCAL_APIC + 0xb0], 0
        iretd
