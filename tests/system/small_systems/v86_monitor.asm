; A monitor of the EMM386 kind. In ring 0 with paging it runs a DOS-like kernel and a program in virtual-8086 mode with
; IOPL 0: it emulates CLI, STI, PUSHF, POPF, IRET, INT, HLT, IN and OUT, keeps a virtual interrupt flag and a virtual
; interrupt controller, reflects interrupts to the real-mode table, maps EMS pages into the frame at D0000h, moves XMS
; blocks, and lets addresses wrap at 1 MiB, all by page tables. At its end the program becomes a DPMI client, in 16-bit
; protected mode with an LDT, whose interrupts are served in virtual-8086 mode. Then the monitor is switched off and the
; same program runs in real mode, which must look the same to it but for EMS, XMS and DPMI. On again with CR4.VME, the
; processor keeps the interrupt flag (EFLAGS.VIF), and by VIP lets the monitor know when an interrupt that waits may
; come (SDM vol. 3B, 20.3); INT goes to the real-mode table by itself. EMS pages are as they were; a program that
; touches the monitor's memory is ended. QEMU 7.2 has no VME: there the monitor emulates CLI and INT as before.
; Rows: cli, sti, pushf, pushfd, popf, popfd, iret, iretd, int, hlt, in immediate, out immediate, out dx, arpl, invlpg
; Rows: mov to-control, mov from-control, lds, les, call far, jmp far, ret far
; Expect:
;   monitor on
;   program, CS 5400
;   DOS version 0005
;   memory block 6001
;   sum of its words fc00
;   second block 6102
;   too large, error 0008
;   largest 2edd
;   both joined 6001
;   file, handle 0005
;   written 0013
;   read 000e
;   text in a file
;   no such file, error 0002
;   A20 off, word at 500h 2222
;   A20 on, word at 500h 1111
;   word at 1 MiB 2222
;   IF behind CLI 0000
;   ticks in the region 0000
;   ticks behind STI 0001
;   ticks in the region 0001
;   ticks behind POPF 0002
;   ticks in the region 0002
;   ticks behind POPFD 0003
;   IF there 0200
;   ticks in the region 0003
;   ticks behind IRET 0004
;   IF in INT 80h 0000
;   IF behind it 0200
;   ticks behind HLT 0005
;   ticks of the BIOS 0005
;   keys while interrupts are off 0000
;   keys 0001
;   scan code 001e
;   steps 0001 0004 0004 0004 0006 0007 0009 000a 000c 000f 0010 0011 0014 0017 0018 0019
;   TF in a step 0100
;   EMS frame d000
;   handle 0001
;   page 5 0005
;   end of page 4 0004
;   page 2 0002
;   page 3 written at 0 and read at 8000h 5a5a
;   pages 0 and 1 0100
;   mapping restored 5a5a
;   page 6, status 8a00
;   frame's page 4, status 8b04
;   page unmapped, status 0000
;   reads as ffff
;   XMS handle 0001
;   sum of what came back fc00
;   A20 by XMS 0000
;   word at 500h 2222
;   sum of what came back fc00
;   A20 by XMS 0001
;   word at 500h 1111
;   move to no handle, error and status a500
;   client, CS 0007
;   SS 000f
;   DS 0017
;   ES 0017
;   base of CS, high word 0005
;   low word 4000
;   new selector 001f
;   status of EMS 0001
;   page 3 by the selector 5a5a
;   sum of the XMS block fc00
;   its limit 0fff
;   ticks in the region 0000
;   IF in EFLAGS 0200
;   virtual flag 0900
;   ticks behind STI 0001
;   flag until now 0901
;   ticks in the region 0001
;   ticks behind INT 31h 0002
;   flag until now 0900
;   unknown function, CF ffff
;   emulated CLI 00000008
;   emulated STI 00000005
;   emulated POPF 00000004
;   emulated HLT 00000001
;   timer's interrupts 00000007
;   keyboard's interrupts 00000001
;   EMS pages mapped 0000000f
;   monitor off
;   program, CS 5400
;   DOS version 0005
;   memory block 6001
;   sum of its words fc00
;   second block 6102
;   too large, error 0008
;   largest 2edd
;   both joined 6001
;   file, handle 0005
;   written 0013
;   read 000e
;   text in a file
;   no such file, error 0002
;   A20 off, word at 500h 2222
;   A20 on, word at 500h 1111
;   word at 1 MiB 2222
;   IF behind CLI 0000
;   ticks in the region 0000
;   ticks behind STI 0001
;   ticks in the region 0001
;   ticks behind POPF 0002
;   ticks in the region 0002
;   ticks behind POPFD 0003
;   IF there 0200
;   ticks in the region 0003
;   ticks behind IRET 0004
;   IF in INT 80h 0000
;   IF behind it 0200
;   ticks behind HLT 0005
;   ticks of the BIOS 0005
;   keys while interrupts are off 0000
;   keys 0001
;   scan code 001e
;   steps 0001 0004 0004 0004 0006 0007 0009 000a 000c 000f 0010 0011 0014 0017 0018 0019
;   TF in a step 0100
;   no EMS
;   no XMS
;   no DPMI
;   monitor on
;   IF behind CLI 0000
;   ticks in the region 0000
;   ticks behind STI 0001
;   ticks in the region 0001
;   ticks behind POPF 0002
;   ticks in the region 0002
;   ticks behind POPFD 0003
;   IF there 0200
;   ticks in the region 0003
;   ticks behind IRET 0004
;   IF in INT 80h 0000
;   IF behind it 0200
;   ticks behind HLT 0005
;   ticks of the BIOS 0005
;   keys while interrupts are off 0000
;   keys 0001
;   scan code 001e
;   steps 0001 0004 0004 0004 0006 0007 0009 000a 000c 000f 0010 0011 0014 0017 0018 0019
;   TF in a step 0100
;   page 3 has kept 5a5a
;   program ended: #PF 0007 at 00021234
;   emulated CLI 00000000
;   emulated POPF 00000003
;   emulated HLT 00000001
;   reflected INT 00000000
;   timer's interrupts 00000005
;   keyboard's interrupts 00000001
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
%include "v86_layout.inc"
TIMER_VECTOR    equ 0x50                ; and the keyboard's behind it
REAL_TIMER      equ 8
IO_BITMAP       equ 104 + 32            ; behind the bitmap of the INTs that VME does not redirect
MONITOR_MEMORY  equ 0x20000             ; up to where the guest's begins

; What the monitor finds on its stack: ES and DS, PUSHAD's registers, an error code or 0, and the processor's frame, with
; segments if it is of virtual-8086 mode.
FRAME_ES        equ 0
FRAME_DS        equ 4
FRAME_EDI       equ 8
FRAME_ESI       equ 12
FRAME_EBX       equ 24
FRAME_EDX       equ 28
FRAME_ECX       equ 32
FRAME_EAX       equ 36
FRAME_ERROR     equ 40
FRAME_EIP       equ 44
FRAME_CS        equ 48
FRAME_EFLAGS    equ 52
FRAME_ESP       equ 56
FRAME_SS        equ 60
FRAME_V86_ES    equ 64
FRAME_V86_DS    equ 68
FRAME_V86_FS    equ 72
FRAME_V86_GS    equ 76

%macro copy_image 3                     ; from, to, bytes
        mov esi, %1
        mov edi, %2
        mov ecx, %3
        rep movsb
%endmacro
%macro vector 3                         ; of the real-mode table: segment, offset
        mov word [(%1) * 4], %3
        mov word [(%1) * 4 + 2], %2
%endmacro

bits 32
test:
        call start_keyboard
        call kit_paging_on
        mov edi, PTE(MONITOR_MEMORY)    ; for the supervisor only
        mov ecx, (DOS_SEGMENT * 16 - MONITOR_MEMORY) / 0x1000
.mine:  and dword [edi], ~4
        add edi, 4
        loop .mine
        call ems_start
        put_gate TIMER_VECTOR, CODE0, timer, INT_GATE32
        put_gate TIMER_VECTOR + 1, CODE0, keyboard, INT_GATE32
        put_gate 1, CODE0, single_step, INT_GATE32
        put_gate 6, CODE0, invalid_opcode, INT_GATE32
        put_gate 13, CODE0, general_protection, INT_GATE32
        put_gate 14, CODE0, page_fault, INT_GATE32
        mov word [TSS + 102], IO_BITMAP
        mov byte [TSS + IO_BITMAP + 0xe9 / 8], ~(1 << (0xe9 & 7)) & 0xff
        mov byte [TSS + IO_BITMAP + 0x402 / 8], ~(1 << (0x402 & 7)) & 0xff
        call load_system
        call monitor_on
        in_v86 run_program, 2 | IF
        show "emulated CLI", [emulated_clis]
        show "emulated STI", [emulated_stis]
        show "emulated POPF", [emulated_popfs]
        show "emulated HLT", [emulated_hlts]
        show "timer's interrupts", [delivered]
        show "keyboard's interrupts", [delivered + 4]
        show "EMS pages mapped", [maps]

        call load_system
        call monitor_off
        in_real run_program_really

        call load_system
        call monitor_on
        call use_vme
        in_v86 run_trespasser, 2 | IF
        show "emulated CLI", [emulated_clis]
        show "emulated POPF", [emulated_popfs]
        show "emulated HLT", [emulated_hlts]
        show "reflected INT", [reflected_ints]
        show "timer's interrupts", [delivered]
        show "keyboard's interrupts", [delivered + 4]
        ret

bits 16
run_program:
        mov bx, program
        call DOS_SEGMENT:dos_execute
        leave_ring
run_program_really:
        mov bx, program
        call DOS_SEGMENT:dos_execute
        ret
run_trespasser:
        mov bx, trespasser
        call DOS_SEGMENT:dos_execute
        leave_ring
bits 32

; Interrupts of the keyboard, scan codes translated; A20 is port 92h's alone.
start_keyboard:
        mov al, 0x60
        call keyboard_command
        mov al, 0x45
        out 0x60, al
        mov al, 0xdd
        call keyboard_command
        in al, 0x92
        or al, 2
        and al, ~1
        out 0x92, al
        ret
keyboard_command:                       ; AL
        out 0x64, al
.full:  in al, 0x64
        test al, 2
        jnz .full
        ret

; DOS, its vectors and the program, as if the guest had just been started.
load_system:
        copy_image section..dos.start, DOS_SEGMENT * 16, DOS_SIZE
        copy_image section..program.start, PROGRAM_SEGMENT * 16 + 0x100, PROGRAM_ROOM
        copy_image section..driver.start, DRIVER_SEGMENT * 16, DRIVER_SIZE
        mov dword [BIOS_TICKS], 0
        vector 0x08, DOS_SEGMENT, bios_timer
        vector 0x10, DOS_SEGMENT, bios_video
        vector 0x21, DOS_SEGMENT, dos_call
        ret

monitor_on:
        log "monitor on"
        mov eax, cr0
        and eax, ~0x80000000
        mov cr0, eax
        stop_timer
        start_pics TIMER_VECTOR, ~3
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        vector 0x2f, DRIVER_SEGMENT, driver_multiplex
        vector 0x67, DRIVER_SEGMENT, driver_ems
        mov dword [virtual_if], 0
        ret
; Paging stays off, for real mode.
monitor_off:
        log "monitor off"
        mov eax, cr0
        and eax, ~0x80000000
        mov cr0, eax
        stop_timer
        start_pics REAL_TIMER, ~3
        vector 0x2f, DOS_SEGMENT, dos_nothing
        vector 0x67, DOS_SEGMENT, dos_nothing
        ret

; The processor keeps the virtual interrupt flag, and redirects all INTs but the kit's.
use_vme:
        mov eax, cr4
        or eax, CR4_VME
        mov cr4, eax
        mov edi, TSS + IO_BITMAP - 32
        mov ecx, KIT_LOG / 8
        mov al, 0
        rep stosb
        mov edi, counters
        mov ecx, (counters_end - counters) / 4
        xor eax, eax
        rep stosd
        ret

; --- Entry and exit ---------------------------------------------------------------------------------------------------
%macro monitor_entry 0                  ; EBP: the frame
        pushad
        push ds
        push es
        mov eax, DATA0
        mov ds, ax
        mov es, ax
        mov ebp, esp
        cld
        call take_virtual_flag
%endmacro
%macro monitor_leave 0                  ; up to the error code
        pop es
        pop ds
        popad
%endmacro

timer:
        push dword 0
        monitor_entry
        bts dword [pending], 0
        end_of_interrupt
        jmp monitor_exit
keyboard:
        push dword 0
        monitor_entry
        bts dword [pending], 1
        end_of_interrupt

; Back to what was interrupted; the guest gets the interrupt that its controller and its flag let through.
monitor_exit:
        call from_outside
        jz .done
        cmp dword [virtual_if], 0
        je .done
        bsf eax, [pending]
        jz .done
        bsf ecx, [in_service]
        jz .deliver
        cmp eax, ecx
        jae .done
.deliver:
        btr [pending], eax
        bts [in_service], eax
        inc dword [delivered + eax * 4]
        add eax, REAL_TIMER
        mov byte [client_asked], 0
        test dword [ebp + FRAME_EFLAGS], VM
        jz real_mode_interrupt
        call reflect
.done:  call give_virtual_flag
        monitor_leave
        add esp, 4
        iretd

; --- The driver's calls, and trespassers ------------------------------------------------------------------------------
single_step:
        push dword 0
        monitor_entry
        test dword [ebp + FRAME_EFLAGS], VM
        jz .unknown
        mov eax, 1
        call reflect
        jmp monitor_exit
.unknown:
        monitor_leave
        add esp, 4
        jmp kit_stubs + 1 * KIT_STUB

; #UD: ARPL and the service's number.
invalid_opcode:
        push dword 0
        monitor_entry
        test dword [ebp + FRAME_EFLAGS], VM
        jz .unknown
        call guest_code
        cmp byte [ebx], 0x63
        jne .unknown
        add word [ebp + FRAME_EIP], 2
        movzx eax, byte [ebx + 1]
        call [monitor_calls + eax * 4]
        jmp monitor_exit
.unknown:
        monitor_leave
        add esp, 4
        jmp kit_stubs + 6 * KIT_STUB

page_fault:
        monitor_entry
        test dword [ebp + FRAME_EFLAGS], VM
        jz .unknown
        row "program ended: #PF "
        mov eax, [ebp + FRAME_ERROR]
        mov ecx, 4
        call kit32_hexadecimal
        row " at"
        mov eax, cr2
        cell_value eax
        row_end
        leave_ring
.unknown:
        monitor_leave
        jmp kit_stubs + 14 * KIT_STUB

        section .data
monitor_calls:  dd emm_call, xms_call, dpmi_enter, dpmi_return
pending:        dd 0                    ; bits of IRQs
in_service:     dd 0
counters:
emulated_clis:  dd 0
emulated_stis:  dd 0
emulated_popfs: dd 0
emulated_hlts:  dd 0
reflected_ints: dd 0
delivered:      dd 0, 0                 ; interrupts of the timer and of the keyboard
maps:           dd 0
counters_end:

%define WAITING pending
%include "virtual_flag.inc"
%include "v86_emulation.inc"
%include "v86_services.inc"
%include "v86_dpmi.inc"
%include "v86_dos.inc"
%include "v86_program.inc"
%include "v86_trace.inc"
%include "v86_client.inc"
%include "v86_driver.inc"
