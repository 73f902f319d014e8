; Tasks in virtual-8086 mode: entered by JMP to a TSS with VM set, left by INT through a task gate, returned to by IRET;
; their segments are paragraphs, LDTR is loaded all the same, and their exceptions come to ring 0 on their TSS's stack.
; Rows: jmp far, int, iretd, cli
; Expect:
;   JMP: 00000000 00023003 0000ef00 00001111 01234567 00200010 1111ffff 00002630 00004046 00000068
;   IRET: 00000000 00023003 0000ef00 00001111 01234568 00200010 1111ffff 00002630 00004002 00000068
;   exception: 00000028 00000020 00032003 0000ef00 00002630 00000068
;   EIP beyond 64 KiB: #GP 00000000 00000068
;   data as LDT: #TS 00000010 00000068
;   end
%include "testkit.inc"
%include "tasks.inc"
%include "fault_tasks.inc"
; SDM volume 3, 20.2.5 and 20.3.2. Cells: as they are saved in its TSS the task's EIP, less that behind its INT, EFLAGS,
; ESP, EAX (which it loaded from DS) and ECX (from GS:0), CS and SS, DS and ES, FS and GS; then of the kit's task EFLAGS
; and link.
VECTOR          equ 0x40
CS86            equ 0x20
SS86            equ 0x10
DS86            equ 0x1111
GS86            equ FREE_MEMORY / 16 + 0x30
SP86            equ 0xef00
%macro selectors 2                      ; offsets of two in TASK's TSS
        mov ax, [TASK_TSS + %1]
        shl eax, 16
        mov ax, [TASK_TSS + %2]
        cell_value eax
%endmacro
bits 32
test:
        mov dword [GS86 * 16], 0x01234567
        put_gate VECTOR, TSS_SELECTOR, 0, TASK_GATE | DPL(3)
        call make_v86_task
        row "JMP:"
        mov dword [behind_int], first_int + 2 - CS86 * 16
        jmp TASK:0
        call show_tasks
        row "IRET:"
        mov dword [behind_int], second_int + 2 - CS86 * 16
        push dword NT | 2
        popfd
        iretd
        call show_tasks
        push dword 2
        popfd

        row "exception:"
        call make_v86_task
        mov dword [TASK_TSS + TSS32_EFLAGS], VM | IOPL(2) | CF | 2
        mov dword [TASK_TSS + TSS32_EIP], privileged - CS86 * 16
        put_gate 13, CODE0, protection_fault, INT_GATE32
        jmp TASK:0
        call use_fault_tasks
        row "EIP beyond 64 KiB:"
        call make_v86_task
        mov byte [TASK_TSS + TSS32_EIP + 2], 1
        faulty jmp TASK:0
        row_end
        row "data as LDT:"
        call make_v86_task
        mov word [TASK_TSS + TSS32_LDT], DATA0
        faulty jmp TASK:0
        row_end
        ret
make_v86_task:
        task 32, v86_task - CS86 * 16
        mov dword [TASK_TSS + TSS32_EFLAGS], VM | IOPL(3) | CF | 2
        mov dword [TASK_TSS + TSS32_ESP], SP86
        mov word [TASK_TSS + TSS32_CS], CS86
        mov word [TASK_TSS + TSS32_SS], SS86
        mov word [TASK_TSS + TSS32_DS], DS86
        mov word [TASK_TSS + TSS32_ES], 0xffff
        mov word [TASK_TSS + TSS32_FS], 0
        mov word [TASK_TSS + TSS32_GS], GS86
        ret
show_tasks:
        pushfd
        mov eax, [TASK_TSS + TSS32_EIP]
        sub eax, [behind_int]
        cell_value eax
        cell_value [TASK_TSS + TSS32_EFLAGS]
        cell_value [TASK_TSS + TSS32_ESP]
        cell_value [TASK_TSS + TSS32_EAX]
        cell_value [TASK_TSS + TSS32_EAX + 4]
        selectors TSS32_CS, TSS32_SS
        selectors TSS32_DS, TSS32_ES
        selectors TSS32_FS, TSS32_GS
        pop eax
        cell_value eax
        movzx eax, word [TSS]
        cell_value eax
        row_end
        ret
protection_fault:                       ; ESP0 less ESP, CS, EFLAGS, ESP and GS of the frame, TR
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ebp, esp
        mov eax, [TASK_TSS + TSS32_ESP0]
        sub eax, esp
        cell_value eax
        cell_value [ebp + 8]
        cell_value [ebp + 12]
        cell_value [ebp + 16]
        cell_value [ebp + 36]
        xor eax, eax
        str ax
        cell_value eax
        row_end
        jmp TSS_SELECTOR:0
bits 16
v86_task:
        mov ax, ds
        mov ecx, [gs:0]
first_int:
        int VECTOR
        inc ecx
second_int:
        int VECTOR
privileged:
        cli
        section .data
behind_int: dd 0
