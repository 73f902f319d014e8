; The frames that interrupt and trap gates of 16 and 32 bits push, with and without an error code, on the same stack, on
; ring 0's and from virtual-8086 mode, and the flags that their handlers start with.
; Rows: int, mov to-segment
; Expect:
;   interrupt gate, ring 0: ok 0008 0000000c 00243403 00000008 00000008 00247703
;   interrupt gate, ring 0, error code: ok 0008 00000010 00243403 00007ff0 00000006 00000008 00257703
;   trap gate, ring 0: ok 0008 0000000c 00243603 00000008 00000008 00247703
;   trap gate, ring 0, error code: ok 0008 00000010 00243603 00007ff0 00000006 00000008 00257703
;   interrupt gate of 16 bits, ring 0: ok 0008 00000006 00243403 00000008 00000008 00007703
;   interrupt gate of 16 bits, ring 0, error code: ok 0008 00000008 00243403 00007ff0 00000006 00000008 00007703
;   trap gate of 16 bits, ring 0: ok 0008 00000006 00243603 00000008 00000008 00007703
;   trap gate of 16 bits, ring 0, error code: ok 0008 00000008 00243603 00007ff0 00000006 00000008 00007703
;   interrupt gate, ring 3 to 0: ok 0008 00000014 00243403 00000008 0000003b 00247703 00000000 00000043
;   interrupt gate, ring 3 to 0, error code: ok 0008 00000018 00243403 00007ff0 00000006 0000003b 00257703 00000000 00000043
;   trap gate, ring 3 to 0: ok 0008 00000014 00243603 00000008 0000003b 00247703 00000000 00000043
;   trap gate, ring 3 to 0, error code: ok 0008 00000018 00243603 00007ff0 00000006 0000003b 00257703 00000000 00000043
;   interrupt gate of 16 bits, ring 3 to 0: ok 0008 0000000a 00243403 00000008 0000003b 00007703 00000000 00000043
;   interrupt gate of 16 bits, ring 3 to 0, error code: ok 0008 0000000c 00243403 00007ff0 00000006 0000003b 00007703 00000000 00000043
;   trap gate of 16 bits, ring 3 to 0: ok 0008 0000000a 00243603 00000008 0000003b 00007703 00000000 00000043
;   trap gate of 16 bits, ring 3 to 0, error code: ok 0008 0000000c 00243603 00007ff0 00000006 0000003b 00007703 00000000 00000043
;   interrupt gate, virtual-8086 mode: 00000000 00000024 00003003 00000002 00000000 00023203 00000000 00000000 00002222 00001111 00003333 00004444
;   trap gate, virtual-8086 mode: 00000000 00000024 00003203 00000002 00000000 00023203 00000000 00000000 00002222 00001111 00003333 00004444
;   interrupt gate of 16 bits, virtual-8086 mode: 00000000 00000012 00003003 00000002 00000000 00003203 00000000 00000000 00002222 00001111 00003333 00004444
;   end
%include "testkit.inc"
; SDM volume 3, 6.12.1 with figure 6-4, and 20.3.1; volume 2, INT n. A line shows CS, how much was pushed, the handler's
; flags, and the frame: the error code if there is one, EIP less that of the first instruction of three, CS, EFLAGS, ESP
; less what it was, SS, and from virtual-8086 mode ES, DS, FS and GS; there, the sum of the handler's data selectors
; comes first.
VECTOR          equ 0x40
ERROR           equ 0x7ff0              ; a selector behind the GDT
FLAGS           equ TF | IF | DF | NT | AC | ID | CF | IOPL(3) | 2
; TF is set by the instruction in front of the one that is interrupted, so that no single step comes between them.
%macro software_interrupt 0
        push dword FLAGS
        popfd
        int VECTOR
%endmacro
%macro fault 0
        push dword FLAGS
        popfd
        mov ds, bp
%endmacro
%macro slot 3                           ; size, index, what to subtract
  %if %1 == 4
        mov eax, [frame + (%2) * 4]
        sub eax, %3
  %else
        mov ax, [frame + (%2) * 2]
        sub ax, %3
        movzx eax, ax
  %endif
        cell_value eax
%endmacro
%macro frame_line 5+                    ; name, slot size, slots behind EFLAGS, 1 with an error code, instruction
        row %1, ":"
        cell %5
        cell_value [pushed]
        cell_value [handler_flags]
        show_frame %2, %3, %4, [try_eip], [try_esp]
%endmacro
%macro show_frame 5                     ; slot size, slots behind EFLAGS, 1 with an error code, EIP, ESP
  %if %3
        slot %1, 0, 0
  %endif
        slot %1, %3, %4
        slot %1, %3 + 1, 0
        slot %1, %3 + 2, 0
  %if %2
        slot %1, %3 + 3, %5
    %assign index %3 + 4
    %rep %2 - 1
        slot %1, index, 0
      %assign index index + 1
    %endrep
  %endif
        row_end
%endmacro
%macro lines 4                          ; name, gate's type, slot size, slots behind EFLAGS
        put_gate VECTOR, CODE0, handler, (%2) | DPL(3)
        frame_line {%1}, %3, %4, 0, software_interrupt
        mov ebp, ERROR
        put_gate 13, CODE0, handler, %2
        frame_line {%1, ", error code"}, %3, %4, 1, fault
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
%endmacro
%macro all_gates 2                      ; name, slots behind EFLAGS
        lines {"interrupt gate, ", %1}, INT_GATE32, 4, %2
        lines {"trap gate, ", %1}, TRAP_GATE32, 4, %2
        lines {"interrupt gate of 16 bits, ", %1}, INT_GATE16, 2, %2
        lines {"trap gate of 16 bits, ", %1}, TRAP_GATE16, 2, %2
%endmacro
%macro from_v86 3                       ; name, gate's type, slot size
        put_gate VECTOR, CODE0, v86_handler, (%2) | DPL(3)
        in_v86 v86_program, IOPL(3) | IF | CF | 2
        row %1, ":"
        cell_value [data_selectors]
        cell_value [pushed]
        cell_value [handler_flags]
        show_frame %3, 6, 0, v86_interrupt, V86_STACK
%endmacro
bits 32
test:
        all_gates "ring 0", 0
        in_ring 3, .ring3, 2 | IOPL(3)
        from_v86 "interrupt gate, virtual-8086 mode", INT_GATE32, 4
        from_v86 "trap gate, virtual-8086 mode", TRAP_GATE32, 4
        from_v86 "interrupt gate of 16 bits, virtual-8086 mode", INT_GATE16, 2
        ret
.ring3: all_gates "ring 3 to 0", 2
        leave_ring

handler:
        call note_frame
        mov eax, KERNEL_STACK
        test byte [try_cs], 3
        jnz .inner
        mov eax, [try_esp]
.inner: sub eax, [handler_esp]
        mov [pushed], eax
        arrive
v86_handler:
        mov eax, ds
        mov ebx, es
        lea eax, [eax + ebx]
        mov ebx, fs
        lea eax, [eax + ebx]
        mov ebx, gs
        lea ebx, [eax + ebx]            ; LEA keeps the flags
        call note_frame
        mov [data_selectors], ebx
        mov eax, KERNEL_STACK
        sub eax, [handler_esp]
        mov [pushed], eax
        leave_ring
note_frame:                             ; called first in a handler: the frame is behind the return address
        pushfd
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        pop dword [handler_flags]
        lea esi, [esp + 4]
        mov [handler_esp], esi
        mov edi, frame
        mov ecx, 10
        cld
        rep movsd
        ret
bits 16
v86_program:
        mov ax, 0x1111
        mov ds, ax
        mov ax, 0x2222
        mov es, ax
        mov ax, 0x3333
        mov fs, ax
        mov ax, 0x4444
        mov gs, ax
v86_interrupt:
        int VECTOR
        section .data
handler_esp:    dd 0
handler_flags:  dd 0
pushed:         dd 0
data_selectors: dd 0
frame:          times 10 dd 0
