; What IOPL lets virtual-8086 code do, with each IOPL: CLI, STI, PUSHF, POPF, INT n and IRET need 3, I/O asks the bitmap,
; privileged instructions fault always (SDM vol. 3B, 20.2.7 and 20.2.8); INT n, INT3 and INTO ask their gate too.
; QEMU 7.2 checks no limits of segments and not the gate's target ring.
; Rows: cli, sti, pushf, pushfd, popf, popfd, int, int3, into, iret, iretd, hlt, in immediate, out immediate, in dx, insb
; Rows: outsb, lmsw, clts, lgdt, lidt, mov to-control, mov from-control, mov from-debug, wbinvd, lldt, ltr, sldt, str, lar
; Rows: lsl, verr, arpl, smsw, sgdt, mov to-segment, pop segment, jmp far, ud2
; Expect:
;   IOPL 0
;   CLI: #GP 0000
;   STI: #GP 0000
;   PUSHF: #GP 0000
;   PUSHFD: #GP 0000
;   POPF: #GP 0000
;   POPFD: #GP 0000
;   INT n: #GP 0000
;   INT n, gate of DPL 0: #GP 0000
;   INT n, gate to ring 1: #GP 0000
;   INT n, gate not present: #GP 0000
;   INT3: #GP 001a
;   IRET: #GP 0000
;   IRETD: #GP 0000
;   IN, open: ok
;   IN, closed: #GP 0000
;   word OUT, half closed: #GP 0000
;   word IN, open: ok
;   HLT: #GP 0000
;   IOPL 1
;   CLI: #GP 0000
;   STI: #GP 0000
;   PUSHF: #GP 0000
;   PUSHFD: #GP 0000
;   POPF: #GP 0000
;   POPFD: #GP 0000
;   INT n: #GP 0000
;   INT n, gate of DPL 0: #GP 0000
;   INT n, gate to ring 1: #GP 0000
;   INT n, gate not present: #GP 0000
;   INT3: #GP 001a
;   IRET: #GP 0000
;   IRETD: #GP 0000
;   IN, open: ok
;   IN, closed: #GP 0000
;   word OUT, half closed: #GP 0000
;   word IN, open: ok
;   HLT: #GP 0000
;   IOPL 2
;   CLI: #GP 0000
;   STI: #GP 0000
;   PUSHF: #GP 0000
;   PUSHFD: #GP 0000
;   POPF: #GP 0000
;   POPFD: #GP 0000
;   INT n: #GP 0000
;   INT n, gate of DPL 0: #GP 0000
;   INT n, gate to ring 1: #GP 0000
;   INT n, gate not present: #GP 0000
;   INT3: #GP 001a
;   IRET: #GP 0000
;   IRETD: #GP 0000
;   IN, open: ok
;   IN, closed: #GP 0000
;   word OUT, half closed: #GP 0000
;   word IN, open: ok
;   HLT: #GP 0000
;   IOPL 3
;   CLI: ok
;   STI: ok
;   PUSHF: ok
;   PUSHFD: ok
;   POPF: ok
;   POPFD: ok
;   INT n: ok
;   INT n, gate of DPL 0: #GP 020a
;   INT n, gate to ring 1: #GP 0018
;   INT n, gate not present: #NP 021a
;   INT3: #GP 001a
;   IN, open: ok
;   IN, closed: #GP 0000
;   word OUT, half closed: #GP 0000
;   word IN, open: ok
;   HLT: #GP 0000
;   INT3: #BP at +01
;   INTO: #OF at +01
;   INTO, OF clear: ok
;   INT3: #BP at +01
;   INTO: #OF at +01
;   INTO, OF clear: ok
;   INSB, closed: #GP 0000
;   OUTSB, closed: #GP 0000
;   OUTSB, open: ok
;   LMSW: #GP 0000
;   SMSW: ok
;   CLTS: #GP 0000
;   LGDT: #GP 0000
;   LIDT: #GP 0000
;   SGDT: ok
;   MOV CR0: #GP 0000
;   MOV from CR0: #GP 0000
;   MOV from DR7: #GP 0000
;   WBINVD: #GP 0000
;   LLDT: #UD
;   LTR: #UD
;   SLDT: #UD
;   STR: #UD
;   LAR: #UD
;   LSL: #UD
;   VERR: #UD
;   ARPL: #UD
;   LOCK CLI: #UD
;   UD2: #UD
;   MOV DS: ok
;   POP ES: ok
;   ES 0000ffff
;   byte at FFFFh: ok
;   word at FFFFh: #GP 0000
;   dword at FFFDh: #GP 0000
;   32-bit address 10000h: #GP 0000
;   32-bit address 10000h in the stack: #SS 0000
;   32-bit address FFFFh: ok
;   16-bit address that wraps: ok
;   PUSH at SP 1: #SS 0000
;   far JMP beyond 64 KiB: #GP 0000
;   end
%include "testkit.inc"
bits 32
test:
        ; Ports 80h and 81h are open in the bitmap, 82h is not.
        and byte [TSS + 104 + 0x80 / 8], ~3
        put_gate 0x40, CODE0, .handler, INT_GATE32 | DPL(3)
        put_gate 0x41, CODE0, .handler, INT_GATE32
        put_gate 0x42, CODE1, .handler, INT_GATE32 | DPL(3)
        put_gate 0x43, CODE0, .handler, (INT_GATE32 & ~PRESENT) | DPL(3)
        in_v86 .iopl0
        in_v86 .iopl1, 2 | IOPL(1)
        in_v86 .iopl2, 2 | IOPL(2)
        in_v86 .iopl3, 2 | IOPL(3)
        or byte [IDT + 3 * 8 + 5], DPL(3)
        or byte [IDT + 4 * 8 + 5], DPL(3)
        in_v86 .breakpoints
        in_v86 .breakpoints, 2 | IOPL(3)
        in_v86 .privileged, 2 | IOPL(3)
        in_v86 .segments
        ret
.handler:
        iretd

bits 16
%macro iopl_sensitive 1
.iopl%1:
        log "IOPL ", '0' + %1
        try "CLI", cli
        try "STI", sti
        try "PUSHF", pushfw
        try "PUSHFD", pushfd
        push word 2
        try "POPF", popfw
        push dword 2
        try "POPFD", popfd
        try "INT n", int 0x40
        try "INT n, gate of DPL 0", int 0x41
        try "INT n, gate to ring 1", int 0x42
        try "INT n, gate not present", int 0x43
        try "INT3", int3
        push word 2 | IOPL(0)
        push word 0
        push word .iret%1
        try "IRET", iretw
.iret%1:
        mov sp, V86_STACK
        mov dword [try_resume], 0
        push dword 2
        push dword 0
        push dword .iretd%1
        try "IRETD", iretd
.iretd%1:
        mov sp, V86_STACK
        mov dword [try_resume], 0
        try "IN, open", in al, 0x80
        try "IN, closed", in al, 0x82
        try "word OUT, half closed", out 0x81, ax
        mov dx, 0x80
        try "word IN, open", in ax, dx
        try "HLT", hlt
        leave_ring
%endmacro
        iopl_sensitive 0
        iopl_sensitive 1
        iopl_sensitive 2
        iopl_sensitive 3

.breakpoints:
        try "INT3", int3
        mov al, 0x7f
        add al, al
        try "INTO", into
        xor ax, ax
        try "INTO, OF clear", into
        leave_ring
.privileged:
        mov di, FREE_MEMORY & 0xfff
        mov dx, 0x82
        try "INSB, closed", insb
        xor si, si
        try "OUTSB, closed", outsb
        mov dx, 0x80
        try "OUTSB, open", outsb
        try "LMSW", lmsw ax
        try "SMSW", smsw ax
        try "CLTS", clts
        try "LGDT", lgdt [0x1000]
        try "LIDT", lidt [0x1000]
        try "SGDT", sgdt [0xe000]
        try "MOV CR0", mov cr0, eax
        try "MOV from CR0", mov eax, cr0
        try "MOV from DR7", mov eax, dr7
        try "WBINVD", wbinvd
        try "LLDT", lldt ax
        try "LTR", ltr ax
        try "SLDT", sldt ax
        try "STR", str ax
        try "LAR", lar ax, ax
        try "LSL", lsl ax, ax
        try "VERR", verr ax
        try "ARPL", arpl ax, ax
        try "LOCK CLI", db 0xf0, 0xfa
        try "UD2", ud2
        leave_ring
        ; Segments are paragraphs of 64 KiB, whatever the tables say.
.segments:
        mov ax, 0x1234
        try "MOV DS", mov ds, ax
        mov ds, [cs:.zero]
        push word 0xffff
        try "POP ES", pop es
        mov ax, es
        movzx eax, ax
        show "ES", eax
        try "byte at FFFFh", mov al, [0xffff]
        try "word at FFFFh", mov ax, [0xffff]
        try "dword at FFFDh", mov eax, [0xfffd]
        mov ebx, 0x10000
        try "32-bit address 10000h", mov al, [ebx]
        mov ebp, 0x10000
        try "32-bit address 10000h in the stack", mov al, [ebp]
        mov ebx, 0xffff
        try "32-bit address FFFFh", mov al, [ebx]
        mov bx, 0xffff
        try "16-bit address that wraps", mov al, [bx + 0x10]
        mov ecx, esp
        mov sp, 1
        try "PUSH at SP 1", push ax
        mov sp, cx
        try "far JMP", jmp 0:.next
.next:  mov dword [try_resume], 0
        try "far JMP beyond 64 KiB", jmp dword 0:0x10000
        leave_ring
.zero:  dw 0
