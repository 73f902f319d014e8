; Who may use the debug registers, and in which order it is asked: DR4 and DR5 with CR4.DE are no registers in any ring,
; found in decoding; then privilege; then general detect (SDM vol. 3B, 17.2; vol. 2, MOV DR; vol. 3A, table 6-2).
; QEMU 7.2 looks at privilege before DE and has no GD; Bochs 2.7 puts general detect before privilege, which the manual
; leaves open. Numbers are vectors, ff none.
; Rows: mov to-debug, mov from-debug
; Expect:
;   ring 1
;   from DR0: #GP 0000
;   from DR4: #GP 0000
;   DR5: #GP 0000
;   DR6: #GP 0000
;   ring 3
;   from DR0: #GP 0000
;   from DR4: #GP 0000
;   DR5: #GP 0000
;   DR6: #GP 0000
;   virtual-8086 mode
;   from DR0: #GP 0000
;   from DR4: #GP 0000
;   DR5: #GP 0000
;   DR6: #GP 0000
;   DE
;   ring 1
;   from DR0: #GP 0000
;   from DR4: #UD
;   DR5: #UD
;   DR6: #GP 0000
;   ring 3
;   from DR0: #GP 0000
;   from DR4: #UD
;   DR5: #UD
;   DR6: #GP 0000
;   virtual-8086 mode
;   from DR0: #GP 0000
;   from DR4: #UD
;   DR5: #UD
;   DR6: #GP 0000
;   DR4, GD 00000006
;   DR1, GD 00000001
;   DR6, GD 00000001
;   and once more 000000ff
;   ring 3, DR4, GD 00000006
;   ring 3, DR1, GD 0000000d
;   without DE
;   DR4, GD 00000001
;   DR1, GD 00000001
;   DR6, GD 00000001
;   and once more 000000ff
;   ring 3, DR4, GD 0000000d
;   ring 3, DR1, GD 0000000d
;   real mode
;   from DR0: ok
;   from DR4: ok
;   DR5: ok
;   DR6: ok
;   from DR0, GD: #DB
;   DR6 ffff2ff0
;   DR7 00000400
;   a store with LE and GE alone: ok
;   B3 with G3 00000008
;   end
%include "testkit.inc"
bits 32
; The vector that an access to a debug register raises while DR7.GD is set, which the handler of #DB finds clear.
%macro detect 2+
        mov dword [vector], NO_EXCEPTION
        mov dword [resume], %%behind
        %2
%%behind:
        show %1, dword [vector]
%endmacro

        section .data
vector:         dd 0
resume:         dd 0
        section .text

%macro each_outer_level 0
        in_ring 1, test.ring1
        in_ring 3, test.ring3
        in_v86 test.v86
%endmacro

test:
        each_outer_level
        mov eax, cr4
        or eax, 8
        mov cr4, eax
        log "DE"
        each_outer_level
        ; What comes first of #UD, #GP and general detect, which reading DR6 here must not meet itself.
        put_gate 1, CODE0, .debug, INT_GATE32
        put_gate 6, CODE0, .invalid, INT_GATE32
        put_gate 13, CODE0, .protection, INT_GATE32
        call .detect
        log "without DE"
        mov eax, cr4
        and eax, ~8
        mov cr4, eax
        call .detect
        mov dword [resume], .clear
        mov eax, dr7
.clear: put_gate 1, CODE0, kit_stubs + 1 * KIT_STUB, INT_GATE32
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
        ; In real mode too.
        xor eax, eax
        mov dr6, eax
        in_real .real
        ; Breakpoints in them enable nothing by themselves: bits of DR6 stay clear until a match.
        mov eax, 0x26000
        mov dr0, eax
        mov dr1, eax
        mov dr2, eax
        mov dr3, eax
        xor eax, eax
        mov dr6, eax
        mov eax, 0x700 | 0x11110000     ; LE and GE, no L and no G
        mov dr7, eax
        try "a store with LE and GE alone", mov [0x26000], eax
        mov eax, 0x780 | 0x11110000     ; G3
        mov dr7, eax
        try_silently mov [0x26000], eax
        mov ebx, [last_dr6]
        and ebx, 8                      ; B0 to B2 may be set as well
        show "B3 with G3", ebx
        xor eax, eax
        mov dr7, eax
        ret
.debug: mov dword [vector], 1
        jmp .resume
.invalid:
        mov dword [vector], 6
        jmp .resume
.protection:
        mov dword [vector], 13
        add esp, 4
.resume:
        push eax
        mov eax, [resume]
        mov [esp + 4], eax
        pop eax
        iretd
.detect:
        call .arm
        detect "DR4, GD", mov eax, dr4
        call .arm
        detect "DR1, GD", mov eax, dr1
        call .arm
        detect "DR6, GD", mov dr6, eax
        detect "and once more", mov dr6, eax
        call .arm
        in_ring 3, .detect_ring3
        ret
        ; Sets GD, which is set already if nothing has come to #DB's handler.
.arm:   mov dword [resume], .disarmed
        mov eax, dr7
.disarmed:
        mov eax, 0x2400
        mov dr7, eax
        ret
.detect_ring3:
        detect "ring 3, DR4, GD", mov eax, dr4
        detect "ring 3, DR1, GD", mov eax, dr1
        leave_ring
%macro each_register 0
        try "from DR0", mov eax, dr0
        try "from DR4", mov eax, dr4
        try "DR5", mov dr5, eax
        try "DR6", mov dr6, eax
%endmacro
.ring1: log "ring 1"
        each_register
        leave_ring
.ring3: log "ring 3"
        each_register
        leave_ring
bits 16
.v86:   log "virtual-8086 mode"
        each_register
        leave_ring
.real:  log "real mode"
        each_register
        mov eax, 0x2400
        mov dr7, eax
        try "from DR0, GD", mov eax, dr0
        mov eax, dr6
        show "DR6", eax
        mov eax, dr7
        show "DR7", eax
        ret
