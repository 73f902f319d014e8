; Has a monitor do each kind of its work once: flags, segments, tables, control registers, interrupts, NMI, faults, page
; tables, system calls. What it gets wrong there, `ringdown lab lockstep all-traps` shows.
%include "testkit.inc"
%include "testkit/pc.inc"
bits 32

TIMER_VECTOR    equ 0x20
NMI_SELF        equ 0x44400             ; interrupt command: to itself, NMI, asserted
MSR_TSC         equ 0x10
MSR_SYSENTER_CS equ 0x174
PAGE            equ 0x3fe000            ; mapped by the kit; its frame has a number in it
OTHER_FRAME     equ 0x3fd000
ABSENT          equ 0x3fc000

%macro write_msr 2                      ; number, value
        mov ecx, %1
        mov eax, %2
        xor edx, edx
        wrmsr
%endmacro

test:
        put_gate 2, CODE0, nmi, INT_GATE32
        put_gate TIMER_VECTOR, CODE0, timer, INT_GATE32
        start_pics TIMER_VECTOR, 0xfe
        call flags
        call segments
        call tables
        call interrupts
        call paging
        call system_call
        ret

flags:
        sti
        nop
        cli
        pushfd                          ; IF is clear
        pop eax
        push dword IOPL(3) | 2
        popfd
        push dword 2
        popfd
        ret

segments:
        mov ax, cs
        put_descriptor FREE, 0, 0xfffff, DATA_RW, FLAT
        mov ax, FREE
        mov es, ax                      ; sets the accessed bit
        mov ax, DATA0
        mov es, ax
        mov eax, FREE + 0x700           ; beyond the table
        try "a selector beyond the GDT", mov fs, ax
        ret

tables:
        lgdt [kit_gdt_pointer]
        and byte [GDT + TSS_SELECTOR + 5], ~2
        mov ax, TSS_SELECTOR
        ltr ax                          ; sets the busy bit
        mov eax, cr0
        or al, 8                        ; TS
        mov cr0, eax
        clts
        write_msr MSR_TSC, 0x1000
        rdtsc
        ret

interrupts:
        mov dword [LOCAL_APIC + 0x300], NMI_SELF
        nop
        arm_timer
.wait:
        sti
        hlt
        cmp byte [timer_came], 0
        je .wait
        cli
        ret

paging:
        mov dword [PAGE], 1
        mov dword [OTHER_FRAME], 2
        call kit_paging_on
        mov eax, [PAGE]
        mov dword [PTE(PAGE)], OTHER_FRAME | 7
        invlpg [PAGE]
        mov eax, [PAGE]
        show "the other frame has", eax
        mov dword [PTE(ABSENT)], 0
        invlpg [ABSENT]
        try "an absent page", mov eax, [ABSENT + 4]
        ret

system_call:
        write_msr MSR_SYSENTER_CS, CODE0
        write_msr MSR_SYSENTER_CS + 1, STACK0 - 0x400
        write_msr MSR_SYSENTER_CS + 2, .kernel
        in_ring 3, .user
        ret
.user:
        sysenter
.kernel:
        leave_ring

nmi:
        iretd

timer:
        push eax
        mov byte [timer_came], 1
        end_of_interrupt
        pop eax
        iretd

        section .data
timer_came: db 0
