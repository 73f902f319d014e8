; The loops by which old software found out how fast its processor was, each with the division that too fast a one
; breaks. Written from what is publicly known of them. It logs "NAME: ok", or "NAME: #DE" and where.
;
;   NDIS       the network drivers of Windows for Workgroups 3.11, 95 and 98: 2^20 LOOPs against a clock of milliseconds,
;              then LOOPs per millisecond. Zero milliseconds divide by zero (Microsoft's article Q312108, "Windows
;              protection error in NDIS with a CPU that is faster than 2.1 GHz")
;   CRT        Turbo Pascal 7: how often a loop runs during a tick of the BIOS, 55 ms, divided by 55. More than 65535 do
;              not fit ("Runtime error 200", a Pentium II of 266 MHz and faster)
;   short LOOP the same against the clock of milliseconds for 65,536 LOOPs, the class of CA-Clipper Tools' start ("R6003
;              integer divide by 0", on the first processors that took one clock for a LOOP)
%include "testkit.inc"
%include "testkit/pc.inc"
bits 32

TIMER_VECTOR    equ 0x20
PULSES_PER_MS   equ 1193                ; of the 8254
LOOPS           equ 0x100000
SHORT_LOOPS     equ 0x10000
TICK_MS         equ 55

        section .data
ticks:          dd 0                    ; the BIOS's 40:6Ch, 18.2 times a second
        section .text

test:
        call start
        call ndis
        call crt
        call short_loop
        cli
        ret

start:
        put_gate TIMER_VECTOR, CODE0, tick, INT_GATE32
        mov al, 0x34                    ; counter 0, both bytes, mode 2, from 65536
        out 0x43, al
        mov al, 0
        out 0x40, al
        out 0x40, al
        start_pics TIMER_VECTOR, 0xfe
        sti
        ret

tick:
        inc dword [ticks]
        end_of_interrupt
        iretd

; EAX: milliseconds since the start. Destroys EDX.
milliseconds:
        push ecx
        cli
        mov al, 0
        out 0x43, al                    ; latch
        in al, 0x40
        movzx ecx, al
        in al, 0x40
        mov ch, al
        mov edx, [ticks]
        timer_pending
        jz .counted
        cmp ecx, 0x8000                 ; it has just started over, and the interrupt waits
        jb .counted
        inc edx
.counted:
        sti
        neg ecx
        movzx ecx, cx
        mov eax, edx
        shl eax, 16
        shr edx, 16
        add eax, ecx
        adc edx, 0
        mov ecx, PULSES_PER_MS
        div ecx
        pop ecx
        ret

; EBX: the millisecond that begins now.
next_millisecond:
        call milliseconds
        mov ebx, eax
.wait:
        call milliseconds
        cmp eax, ebx
        je .wait
        mov ebx, eax
        ret

; EBX: milliseconds that ECX LOOPs take.
%macro time_loops 0
        loop $
        call milliseconds
        sub eax, ebx
        mov ebx, eax
%endmacro

ndis:
        call next_millisecond
        mov ecx, LOOPS
        time_loops
        mov eax, LOOPS
        xor edx, edx
        try "NDIS", div ebx
        ret

crt:
        mov bl, [ticks]
.edge:
        cmp bl, [ticks]
        je .edge
        mov bl, [ticks]
        mov ax, 0xffff
        mov dx, 0xffff
.count:
        sub ax, 1
        sbb dx, 0
        jb .counted
        cmp bl, [ticks]
        je .count
.counted:
        not ax
        not dx
        mov cx, TICK_MS
        try "CRT", div cx
        ret

short_loop:
        call next_millisecond
        mov ecx, SHORT_LOOPS
        time_loops
        mov eax, SHORT_LOOPS
        xor edx, edx
        try "short LOOP", div ebx
        ret
