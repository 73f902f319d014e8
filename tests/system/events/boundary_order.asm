; What comes first where several events are due between two instructions: debug traps of the one before, then
; interrupts, then an instruction breakpoint and the faults of the one behind (SDM vol. 3A, table 6-2). An interrupt
; gate for #DB holds the interrupt back until its handler returns, a trap gate does not.
; Each cell is an event in the order in which handlers ran: its vector, and EIP as an offset in the code, db for the
; beginning of #DB's handler.
; Bochs 2.7 puts the instruction breakpoint before the interrupt.
; Rows: sti, out immediate, popfd, ud2, mov, mov to-segment, hlt
; Expect:
;   interrupt and single step 00010008 00200008
;   the same, #DB by a trap gate 002000db 00010008
;   interrupt and data breakpoint 0001000e 0020000e
;   both behind MOV SS 00010010 00200010
;   both, MOV SS before #UD 0006000f 00200011
;   interrupt and instruction breakpoint 0020000a 0001000a
;   interrupt and #UD 00200002 00060002
;   #UD in the shadow of STI 00060001 00200003
;   HLT in the shadow of STI 00200002
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
%include "event_order.inc"
BREAKPOINT      equ 0x402               ; DR7: G0

%macro waiting 1                        ; events with IRQ0 waiting
        call pic_tick
        events %1
%endmacro
%macro done 0
        cli
        events_end
        xor eax, eax
        mov dr7, eax
        call pic_start
        put_gate PIC_VECTOR, CODE0, tick, INT_GATE32
%endmacro
; Lets IRQ0 through with the instruction that ends: IF and TF as given.
%macro unmasked 2
        call pic_tick
        mov al, 0xff
        out 0x21, al
        mov al, 0xfe
        events %1
        push dword %2
        popfd
        out 0x21, al
        nop
        done
%endmacro

test:
        call pic_start
        put_gate PIC_VECTOR, CODE0, tick, INT_GATE32
        put_gate 6, CODE0, invalid, INT_GATE32
        put_gate 1, CODE0, events_debug_handler, INT_GATE32
        unmasked "interrupt and single step", 2 | IF | TF
        put_gate 1, CODE0, events_debug_handler, TRAP_GATE32
        unmasked "the same, #DB by a trap gate", 2 | IF | TF
        put_gate 1, CODE0, events_debug_handler, INT_GATE32
        mov eax, FREE_MEMORY
        mov dr0, eax
        waiting "interrupt and data breakpoint"
        mov eax, BREAKPOINT | 1 << 16
        mov dr7, eax
        sti
        mov [FREE_MEMORY], al
        nop
        done
        mov word [FREE_MEMORY], DATA0
        waiting "both behind MOV SS"
        mov eax, BREAKPOINT | 7 << 16
        mov dr7, eax
        sti
        mov ss, [FREE_MEMORY]
        nop
        nop
        done
        waiting "both, MOV SS before #UD"
        mov eax, BREAKPOINT | 7 << 16
        mov dr7, eax
        sti
        mov ss, [FREE_MEMORY]
        ud2
        nop
        done
        mov eax, .at
        mov dr0, eax
        waiting "interrupt and instruction breakpoint"
        mov eax, BREAKPOINT
        mov dr7, eax
        sti
        nop
.at:    nop
        done
        waiting "interrupt and #UD"
        sti
        nop
        ud2
        nop
        done
        waiting "#UD in the shadow of STI"
        sti
        ud2
        nop
        done
        waiting "HLT in the shadow of STI"
        sti
        hlt
        nop
        done
        ret

tick:   note PIC_VECTOR
        call pic_end
        iretd
events_debug_handler:
        note 1
        and dword [esp + 8], ~TF
        or dword [esp + 8], RF
        iretd
invalid:
        note 6
        add dword [esp], 2
        iretd
