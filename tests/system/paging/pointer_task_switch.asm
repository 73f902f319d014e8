; PAE and task switches: the four pointers are loaded from the new task's CR3 if that is another, not if it is the same
; (SDM vol. 3A, 4.4.1). A reserved bit in them refuses the switch, and CR3 and the pointers stay; the manual does not
; say when the fault is raised: Bochs 2.7 does it in the new task, which it cannot leave then. QEMU 7.2 walks the
; pointers in memory.
; Rows: jmp far, call far, iretd, mov to-control, mov
; Expect:
;   old task 11111111
;   new task 22222222
;   old task, pointer changed 33333333
;   its CR3 00000000
;   new task, the same CR3, pointer changed 33333333
;   old task 33333333
;   CR3 loaded 11111111
;   new task by CALL 22222222
;   old task by IRET 11111111
;   reserved bit, JMP: #GP 0000
;   CR3 changed by 00000000
;   old task 11111111
;   reserved bit, CALL: #GP 0000
;   old task 11111111
;   reserved bit gone 22222222
;   old task 11111111
;   end
%include "testkit.inc"
PAE             equ 1 << 5
PG              equ 1 << 31
NEW_TASK        equ FREE
NEW_TSS         equ FREE_MEMORY + 0x5000
TSS_CR3         equ 28
POINTERS        equ FREE_MEMORY
OTHER_POINTERS  equ FREE_MEMORY + 0x20
LOW_DIRECTORY   equ FREE_MEMORY + 0x1000
DIRECTORY1      equ FREE_MEMORY + 0x2000  ; of 40000000h to 7fffffffh: to memory with ones,
DIRECTORY2      equ FREE_MEMORY + 0x3000  ; with twos,
DIRECTORY3      equ FREE_MEMORY + 0x4000  ; and with threes
HIGH            equ 0x40000000

%macro look 1                           ; name
        mov eax, [HIGH]
        show %1, eax
%endmacro

        section .text
bits 32
test:   mov dword [0x400000], 0x11111111
        mov dword [0x600000], 0x22222222
        mov dword [0x800000], 0x33333333
        mov dword [LOW_DIRECTORY], 0x87
        mov dword [DIRECTORY1], 0x400087
        mov dword [DIRECTORY2], 0x600087
        mov dword [DIRECTORY3], 0x800087
        mov dword [POINTERS], LOW_DIRECTORY | 1
        mov dword [POINTERS + 8], DIRECTORY1 | 1
        mov dword [OTHER_POINTERS], LOW_DIRECTORY | 1
        mov dword [OTHER_POINTERS + 8], DIRECTORY2 | 1
        put_descriptor NEW_TASK, NEW_TSS, 0x67, TSS32_AVAILABLE, 0
        mov dword [TSS + TSS_CR3], POINTERS
        mov dword [NEW_TSS + TSS_CR3], OTHER_POINTERS
        mov dword [NEW_TSS + 32], .new_task
        mov dword [NEW_TSS + 36], 2
        mov dword [NEW_TSS + 56], STACK1
        mov dword [NEW_TSS + 72], DATA0
        mov dword [NEW_TSS + 76], CODE0
        mov dword [NEW_TSS + 80], DATA0
        mov dword [NEW_TSS + 84], DATA0
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr4
        or al, PAE
        mov cr4, eax
        mov eax, cr0
        or eax, PG
        mov cr0, eax
        look "old task"
        jmp NEW_TASK:0
        look "old task, pointer changed"
        mov eax, cr3
        sub eax, POINTERS
        show "its CR3", eax
        ; The same CR3: DIRECTORY3 goes on to be used.
        mov dword [NEW_TSS + TSS_CR3], POINTERS
        mov dword [POINTERS + 8], DIRECTORY1 | 1
        jmp NEW_TASK:0
        look "old task"
        mov eax, cr3
        mov cr3, eax
        look "CR3 loaded"
        mov dword [NEW_TSS + TSS_CR3], OTHER_POINTERS
        call NEW_TASK:0
        look "old task by IRET"
        mov dword [OTHER_POINTERS + 8], DIRECTORY2 | 3
        try "reserved bit, JMP", jmp NEW_TASK:0
        mov eax, cr3
        sub eax, POINTERS
        show "CR3 changed by", eax
        look "old task"
        try "reserved bit, CALL", call NEW_TASK:0
        look "old task"
        mov dword [OTHER_POINTERS + 8], DIRECTORY2 | 1
        jmp NEW_TASK:0
        look "old task"
        ret

.new_task:
        look "new task"
        mov dword [POINTERS + 8], DIRECTORY3 | 1
        jmp TSS_SELECTOR:0
        look "new task, the same CR3, pointer changed"
        jmp TSS_SELECTOR:0
        look "new task by CALL"
        iretd
        look "reserved bit gone"
        jmp TSS_SELECTOR:0
