; Page faults of a task switch: both TSSs and the descriptors that it writes must be present and writable before
; anything changes; the exception is raised in the old task.
; Rows: jmp far, call far, int, iretd
; Expect:
;   new TSS absent: 0000000e 00000000 00026000 0000000e 00000000 00026000 0000000e 00000000 00026000 0000000e 00000000 00026000
;   old TSS absent: 0000000e 00000002 00023000 0000000e 00000002 00023000 0000000e 00000002 00023000 0000000e 00000000 00023000
;   old TSS read-only: 0000000e 00000003 00023000 0000000e 00000003 00023000 0000000e 00000003 00023000 0000000e 00000003 00023000
;   GDT read-only: 0000000e 00000003 00021000 0000000e 00000003 00021000 0000000e 00000003 00021000 0000000e 00000003 00021000
;   new TSS's second page absent: 0000000e 00000000 00027000 0000000e 00000000 00027000 0000000e 00000000 00027000 0000000e 00000000 00027000
;   new TSS read-only: 0000000e 00000003 00026000 0000000e 00000003 00026000
;   end
%include "testkit.inc"
%include "tasks.inc"
%include "unchanged.inc"
; SDM volume 3, 7.3, step 5. Lines: the page that is absent or, under CR0.WP, read-only. Cells: vector, error code and
; page of the fault for JMP, CALL, INT and IRET. Bochs 2.7 changes something before the faults of an absent old TSS and
; of a read-only GDT, QEMU 7.2 too of a read-only new TSS.
VECTOR          equ 0x40
STRADDLING      equ FREE_MEMORY + 0xfc0 ; a TSS whose EIP and behind lie in the next page
%macro without 3                        ; name, page, bits of its entry
        row %1, ":"
        mov dword [page], %2
        mov dword [entry], %3
        call by_each
%endmacro
%macro by 1+
        call note_state
        call take_page
        try_silently %1
        call give_page
        call compare_state
        call show_page_fault
%endmacro
bits 32
test:
        call kit_paging_on
        mov eax, cr0
        or eax, 1 << 16                 ; WP
        mov cr0, eax
        task_gate
        put_gate VECTOR, TASK, 0, TASK_GATE
        task 32, new_task
        mov dword [TSS + TSS32_CR3], PAGE_DIRECTORY
        without "new TSS absent", TASK_TSS, 0
        without "old TSS absent", TSS, 0
        without "old TSS read-only", TSS, 1
        without "GDT read-only", GDT, 1
        mov esi, TASK_TSS
        mov edi, STRADDLING
        mov ecx, TSS32_SIZE
        rep movsb
        put_descriptor TASK, STRADDLING, TSS32_SIZE - 1, TSS32_AVAILABLE, 0
        without "new TSS's second page absent", STRADDLING + TSS32_SIZE, 0
        ; Only what nests writes to the new TSS: the link.
        row "new TSS read-only:"
        mov dword [page], TASK_TSS
        mov dword [entry], 1
        by call TASK:0
        by int VECTOR
        row_end
        ret
by_each:
        by jmp TASK:0
        by call TASK:0
        by int VECTOR
        mov word [TSS], TASK
        or byte [GDT + TASK + 5], 2
        by return_nested
        and byte [GDT + TASK + 5], ~2
        mov word [TSS], 0
        row_end
        ret
take_page:
        push eax
        mov eax, [page]
        shr eax, 12
        mov edx, [page]
        and edx, ~0xfff
        or edx, [entry]
        mov [PAGE_TABLE + eax * 4], edx
        mov edx, [page]
        invlpg [edx]
        pop eax
        ret
give_page:
        push dword [entry]
        mov dword [entry], 7
        call take_page
        pop dword [entry]
        ret
show_page_fault:
        cell_value [last_vector]
        cell_value [last_error]
        mov eax, [last_cr2]
        and eax, ~0xfff
        cell_value eax
        ret
new_task: hlt
        section .data
page:   dd 0
entry:  dd 0
