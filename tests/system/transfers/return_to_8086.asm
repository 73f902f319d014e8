; IRETD to virtual-8086 mode takes a frame of 36 bytes that must lie on the stack whole; it uses the low halves of its
; selectors.
; Rows: iretd
; Expect:
;   flat stack: 00000003 00000020 00023002 6666e800 00000010 00001111 00002222 00003333 00004444
;   36 bytes: 00000003 00000020 00023002 6666e800 00000010 00001111 00002222 00003333 00004444
;   35 bytes: #SS 0000
;   12 bytes: #SS 0000
;   end
%include "testkit.inc"
; SDM volume 2, IRET (RETURN-TO-VIRTUAL-8086-MODE). Cells: the exception, or behind two instructions there EIP less that
; of the program, CS, EFLAGS, ESP, SS, ES, DS, FS and GS. QEMU 7.2 looks at no limit.
FRAME           equ FREE_MEMORY + 0x100
LIMITED         equ FREE                ; a stack that ends in or behind the frame
LEFT            equ 0x40                ; vector
CS86            equ 0x20
PROGRAM_IP      equ program - CS86 * 16
%macro back 1                           ; name
        row %1, ":"
        mov [kit_ring_esp], esp
        mov dword [kit_ring_back], %%back
        mov eax, [frame_ss]
        mov ss, ax
        mov esp, FRAME
        cell iretd
        mov eax, DATA0
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov esp, [kit_ring_esp]
%%back: row_end
%endmacro
%macro frame_size 2                     ; name, bytes of the frame that the stack has
        put_descriptor LIMITED, 0, FRAME + (%2) - 1, DATA_RW, BITS32
        mov word [frame_ss], LIMITED
        back %1
        mov word [frame_ss], DATA0
%endmacro
bits 32
test:
        put_gate LEFT, CODE0, left, INT_GATE32 | DPL(3)
        mov dword [FRAME], PROGRAM_IP
        mov dword [FRAME + 4], 0x55550000 | CS86
        mov dword [FRAME + 8], VM | IOPL(3) | 2
        mov dword [FRAME + 12], 0x6666e800
        mov dword [FRAME + 16], 0x55550000 | 0x10
        mov dword [FRAME + 20], 0x55551111
        mov dword [FRAME + 24], 0x55552222
        mov dword [FRAME + 28], 0x55553333
        mov dword [FRAME + 32], 0x55554444
        back "flat stack"
        frame_size "36 bytes", 36
        frame_size "35 bytes", 35
        frame_size "12 bytes", 12
        ret
left:   mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ebp, esp
        mov eax, [ebp]
        sub eax, PROGRAM_IP
        cell_value eax
        cell_value [ebp + 4]
        cell_value [ebp + 8]
        cell_value [ebp + 12]
        cell_value [ebp + 16]
        cell_value [ebp + 20]
        cell_value [ebp + 24]
        cell_value [ebp + 28]
        cell_value [ebp + 32]
        leave_ring
bits 16
program:
        nop
        int LEFT
        section .data
frame_ss: dd DATA0
