; NMI, which the local APIC sends to itself: taken whatever IF is, with EXT in what its gate raises, not again before an
; IRET, which unblocks it in any handler, once for several that come meanwhile; it ends HLT, and comes before an interrupt
; and behind a debug trap, so that it interrupts the trap's handler (SDM vol. 3A, 6.7 and table 6-2).
; Each cell is an event in the order in which handlers ran: its vector, and EIP as an offset in the code, db for the
; beginning of #DB's handler, 2 for NMI's handler behind the sending of another.
; QEMU 7.2 takes NMI some instructions late and has EXT clear; Bochs 2.7 has no NMI by LINT0.
; Rows: hlt, iretd, int, sti, mov, popfd
; Expect:
;   IF clear 0002000a
;   IF set 0002000a
;   another in its handler 0002000a 0002000a
;   two others in its handler 0002000a 0002000a
;   another in its handler, an IRETD behind it 0002000a 00020000
;   INT 2 blocks none 0002000c 00020002
;   with an interrupt 0002000b 0020000b
;   with a single step 000200db 00010010
;   no gate for it: #NP 0013 at +0a
;   LINT0 in HLT 00020001
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"

        section .data
origin:         dd 0
nested:         dd 0                    ; more NMIs for the handler to send
unblocks:       dd 0                    ; then it executes an IRETD
count:          dd 0
noted:          times 8 dd 0
        section .text

%macro send_nmi 0
        mov dword [LOCAL_APIC + 0x300], 0x400
%endmacro
%macro events 1
%push events
        row %1
        mov dword [origin], %$start
        mov dword [count], 0
%$start:
%endmacro
%macro events_end 0
        nop
        call show_noted
%pop events
%endmacro

test:
        call pic_start
        mov dword [LOCAL_APIC + 0x310], 0
        put_gate 2, CODE0, nmi, INT_GATE32
        put_gate 1, CODE0, debug, INT_GATE32
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
        events "INT 2 blocks none"
        mov dword [nested], 1
        int 2
        events_end
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
        mov dword [origin], .halt
        sti
.halt:  hlt
        cli
        events_end
        ret

; Notes a vector and the EIP on top of the stack.
%macro note 1
        push eax
        push ebx
        mov eax, [esp + 8]
        mov ebx, 0xdb
        cmp eax, debug
        je %%place
        mov ebx, 2
        cmp eax, nmi.sent_one
        je %%place
        sub eax, [origin]
        mov ebx, eax
%%place:
        movzx eax, bx
        or eax, (%1) << 16
        mov ebx, [count]
        mov [noted + ebx * 4], eax
        inc dword [count]
        pop ebx
        pop eax
%endmacro
nmi:    note 2
.send:  cmp dword [nested], 0
        je .sent
        dec dword [nested]
        send_nmi
.sent_one:
        jmp .send
.sent:  cmp dword [unblocks], 0
        je .return
        mov dword [unblocks], 0
        mov dword [origin], .unblocked
        push dword 2
        push dword CODE0
        push dword .unblocked
        iretd
.unblocked:
.return:
        iretd
debug:  note 1
        and dword [esp + 8], ~TF
        iretd
tick:   note PIC_VECTOR
        call pic_end
        iretd

show_noted:
        xor ecx, ecx
.next:  cmp ecx, [count]
        jae .end
        cell_value [noted + ecx * 4]
        inc ecx
        jmp .next
.end:   row_end
        ret
