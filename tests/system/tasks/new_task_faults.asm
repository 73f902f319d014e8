; What is wrong with the selectors and EIP in a new task's TSS is found behind the switch: the exceptions are raised in
; the new task, whatever kind of switch it was.
; Rows: jmp far, call far, int, ud2
; Expect:
;   LDT
;   in the LDT: #TS 00000004 00000068
;   behind the GDT: #TS 00000800 00000068
;   data: #TS 00000010 00000068
;   TSS: #TS 00000048 00000068
;   absent: #TS 00000090 00000068
;   CS
;   null: #TS 00000000 00000068
;   behind the GDT: #TS 00000800 00000068
;   no LDT: #TS 0000000c 00000068
;   data: #TS 00000010 00000068
;   TSS: #TS 00000048 00000068
;   DPL 3, RPL 0: #TS 00000038 00000068
;   conforming, DPL 1, RPL 0: #TS 00000080 00000068
;   absent: #NP 00000080 00000068
;   EIP beyond the limit: #GP 00000000 00000068
;   null with RPL 3: #TS 00000000 00000068
;   DPL 0, RPL 3: #TS 00000008 00000068
;   SS
;   null: #TS 00000000 00000068
;   behind the GDT: #TS 00000800 00000068
;   no LDT: #TS 0000000c 00000068
;   code: #TS 00000008 00000068
;   TSS: #TS 00000048 00000068
;   read-only: #TS 00000088 00000068
;   RPL 1: #TS 00000010 00000068
;   DPL 1: #TS 00000020 00000068
;   DPL and RPL 1: #TS 00000020 00000068
;   absent: #SS 00000088 00000068
;   CS and SS, in the order of table 7-1
;   null CS with RPL 3, SS of DPL 0: #TS 00000010 00000068
;   absent CS, null SS: #TS 00000000 00000068
;   CS of DPL 0 with RPL 3, SS of DPL 0: #TS 00000008 00000068
;   absent SS of DPL 3: #SS 00000088 00000068
;   DS, behind the GDT: #TS 00000800 00000068
;   ES, behind the GDT: #TS 00000800 00000068
;   FS, behind the GDT: #TS 00000800 00000068
;   GS, behind the GDT: #TS 00000800 00000068
;   DS, no LDT: #TS 0000000c 00000068
;   ES, no LDT: #TS 0000000c 00000068
;   FS, no LDT: #TS 0000000c 00000068
;   GS, no LDT: #TS 0000000c 00000068
;   DS, TSS: #TS 00000048 00000068
;   ES, TSS: #TS 00000048 00000068
;   FS, TSS: #TS 00000048 00000068
;   GS, TSS: #TS 00000048 00000068
;   DS, absent: #NP 00000088 00000068
;   ES, absent: #NP 00000088 00000068
;   FS, absent: #NP 00000088 00000068
;   GS, absent: #NP 00000088 00000068
;   DS, execute-only code: #TS 00000080 00000068
;   ES, execute-only code: #TS 00000080 00000068
;   FS, execute-only code: #TS 00000080 00000068
;   GS, execute-only code: #TS 00000080 00000068
;   DS, RPL 3, DPL 2: #TS 00000030 00000068
;   ES, RPL 3, DPL 2: #TS 00000030 00000068
;   FS, RPL 3, DPL 2: #TS 00000030 00000068
;   GS, RPL 3, DPL 2: #TS 00000030 00000068
;   DS, code, RPL 3, DPL 2: #TS 00000080 00000068
;   ES, code, RPL 3, DPL 2: #TS 00000080 00000068
;   FS, code, RPL 3, DPL 2: #TS 00000080 00000068
;   GS, code, RPL 3, DPL 2: #TS 00000080 00000068
;   DS, CPL 3, DPL 0: #TS 00000010 00000068
;   ES, CPL 3, DPL 0: #TS 00000010 00000068
;   FS, CPL 3, DPL 0: #TS 00000010 00000068
;   GS, CPL 3, DPL 0: #TS 00000010 00000068
;   JMP, CALL, INT, UD2 and IRET
;   LDT: #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000011 00000068 #TS 00000010 00000048
;   CS: #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000011 00000068 #TS 00000010 00000048
;   EIP: #GP 00000000 00000068 #GP 00000000 00000068 #GP 00000000 00000068 #GP 00000001 00000068 #GP 00000000 00000048
;   SS: #TS 00000008 00000068 #TS 00000008 00000068 #TS 00000008 00000068 #TS 00000009 00000068 #TS 00000008 00000048
;   absent SS: #SS 00000088 00000068 #SS 00000088 00000068 #SS 00000088 00000068 #SS 00000089 00000068 #SS 00000088 00000048
;   DS: #TS 00000048 00000068 #TS 00000048 00000068 #TS 00000048 00000068 #TS 00000049 00000068 #TS 00000048 00000048
;   absent GS: #NP 00000088 00000068 #NP 00000088 00000068 #NP 00000088 00000068 #NP 00000089 00000068 #NP 00000088 00000048
;   16 bits
;   LDT: #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000011 00000068
;   CS: #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000010 00000068 #TS 00000011 00000068
;   EIP: #GP 00000000 00000068 #GP 00000000 00000068 #GP 00000000 00000068 #GP 00000001 00000068
;   SS: #TS 00000008 00000068 #TS 00000008 00000068 #TS 00000008 00000068 #TS 00000009 00000068
;   absent SS: #SS 00000088 00000068 #SS 00000088 00000068 #SS 00000088 00000068 #SS 00000089 00000068
;   DS: #TS 00000048 00000068 #TS 00000048 00000068 #TS 00000048 00000068 #TS 00000049 00000068
;   absent ES: #NP 00000088 00000068 #NP 00000088 00000068 #NP 00000088 00000068 #NP 00000089 00000068
;   end
%include "testkit.inc"
%include "tasks.inc"
%include "fault_tasks.inc"
; SDM volume 3, table 7-1. Cells: error code and the TSS that the exception was raised in.
VECTOR          equ 0x40
CODE            equ TESTED
DATA            equ TESTED + 8
OTHER_LDT       equ TESTED + 16
%macro wrong 3                          ; name, field of the TSS, selector
        row %1, ":"
        call [make_task]
        mov word [TASK_TSS + %2], %3
        faulty jmp TASK:0
        row_end
%endmacro
%macro wrong_both 3                     ; name, CS, SS
        row %1, ":"
        call [make_task]
        mov word [TASK_TSS + TSS32_CS], %2
        mov word [TASK_TSS + TSS32_SS], %3
        faulty jmp TASK:0
        row_end
%endmacro
%macro each_data 2                      ; name, selector
        wrong {"DS, ", %1}, TSS32_DS, %2
        wrong {"ES, ", %1}, TSS32_ES, %2
        wrong {"FS, ", %1}, TSS32_FS, %2
        wrong {"GS, ", %1}, TSS32_GS, %2
%endmacro
%macro by_switch 3                     ; name, field of the TSS, selector
        row %1, ":"
        mov dword [field], %2
        mov word [selector], %3
        by_one jmp TASK:0
        by_one call GATE:0
        by_one int VECTOR
        by_one ud2
%endmacro
; IRET comes from a task that has spoiled the TSS of the kit's task.
%macro by_each 3
        by_switch %1, %2, %3
        task 32, returning_task
        faulty call TASK:0
        row_end
%endmacro
%macro by_each16 3
        by_switch %1, %2, %3
        row_end
%endmacro
%macro by_one 1+
        call [make_task]
        mov ebx, [field]
        mov ax, [selector]
        mov [TASK_TSS + ebx], ax
        faulty %1
%endmacro
bits 32
test:
        call use_fault_tasks
        mov dword [make_task], ring0_task
        log "LDT"
        wrong "in the LDT", TSS32_LDT, 4
        wrong "behind the GDT", TSS32_LDT, 0x800
        wrong "data", TSS32_LDT, DATA0
        wrong "TSS", TSS32_LDT, TSS_SELECTOR
        put_descriptor OTHER_LDT, LDT, 0xff, LDT_ACCESS & ~PRESENT, 0
        wrong "absent", TSS32_LDT, OTHER_LDT

        log "CS"
        wrong "null", TSS32_CS, 0
        wrong "behind the GDT", TSS32_CS, 0x800
        wrong "no LDT", TSS32_CS, 0x0c
        wrong "data", TSS32_CS, DATA0
        wrong "TSS", TSS32_CS, TSS_SELECTOR
        wrong "DPL 3, RPL 0", TSS32_CS, CODE3 & ~3
        put_descriptor CODE, 0, 0xfffff, CONFORMING_RX | DPL(1), FLAT
        wrong "conforming, DPL 1, RPL 0", TSS32_CS, CODE
        put_descriptor CODE, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        wrong "absent", TSS32_CS, CODE
        put_descriptor CODE, 0, 0xfff, CODE_RX, BITS32
        wrong "EIP beyond the limit", TSS32_CS, CODE

        mov dword [make_task], ring3_task
        wrong "null with RPL 3", TSS32_CS, 3
        wrong "DPL 0, RPL 3", TSS32_CS, CODE0 | 3
        mov dword [make_task], ring0_task

        log "SS"
        wrong "null", TSS32_SS, 0
        wrong "behind the GDT", TSS32_SS, 0x800
        wrong "no LDT", TSS32_SS, 0x0c
        wrong "code", TSS32_SS, CODE0
        wrong "TSS", TSS32_SS, TSS_SELECTOR
        put_descriptor DATA, 0, 0xfffff, DATA_RO, FLAT
        wrong "read-only", TSS32_SS, DATA
        wrong "RPL 1", TSS32_SS, DATA0 | 1
        wrong "DPL 1", TSS32_SS, DATA1 & ~3
        wrong "DPL and RPL 1", TSS32_SS, DATA1
        put_descriptor DATA, 0, 0xfffff, DATA_RW & ~PRESENT, FLAT
        wrong "absent", TSS32_SS, DATA

        ; Bochs 2.7 always looks at SS before CS.
        log "CS and SS, in the order of table 7-1"
        wrong_both "null CS with RPL 3, SS of DPL 0", 3, DATA0
        put_descriptor CODE, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        wrong_both "absent CS, null SS", CODE, 0
        wrong_both "CS of DPL 0 with RPL 3, SS of DPL 0", CODE0 | 3, DATA0
        put_descriptor DATA, 0, 0xfffff, DATA_RW & ~PRESENT | DPL(3), FLAT
        wrong_both "absent SS of DPL 3", CODE0, DATA
        put_descriptor DATA, 0, 0xfffff, DATA_RW & ~PRESENT, FLAT

        each_data "behind the GDT", 0x803
        each_data "no LDT", 0x0c
        each_data "TSS", TSS_SELECTOR
        each_data "absent", DATA
        put_descriptor CODE, 0, 0xfffff, CODE_X, FLAT
        each_data "execute-only code", CODE
        each_data "RPL 3, DPL 2", DATA2 | 3
        put_descriptor CODE, 0, 0xfffff, CODE_RX | DPL(2), FLAT
        each_data "code, RPL 3, DPL 2", CODE | 3
        mov dword [make_task], ring3_task
        each_data "CPL 3, DPL 0", DATA0
        mov dword [make_task], ring0_task

        log "JMP, CALL, INT, UD2 and IRET"
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE
        put_gate 6, TASK, 0, TASK_GATE
        put_descriptor CODE, 0, 0xfff, CODE_RX, BITS32
        by_each "LDT", TSS32_LDT, DATA0
        by_each "CS", TSS32_CS, DATA0
        by_each "EIP", TSS32_CS, CODE
        by_each "SS", TSS32_SS, CODE0
        by_each "absent SS", TSS32_SS, DATA
        by_each "DS", TSS32_DS, TSS_SELECTOR
        by_each "absent GS", TSS32_GS, DATA
        log "16 bits"
        mov dword [make_task], ring0_task16
        by_each16 "LDT", TSS16_LDT, DATA0
        by_each16 "CS", TSS16_CS, DATA0
        by_each16 "EIP", TSS16_CS, CODE
        by_each16 "SS", TSS16_SS, CODE0
        by_each16 "absent SS", TSS16_SS, DATA
        by_each16 "DS", TSS16_DS, TSS_SELECTOR
        by_each16 "absent ES", TSS16_ES, DATA
        put_gate 6, CODE0, kit_stubs + 6 * KIT_STUB, INT_GATE32
        ret

ring0_task16:
        task 16, no_task
        ret
returning_task:
        mov ebx, [field]
        mov ax, [selector]
        mov [TSS + ebx], ax
        iretd
ring0_task:
        task 32, no_task
        ret
ring3_task:
        task 32, no_task
        call task_to_ring3
        ret
no_task: hlt
        section .data
make_task: dd 0
field:  dd 0
selector: dw 0
