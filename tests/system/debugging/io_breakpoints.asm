; I/O breakpoints, with CR4.DE: they match every access to ports that shares one with them, and trap behind the
; instruction or iteration; refused accesses do not match (SDM vol. 3B, 17.2.4, 17.2.5 and 17.3.1.2). The breakpoint is
; at port 88h; bit n of each mask is set if an access to port 80h + n was trapped.
; QEMU 7.2 ignores no address bits and traps behind all iterations; Bochs 2.7 saves no RF, and traps without an
; iteration.
; Rows: in dx, out dx, in immediate, out immediate, insb, insd, outsb, outsw, outsd, mov to-control
; Expect:
;   1 port
;   IN, 1 00000100
;   IN, 2 00000180
;   IN, 4 000001e0
;   OUT, 1 00000100
;   OUT, 2 00000180
;   OUT, 4 000001e0
;   INSB 00000100
;   INSD 000001e0
;   OUTSW 00000180
;   OUTSD 000001e0
;   2 ports, low address bit ignored
;   IN, 1 00000300
;   IN, 2 00000380
;   IN, 4 000003e0
;   OUT, 1 00000300
;   OUT, 2 00000380
;   OUT, 4 000003e0
;   INSB 00000300
;   INSD 000003e0
;   OUTSW 00000380
;   OUTSD 000003e0
;   4 ports, low address bits ignored
;   IN, 1 00000f00
;   IN, 2 00000f80
;   IN, 4 00000fe0
;   OUT, 1 00000f00
;   OUT, 2 00000f80
;   OUT, 4 00000fe0
;   INSB 00000f00
;   INSD 00000fe0
;   OUTSW 00000f80
;   OUTSD 00000fe0
;   a breakpoint for memory
;   OUT, 1 00000000
;   an I/O breakpoint at an address
;   MOV 00000000
;   OUTSB 00000000
;   OUT, 16 bits of the address 00000000
;   REP OUTSB: #DB dr6 0ff1
;   ECX 00000002
;   ESI 00026001
;   RF 00010000
;   REP OUTSB, the last: #DB at +02 dr6 0ff1
;   ECX 00000000
;   RF 00000000
;   REP OUTSB, none: ok
;   OUTSB, port and memory: #DB at +01 dr6 0ff3
;   INSB, port and memory: #DB at +01 dr6 0ff3
;   OUT immediate: #DB at +02 dr6 0ff1
;   ring 3, IN: #GP 0000
;   ring 3, IN: #DB at +02 dr6 0ff1
;   virtual-8086 mode, OUT: #GP 0000
;   virtual-8086 mode, OUT: #DB at +02 dr6 0ff1
;   end
%include "testkit.inc"
bits 32
PORTS           equ 0x80
PORT            equ 2

        section .data
traps:          dd 0
mask:           dd 0
        section .text

%macro hits 2+
        mov dword [mask], 0
        xor ebx, ebx
%%next: lea edx, [ebx + PORTS]
        mov esi, FREE_MEMORY
        mov edi, esi
        mov dword [traps], 0
        %2
        cmp dword [traps], 0
        je %%none
        bts [mask], ebx
%%none: inc ebx
        cmp ebx, 13
        jb %%next
        show %1, dword [mask]
%endmacro
%macro watch 3                          ; port, kind, length
        mov eax, %1
        mov dr0, eax
        mov eax, 0x402 | (%2) << 16 | ((%3) - 1) << 18
        mov dr7, eax
%endmacro
%macro each_size 0
        hits "IN, 1", in al, dx
        hits "IN, 2", in ax, dx
        hits "IN, 4", in eax, dx
        hits "OUT, 1", out dx, al
        hits "OUT, 2", out dx, ax
        hits "OUT, 4", out dx, eax
        hits "INSB", insb
        hits "INSD", insd
        hits "OUTSW", outsw
        hits "OUTSD", outsd
%endmacro

test:
        mov eax, cr4
        or eax, 8
        mov cr4, eax
        put_gate 1, CODE0, .count, INT_GATE32
        log "1 port"
        watch 0x88, PORT, 1
        each_size
        log "2 ports, low address bit ignored"
        watch 0x89, PORT, 2
        each_size
        log "4 ports, low address bits ignored"
        watch 0x8a, PORT, 4
        each_size
        ; The port's number is no linear address, and the other way round.
        log "a breakpoint for memory"
        watch 0x88, 3, 1
        hits "OUT, 1", out dx, al
        log "an I/O breakpoint at an address"
        watch FREE_MEMORY, PORT, 4
        hits "MOV", mov [esi], eax
        hits "OUTSB", outsb
        watch 0x10088, PORT, 1
        hits "OUT, 16 bits of the address", out dx, al
        ; Iterations, and memory and port at once.
        put_gate 1, CODE0, kit_stubs + 1 * KIT_STUB, INT_GATE32
        xor eax, eax
        mov dr6, eax
        watch 0x88, PORT, 1
        mov edx, 0x88
        mov esi, FREE_MEMORY
        mov ecx, 3
        try "REP OUTSB", rep outsb
        show "ECX", ecx
        show "ESI", esi
        show_saved "RF", RF
        mov ecx, 1
        try "REP OUTSB, the last", rep outsb
        show "ECX", ecx
        show_saved "RF", RF
        mov ecx, 0
        try "REP OUTSB, none", rep outsb
        mov eax, FREE_MEMORY
        mov dr1, eax
        mov eax, 0x40a | PORT << 16 | 3 << 20
        mov dr7, eax
        mov esi, FREE_MEMORY
        xor eax, eax
        mov dr6, eax
        try "OUTSB, port and memory", outsb
        mov edi, FREE_MEMORY
        xor eax, eax
        mov dr6, eax
        try "INSB, port and memory", insb
        xor eax, eax
        mov dr6, eax
        try "OUT immediate", out 0x88, al
        in_ring 3, .ring3
        in_ring 3, .ring3, 2 | IOPL(3)
        in_v86 .v86
        and byte [TSS + 104 + 0x88 / 8], ~1
        in_v86 .v86
        xor eax, eax
        mov dr7, eax
        ret
.count: inc dword [traps]
        iretd
.ring3: try "ring 3, IN", in al, 0x88
        leave_ring
bits 16
.v86:   try "virtual-8086 mode, OUT", out 0x88, al
        leave_ring
