; The 8259As between two requests: priority, nesting, masks, ends of interrupts, rotation, the cascade, special mask
; mode, automatic end, poll (8259A data sheet). Requests: IRQ0 of the 8254, IRQ1 of the keyboard's controller, IRQ8 of
; the clock.
; Each cell of "taken" is a vector, in the order of delivery.
; QEMU 7.2 and Bochs 2.7 end a masked interrupt in special mask mode, which the data sheet rules out; Bochs has no set
; priority, and its poll does not acknowledge.
; Rows: in immediate, out immediate, sti, cli, iretd
; Expect:
;   two at once
;   IRR 00000003
;   taken 00000020 00000021
;   IRR 00000000
;   IRQ1 masked
;   taken 00000020
;   IRR 00000002
;   taken when it is unmasked 00000021
;   nested: IRQ0 in IRQ1
;   taken 00000021 00000020
;   IRQ0 not ended
;   taken 00000020
;   ISR 00000001
;   IRR 00000002
;   ended by its number
;   taken 00000021
;   ISR 00000002
;   ended without a number
;   ISR 00000000
;   IRQ0 last
;   taken 00000021 00000020
;   rotated at the end of IRQ0
;   taken 00000020
;   then taken 00000021 00000020
;   cascade
;   IRR 00000006
;   second IRR 00000001
;   taken 00000021
;   taken 00000028
;   ISR 00000004
;   second ISR 00000001
;   ISR behind the first's end 00000000
;   second ISR 00000001
;   second ISR behind its end 00000000
;   special mask mode
;   taken 00000020
;   taken 00000021
;   ISR 00000003
;   ISR 00000001
;   ISR 00000000
;   poll
;   polled 00000081
;   ISR 00000002
;   polled, nothing 00000000
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"

        section .data
end_commands:   dd 1                    ; handlers end their interrupt
open_in_handler: dd 0                   ; the handler requests IRQ0 and lets it in
        section .text

%macro taken 1
        row %1
        sti
        nop
        nop
        cli
        row_end
%endmacro
%macro show_port 3                      ; name, command or none, port
%if %2
        mov al, %2
        out %3, al
%endif
        in al, %3
        movzx eax, al
        show %1, eax
%endmacro
IRR             equ 0x0a
ISR             equ 0x0b

%macro handler 1                        ; vector
%%at:   push eax
        cell_value %1
        cmp dword [open_in_handler], 0
        je %%closed
        mov dword [open_in_handler], 0
        call request_irq0
        mov al, 0xf8
        out 0x21, al
        sti
        nop
        nop
        cli
%%closed:
        cmp dword [end_commands], 0
        je %%out
        mov al, 0x20
%if %1 >= PIC_SECOND
        out 0xa0, al
%endif
        out 0x20, al
%%out:  pop eax
        iretd
%endmacro

test:
        call start
        log "two at once"
        call request_irq1
        call request_irq0
        mov al, 0xf8
        out 0x21, al
        show_port "IRR", IRR, 0x20
        taken "taken"
        show_port "IRR", IRR, 0x20
        call settle
        log "IRQ1 masked"
        call request_irq1
        call request_irq0
        mov al, 0xfa
        out 0x21, al
        taken "taken"
        show_port "IRR", IRR, 0x20
        mov al, 0xf8
        out 0x21, al
        taken "taken when it is unmasked"
        call settle
        log "nested: IRQ0 in IRQ1"
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        mov dword [open_in_handler], 1
        taken "taken"
        call settle
        log "IRQ0 not ended"
        mov dword [end_commands], 0
        call request_irq0
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        taken "taken"
        show_port "ISR", ISR, 0x20
        show_port "IRR", IRR, 0x20
        log "ended by its number"
        mov al, 0x60
        out 0x20, al
        taken "taken"
        show_port "ISR", ISR, 0x20
        log "ended without a number"
        mov al, 0x20
        out 0x20, al
        show_port "ISR", ISR, 0x20
        mov dword [end_commands], 1
        call settle
        log "IRQ0 last"
        mov al, 0xc0
        out 0x20, al
        call request_irq0
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        taken "taken"
        mov al, 0xc7
        out 0x20, al
        call settle
        log "rotated at the end of IRQ0"
        mov dword [end_commands], 0
        call request_irq0
        mov al, 0xf8
        out 0x21, al
        taken "taken"
        mov al, 0xa0
        out 0x20, al
        mov dword [end_commands], 1
        call request_irq0
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        taken "then taken"
        mov al, 0xc7
        out 0x20, al
        call settle

        log "cascade"
        call request_irq8
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        mov al, 0xfe
        out 0xa1, al
        show_port "IRR", IRR, 0x20
        show_port "second IRR", IRR, 0xa0
        mov dword [end_commands], 0
        taken "taken"
        mov al, 0x61
        out 0x20, al
        taken "taken"
        show_port "ISR", ISR, 0x20
        show_port "second ISR", ISR, 0xa0
        mov al, 0x20
        out 0x20, al
        show_port "ISR behind the first's end", ISR, 0x20
        show_port "second ISR", ISR, 0xa0
        mov al, 0x20
        out 0xa0, al
        show_port "second ISR behind its end", ISR, 0xa0
        call settle
        log "special mask mode"
        call request_irq0
        mov al, 0xf8
        out 0x21, al
        taken "taken"
        mov al, 0x68
        out 0x20, al
        mov al, 0xf9
        out 0x21, al
        call request_irq1
        taken "taken"
        show_port "ISR", ISR, 0x20
        mov al, 0x20                    ; ends the one that is not masked
        out 0x20, al
        show_port "ISR", ISR, 0x20
        mov al, 0x48
        out 0x20, al
        mov al, 0x20
        out 0x20, al
        show_port "ISR", ISR, 0x20
        call settle
        log "poll"
        call request_irq1
        mov al, 0xf8
        out 0x21, al
        show_port "polled", 0x0c, 0x20
        show_port "ISR", ISR, 0x20
        mov al, 0x20
        out 0x20, al
        call settle
        show_port "polled, nothing", 0x0c, 0x20
        mov dword [end_commands], 1
        ret

start:  call pic_start
        put_gate 0x20, CODE0, .irq0, INT_GATE32
        put_gate 0x21, CODE0, .irq1, INT_GATE32
        put_gate 0x27, CODE0, .irq7, INT_GATE32
        put_gate 0x28, CODE0, .irq8, INT_GATE32
        ret
.irq0:  handler 0x20
.irq1:  handler 0x21
.irq7:  handler 0x27
.irq8:  handler 0x28

; Takes the requests back and forgets what is in service.
settle: mov al, 0x30
        out 0x43, al
        in al, 0x60
        mov al, 0x0b
        out 0x70, al
        mov al, 0x02
        out 0x71, al
        mov al, 0x0c
        out 0x70, al
        in al, 0x71
        jmp start

request_irq0:
        call pic_tick
        ret

request_irq1:
        mov al, 0x60                    ; the command byte: interrupts of the keyboard
        out 0x64, al
        mov al, 0x01
        out 0x60, al
        mov al, 0xd2                    ; a byte as if from the keyboard
        out 0x64, al
.accepted:
        in al, 0x64
        test al, 2
        jnz .accepted
        mov al, 0x1e
        out 0x60, al
        mov ah, 2
        jmp wait_first

request_irq8:
        mov al, 0x0a
        out 0x70, al
        mov al, 0x26
        out 0x71, al
        mov al, 0x0b
        out 0x70, al
        mov al, 0x42                    ; periodic interrupts
        out 0x71, al
        mov al, IRR
        out 0xa0, al
.wait:  in al, 0xa0
        test al, 1
        jz .wait
        ret

; Waits for the requests AH of the first controller.
wait_first:
        mov al, IRR
        out 0x20, al
.wait:  in al, 0x20
        test al, ah
        jz .wait
        ret
