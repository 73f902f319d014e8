; A task gate gets #DF out of a stack that cannot take a frame; a fault on the way to its task ends in shutdown (SDM
; vol. 3A, 6.15, interrupt 8).
; Rows: push, jmp far, iretd
; Expect:
;   double fault, error code 00000000
;   EIP as saved, off by 00000000
;   ESP as saved 00027000
;   next, the same with a TSS that is not present
;   [triple fault]
%include "testkit.inc"
bits 32
NOWHERE         equ FREE_MEMORY
TASK            equ FREE
TASK_TSS        equ FREE_MEMORY + 0x1000
TASK_STACK      equ FREE_MEMORY + 0x3000
test:
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        mov eax, cr3
        mov cr3, eax
        put_descriptor TASK, TASK_TSS, 0x67, TSS32_AVAILABLE, 0
        put_gate 8, TASK, 0, TASK_GATE
        mov dword [TSS + 28], PAGE_DIRECTORY
        mov dword [TASK_TSS + 28], PAGE_DIRECTORY
        mov dword [TASK_TSS + 32], .double_fault
        mov dword [TASK_TSS + 36], 2
        mov dword [TASK_TSS + 56], TASK_STACK
        mov dword [TASK_TSS + 72], DATA0
        mov dword [TASK_TSS + 76], CODE0
        mov dword [TASK_TSS + 80], DATA0
        mov dword [TASK_TSS + 84], DATA0
        mov [kit_saved_esp], esp
        mov esp, NOWHERE + 0x1000
.push:  push eax
        mov esp, [kit_saved_esp]
        log "next, the same with a TSS that is not present"
        and byte [GDT + TASK + 5], ~PRESENT
        mov esp, NOWHERE + 0x1000
        push eax
        ret
.double_fault:
        show "double fault, error code", dword [esp]
        mov eax, [TSS + 32]
        sub eax, .push
        show "EIP as saved, off by", eax
        show "ESP as saved", dword [TSS + 56]
        inc dword [TSS + 32]            ; behind PUSH
        add esp, 4
        iretd
