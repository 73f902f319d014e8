; What a handler sees of a fault in a new task of ring 3: EIP, CS, EFLAGS, ESP and SS of the frame are the task's, and
; so are the segment registers and LDTR, those too that were not yet loaded.
; Rows: jmp far
; Expect:
;   LDT: 00000010 00000000 0000003b 00010003 00033000 00000043 00430043 0040000f 00100068 00000008
;   CS: 00000040 00000000 00000043 00010003 00033000 00000043 00430043 0040000f 00800068 00000008
;   EIP: 00000000 00000000 0000003b 00010003 00033000 00000043 00430043 0040000f 00800068 00000008
;   SS: 00000038 00000000 0000003b 00010003 00033000 0000003b 00430043 0040000f 00800068 00000008
;   absent SS: 00000088 00000000 0000003b 00010003 00033000 0000008b 00430043 0040000f 00800068 00000008
;   DS: 00000010 00000000 0000003b 00010003 00033000 00000043 00100043 0040000f 00800068 00000008
;   absent DS: 00000088 00000000 0000003b 00010003 00033000 00000043 008b0043 0040000f 00800068 00000008
;   ES: 00000008 00000000 0000003b 00010003 00033000 00000043 0043000b 0040000f 00800068 00000008
;   GS: 00000048 00000000 0000003b 00010003 00033000 00000043 00430043 00400048 00800068 00000008
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.3. Cells: error code; EIP, less that in the TSS; CS; EFLAGS; ESP; SS; then, in the handler, DS and ES,
; FS and GS, LDTR and TR; CR0.TS.
OTHER_LDT       equ TESTED
ABSENT          equ TESTED + 8
IN_LDT          equ 0x0f                ; data
%macro wrong 3                          ; name, field of the TSS, selector
        row %1, ":"
        mov dword [resume_at], %%behind
        call make_ring3_task
        mov word [TASK_TSS + %2], %3
        clts
        jmp TASK:0
%%behind:
        row_end
%endmacro
bits 32
test:
        put_gate 10, CODE0, handler, INT_GATE32
        put_gate 11, CODE0, handler, INT_GATE32
        put_gate 12, CODE0, handler, INT_GATE32
        put_gate 13, CODE0, handler, INT_GATE32
        put_descriptor OTHER_LDT, LDT, 0xff, LDT_ACCESS, 0
        put_descriptor ABSENT, 0, 0xfffff, DATA_RW & ~PRESENT | DPL(3), FLAT
        put_ldt_descriptor IN_LDT, 0, 0xfffff, DATA_RW | DPL(3), FLAT
        wrong "LDT", TSS32_LDT, DATA0
        wrong "CS", TSS32_CS, DATA3
        wrong "EIP", TSS32_EIP + 2, 0xffff
        wrong "SS", TSS32_SS, CODE3
        wrong "absent SS", TSS32_SS, ABSENT | 3
        wrong "DS", TSS32_DS, DATA0
        wrong "absent DS", TSS32_DS, ABSENT | 3
        wrong "ES", TSS32_ES, CODE0 | 3
        wrong "GS", TSS32_GS, TSS_SELECTOR
        ret
make_ring3_task:
        task 32, no_task
        mov dword [TASK_TSS + TSS32_EFLAGS], 2 | CF
        call task_to_ring3
        mov word [TASK_TSS + TSS32_FS], DATA3 & ~3
        mov word [TASK_TSS + TSS32_GS], IN_LDT
        mov word [TASK_TSS + TSS32_LDT], OTHER_LDT
        ret
handler:
        mov ax, ds
        shl eax, 16
        mov ax, es
        mov bx, fs
        shl ebx, 16
        mov bx, gs
        mov cx, DATA0
        mov ds, cx
        mov es, cx
        cell_value [esp]
        mov edx, [esp + 4]
        sub edx, [TASK_TSS + TSS32_EIP]
        cell_value edx
        mov edx, esp
        cell_value [edx + 8]
        cell_value [edx + 12]
        cell_value [edx + 16]
        cell_value [edx + 20]
        cell_value eax
        cell_value ebx
        sldt ax
        shl eax, 16
        str ax
        cell_value eax
        smsw ax
        and eax, 8
        cell_value eax
        and byte [GDT + TSS_SELECTOR + 5], ~2
        mov eax, [resume_at]
        mov [TSS + TSS32_EIP], eax
        jmp TSS_SELECTOR:0
no_task: hlt
        section .data
resume_at: dd 0
