; A fault while an external interrupt is delivered comes alone, with EXT set in error codes that name a selector, and
; the interrupt stays in service at the controller: #PF of its gate and of the inner stack, #SS and #TS of that stack,
; #GP beyond the target's limit. A second fault while the first is delivered makes a double fault (SDM vol. 3A, 6.13 and
; table 6-5).
; QEMU 7.2 leaves EXT clear and checks no limits.
; Rows: sti, cli, lidt, out immediate
; Expect:
;   the gate's page: #PF 0000 at +02 cr2 00027088
;   in service 00000001
;   the stack's page: #PF 0002 at +02 cr2 000307fc
;   in service 00000001
;   the stack's limit: #SS 0069 at +02
;   in service 00000001
;   the stack's selector is null: #TS 0001 at +02
;   in service 00000001
;   the stack's selector is ring 0's: #TS 0011 at +02
;   in service 00000001
;   beyond the code's limit: #GP 0001 at +02
;   in service 00000001
;   no gates for it and for #NP: #DF 0000 at +02
;   in service 00000001
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
TABLE           equ FREE_MEMORY         ; an IDT in two pages
AHEAD           equ 15                  ; gates in the first of them: up to #PF's
NARROW          equ FREE                ; a stack of ring 1 without room
SMALL           equ FREE + 8            ; code of ring 1
APIC_TABLE      equ PAGE_TABLE + 0x1000

%macro let_in 0
        sti
        nop
        cli
%endmacro
%macro in_service 0
        cli
        mov al, 0x0b
        out 0x20, al
        in al, 0x20
        movzx eax, al
        show "in service", eax
        call test.again
%endmacro
; From ring 3, by a gate to ring 1.
%macro refused 1
        call pic_tick
        try %1, let_in
        in_service
%endmacro
%macro page 2                           ; address, present or not
        mov dword [PTE(%1)], (%1) | 6 | (%2)
        mov eax, cr3
        mov cr3, eax
%endmacro

test:
        put_descriptor NARROW, 0, STACK1 - 0x800, DATA_DOWN_RW | DPL(1), BITS32
        put_descriptor SMALL, 0, 0xff, CODE_RX | DPL(1), BITS32
        call kit_paging_on
        mov dword [PAGE_DIRECTORY + (LOCAL_APIC >> 22) * 4], APIC_TABLE | 7
        mov dword [APIC_TABLE + (LOCAL_APIC >> 12 & 0x3ff) * 4], LOCAL_APIC | 7
        mov eax, cr3
        mov cr3, eax
        call .again

        mov esi, IDT
        mov edi, TABLE + 0x1000 - AHEAD * 8
        mov ecx, 0x200
        rep movsd
        call pic_tick
        page TABLE + 0x1000, 0
        lidt [.split]
        try "the gate's page", let_in
        lidt [kit_idt_pointer]
        page TABLE + 0x1000, 1
        in_service

        put_gate PIC_VECTOR, CODE1, .handler, INT_GATE32
        page STACK1 - 0x1000, 0
        in_ring 3, .stack_page, 2 | IOPL(3)
        page STACK1 - 0x1000, 1
        mov dword [TSS + 16], NARROW | 1
        in_ring 3, .stack_room, 2 | IOPL(3)
        mov dword [TSS + 16], 0
        in_ring 3, .stack_null, 2 | IOPL(3)
        mov dword [TSS + 16], DATA0
        in_ring 3, .stack_ring, 2 | IOPL(3)
        mov dword [TSS + 16], DATA1
        put_gate PIC_VECTOR, SMALL, .handler, INT_GATE32
        in_ring 3, .target, 2 | IOPL(3)
        put_gate PIC_VECTOR, CODE0, .handler, INT_GATE32 & ~PRESENT
        and byte [IDT + 11 * 8 + 5], ~PRESENT
        in_ring 3, .double_fault, 2 | IOPL(3)
        ret
.split: dw 0x7ff
        dd TABLE + 0x1000 - AHEAD * 8
.handler:
        iretd
.stack_page:
        refused "the stack's page"
        leave_ring
.stack_room:
        refused "the stack's limit"
        leave_ring
.stack_null:
        refused "the stack's selector is null"
        leave_ring
.stack_ring:
        refused "the stack's selector is ring 0's"
        leave_ring
.target:
        refused "beyond the code's limit"
        leave_ring
.double_fault:
        refused "no gates for it and for #NP"
        leave_ring

; Starts the controllers again, but leaves the gate.
.again: push dword [IDT + PIC_VECTOR * 8]
        push dword [IDT + PIC_VECTOR * 8 + 4]
        call pic_start
        pop dword [IDT + PIC_VECTOR * 8 + 4]
        pop dword [IDT + PIC_VECTOR * 8]
        ret
