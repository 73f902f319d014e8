; NMI, which the local APIC sends to itself: taken whatever IF is, with EXT in what its gate raises, not again before an
; IRET, which unblocks it in any handler, once for several that come meanwhile; it ends HLT, and comes before an
; interrupt and behind a debug trap, so that it interrupts the trap's handler (SDM vol. 3A, 6.7 and table 6-2).
; Each cell is an event in the order in which handlers ran: its vector, and EIP as an offset in the code, db for the
; beginning of #DB's handler.
; QEMU 7.2 takes NMI some instructions late and has EXT clear; Bochs 2.7 has no NMI by LINT0.
; Rows: hlt, iretd, int, sti, mov, popfd
; Expect:
;   IF clear 0002000a
;   IF set 0002000a
;   another in its handler 0002000a 0002000a
;   two others in its handler 0002000a 0002000a
;   another in its handler, an IRETD behind it 0002000a 00020000
;   INT 2's handler is interrupted 00020000
;   with an interrupt 0002000b 0020000b
;   with a single step 000200db 00010010
;   no gate for it: #NP 0013 at +0a
;   LINT0 in HLT 00020001
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
%include "event_order.inc"

        section .data
nested:         dd 0                    ; more NMIs for the handler to send
unblocks:       dd 0                    ; then it executes an IRETD
        section .text

%macro send_nmi 0
        mov dword [LOCAL_APIC + 0x300], 0x400
%endmacro
test:
        call pic_start
        mov dword [LOCAL_APIC + 0x310], 0
        put_gate 2, CODE0, nmi, INT_GATE32
        put_gate 1, CODE0, events_debug_handler, INT_GATE32
        put_gate PIC_VECTOR, CODE0, tick, INT_GATE32
        events "IF clear"
        send_nmi
        events_end
        sti
        events "IF set"
        send_nmi
        events_end
        cli
        mov dword [nested], 1
        events "another in its handler"
        send_nmi
        events_end
        mov dword [nested], 2
        events "two others in its handler"
        send_nmi
        events_end
        mov dword [nested], 1
        mov dword [unblocks], 1
        events "another in its handler, an IRETD behind it"
        send_nmi
        events_end
        mov dword [unblocks], 0
        put_gate 2, CODE0, sends_once, INT_GATE32
        mov dword [nested], 1
        events "INT 2's handler is interrupted"
        int 2
        events_end
        put_gate 2, CODE0, nmi, INT_GATE32
        call pic_tick
        events "with an interrupt"
        sti
        send_nmi
        cli
        events_end
        events "with a single step"
        push dword TF | 2
        popfd
        send_nmi
        events_end
        and byte [IDT + 2 * 8 + 5], ~PRESENT
        try "no gate for it", send_nmi
        or byte [IDT + 2 * 8 + 5], PRESENT
        events "LINT0 in HLT"
        mov dword [LOCAL_APIC + 0x350], 0x400
        call pic_late_tick
        mov dword [LOCAL_APIC + 0x350], 0x400
        mov dword [events_origin], .halt
        sti
.halt:  hlt
        cli
        events_end
        ret

nmi:    note 2
.send:  cmp dword [nested], 0
        je .sent
        dec dword [nested]
        send_nmi
        jmp .send
.sent:  cmp dword [unblocks], 0
        je .return
        mov dword [unblocks], 0
        mov dword [events_origin], .unblocked
        push dword 2
        push dword CODE0
        push dword .unblocked
        iretd
.unblocked:
.return:
        iretd
sends_once:
        cmp dword [nested], 0
        je nmi
        dec dword [nested]
        mov dword [events_origin], .sent
        send_nmi
.sent:  iretd
events_debug_handler:
        note 1
        and dword [esp + 8], ~TF
        iretd
tick:   note PIC_VECTOR
        call pic_end
        iretd
