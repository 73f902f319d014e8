; SYSENTER and SYSEXIT: what they load, from which rings and modes, and where they are refused.
; Rows: sysenter, sysexit, wrmsr, rdmsr
; Expect:
;   SYSENTER_CS 12340003
;   SYSENTER_ESP 0002f800
;   selectors that are null
;   SYSENTER: #GP 0000
;   SYSEXIT: #GP 0000
;   SYSENTER: #GP 0000
;   SYSEXIT: #GP 0000
;   none in the GDT
;   SYSENTER from ring 0: 07d007d8 0002f800 00007403 00100010
;   SYSENTER from ring 1: 07d007d8 0002f800 00007403 00210021
;   SYSENTER from ring 2: 07d007d8 0002f800 00007403 00320032
;   SYSENTER from ring 3: 07d007d8 0002f800 00007403 00430043
;   SYSEXIT: 07e307eb 00032c00 00007603 00100010
;   with an RPL
;   SYSENTER from ring 0: 07d007d8 0002f800 00007403 00100010
;   SYSENTER from ring 1: 07d007d8 0002f800 00007403 00210021
;   SYSENTER from ring 2: 07d007d8 0002f800 00007403 00320032
;   SYSENTER from ring 3: 07d007d8 0002f800 00007403 00430043
;   SYSEXIT: 07e307eb 00032c00 00007603 00100010
;   other modes
;   SYSEXIT: #GP 0000
;   SYSEXIT: #GP 0000
;   SYSEXIT: #GP 0000
;   SYSEXIT in virtual-8086 mode: #GP 0000
;   SYSENTER from virtual-8086 mode: 07d007d8 0002f800 00002003 11112222
;   SYSENTER in real mode: #GP
;   SYSEXIT in real mode: #GP
;   end
%include "testkit.inc"
; SDM volume 2, SYSENTER and SYSEXIT; volume 3, 5.8.7. No descriptor is read: CS and SS are flat whatever the GDT has
; there. Cells: CS and SS, ESP, EFLAGS, DS and ES where they lead to. QEMU 7.2 takes 3 for a selector that is not null.
SYSENTER_CS     equ 0x174
SYSENTER_ESP    equ 0x175
SYSENTER_EIP    equ 0x176
NOT_IN_GDT      equ 0x7d0               ; CS; the entries that follow are empty too
ENTRY_ESP       equ STACK0 - 0x800
EXIT_ESP        equ STACK3 - 0x400
EXIT_VECTOR     equ 0x40                ; vector
FLAGS           equ CF | DF | IF | NT | IOPL(3) | 2
%macro write 2                          ; MSR, value
        mov ecx, %1
        mov eax, %2
        xor edx, edx
        wrmsr
%endmacro
%macro read 2                           ; name, MSR
        mov ecx, %2
        rdmsr
        show %1, eax
%endmacro
%macro sysenter_from 1                  ; ring
  %defstr ring_text %1
        row "SYSENTER from ring ", ring_text, ":"
        in_ring %1, do_sysenter, FLAGS & ~NT
        row_end
%endmacro
bits 32
test:
        put_gate EXIT_VECTOR, CODE0, left, INT_GATE32 | DPL(3)
        write SYSENTER_ESP, ENTRY_ESP
        write SYSENTER_EIP, entered
        write SYSENTER_CS, 0x12340003
        read "SYSENTER_CS", SYSENTER_CS
        read "SYSENTER_ESP", SYSENTER_ESP
        log "selectors that are null"
        call .refused
        write SYSENTER_CS, 0
        call .refused
        log "none in the GDT"
        write SYSENTER_CS, NOT_IN_GDT
        call .from_all
        call .exit
        log "with an RPL"
        write SYSENTER_CS, NOT_IN_GDT | 3
        call .from_all
        call .exit

        log "other modes"
        in_ring 1, .outer
        in_ring 2, .outer
        in_ring 3, .outer
        in_v86 v86_sysexit
        row "SYSENTER from virtual-8086 mode:"
        in_v86 v86_sysenter, IOPL(2) | IF | CF | 2
        row_end
        in_real real_mode
        ret
.refused:
        try "SYSENTER", sysenter
        try "SYSEXIT", sysexit
        ret
.from_all:
        sysenter_from 0
        sysenter_from 1
        sysenter_from 2
        sysenter_from 3
        ret
.exit:  row "SYSEXIT:"
        mov [kit_ring_esp], esp
        mov dword [kit_ring_back], .exited
        mov edx, exited
        mov ecx, EXIT_ESP
        push dword FLAGS
        popfd
        sysexit
.exited:
        row_end
        ret
.outer: try "SYSEXIT", sysexit
        leave_ring
do_sysenter:
        push dword FLAGS
        popfd
        sysenter
; Neither CS nor SS can be loaded from the GDT, so nothing may interrupt before they are left.
entered:
        call note_registers
        jmp CODE0:.known
.known: mov ax, DATA0
        mov ss, ax
        jmp left
exited: call note_registers
        int EXIT_VECTOR
left:   push dword 2
        popfd
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        cell_value [seen]
        cell_value [seen + 4]
        cell_value [seen + 8]
        cell_value [seen + 12]
        leave_ring
note_registers:
        pushfd
        mov bx, cs
        shl ebx, 16
        mov bx, ss
        mov dx, ds
        shl edx, 16
        mov dx, es
        mov ax, DATA3
        mov ds, ax
        pop dword [seen + 8]
        mov [seen], ebx
        lea ebx, [esp + 4]
        mov [seen + 4], ebx
        mov [seen + 12], edx
        ret
bits 16
v86_sysexit:
        try "SYSEXIT in virtual-8086 mode", sysexit
        leave_ring
v86_sysenter:
        mov ax, 0x1111
        mov ds, ax
        mov ax, 0x2222
        mov es, ax
        sysenter
real_mode:
        try "SYSENTER in real mode", sysenter
        try "SYSEXIT in real mode", sysexit
        ret
        section .data
seen:   times 4 dd 0
