; IRETD with VM in the image enters virtual-8086 mode at ring 0 alone, with whatever selectors and the low halves of
; them, all flags, and CPL 3; EIP beyond FFFFh is #GP(0) before anything is changed. In the other rings, with 16-bit
; operands and in POPFD the bit is ignored (SDM vol. 2A, IRET; vol. 3B, 20.2.5). In virtual-8086 mode IRETD keeps VM,
; IOPL, VIF and VIP.
; QEMU 7.2 and Bochs 2.7 find EIP beyond FFFFh when they fetch from there; QEMU faults at VM in an outer ring.
; Rows: iretd, iret, popfd, pushfd, hlt, mov from-segment
; Expect:
;   EFLAGS 003e7200
;   CS 00000000
;   ESP 5678f000
;   SS 00000000
;   ES 00002222
;   DS 00000000
;   FS 00003333
;   GS 00004444
;   EFLAGS 00031000
;   not at ring 0
;   VM 00000000
;   VM 00000000
;   POPFD
;   VM 00000000
;   IRETD with NT: #TS 0008
;   EFLAGS 003f7200
;   EFLAGS 001b3200
;   EFLAGS 001b7000
;   IRETD beyond 64 KiB: #GP 0000
;   EIP beyond 64 KiB
;   IRETD: #GP 0000
;   VM 00000000
;   IRETD: #GP 0000
;   end
%include "testkit.inc"
bits 32
SHOWN           equ TF | IF | IOPL(3) | NT | RF | VM | AC | VIF | VIP | ID

        section .data
kept_esp:       dd 0
        section .text

; Pushes what IRETD to virtual-8086 mode pops: EIP and EFLAGS.
%macro push_v86 2
        push dword 0xabcd4444           ; GS
        push dword 0xabcd3333           ; FS
        push dword 0xabcd0000           ; DS
        push dword 0xabcd2222           ; ES
        push dword 0xabcd0000           ; SS
        push dword 0x5678f000           ; ESP
        push dword %2
        push dword 0xabcd0000           ; CS
        push dword %1
%endmacro

test:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        put_gate 0x40, CODE0, .back, INT_GATE32 | DPL(3)
        mov [kept_esp], esp
        push_v86 .v86, 2 | VM | IOPL(3) | IF | NT | AC | ID | VIF | VIP
        iretd
.entered:
        mov [kit_ring_esp], esp
        mov dword [kit_ring_back], .second
        push_v86 .v86_flags, 2 | VM | IOPL(1) | RF
        iretd
.second:
        log "not at ring 0"
        in_ring 1, .ring
        in_ring 3, .ring
        log "POPFD"
        push dword 2 | VM
        popfd
        show_flags "VM", VM
        ; NT comes first.
        push_v86 .v86, 2 | VM
        push dword 2 | NT
        popfd
        mov word [TSS], CODE0
        try "IRETD with NT", iretd
        push dword 2
        popfd
        add esp, 36
        in_v86 .inside, 2 | IOPL(3) | VIF | VIP
        log "EIP beyond 64 KiB"
        push_v86 0x10000, 2 | VM
        try "IRETD", iretd
        show_flags "VM", VM
        add esp, 36
        push_v86 0xffff0000 + .v86, 2 | VM
        try "IRETD", iretd
        add esp, 36
        ret

; Where the code of virtual-8086 mode reports to, by INT 40h.
.back:  mov ax, DATA0
        mov ds, ax
        and dword [esp + 8], SHOWN
        show "EFLAGS", dword [esp + 8]
        show "CS", dword [esp + 4]
        show "ESP", dword [esp + 12]
        show "SS", dword [esp + 16]
        show "ES", dword [esp + 20]
        show "DS", dword [esp + 24]
        show "FS", dword [esp + 28]
        show "GS", dword [esp + 32]
        mov esp, [kept_esp]
        push dword 2
        popfd
        jmp .entered

; IRETD to the same ring with VM in the image.
.ring:  mov ecx, cs
        push dword 2 | VM
        push ecx
        push dword .ring_behind
        iretd
.ring_behind:
        show_flags "VM", VM
        leave_ring

bits 16
.v86:   int 0x40
.v86_flags:
        movzx esp, sp                   ; as the kit expects it
        call .flags
        leave_ring
; IRETD and IRET at IOPL 3.
.inside:
        push dword 2 | IF | AC | ID | NT
        push dword 0
        push dword .wide
        iretd
.wide:  call .flags
        push dword 2 | VM | IOPL(1) | IF
        push dword 0
        push dword .wide2
        iretd
.wide2: call .flags
        push word 2 | IOPL(1) | NT
        push word 0
        push word .narrow
        iretw
.narrow:
        call .flags
        push dword 2
        push dword 0
        push dword 0x10000
        try "IRETD beyond 64 KiB", iretd
        leave_ring
.flags: try_silently hlt
        mov eax, [last_eflags]
        and eax, SHOWN
        show "EFLAGS", eax
        ret
