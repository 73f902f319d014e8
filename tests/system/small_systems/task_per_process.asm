; A kernel with one hardware task per process, as the first Linux and Intel's own examples have it. Four processes run the
; same program with their own CR3, LDT, I/O bitmap, and stacks. The timer's gate is a task gate; its task changes the back
; link, so that IRET resumes the next process. A process that yields calls the scheduler's TSS, one that exits jumps to
; it. x87 registers are switched by #NM when a process first uses them. #PF is a task too: it gives a process the page it
; asks for and returns by IRET, or kills that process alone; so does #DF's task with a process without a kernel stack.
; Rows: call far, jmp far, iretd, int, clts, fnsave, frstor, fild, faddp, fistp, fld1, fninit, lsl, str, sldt, ltr
; Rows: in immediate, out immediate, mov from-control, mov to-control
; Expect:
;   process A: 00000007 000000fe 000000a0 00000001 ok #GP 0000
;   A has LDT and TR 000000a8 00000068
;   a page for A, error 0006
;   its dword 0000000a
;   process B: 00000007 000000fd 000000b1 00000001 #GP 0000 #GP 0000
;   B has LDT and TR 000000b0 00000070
;   a page for B, error 0006
;   its dword 0000000b
;   process C: 00000007 000000fc 000000c2 00000001 #GP 0000 ok
;   C has LDT and TR 000000b8 00000078
;   a page for C, error 0006
;   its dword 0000000c
;   process D: 00000007 000000fb 000000d3 00000001 ok ok
;   D has LDT and TR 000000c0 00000080
;   a page for D, error 0006
;   its dword 0000000d
;   A's x87 sum 0000006a
;   B's x87 sum 0000006b
;   C's x87 sum 0000006c
;   D's x87 sum 0000006d
;   process C killed
;   #PF error 00000007
;   EIP less the instruction 00000000
;   CR2 00401000
;   busy bits of the processes 0000000b
;   process D killed
;   #DF error 00000000
;   busy bits of the processes 00000003
;   process A: 00000007 000000fe 000000a0 00000002 ok #GP 0000
;   its dword 0000000a
;   x87 and integer counts differ by 00000000
;   process A exits
;   process B: 00000007 000000fd 000000b1 00000002 #GP 0000 #GP 0000
;   its dword 0000000b
;   x87 and integer counts differ by 00000000
;   process B exits
;   kernel, TR 00000048
;   busy bits of the processes 00000000
;   scheduler's type 00000089
;   kernel's type 0000008b
;   NT 00000000
;   x87 owners: ABCDABCDABCDABCD
;   preempted: DABCDABCDABC
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
PROCESSES       equ 4
TIMER_VECTOR    equ 0x20
SYSTEM_CALL     equ 0x30                ; AL: what
YIELD           equ 0
EXIT            equ 1
START_TIMER     equ 2
PREEMPTIONS     equ 12
ROUNDS          equ 3                   ; of the cooperative part

; --- Tasks ------------------------------------------------------------------------------------------------------------
PROCESS_TSS     equ FREE                ; one for each process
SCHEDULER       equ FREE + 0x20
CLOCK           equ FREE + 0x28
PAGE_FAULT      equ FREE + 0x30
DOUBLE_FAULT    equ FREE + 0x38
PROCESS_LDT     equ FREE + 0x40         ; one for each process
CODE_LOCAL      equ 0x07                ; in each process's LDT
DATA_LOCAL      equ 0x0f

%define task_address(selector) (0x50000 + ((selector) - FREE) * 0x40)
%define task_stack(selector) (0x60000 + ((selector) - FREE) * 0x200)
TASK_LIMIT      equ 104 + 32            ; with a bitmap for ports 0 to F7h, and its last byte
TSS_LINK        equ 0
TSS_ESP0        equ 4
TSS_SS0         equ 8
TSS_CR3         equ 28
TSS_EIP         equ 32
TSS_EFLAGS      equ 36
TSS_EBX         equ 52
TSS_ESP         equ 56
TSS_ES          equ 72
TSS_LDT         equ 96
TSS_BITMAP      equ 102

; --- Memory of process N ----------------------------------------------------------------------------------------------
%define process_directory(n) (0x42000 + (n) * 0x1000)
%define process_table(n) (0x46000 + (n) * 0x1000)
%define process_ldt(n) (LDT + 0x100 * (n))
%define process_frame(n) (0x100000 + (n) * 0x10000)
FPU_AREAS       equ 0x4a000             ; 128 bytes each
PRIVATE         equ 0x400000            ; linear, in every process: its page, with its stack
PRIVATE_RO      equ 0x401000            ; the same, read-only
PRIVATE_LAZY    equ 0x402000            ; present from the first use on

%macro put_task 6                       ; selector, CR3, EIP, EFLAGS, CS, selector of data and stack
        mov edi, task_address(%1)
        put_descriptor %1, task_address(%1), TASK_LIMIT, TSS32_AVAILABLE, 0
        mov dword [edi + TSS_CR3], %2
        mov dword [edi + TSS_EIP], %3
        mov dword [edi + TSS_EFLAGS], %4
        mov dword [edi + TSS_ESP], task_stack(%1) + 0x800
        mov dword [edi + TSS_ESP0], task_stack(%1) + 0x1000
        mov dword [edi + TSS_SS0], DATA0
%assign field 0
%rep 6
        mov dword [edi + TSS_ES + field], %6
%assign field field + 4
%endrep
        mov dword [edi + TSS_ES + 4], %5
        mov dword [edi + TSS_LDT], 0
        mov dword [edi + TSS_BITMAP - 2], 104 << 16
%endmacro

%macro put_process 2                    ; number, mask of the closed ones of ports 70h and 71h (1) and 80h (2)
%assign selector PROCESS_TSS + (%1) * 8
        put_task selector, process_directory(%1), process, 2 | IF, CODE_LOCAL, DATA3
        or byte [GDT + selector + 5], TSS32_BUSY
        mov dword [edi + TSS_EBX], %1
        mov dword [edi + TSS_ESP], PRIVATE + 0x1000
        mov dword [edi + TSS_ES + 16], DATA_LOCAL ; FS
        mov dword [edi + TSS_LDT], PROCESS_LDT + (%1) * 8
        mov byte [edi + 104 + 0x70 / 8], 3 * ((%2) & 1)
        mov byte [edi + 104 + 0x80 / 8], (%2) >> 1
        mov byte [edi + TASK_LIMIT], 0xff
        put_descriptor PROCESS_LDT + (%1) * 8, process_ldt(%1), 0xf, LDT_ACCESS, 0
        put_entry process_ldt(%1), descriptor_low(0, 0xffff), descriptor_high(0, 0xffff, CODE_RX | DPL(3), BITS32)
        put_entry process_ldt(%1) + 8, descriptor_low(PRIVATE, 0xfe - (%1)), \
                descriptor_high(PRIVATE, 0xfe - (%1), DATA_RW | DPL(3), BITS32)
        mov dword [process_directory(%1)], PAGE_TABLE | 7
        mov dword [process_directory(%1) + 4], process_table(%1) | 7
        mov dword [process_table(%1)], process_frame(%1) | 7
        mov dword [process_table(%1) + 4], process_frame(%1) | 5
        mov dword [process_frame(%1)], 0xa0 + (%1) * 0x11
        fnsave [FPU_AREAS + (%1) * 128]
%endmacro

bits 32
test:
        stop_timer
        start_pics TIMER_VECTOR, ~1
        mov edi, process_directory(0)   ; directories, tables and tasks
        mov ecx, (0x54000 - process_directory(0)) / 4
        xor eax, eax
        rep stosd
        fninit
        put_process 0, 1
        put_process 1, 3
        put_process 2, 2
        put_process 3, 0
        mov dword [task_address(PROCESS_TSS + 8) + TSS_BITMAP - 2], 0xffff0000 ; B has no bitmap
        put_task SCHEDULER, PAGE_DIRECTORY, scheduler, 2, CODE0, DATA0
        put_task CLOCK, PAGE_DIRECTORY, clock, 2, CODE0, DATA0
        put_task PAGE_FAULT, PAGE_DIRECTORY, page_fault, 2, CODE0, DATA0
        put_task DOUBLE_FAULT, PAGE_DIRECTORY, double_fault, 2, CODE0, DATA0
        put_gate TIMER_VECTOR, CLOCK, 0, TASK_GATE
        put_gate 14, PAGE_FAULT, 0, TASK_GATE
        put_gate 8, DOUBLE_FAULT, 0, TASK_GATE
        put_gate 7, CODE0, device_not_available, INT_GATE32
        put_gate SYSTEM_CALL, CODE0, system_call, INT_GATE32 | DPL(3)
        mov dword [TSS + TSS_CR3], PAGE_DIRECTORY
        call kit_paging_on
        call SCHEDULER:0
        xor eax, eax
        str eax
        show "kernel, TR", eax
        call show_busy
        movzx eax, byte [GDT + SCHEDULER + 5]
        show "scheduler's type", eax
        movzx eax, byte [GDT + TSS_SELECTOR + 5]
        show "kernel's type", eax
        show_flags "NT", NT
        row "x87 owners: "
        mov esi, owners
        call kit32_string
        row_end
        row "preempted: "
        mov esi, preempted
        call kit32_string
        row_end
        ret

show_busy:                              ; bit N: process N's TSS is busy
        push eax
        push ecx
        xor eax, eax
        mov ecx, PROCESSES
.next:  add eax, eax
        bt dword [GDT + PROCESS_TSS - 8 + ecx * 8 + 4], 9
        adc eax, 0
        loop .next
        show "busy bits of the processes", eax
        pop ecx
        pop eax
        ret

; --- Tasks of the kernel ----------------------------------------------------------------------------------------------
; Entered by CALL from a process that yields, and from the kernel at first; by JMP from one that is no more.
scheduler:
        cmp dword [current], -1
        jne .resume
        mov ax, [task_address(SCHEDULER) + TSS_LINK]
        mov [kernel_task], ax
.resume:
        mov edi, task_address(SCHEDULER)
        call link_next
        pushfd                          ; a JMP has not set NT
        or dword [esp], NT
        popfd
        iretd
        jmp scheduler

clock:
        end_of_interrupt
        mov eax, [current]
        add al, 'A'
        mov ecx, [preemptions]
        mov [preempted + ecx], al
        inc dword [preemptions]
        cmp dword [preemptions], PREEMPTIONS
        je .enough
        arm_timer
.enough:
        mov edi, task_address(CLOCK)
        call link_next
        iretd
        jmp clock

; Makes the next process that lives the current one and the back link of the TSS at EDI; the kernel's task if none does.
link_next:
        mov ecx, PROCESSES
        mov eax, [current]
.next:  inc eax
        and eax, PROCESSES - 1
        bt [living], eax
        jc .found
        loop .next
        mov ax, [kernel_task]
        mov [edi + TSS_LINK], ax
        ret
.found: mov [current], eax
        lea eax, [PROCESS_TSS + eax * 8]
        mov [edi + TSS_LINK], ax
        ret

; The error code is on the task's stack. A process gets the lazy page, or is killed.
page_fault:
        mov eax, cr2
        mov ebx, [current]
        cmp eax, PRIVATE_LAZY
        jne .kill
        row "a page for "
        call log_name
        row ", error "
        pop eax
        mov ecx, 4
        call kit32_hexadecimal
        row_end
        mov edi, ebx
        shl edi, 16
        lea edi, [process_frame(0) + edi + 0x1007]
        shl ebx, 12
        mov [process_table(0) + ebx + 8], edi
        iretd
        jmp page_fault
.kill:
        call log_killed
        pop eax
        show "#PF error", eax
        mov eax, [current]
        shl eax, 9
        mov eax, [task_address(PROCESS_TSS) + eax + TSS_EIP]
        sub eax, process.faulty
        show "EIP less the instruction", eax
        mov eax, cr2
        show "CR2", eax
        call bury
        jmp SCHEDULER:0
        jmp page_fault

double_fault:
        call log_killed
        pop eax
        show "#DF error", eax
        call bury
        jmp SCHEDULER:0

log_name:
        mov al, [current]
        add al, 'A'
        jmp kit32_character
log_killed:
        row "process "
        call log_name
        log " killed"
        ret

; The current process is no more.
bury:
        mov eax, [current]
        btr [living], eax
        and byte [GDT + PROCESS_TSS + eax * 8 + 5], ~2
        inc dword [finished]
        cmp [fpu_owner], eax
        jne .show
        mov dword [fpu_owner], -1
.show:  jmp show_busy

; --- The kernel in a process's task -----------------------------------------------------------------------------------
system_call:
        cmp al, START_TIMER
        je .timer
        cmp al, EXIT
        je .exit
        call SCHEDULER:0
        iretd
.timer:
        arm_timer
        iretd
.exit:
        mov eax, [current]
        btr [living], eax
        inc dword [finished]
        row "process "
        call log_name
        log " exits"
        jmp SCHEDULER:0

; #NM: each task switch has set CR0.TS (SDM vol. 3A, 7.3).
device_not_available:
        push eax
        push ebx
        clts
        mov eax, [current]
        mov ebx, [fpu_owner]
        cmp eax, ebx
        je .done
        cmp ebx, -1
        je .none
        shl ebx, 7
        fnsave [FPU_AREAS + ebx]
.none:  mov [fpu_owner], eax
        mov ebx, eax
        shl ebx, 7
        frstor [FPU_AREAS + ebx]
        cmp dword [ready], PROCESSES
        je .done
        add al, 'A'
        mov ebx, [owner_changes]
        mov [owners + ebx], al
        inc dword [owner_changes]
.done:  pop ebx
        pop eax
        iretd

; --- The program of each process --------------------------------------------------------------------------------------
; EBX: the process's number, FS: its page.
process:
        mov ebp, 1
        call describe
        row ""
        lea eax, [ebx + 'A']
        call log_letter
        row " has LDT and TR"
        xor eax, eax
        sldt eax
        cell_value eax
        xor eax, eax
        str eax
        cell_value eax
        row_end
        lea eax, [ebx + 0xa]
        mov [PRIVATE_LAZY], eax
        show "its dword", [PRIVATE_LAZY]

        ; The x87 stack keeps the sum, whoever uses the x87 meanwhile.
        lea eax, [ebx + 100]
        mov [PRIVATE + 16], eax
        fild dword [PRIVATE + 16]
        mov ecx, ROUNDS
.round: mov al, YIELD
        int SYSTEM_CALL
        mov [PRIVATE + 16], ecx
        fild dword [PRIVATE + 16]
        faddp
        loop .round
        fistp dword [PRIVATE + 16]
        row ""
        lea eax, [ebx + 'A']
        call log_letter
        show "'s x87 sum", [PRIVATE + 16]
        inc dword [ready]
.others:
        cmp dword [ready], PROCESSES
        je .preemptive
        mov al, YIELD
        int SYSTEM_CALL
        jmp .others

        ; Nobody yields: only the timer switches. The last to be ready starts it.
.preemptive:
        cmp ebx, PROCESSES - 1
        jne .count
        mov al, START_TIMER
        int SYSTEM_CALL
.count: fninit
        fldz
        xor esi, esi
.one:   fld1
        faddp
        inc esi
        cmp dword [preemptions], PREEMPTIONS
        jne .one
        fistp dword [PRIVATE + 16]

        ; The end, in an order that makes those survive who come first otherwise.
.turn:
        movzx eax, byte [ends + ebx]
        cmp [finished], eax
        je .end
        mov al, YIELD
        int SYSTEM_CALL
        jmp .turn
.end:   cmp ebx, 2
        je .faulty
        cmp ebx, 3
        je .stackless
        inc ebp
        call describe
        show "its dword", [PRIVATE_LAZY]
        sub esi, [PRIVATE + 16]
        show "x87 and integer counts differ by", esi
        mov al, EXIT
        int SYSTEM_CALL
.faulty:
        mov [PRIVATE_RO], eax
.stackless:
        mov dword [task_address(PROCESS_TSS + 3 * 8) + TSS_SS0], 0
        mov al, YIELD
        int SYSTEM_CALL

; CS, limit of FS, its first dword, EBP, and which ports are open.
describe:
        row "process "
        lea eax, [ebx + 'A']
        call log_letter
        row ":"
        xor eax, eax
        mov ax, cs
        cell_value eax
        mov eax, DATA_LOCAL
        lsl edx, eax
        cell_value edx
        cell_value [fs:0]
        cell_value ebp
        cell in al, 0x80
        cell in al, 0x71
        row_end
        ret

log_letter:                             ; AL; programs have no port to log by
        mov [letter], al
        int KIT_ROW
        dd letter
        ret

        section .data
current:        dd -1
living:         dd (1 << PROCESSES) - 1
kernel_task:    dd 0
fpu_owner:      dd -1
ready:          dd 0
finished:       dd 0
preemptions:    dd 0
owner_changes:  dd 0
ends:           db 2, 3, 0, 1           ; how many end before A, B, C, D
letter:         db 0, 0
preempted:      times PREEMPTIONS + 1 db 0
owners:         times PROCESSES * (ROUNDS + 1) + 1 db 0
