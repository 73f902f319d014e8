; A user program that owns the machine's ports and interrupt flag, as an X server or a DOS extender's client does: it
; programs the timer, reads the interrupt controller, and keeps interrupts out of critical regions by CLI, STI, PUSHF
; and POPF. It runs three times. With IOPL 3 the processor obeys it. With IOPL 0 the kernel emulates what faults, with a
; virtual interrupt flag; but POPF and IRET do not fault, they leave IF silently alone (SDM vol. 2, POPF and IRET), so
; that regions closed by POPF stay closed until the next STI. With CR4.PVI besides, the processor keeps that flag, and
; only an STI that a tick waits for faults. The kernel calls the program back at each tick that it lets in. QEMU 7.2 has
; no PVI, so that each CLI and STI faults there, and its IRETD leaves VIF alone.
; Rows: cli, sti, pushfd, popfd, iretd, in immediate, out immediate, in dx, out dx, insb, outsb, hlt, int
; Expect:
;   IOPL 3
;   EFLAGS 00003200
;   POPF with another IOPL leaves 00003200
;   CMOS byte 000000a5
;   region of CLI and STI
;   kernel's ticks in the region 00000000
;   program's ticks in the region 00000000
;   behind STI 00000000
;   one instruction on 00000001
;   nested regions
;   IF in both 00000000
;   IF behind the inner 00000000
;   kernel's ticks in the region 00000001
;   program's ticks in the region 00000001
;   behind POPF 00000002
;   IF there 00000200
;   behind STI 00000002
;   region closed by IRET
;   kernel's ticks in the region 00000002
;   program's ticks in the region 00000002
;   behind IRET 00000003
;   behind STI 00000003
;   POPF that clears IF
;   IF 00000000
;   kernel's ticks in the region 00000003
;   program's ticks in the region 00000003
;   behind STI 00000004
;   system calls in a region
;   kernel's IF, trap gate 00000000
;   kernel's IF, interrupt gate 00000000
;   IF behind them 00000000
;   string I/O
;   sum of the bytes read 00000294
;   HLT, for a tick
;   behind HLT 00000005
;   CLI and HLT
;   program ended by the kernel
;   emulated CLI 00000000
;   emulated STI 00000000
;   emulated HLT 00000001
;   emulated OUT 00000000
;   ports opened 00000000
;   kernel's ticks 00000005
;   IOPL 0
;   EFLAGS 00000200
;   POPF with another IOPL leaves 00000200
;   CMOS byte 000000a5
;   region of CLI and STI
;   kernel's ticks in the region 00000001
;   program's ticks in the region 00000000
;   behind STI 00000001
;   one instruction on 00000001
;   nested regions
;   IF in both 00000200
;   IF behind the inner 00000200
;   kernel's ticks in the region 00000002
;   program's ticks in the region 00000001
;   behind POPF 00000001
;   IF there 00000200
;   behind STI 00000002
;   region closed by IRET
;   kernel's ticks in the region 00000003
;   program's ticks in the region 00000002
;   behind IRET 00000002
;   behind STI 00000003
;   POPF that clears IF
;   IF 00000200
;   kernel's ticks in the region 00000004
;   program's ticks in the region 00000004
;   behind STI 00000004
;   system calls in a region
;   kernel's IF, trap gate 00000200
;   kernel's IF, interrupt gate 00000000
;   IF behind them 00000200
;   string I/O
;   sum of the bytes read 00000294
;   HLT, for a tick
;   behind HLT 00000005
;   CLI and HLT
;   program ended by the kernel
;   emulated CLI 00000007
;   emulated STI 00000006
;   emulated HLT 00000001
;   emulated OUT 00000011
;   ports opened 00000002
;   kernel's ticks 00000005
;   IOPL 0 and PVI
;   EFLAGS 00000200
;   POPF with another IOPL leaves 00000200
;   CMOS byte 000000a5
;   region of CLI and STI
;   kernel's ticks in the region 00000001
;   program's ticks in the region 00000000
;   behind STI 00000001
;   one instruction on 00000001
;   nested regions
;   IF in both 00000200
;   IF behind the inner 00000200
;   kernel's ticks in the region 00000002
;   program's ticks in the region 00000001
;   behind POPF 00000001
;   IF there 00000200
;   behind STI 00000002
;   region closed by IRET
;   kernel's ticks in the region 00000003
;   program's ticks in the region 00000002
;   behind IRET 00000002
;   behind STI 00000003
;   POPF that clears IF
;   IF 00000200
;   kernel's ticks in the region 00000004
;   program's ticks in the region 00000004
;   behind STI 00000004
;   system calls in a region
;   kernel's IF, trap gate 00000200
;   kernel's IF, interrupt gate 00000000
;   IF behind them 00000200
;   string I/O
;   sum of the bytes read 00000294
;   HLT, for a tick
;   behind HLT 00000005
;   CLI and HLT
;   program ended by the kernel
;   emulated CLI 00000000
;   emulated STI 00000003
;   emulated HLT 00000001
;   emulated OUT 00000011
;   ports opened 00000002
;   kernel's ticks 00000005
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
TIMER_VECTOR    equ 0x20
SYSTEM_CALL     equ 0x30                ; interrupt gate; AL: what
SYSTEM_CALL_TRAP equ 0x31               ; the same by a trap gate
TICK_DONE       equ 0                   ; the program's tick handler is done
KERNEL_FLAGS    equ 1                   ; EAX: the kernel's EFLAGS
CMOS_SCRATCH    equ 0x7f                ; a byte of CMOS memory that nothing else uses

; What the kernel finds on its stack: PUSHAD's registers, an error code or 0, and the processor's frame.
FRAME_EDX       equ 20
FRAME_EAX       equ 28
FRAME_EIP       equ 36
FRAME_CS        equ 40
FRAME_EFLAGS    equ 44
FRAME_ESP       equ 48
%define WAITING owed_ticks
%include "virtual_flag.inc"
        section .text

%macro kernel_entry 0                   ; EBP: the frame; the flat user data segments serve the kernel too
        pushad
        mov ebp, esp
        call take_virtual_flag
%endmacro

bits 32
test:
        stop_timer
        start_pics TIMER_VECTOR, ~1
        put_gate TIMER_VECTOR, CODE0, timer, INT_GATE32
        put_gate 13, CODE0, general_protection, INT_GATE32
        put_gate SYSTEM_CALL, CODE0, system_call, INT_GATE32 | DPL(3)
        put_gate SYSTEM_CALL_TRAP, CODE0, system_call, TRAP_GATE32 | DPL(3)
        log "IOPL 3"
        mov byte [user_iopl], 3
        in_ring 3, user, 2 | IF | IOPL(3)
        call report
        log "IOPL 0"
        mov byte [user_iopl], 0
        mov dword [virtual_if], IF
        in_ring 3, user, 2 | IF | IOPL(0)
        call report
        log "IOPL 0 and PVI"
        mov eax, cr4
        or eax, CR4_PVI
        mov cr4, eax
        in_ring 3, user, 2 | IF | VIF | IOPL(0)
report:
        show "emulated CLI", [emulated_clis]
        show "emulated STI", [emulated_stis]
        show "emulated HLT", [emulated_hlts]
        show "emulated OUT", [emulated_outs]
        show "ports opened", [opened_ports]
        show "kernel's ticks", [kernel_ticks]
        mov edi, counters
        mov ecx, (counters_end - counters) / 4
        xor eax, eax
        rep stosd
        mov byte [TSS + 104 + 0x71 / 8], 0xff ; no port is open for the next run
        mov byte [TSS + 104 + 0x80 / 8], 0xff
        ret

; --- The kernel -------------------------------------------------------------------------------------------------------
timer:
        push dword 0
        kernel_entry
        end_of_interrupt
        inc dword [kernel_ticks]
        inc dword [owed_ticks]
        jmp kernel_exit

system_call:
        push dword 0
        kernel_entry
        cmp byte [ebp + FRAME_EAX], KERNEL_FLAGS
        je .flags
        ; The frame of `owe_tick` lies on the program's stack, above INT's caller.
        mov ebx, [ebp + FRAME_ESP]
        mov eax, [ebx]
        mov [ebp + FRAME_EIP], eax
        mov eax, [ebx + 4]
        mov [ebp + FRAME_EFLAGS], eax
        mov eax, [ebx + 8]
        mov [ebp + FRAME_EAX], eax
        add dword [ebp + FRAME_ESP], 12
        mov dword [virtual_if], IF
        jmp kernel_exit
.flags: pushfd
        pop dword [ebp + FRAME_EAX]

; Calls the program back for a tick that it is owed, if it is the program that is returned to and its interrupts are on.
kernel_exit:
        cmp dword [owed_ticks], 0
        je .done
        test byte [ebp + FRAME_CS], 3
        jz .done
        mov eax, [virtual_if]
        cmp byte [user_iopl], 3
        jne .flag
        mov eax, [ebp + FRAME_EFLAGS]
.flag:  test eax, IF
        jz .done
        call owe_tick
.done:  call give_virtual_flag
        popad
        add esp, 4
        iretd

; Lets the program continue in its tick handler, interrupts off; TICK_DONE brings it back.
owe_tick:
        dec dword [owed_ticks]
        sub dword [ebp + FRAME_ESP], 12
        mov ebx, [ebp + FRAME_ESP]
        mov eax, [ebp + FRAME_EIP]
        mov [ebx], eax
        mov eax, [ebp + FRAME_EFLAGS]
        mov [ebx + 4], eax
        mov eax, [ebp + FRAME_EAX]
        mov [ebx + 8], eax
        mov dword [ebp + FRAME_EIP], user_tick
        mov dword [virtual_if], 0
        cmp byte [user_iopl], 3
        jne .done
        and dword [ebp + FRAME_EFLAGS], ~IF
.done:  ret

; #GP: the program's instructions that its IOPL forbids, by their first byte.
general_protection:
        kernel_entry
        test byte [ebp + FRAME_CS], 3
        jz .unknown
        mov ebx, [ebp + FRAME_EIP]
        mov esi, emulations
.next:
        mov al, [esi]
        test al, al
        jz .unknown
        cmp al, [ebx]
        je .found
        add esi, 8
        jmp .next
.found:
        inc dword [ebp + FRAME_EIP]
        jmp [esi + 4]
.unknown:
        popad
        jmp kit_stubs + 13 * KIT_STUB

emulate_cli:
        inc dword [emulated_clis]
        mov dword [virtual_if], 0
        jmp kernel_exit
emulate_sti:
        inc dword [emulated_stis]
        mov dword [virtual_if], IF
        cmp byte [ebx + 1], 0xf4        ; STI's shadow: no tick may come between it and HLT
        jne kernel_exit
        inc dword [ebp + FRAME_EIP]
; HLT: waits for a tick, and ends a program that could never get one.
emulate_hlt:
        mov eax, [virtual_if]
        cmp byte [user_iopl], 3
        jne .flag
        mov eax, [ebp + FRAME_EFLAGS]
.flag:  test eax, IF
        jnz .wait
        log "program ended by the kernel"
        leave_ring
.wait:  inc dword [emulated_hlts]
.idle:
        cmp dword [owed_ticks], 0
        jne kernel_exit
        sti
        hlt
        cli
        jmp .idle
emulate_in:
        inc dword [ebp + FRAME_EIP]
        movzx edx, byte [ebx + 1]
        in al, dx
        mov [ebp + FRAME_EAX], al
        jmp kernel_exit
emulate_out:
        inc dword [emulated_outs]
        inc dword [ebp + FRAME_EIP]
        movzx edx, byte [ebx + 1]
        mov al, [ebp + FRAME_EAX]
        out dx, al
        jmp kernel_exit
; String I/O gets its port in the bitmap, and starts again.
open_port:
        inc dword [opened_ports]
        dec dword [ebp + FRAME_EIP]
        movzx edx, word [ebp + FRAME_EDX]
        btr [TSS + 104], edx
        jmp kernel_exit

; --- The program ------------------------------------------------------------------------------------------------------
user:
        show_flags "EFLAGS", IF | IOPL(3)
        pushfd
        xor dword [esp], IOPL(3)
        popfd
        show_flags "POPF with another IOPL leaves", IF | IOPL(3)
        mov al, CMOS_SCRATCH
        out 0x70, al
        mov al, 0xa5
        out 0x71, al
        xor eax, eax
        in al, 0x71
        show "CMOS byte", eax

        log "region of CLI and STI"
        cli
        call tick_in_region
        sti
        mov eax, [user_ticks]           ; interrupts are still off here if STI has run (SDM vol. 2, STI)
        mov ebx, [user_ticks]
        show "behind STI", eax
        show "one instruction on", ebx

        log "nested regions"
        pushfd
        cli
        pushfd
        cli
        show_flags "IF in both", IF
        popfd
        show_flags "IF behind the inner", IF
        call tick_in_region
        popfd
        mov ebx, [user_ticks]
        show "behind POPF", ebx
        show_flags "IF there", IF
        call open_region

        log "region closed by IRET"
        cli
        call tick_in_region
        pushfd
        or dword [esp], IF
        push dword CODE3
        push dword .closed
        iretd
.closed:
        mov ebx, [user_ticks]
        show "behind IRET", ebx
        call open_region

        log "POPF that clears IF"
        pushfd
        and dword [esp], ~IF
        popfd
        show_flags "IF", IF
        call tick_in_region
        call open_region

        log "system calls in a region"
        cli
        mov al, KERNEL_FLAGS
        int SYSTEM_CALL_TRAP
        and eax, IF
        show "kernel's IF, trap gate", eax
        mov al, KERNEL_FLAGS
        int SYSTEM_CALL
        and eax, IF
        show "kernel's IF, interrupt gate", eax
        show_flags "IF behind them", IF
        sti

        log "string I/O"
        mov esi, letters
        mov ecx, 4
        mov dx, 0x80
        rep outsb
        mov edi, user_buffer
        mov ecx, 4
        mov dx, 0x71
        rep insb
        xor eax, eax
        mov ecx, 4
.sum:   movzx edx, byte [user_buffer + ecx - 1]
        add eax, edx
        loop .sum
        show "sum of the bytes read", eax

        log "HLT, for a tick"
        cli
        arm_timer
        sti
        hlt
        mov ebx, [user_ticks]
        show "behind HLT", ebx
        log "CLI and HLT"
        cli
        hlt

; Arms the timer and waits until its interrupt is pending, or has come.
tick_in_region:
        mov ebx, [kernel_ticks]
        arm_timer
.wait:
        timer_pending
        jnz .done
        cmp ebx, [kernel_ticks]
        je .wait
.done:
        mov eax, [kernel_ticks]
        mov ebx, [user_ticks]
        show "kernel's ticks in the region", eax
        show "program's ticks in the region", ebx
        ret

open_region:
        sti
        nop
        mov ebx, [user_ticks]
        show "behind STI", ebx
        ret

user_tick:
        inc dword [user_ticks]
        mov al, TICK_DONE
        int SYSTEM_CALL

        section .data
emulations:                             ; first byte of the instruction, what does it
        dd 0xfa, emulate_cli
        dd 0xfb, emulate_sti
        dd 0xf4, emulate_hlt
        dd 0xe4, emulate_in
        dd 0xe6, emulate_out
        dd 0xf3, open_port
        dd 0
letters:        db "port"
user_buffer:    dd 0
user_iopl:      dd 0
counters:
kernel_ticks:   dd 0
owed_ticks:     dd 0                    ; ticks that the program has not been called back for
user_ticks:     dd 0
emulated_clis:  dd 0
emulated_stis:  dd 0
emulated_hlts:  dd 0
emulated_outs:  dd 0
opened_ports:   dd 0
counters_end:
