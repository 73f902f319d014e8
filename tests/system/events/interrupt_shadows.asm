; An interrupt that waits is taken at the first boundary where IF is set: not behind an STI that set it, but one
; instruction later, nor behind MOV SS and POP SS; at once behind POPFD, IRETD and a second STI (SDM vol. 2B, STI; vol.
; 3A, 6.8.1 and 6.8.3). HLT ends with EIP behind it. The offsets are those of the saved EIP.
; QEMU 7.2 drops the shadow of STI with the next instruction whatever that is, looks for interrupts later behind OUT,
; and like Bochs 2.7 saves no RF between iterations.
; Rows: sti, cli, popfd, iretd, mov to-segment, pop segment, lss, hlt, lodsb, out immediate
; Expect:
;   IF clear ffffffff
;   STI 00000002
;   STI, CLI ffffffff
;   STI, STI 00000002
;   POPFD 00000001
;   IRETD 0000000d
;   STI, MOV SS 00000004
;   MOV SS, STI 00000004
;   MOV SS, POPFD 00000003
;   STI, POP SS 00000003
;   STI, LSS 00000005
;   unmasked by OUT 0000000a
;   STI, HLT 00000002
;   HLT that waits 00000007
;   REP LODSB 00000010
;   ECX 00000000
;   flags 00010200
;   ring 3, STI 00000002
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
test:
        call pic_start
        requested "IF clear"
        nop
        nop
        requested_end
        requested "STI"
        sti
        nop
        nop
        requested_end
        requested "STI, CLI"
        sti
        cli
        nop
        requested_end
        requested "STI, STI"
        sti
        sti
        nop
        requested_end
        push dword 2 | IF
        requested "POPFD"
        popfd
        nop
        requested_end
        requested "IRETD"
        push dword 2 | IF
        push dword CODE0
        push dword .returned
        iretd
.returned:
        nop
        requested_end
        mov eax, ss
        requested "STI, MOV SS"
        sti
        mov ss, eax
        nop
        nop
        requested_end
        requested "MOV SS, STI"
        mov ss, eax
        sti
        nop
        nop
        requested_end
        push dword 2 | IF
        requested "MOV SS, POPFD"
        mov ss, eax
        popfd
        nop
        requested_end
        push ss
        requested "STI, POP SS"
        sti
        pop ss
        nop
        nop
        requested_end
        push ss
        push esp
        add dword [esp], 4
        requested "STI, LSS"
        sti
        lss esp, [esp]
        nop
        nop
        requested_end
        ; IF is set and the controller lets the request through.
        requested "unmasked by OUT"
        mov al, 0xff
        out 0x21, al
        sti
        nop
        mov al, 0xfe
        out 0x21, al
        nop
        requested_end
        requested "STI, HLT"
        sti
        hlt
        nop
        requested_end
        ; HLT first, then the tick.
        requested "HLT that waits"
        call pic_late_tick
        sti
        hlt
        nop
        requested_end
        ; Strings are interrupted between iterations, with RF set in the image (SDM vol. 3B, 17.3.1.1).
        requested "REP LODSB"
        call pic_late_tick
        mov esi, 0x100000
        mov ecx, 0x80000
        sti
        rep lodsb
        requested_end
        show "ECX", ecx
        mov eax, [requested_flags]
        and eax, RF | IF
        show "flags", eax
        in_ring 3, .ring3, 2 | IOPL(3)
        ret
.ring3: requested "ring 3, STI"
        sti
        nop
        nop
        requested_end
        leave_ring
