; Reads all clocks of the PC, halts for an hour of them, and reads them again. It logs "first" and "last" with a line
; "CLOCK 0000001b" for each word that was read, right behind an interrupt of the real-time clock. What that says about
; the clocks is for who reads the log to find out: there is no arithmetic here.
;
;   TSC low, high; 8254 ticks (times 65536), count; PM timer (24 bits), turns; HPET low, high; APIC count (down);
;   RTC halves (of seconds)
%include "testkit.inc"
%include "testkit/pc.inc"
bits 32

TIMER_VECTOR    equ 0x20
RTC_VECTOR      equ 0x28
HPET            equ 0xfed00000
PM_BASE         equ 0x600
PM_TIMER        equ PM_BASE + 8
PM_MASK         equ 0xffffff
HALVES          equ 7200                ; an hour

        section .data
ticks:          dd 0
halves:         dd 0
pm_last:        dd 0
pm_turns:       dd 0
reading:        times 10 dd 0
        section .text

test:
        call start
        call half_second
        call read_clocks
        log "first"
        call show_clocks
        mov dword [halves], 0
.hour:
        hlt
        cmp dword [halves], HALVES
        jb .hour
        call read_clocks
        log "last"
        call show_clocks
        cli
        ret

%macro pci_write 4                      ; function of device 1, register, OUT's register, value
        mov eax, 0x80000000 | 1 << 11 | (%1) << 8 | ((%2) & 0xfc)
        mov edx, 0xcf8
        out dx, eax
        mov eax, %4
        mov edx, 0xcfc + ((%2) & 3)
        out dx, %3
%endmacro

start:
        put_gate TIMER_VECTOR, CODE0, on_tick, INT_GATE32
        put_gate RTC_VECTOR, CODE0, on_rtc, INT_GATE32
        pci_write 3, 0x40, eax, PM_BASE | 1
        pci_write 3, 0x80, al, 1
        mov al, 0x34                    ; counter 0, both bytes, mode 2, from 65536
        out 0x43, al
        mov al, 0
        out 0x40, al
        out 0x40, al
        start_pics TIMER_VECTOR, 0xfa   ; the timer, and the second controller
        mov al, 0xfe                    ; of whose inputs the clock's
        out 0xa1, al
        mov dword [LOCAL_APIC + 0x3e0], 0xa  ; its timer counts every 128th clock
        mov dword [LOCAL_APIC + 0x380], 0xffffffff
        mov dword [HPET + 0x10], 1
        mov al, 0x0a
        out 0x70, al
        mov al, 0x2f                    ; an interrupt each half second
        out 0x71, al
        mov al, 0x0b
        out 0x70, al
        mov al, 0x42
        out 0x71, al
        call read_c
        sti
        ret

read_c:
        mov al, 0x0c
        out 0x70, al
        in al, 0x71
        ret

; Up to the next interrupt of the real-time clock.
half_second:
        mov ecx, [halves]
.wait:
        hlt
        cmp ecx, [halves]
        je .wait
        ret

on_rtc:
        push eax
        inc dword [halves]
        call read_c
        mov al, 0x20
        out 0xa0, al
        pop eax
        end_of_interrupt
        iretd

on_tick:
        pushad
        inc dword [ticks]
        call follow_pm
        popad
        end_of_interrupt
        iretd

; Counts how often the power management timer has begun again.
follow_pm:
        mov edx, PM_TIMER
        in eax, dx
        and eax, PM_MASK
        cmp eax, [pm_last]
        jae .same
        inc dword [pm_turns]
.same:
        mov [pm_last], eax
        ret

; Right behind an interrupt of the clock no tick of the timer waits: they are as good as never together.
read_clocks:
        cli
        rdtsc
        mov [reading], eax
        mov [reading + 4], edx
        mov al, 0
        out 0x43, al
        in al, 0x40
        movzx ecx, al
        in al, 0x40
        mov ch, al
        mov [reading + 12], ecx
        mov eax, [ticks]
        mov [reading + 8], eax
        call follow_pm
        mov eax, [pm_last]
        mov [reading + 16], eax
        mov eax, [pm_turns]
        mov [reading + 20], eax
        mov eax, [HPET + 0xf0]
        mov [reading + 24], eax
        mov eax, [HPET + 0xf4]
        mov [reading + 28], eax
        mov eax, [LOCAL_APIC + 0x390]
        mov [reading + 32], eax
        mov eax, [halves]
        mov [reading + 36], eax
        sti
        ret

show_clocks:
        show "TSC low", [reading]
        show "TSC high", [reading + 4]
        show "8254 ticks", [reading + 8]
        show "8254 count", [reading + 12]
        show "PM timer", [reading + 16]
        show "PM turns", [reading + 20]
        show "HPET low", [reading + 24]
        show "HPET high", [reading + 28]
        show "APIC count", [reading + 32]
        show "RTC halves", [reading + 36]
        ret
