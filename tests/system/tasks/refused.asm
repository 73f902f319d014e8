; Task switches that are refused before anything changes: what may be wrong with the selector, the task gate, the TSS's
; descriptor and its limit, for each kind of switch. The exception is raised in the old task.
; Rows: jmp far, call far, int, ud2, iretd, ltr
; Expect:
;   straight to the TSS
;   RPL 1, DPL 0: #GP 0068 #GP 0068
;   RPL 3, DPL 0: #GP 0068 #GP 0068
;   null: #GP 0000 #GP 0000
;   behind the GDT: #GP 0800 #GP 0800
;   in the LDT: #GP 000c #GP 000c
;   behind the LDT: #GP 0104 #GP 0104
;   the running task: #GP 0048 #GP 0048
;   busy, or not for IRET: #GP 0068 #GP 0068
;   absent: #NP 0068 #NP 0068
;   a byte too short: #TS 0068 #TS 0068
;   16 bits, busy, or not for IRET: #GP 0068 #GP 0068
;   16 bits, absent: #NP 0068 #NP 0068
;   16 bits, a byte too short: #TS 0068 #TS 0068
;   through task gates
;   RPL 1, gate of DPL 0: #GP 0070 #GP 0070
;   absent gate: #NP 0070 #NP 0070
;   RPL 1, absent gate of DPL 0: #GP 0070 #GP 0070
;   null: #GP 0000 #GP 0000 #GP 0000 #GP 0001
;   null with RPL 3: #GP 0000 #GP 0000 #GP 0000 #GP 0001
;   behind the GDT: #GP 0800 #GP 0800 #GP 0800 #GP 0801
;   in the LDT: #GP 000c #GP 000c #GP 000c #GP 000d
;   behind the LDT: #GP 0104 #GP 0104 #GP 0104 #GP 0105
;   data segment: #GP 0010 #GP 0010 #GP 0010 #GP 0011
;   LDT's descriptor: #GP 0050 #GP 0050 #GP 0050 #GP 0051
;   call gate: #GP 0070 #GP 0070 #GP 0070 #GP 0071
;   the running task: #GP 0048 #GP 0048 #GP 0048 #GP 0049
;   busy, or not for IRET: #GP 0068 #GP 0068 #GP 0068 #GP 0069
;   absent: #NP 0068 #NP 0068 #NP 0068 #NP 0069
;   a byte too short: #TS 0068 #TS 0068 #TS 0068 #TS 0069
;   16 bits, busy, or not for IRET: #GP 0068 #GP 0068 #GP 0068 #GP 0069
;   16 bits, absent: #NP 0068 #NP 0068 #NP 0068 #NP 0069
;   16 bits, a byte too short: #TS 0068 #TS 0068 #TS 0068 #TS 0069
;   from ring 3
;   TSS of DPL 0: #GP 0068 #GP 0068
;   TSS of DPL 2: #GP 0068 #GP 0068
;   gate of DPL 2: #GP 0070 #GP 0070 #GP 0202
;   IRET
;   null: #TS 0000 at +06
;   null with RPL 3: #TS 0000 at +06
;   behind the GDT: #TS 0800 at +06
;   in the LDT: #TS 000c at +06
;   behind the LDT: #TS 0104 at +06
;   data segment: #TS 0010 at +06
;   LDT's descriptor: #TS 0050 at +06
;   busy, or not for IRET: #TS 0068 at +06
;   absent: #NP 0068 at +06
;   a byte too short: #TS 0068 at +06
;   16 bits, busy, or not for IRET: #TS 0068 at +06
;   16 bits, absent: #NP 0068 at +06
;   16 bits, a byte too short: #TS 0068 at +06
;   old TSS too short
;   32 bits: #TS 0080 #TS 0080 #TS 0080 #TS 0081 #TS 0080 at +06
;   16 bits: #TS 0078 #TS 0078 #TS 0078 #TS 0079 #TS 0078 at +06
;   TSS that ends in the link: #TS 0080 at +06
;   end
%include "testkit.inc"
%include "tasks.inc"
%include "unchanged.inc"
; SDM volume 3, 7.3 and table 7-1; volume 2, JMP, CALL, INT n and IRET. Cells: JMP and CALL; through gates also INT, and
; UD2, which sets EXT; at last IRET with NT, by the link of its TSS. QEMU 7.2 never sets EXT, and gives #TS for a TSS in
; the LDT.
VECTOR          equ 0x40
IN_LDT          equ 0x0c
%macro refused 1+                       ; instruction
        call note_state
        cell %1
        call compare_state
%endmacro
%macro straight 2                       ; name, selector
        row %1, ":"
        refused jmp %2:0
        refused call %2:0
        row_end
%endmacro
%macro gates 2                          ; name, selector in the gates
        put_gate_at GDT + GATE, %2, 0, TASK_GATE | DPL(3)
        put_gate VECTOR, %2, 0, TASK_GATE | DPL(3)
        put_gate 6, %2, 0, TASK_GATE
        row %1, ":"
        call by_gates
%endmacro
%macro link 2                           ; name, selector
        mov word [TSS], %2
        row %1, ":"
        refused return_nested
        row_end
%endmacro
; How TASK may be wrong, for the ways above; the type that the way wants is the second parameter.
%macro tss_faults 3                     ; way, type of 32 bits, of 16
        tss TSS32_SIZE, (%2) ^ 2
        %1 "busy, or not for IRET", TASK
        tss TSS32_SIZE, (%2) & ~PRESENT
        %1 "absent", TASK
        tss TSS32_SIZE - 1, %2
        %1 "a byte too short", TASK
        tss TSS16_SIZE, (%3) ^ 2
        %1 "16 bits, busy, or not for IRET", TASK
        tss TSS16_SIZE, (%3) & ~PRESENT
        %1 "16 bits, absent", TASK
        tss TSS16_SIZE - 1, %3
        %1 "16 bits, a byte too short", TASK
%endmacro
%macro tss 2                            ; size, access byte
        put_descriptor TASK, TASK_TSS, (%1) - 1, %2, 0
%endmacro
; The old task in a TSS with all it needs but the last byte of the last selector.
%macro old_tss 5                        ; selector, base, limit, access byte, name
        put_descriptor %1, %2, %3, %4, 0
        mov ax, %1
        ltr ax
        task 32, no_task
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE
        put_gate 6, TASK, 0, TASK_GATE
        mov word [%2], TASK
        row %5, ":"
        refused jmp TASK:0
        refused call TASK:0
        refused int VECTOR
        refused ud2
        or byte [GDT + TASK + 5], 2
        refused return_nested
        row_end
%endmacro
%macro wrong_selectors 1                ; way
        %1 "null", 0
        %1 "null with RPL 3", 3
        %1 "behind the GDT", 0x800
        %1 "in the LDT", IN_LDT
        %1 "behind the LDT", 0x104
        %1 "data segment", DATA0
        %1 "LDT's descriptor", LDT_SELECTOR
%endmacro
bits 32
test:
        task 32, no_task
        put_ldt_descriptor IN_LDT, TASK_TSS, TSS32_SIZE - 1, TSS32_AVAILABLE, 0
        log "straight to the TSS"
        straight "RPL 1, DPL 0", TASK | 1
        straight "RPL 3, DPL 0", TASK | 3
        straight "null", 0
        straight "behind the GDT", 0x800
        straight "in the LDT", IN_LDT
        straight "behind the LDT", 0x104
        straight "the running task", TSS_SELECTOR
        tss_faults straight, TSS32_AVAILABLE, TSS16_AVAILABLE

        log "through task gates"
        task_gate
        task 32, no_task
        and byte [GDT + GATE + 5], ~DPL(3)
        straight "RPL 1, gate of DPL 0", GATE | 1
        and byte [GDT + GATE + 5], ~PRESENT
        straight "absent gate", GATE
        straight "RPL 1, absent gate of DPL 0", GATE | 1
        wrong_selectors gates
        gates "call gate", GATE
        gates "the running task", TSS_SELECTOR
        tss_faults gates, TSS32_AVAILABLE, TSS16_AVAILABLE

        log "from ring 3"
        task 32, no_task
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE | DPL(2)
        in_ring 3, .ring3

        log "IRET"
        put_ldt_descriptor IN_LDT, TASK_TSS, TSS32_SIZE - 1, TSS32_BUSY, 0
        wrong_selectors link
        tss_faults link, TSS32_BUSY, TSS16_BUSY

        ; The old task's TSS must take its state: up to GS or, with 16 bits, DS.
        log "old TSS too short"
        old_tss TESTED, TSS, TSS32_GS, TSS32_AVAILABLE, "32 bits"
        old_tss MAIN16, MAIN16_TSS, TSS16_DS, TSS16_AVAILABLE, "16 bits"
        put_gate 6, CODE0, kit_stubs + 6 * KIT_STUB, INT_GATE32
        ; Table 6-6; Bochs 2.7 reads the link all the same.
        put_descriptor TESTED, TSS, 0, TSS32_AVAILABLE, 0
        mov ax, TESTED
        ltr ax
        link "TSS that ends in the link", 0
        ret
.ring3: straight "TSS of DPL 0", TASK
        put_descriptor TASK, TASK_TSS, TSS32_SIZE - 1, TSS32_AVAILABLE | DPL(2), 0
        straight "TSS of DPL 2", TASK
        and byte [GDT + GATE + 5], ~DPL(1)
        row "gate of DPL 2:"
        refused jmp GATE:0
        refused call GATE:0
        refused int VECTOR
        row_end
        leave_ring

by_gates:
        refused jmp GATE:0
        refused call GATE:0
        refused int VECTOR
        refused ud2
        row_end
        ret
no_task: hlt
