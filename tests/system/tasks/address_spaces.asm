; A task's page tables: CR3 comes from a TSS of 32 bits while paging is on, and only then; it is not saved; what the new
; tables lack is a page fault in the new task.
; Rows: jmp far, mov from-control
; Expect:
;   paging off: 00000000 33333333 33333333 00000000
;   32 bits: 0002a000 22222222 11111111 00040008
;   32 bits again: 0002a000 22222222 11111111 00040008
;   32 bits, the same tables: 00040008 11111111 11111111 00040008
;   16 bits: 00040008 11111111 11111111 00040008
;   page faults in the new task
;   code: 00000000 003f3000 00000068 0002a000 11111111 00040008
;   LDT: 00000000 003f3008 00000068 0002a000 11111111 00040008
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.3. Cells: CR3 and a page that each task's tables map elsewhere, in the new task or where it meets a
; page fault the error code, CR2, TR and CR3; then the page and CR3 in the kit's task.
DIRECTORY2      equ FREE_MEMORY + 0x4000
TABLE2          equ FREE_MEMORY + 0x5000
%define PTE2(linear) (TABLE2 + (linear) / 4096 * 4)
WINDOW          equ 0x3f0000            ; mapped to FRAME1 and FRAME2
FRAME1          equ 0x3f1000
FRAME2          equ 0x3f2000
NOWHERE         equ 0x3f3000            ; not mapped in the second tables
PWT             equ 8                       ; in CR3: tells the TSS's value from the one before
SECOND_LDT      equ TESTED
IN_LDT          equ 0x0c
%macro switch 1                         ; name
        row %1, ":"
        mov dword [resume_at], %%behind
        jmp TASK:0
%%behind:
        cell_value [WINDOW]
        mov eax, cr3
        cell_value eax
        row_end
%endmacro
bits 32
test:
        mov dword [FRAME1], 0x11111111
        mov dword [FRAME2], 0x22222222
        mov dword [WINDOW], 0x33333333
        task 32, new_task
        mov dword [TASK_TSS + TSS32_CR3], DIRECTORY2
        switch "paging off"

        call kit_paging_on
        mov dword [PTE(WINDOW)], FRAME1 | 7
        call make_second_tables
        put_gate 14, CODE0, page_fault, INT_GATE32
        mov dword [TSS + TSS32_CR3], PAGE_DIRECTORY | PWT
        switch "32 bits"
        switch "32 bits again"
        task 32, new_task
        switch "32 bits, the same tables"
        task 16, new_task
        switch "16 bits"

        log "page faults in the new task"
        task 32, NOWHERE
        mov dword [TASK_TSS + TSS32_CR3], DIRECTORY2
        switch "code"
        put_descriptor SECOND_LDT, NOWHERE, 0xff, LDT_ACCESS, 0
        task 32, new_task
        mov dword [TASK_TSS + TSS32_CR3], DIRECTORY2
        mov word [TASK_TSS + TSS32_LDT], SECOND_LDT
        mov word [TASK_TSS + TSS32_DS], IN_LDT
        switch "LDT"
        ret

make_second_tables:
        mov esi, PAGE_DIRECTORY
        mov edi, DIRECTORY2
        mov ecx, 1024
        rep movsd
        mov dword [DIRECTORY2], TABLE2 | 7
        mov esi, PAGE_TABLE
        mov edi, TABLE2
        mov ecx, 1024
        rep movsd
        mov dword [PTE2(WINDOW)], FRAME2 | 7
        mov dword [PTE2(NOWHERE)], 0
        ret

new_task:
        movzx esp, sp
        mov eax, cr3
        cell_value eax
        cell_value [WINDOW]
        jmp TSS_SELECTOR:0
        jmp new_task                    ; the next time

page_fault:                             ; in the new task: shows the error code, CR2, TR and CR3
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        pop eax
        cell_value eax
        mov eax, cr2
        cell_value eax
        xor eax, eax
        str ax
        cell_value eax
        mov eax, cr3
        cell_value eax
        mov eax, [resume_at]
        mov [TSS + TSS32_EIP], eax
        jmp TSS_SELECTOR:0
        section .data
resume_at: dd 0
