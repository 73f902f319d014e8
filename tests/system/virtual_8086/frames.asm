; Interrupts and exceptions out of virtual-8086 mode: the frame that each kind of gate makes on the stack of ring 0,
; with the four data segment registers in it, which the handler finds null, and ESP whole (SDM vol. 3B, 20.3.1.1; vol.
; 2A, INT n, INTERRUPT-FROM-VIRTUAL-8086-MODE); IRETD goes back by it (20.2.5).
; Each frame is shown from the top of the stack: GS, FS, DS, ES, SS, ESP, EFLAGS, CS, EIP as an offset from the
; instruction, error code. Then the handler's DS, ES, FS, GS, and of its flags IF, TF, NT, RF and VM.
; QEMU 7.2 saves no RF, and leaves EXT clear in what an exception's gate raises.
; Rows: int, int3, into, bound, div, ud2, hlt, iretd, mov from-segment, mov to-segment
; Expect:
;   32-bit interrupt gates
;   INT n 0000fff4 00003333 00002222 00001111 00000e00 12341000 00023202 00000000 00000002
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   INT3 0000fff4 00003333 00002222 00001111 00000e00 12341000 00023246 00000000 00000001
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   INTO 0000fff4 00003333 00002222 00001111 00000e00 12341000 00023a92 00000000 00000001
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   BOUND 0000fff4 00003333 00002222 00001111 00000e00 12341000 00033246 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   DIV 0000fff4 00003333 00002222 00001111 00000e00 12341000 00033246 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   HLT 0000fff4 00003333 00002222 00001111 00000e00 12341000 00033246 00000000 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   32-bit trap gates, IOPL 0
;   INT3 0000fff4 00003333 00002222 00001111 00000e00 12341000 00024202 00000000 00000001
;   in the handler 00000000 00000000 00000000 00000000 00000200
;   DIV 0000fff4 00003333 00002222 00001111 00000e00 12341000 00034246 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000200
;   16-bit interrupt gate
;   INT n 0000fff4 00003333 00002222 00001111 00000e00 00001000 00003202 00000000 00000002
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   16-bit trap gate
;   INT n 0000fff4 00003333 00002222 00001111 00000e00 00001000 00003202 00000000 00000002
;   in the handler 00000000 00000000 00000000 00000000 00000200
;   UD2 0000fff4 00003333 00002222 00001111 00000e00 00001000 00000202 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000200
;   16-bit interrupt gate, error code
;   HLT 0000fff4 00003333 00002222 00001111 00000e00 00001000 00003002 00000000 00000000 00000000
;   in the handler 00000000 00000000 00000000 00000000 00000000
;   to conforming code: #GP 0068
;   to absent code: #NP 0070
;   to absent conforming code: #NP 0078
;   to absent code of ring 1: #NP 0080
;   to the null selector: #GP 0000
;   to ring 3: #GP 0038
;   UD2, to conforming code: #GP 0069
;   end
%include "testkit.inc"
bits 32
CONFORMING      equ FREE
ABSENT          equ FREE + 8            ; code
ABSENT_CONFORMING equ FREE + 16
ABSENT_RING1    equ FREE + 24

        section .data
instruction:    dd 0
kept_ds:        dd 0
frame_top:      dd 0
handler_segments: dw 0, 0, 0, 0
handler_flags:  dd 0
        section .text

; A handler that shows its frame and goes back: %1, width of what the gate pushes; %2, error code or not.
%macro frame_handler 2
        pushfd
        pop dword [ss:handler_flags]
        mov [ss:frame_top], esp
        pushad
        mov [ss:handler_segments], ds
        mov [ss:handler_segments + 2], es
        mov [ss:handler_segments + 4], fs
        mov [ss:handler_segments + 6], gs
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ecx, KERNEL_STACK
%%cell: sub ecx, (%1) / 8
%if %1 == 32
        mov eax, [ecx]
%else
        movzx eax, word [ecx]
%endif
        cmp ecx, KERNEL_STACK - 9 * (%1) / 8
        jne %%value
        sub eax, [instruction]
%%value:
        cell_value eax
        cmp ecx, [frame_top]
        ja %%cell
        row_end
        row "in the handler"
        xor ecx, ecx
%%segment:
        movzx eax, word [handler_segments + ecx * 2]
        cell_value eax
        inc ecx
        cmp ecx, 4
        jb %%segment
        mov eax, [handler_flags]
        and eax, IF | TF | NT | RF | VM
        cell_value eax
        row_end
%if %1 == 16
        leave_ring                      ; IRET has no VM to go back by
%else
        mov eax, [.resume]
        mov [KERNEL_STACK - 36], eax
        popad
        lea esp, [esp + 4 * (%2)]
        iretd
%endif
%endmacro

%macro through 2                        ; gate's type and handler, for all vectors used here
%assign vector 0
%rep 7
        put_gate vector, CODE0, %2, %1 | DPL(3)
%assign vector vector + 1
%endrep
        put_gate 0x40, CODE0, %2, %1 | DPL(3)
%endmacro

test:
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        put_descriptor CONFORMING, 0, 0xfffff, CONFORMING_RX, FLAT
        put_descriptor ABSENT, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        put_descriptor ABSENT_CONFORMING, 0, 0xfffff, CONFORMING_RX & ~PRESENT, FLAT
        put_descriptor ABSENT_RING1, 0, 0xfffff, (CODE_RX & ~PRESENT) | DPL(1), FLAT
        log "32-bit interrupt gates"
        through INT_GATE32, .handler32
        put_gate 13, CODE0, .handler32_error, INT_GATE32
        in_v86 .all, 2 | IOPL(3) | IF
        log "32-bit trap gates, IOPL 0"
        through TRAP_GATE32, .handler32
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
        in_v86 .iopl0, 2 | IF | NT
        log "16-bit interrupt gate"
        through INT_GATE16, .handler16
        in_v86 .int, 2 | IOPL(3) | IF
        log "16-bit trap gate"
        through TRAP_GATE16, .handler16
        in_v86 .int, 2 | IOPL(3) | IF
        in_v86 .ud2, 2 | IF
        log "16-bit interrupt gate, error code"
        put_gate 13, CODE0, .handler16, INT_GATE16
        in_v86 .hlt, 2 | IOPL(3)
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
        ; Targets that are refused, the absent ones first.
        put_gate 0x40, CONFORMING, .handler32, INT_GATE32 | DPL(3)
        put_gate 0x41, ABSENT, .handler32, INT_GATE32 | DPL(3)
        put_gate 0x42, ABSENT_CONFORMING, .handler32, INT_GATE32 | DPL(3)
        put_gate 0x43, ABSENT_RING1, .handler32, INT_GATE32 | DPL(3)
        put_gate 0x44, 0, .handler32, INT_GATE32 | DPL(3)
        put_gate 0x45, CODE3, .handler32, INT_GATE32 | DPL(3)
        put_gate 6, CONFORMING, .handler32, INT_GATE32
        in_v86 .refused, 2 | IOPL(3)
        ret
.resume: dd 0
.handler32:
        frame_handler 32, 0
.handler32_error:
        frame_handler 32, 1
.handler16:
        frame_handler 16, 0

bits 16
; Raises from a stack and data segments of its own, with the upper half of ESP in use; goes on behind.
%macro raise 2+
        row %1
        mov dword [instruction], %%at
        mov dword [test.resume], %%behind
        mov ax, (V86_STACK - 0x1000) >> 4
        mov ss, ax
        mov esp, 0x12341000
        mov ax, 0x1111
        mov es, ax
        mov ax, 0x3333
        mov fs, ax
        mov ax, 0xfff4
        mov gs, ax
        mov ax, 0x2222
        mov ds, ax
%%at:   %2
%%behind:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov esp, V86_STACK
%endmacro

test.all:
        raise "INT n", int 0x40
        raise "INT3", int3
        mov al, 0x7f
        add al, al
        raise "INTO", into
        raise "BOUND", bound ax, [cs:test.bounds]
        raise "DIV", div byte [cs:test.zero]
        raise "HLT", hlt
        leave_ring
test.iopl0:
        raise "INT3", int3
        raise "DIV", div byte [cs:test.zero]
        leave_ring
test.int:
        raise "INT n", int 0x40
        leave_ring
test.ud2:
        raise "UD2", ud2
        leave_ring
test.hlt:
        raise "HLT", hlt
        leave_ring
test.refused:
        try "to conforming code", int 0x40
        try "to absent code", int 0x41
        try "to absent conforming code", int 0x42
        try "to absent code of ring 1", int 0x43
        try "to the null selector", int 0x44
        try "to ring 3", int 0x45
        try "UD2, to conforming code", ud2
        leave_ring
test.bounds: dw 1, 1
test.zero: db 0
