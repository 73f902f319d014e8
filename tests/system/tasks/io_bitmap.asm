; Each task has its own I/O permission bitmap: bits of one port and of several, the end of the TSS, a base behind it,
; and none in a TSS of 16 bits.
; Rows: in dx, jmp far
; Expect:
;   all bits clear: ok ok ok ok ok ok ok ok ok ok ok ok
;   all bits set: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   bits of ports 2 and 9 set: ok ok #GP 0000 ok #GP 0000 #GP 0000 ok ok #GP 0000 ok ok #GP 0000
;   clear, the second byte behind the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   clear, the first byte behind the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   the base at the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   the base behind the limit: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   IOPL 3: ok ok ok ok ok ok ok ok ok ok ok ok
;   16 bits: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   back in the kit's task: #GP 0000 #GP 0000 #GP 0000
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 1, 18.5.2: at CPL above IOPL the bits of all ports accessed must be clear. Two bytes of the bitmap are
; read, and both must lie within the TSS. Cells: IN of a byte, a word and a doubleword from each port named, in a task
; of ring 3.
PORT            equ 0x80                ; ports that do nothing
BITMAP          equ TSS32_SIZE
MAP_BITS        equ TASK_TSS + BITMAP + PORT / 8
LAST            equ BITMAP + PORT / 8   ; of the byte with PORT's bit
%macro task_with 4                      ; name, base of the bitmap, limit, the 16 bits from PORT on
        row %1, ":"
        call make_ring3_task
        mov word [TASK_TSS + TSS32_IO_MAP], %2
        put_descriptor TASK, TASK_TSS, %3, TSS32_AVAILABLE, 0
        mov word [MAP_BITS], %4
        jmp TASK:0
%endmacro
%macro reads 1                          ; port
        mov edx, PORT + %1
        cell in al, dx
        cell in ax, dx
        cell in eax, dx
%endmacro
bits 32
test:
        task_with "all bits clear", BITMAP, LAST + 1, 0
        task_with "all bits set", BITMAP, LAST + 1, 0xffff
        task_with "bits of ports 2 and 9 set", BITMAP, LAST + 1, 1 << 2 | 1 << 9
        task_with "clear, the second byte behind the limit", BITMAP, LAST, 0
        task_with "clear, the first byte behind the limit", BITMAP, LAST - 1, 0
        task_with "the base at the limit", LAST + 1, LAST + 1, 0
        task_with "the base behind the limit", 0xfff0, LAST + 1, 0
        row "IOPL 3:"
        call make_ring3_task
        mov dword [TASK_TSS + TSS32_EFLAGS], IOPL(3) | 2
        jmp TASK:0
        row "16 bits:"
        task 16, ports
        mov word [TASK_TSS + TSS16_CS], CODE3
        mov word [TASK_TSS + TSS16_SS], DATA3
        mov word [TASK_TSS + TSS16_DS], DATA3
        mov word [TASK_TSS + TSS16_ES], DATA3
        put_descriptor TASK, TASK_TSS, 0xff, TSS16_AVAILABLE, 0
        jmp TASK:0
        row "back in the kit's task:"
        in_ring 3, .kit
        ret
.kit:   reads 0
        row_end
        leave_ring
make_ring3_task:
        task 32, ports
        call task_to_ring3
        put_descriptor GATE, 0, 0, 0, 0
        put_gate_at GDT + GATE, TSS_SELECTOR, 0, TASK_GATE | DPL(3)
        ret
ports:  movzx esp, sp
        reads 0
        reads 1
        reads 6
        reads 7
        row_end
        jmp GATE:0
