; An external interrupt through each kind of gate, from each ring and from virtual-8086 mode: the gate's DPL and IOPL do
; not matter, its type, presence and target do, with EXT set in the error code; the frame is that of INT n, the return
; address the next instruction, and IF is clear in the handler of an interrupt gate only (SDM vol. 3A, 6.12 and 6.13).
; Each line: EIP as an offset in the code, CS, and of EFLAGS IF, TF, NT and VM as saved; CS and these flags in the
; handler.
; QEMU 7.2 leaves EXT clear.
; Rows: sti, cli, iretd, iret, mov from-segment, lidt
; Expect:
;   interrupt gate 00000002 00000008 00000200 00000008 00000000
;   trap gate 00000002 00000008 00000200 00000008 00000200
;   interrupt gate of 16 bits 00000002 00000008 00000200 00000008 00000000
;   trap gate of 16 bits 00000002 00000008 00000200 00000008 00000200
;   to conforming code 00000002 00000008 00000200 00000070 00000000
;   absent: #NP 0103 at +02
;   no gate of interrupts: #GP 0103 at +02
;   to the null selector: #GP 0001 at +02
;   to absent code: #NP 0069 at +02
;   to a data segment: #GP 0011 at +02
;   to ring 1: #GP 0019 at +02
;   to a busy task: #GP 0049 at +02
;   beyond the limit, vector 0000000d
;   error code 00000103
;   ring 3 00000002 0000003b 00004200 00000008 00000000
;   ring 2 00000002 0000002a 00000200 00000008 00000000
;   through a trap gate
;   ring 3 00000002 0000003b 00000200 00000008 00000200
;   to conforming code
;   ring 3 00000002 0000003b 00000200 00000073 00000000
;   to ring 1
;   ring 3 00000002 0000003b 00000200 00000019 00000000
;   to ring 3
;   ring 3 00000002 0000003b 00000200 0000003b 00000000
;   virtual-8086 mode 00000002 00000000 00020200 00000008 00000000
;   virtual-8086 mode, IOPL 0 00000000 00000000 00020200 00000008 00000000
;   through a trap gate
;   virtual-8086 mode 00000002 00000000 00024200 00000008 00000200
;   end
%include "testkit.inc"
bits 32
%include "pic.inc"
SHOWN           equ IF | TF | NT | VM
ABSENT          equ FREE                ; code
CONFORMING      equ FREE + 8

        section .data
origin:         dd 0
seen:           times 5 dd 0
        section .text

; Lets IRQ0 in behind a NOP, through the gate as it is; CLI needs IOPL.
%macro let_in 0
        sti
        nop
        cli
%endmacro
%macro interrupt 1
%push interrupt
        row %1
        call pic_tick
        mov dword [origin], %$start
%$start:
        let_in
        call show_seen
%pop interrupt
%endmacro
%macro refused 1
        call pic_tick
        try %1, let_in
        cli
        call again
%endmacro
%macro gate 3                           ; selector, handler, type
        put_gate PIC_VECTOR, %1, %2, %3
%endmacro
%macro from_ring3 3                     ; heading, selector, type
        log %1
        gate %2, handler32, %3
        in_ring 3, test.ring3, 2 | IOPL(3)
%endmacro

test:
        put_descriptor ABSENT, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        put_descriptor CONFORMING, 0, 0xfffff, CONFORMING_RX, FLAT
        call again
        gate CODE0, handler32, INT_GATE32
        interrupt "interrupt gate"
        gate CODE0, handler32, TRAP_GATE32
        interrupt "trap gate"
        gate CODE0, handler16, INT_GATE16
        interrupt "interrupt gate of 16 bits"
        gate CODE0, handler16, TRAP_GATE16
        interrupt "trap gate of 16 bits"
        gate CONFORMING, handler32, INT_GATE32
        interrupt "to conforming code"
        gate CODE0, handler32, INT_GATE32 & ~PRESENT
        refused "absent"
        gate CODE0, handler32, CALL_GATE32
        refused "no gate of interrupts"
        gate 0, handler32, INT_GATE32
        refused "to the null selector"
        gate ABSENT, handler32, INT_GATE32
        refused "to absent code"
        gate DATA0, handler32, INT_GATE32
        refused "to a data segment"
        gate CODE1, handler32, INT_GATE32
        refused "to ring 1"
        gate TSS_SELECTOR, 0, TASK_GATE
        refused "to a busy task"
        lidt [.short]
        call pic_tick
        ; The kit's services have no gates now, so that this one stays silent.
        try_silently let_in
        cli
        lidt [kit_idt_pointer]
        show "beyond the limit, vector", dword [last_vector]
        show "error code", dword [last_error]
        call again
        gate CODE0, handler32, INT_GATE32
        in_ring 3, .ring3, 2 | IOPL(3) | NT
        in_ring 2, .ring2, 2 | IOPL(2)
        from_ring3 "through a trap gate", CODE0, TRAP_GATE32
        from_ring3 "to conforming code", CONFORMING, INT_GATE32
        from_ring3 "to ring 1", CODE1, INT_GATE32
        from_ring3 "to ring 3", CODE3, INT_GATE32
        gate CODE0, handler32, INT_GATE32
        call pic_tick
        in_v86 .v86, 2 | IOPL(3)
        call pic_tick
        mov dword [origin], .v86_iopl0
        in_v86 .v86_iopl0, 2 | IF
        log "through a trap gate"
        gate CODE0, handler32, TRAP_GATE32
        call pic_tick
        in_v86 .v86, 2 | IOPL(3) | NT
        ret
.short: dw PIC_VECTOR * 8 - 1
        dd IDT
.ring3: interrupt "ring 3"
        leave_ring
.ring2: interrupt "ring 2"
        leave_ring

; Starts the controllers again, but leaves the gate.
again:  push dword [IDT + PIC_VECTOR * 8]
        push dword [IDT + PIC_VECTOR * 8 + 4]
        call pic_start
        pop dword [IDT + PIC_VECTOR * 8 + 4]
        pop dword [IDT + PIC_VECTOR * 8]
        ret

%macro handler 2                        ; size of what the gate pushed, instruction to return
        push eax
        push ds
        pushfd
        mov ax, ss                      ; the data segment of the handler's ring
        mov ds, ax
        mov eax, [esp]
        and eax, IF | TF | NT | VM
        mov [seen + 16], eax
        mov eax, cs
        mov [seen + 12], eax
%if %1 == 4
        mov eax, [esp + 12]
        sub eax, [origin]
        mov [seen], eax
        mov eax, [esp + 16]
        mov [seen + 4], eax
        mov eax, [esp + 20]
%else
        movzx eax, word [esp + 12]
        sub eax, [origin]
        mov [seen], eax
        movzx eax, word [esp + 14]
        mov [seen + 4], eax
        movzx eax, word [esp + 16]
%endif
        and eax, SHOWN
        mov [seen + 8], eax
        popfd
        mov al, 0x20
        out 0x20, al
        pop ds
        pop eax
        %2
%endmacro
handler32:
        handler 4, iretd
handler16:
        handler 2, iretw

%macro show_seen_procedure 0
        push ecx
        xor ecx, ecx
%%next: cell_value [seen + ecx * 4]
        inc ecx
        cmp ecx, 5
        jb %%next
        row_end
        pop ecx
        ret
%endmacro
show_seen:
        show_seen_procedure
bits 16
show_seen16:
        show_seen_procedure
test.v86:
        row "virtual-8086 mode"
        mov dword [origin], .start
.start: let_in
        call show_seen16
        leave_ring
test.v86_iopl0:                         ; the interrupt comes before its first instruction
        row "virtual-8086 mode, IOPL 0"
        call show_seen16
        leave_ring
