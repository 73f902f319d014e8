; A kernel that keeps its drivers in ring 2 with IOPL 2, as OS/2 does: only they may use ports and CLI, and programs
; reach them through call gates that copy the parameters to the driver's own, expand-down stack. Drivers call the kernel
; in ring 0 through gates that programs may not use; a library in conforming code runs at the ring of its caller. The
; timer's gate leads to ring 2, whichever outer ring it interrupts, and so does #GP's: there a second program's IN and
; OUT, which IOPL 2 forbids to ring 3, are done for it. A driver also returns to a program's callback in ring 3, which
; loses the driver's data segment on the way. For paging ring 2 is the supervisor: pages that programs may not touch or
; only read are the driver's as long as CR0.WP is clear. QEMU 7.2 checks no limits of segments.
; Rows: call far, jmp far, ret far, iretd, int, in immediate, in dx, out immediate, out dx, cli, sti, pushfd, popfd, arpl
; Rows: verr, verw, lsl, lar, hlt, lgdt, mov to-segment, mov from-segment, mov to-control
; Expect:
;   driver starts, CS 0000002a
;   SS 0000006a
;   IOPL 00002000
;   POPF that asks for IOPL 3 leaves 00002000
;   IN: ok
;   CLI: ok
;   IF 00000000
;   STI: ok
;   IF 00000200
;   MOV CR0: #GP 0000
;   LGDT: #GP 0000
;   HLT: #GP 0000
;   ring 0 data: #GP 0010
;   below its stack: #SS 0000
;   kernel's memory: ok
;   kernel, from CS 0000002a
;   kernel's SS 00000010
;   memory from the kernel 0002a000
;   library, CS 0000008a
;   sum of the driver's name 00000230
;   more memory from the kernel 0002a020
;   ticks in ring 2 00000001
;   program starts, CS 0000003b
;   IOPL 00002000
;   IN: #GP 0000
;   CLI: #GP 0000
;   kernel's gate: #GP 0090
;   jump to ring 2: #GP 0028
;   ring 2's data: #GP 0070
;   driver's stack: #PF 0005 cr2 00031ffc
;   kernel's memory: #PF 0005 cr2 0002a000
;   write to the driver's state: #PF 0007 cr2 00026000
;   rights of the driver's gate: ZF clear
;   rights of the driver's data 00000000
;   limit of its own data ffffffff
;   write, result 00000008
;   read, result 00000008
;   library, CS 0000008b
;   sum of what was read 0000032a
;   DS as before 00000043
;   driver's DS as a parameter ffffffff
;   its own code as a buffer ffffffff
;   beyond the driver's store ffffffff
;   kernel's memory as a buffer 00000008
;   ticks 00000002
;   callback, CS 0000003b
;   callback's ES 00000000
;   callback's DS 00000043
;   callback's parameter 0000beef
;   back in the driver, CS 0000002a
;   result of it all 0000cafe
;   program with ports
;   byte by way of ring 2 0000003c
;   the other byte 000000c3
;   EFLAGS as before 00002202
;   ring 2 refuses f4
;   error code 0000
;   driver's own fault, error code 0010
;   WP clear, driver's state: ok
;   WP set, driver's state: #PF 0003 cr2 0002601c
;   WP set, kernel's memory: ok
;   requests 00000007
;   refused 00000003
;   allocations 00000002
;   rings that the timer has interrupted 0000000c
;   INs and OUTs emulated 00000005
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
TIMER_VECTOR    equ 0x20
FORBIDDEN       equ 0xffffffff          ; result of a request that is refused

DRIVER_STACK    equ FREE | 2
DRIVER_DATA     equ FREE + 0x08 | 2
DRIVER_WRITE    equ FREE + 0x10
DRIVER_READ     equ FREE + 0x18
LIBRARY         equ FREE + 0x20
KERNEL_ALLOCATE equ FREE + 0x28         ; of DPL 2
DRIVER_TIMER    equ FREE + 0x30
DRIVER_CALL     equ FREE + 0x38
CALLBACK_DONE   equ FREE + 0x40
KERNEL_STACK2   equ FREE + 0x48         ; of DPL 2

; The driver's data; its segment begins there.
STATE           equ FREE_MEMORY
STATE_LIMIT     equ 0xff
TICKS           equ 0
REQUESTS        equ 4
REFUSED         equ 8
RINGS           equ 12                  ; bit n: the timer has interrupted ring n
EMULATED        equ 16
RESULT          equ 20
CALLER_ESP      equ 24
OUTER_STACK     equ 28

HEAP            equ FREE_MEMORY + 0x4000
CR0_WP          equ 1 << 16
CMOS_STORE      equ 0x70                ; sixteen bytes of CMOS memory are the driver's device
CMOS_STORE_SIZE equ 16

bits 32
test:
        stop_timer
        start_pics TIMER_VECTOR, ~1
        put_descriptor DRIVER_STACK, 0, STACK1 / 4096 - 1, DATA_DOWN_RW | DPL(2), FLAT
        put_descriptor DRIVER_DATA, STATE, STATE_LIMIT, DATA_RW | DPL(2), BITS32
        put_descriptor LIBRARY, 0, 0xfffff, CONFORMING_RX, FLAT
        put_call_gate DRIVER_WRITE, CODE2, driver_write, CALL_GATE32 | DPL(3), 4
        put_call_gate DRIVER_READ, CODE2, driver_read, CALL_GATE32 | DPL(3), 4
        put_call_gate DRIVER_TIMER, CODE2, driver_timer, CALL_GATE32 | DPL(3), 0
        put_call_gate DRIVER_CALL, CODE2, driver_call, CALL_GATE32 | DPL(3), 2
        put_call_gate CALLBACK_DONE, CODE2, callback_done, CALL_GATE32 | DPL(3), 1
        put_call_gate KERNEL_ALLOCATE, CODE0, kernel_allocate, CALL_GATE32 | DPL(2), 1
        put_call_gate KERNEL_STACK2, CODE0, kernel_stack2, CALL_GATE32 | DPL(2), 1
        put_gate TIMER_VECTOR, CODE2, timer, INT_GATE32
        mov word [TSS + 24], DRIVER_STACK
        call start_paging
        in_ring 2, driver_start, 2 | IOPL(2)
        in_ring 3, program, 2 | IOPL(2) | IF
        put_gate 13, CODE2, general_protection, INT_GATE32
        in_ring 3, program_with_ports, 2 | IOPL(2) | IF
        in_ring 2, driver_fault, 2 | IOPL(2)
        put_gate 13, CODE0, kit_stubs + 13 * KIT_STUB, INT_GATE32
        in_ring 2, driver_without_wp, 2 | IOPL(2)
        mov eax, cr0
        or eax, CR0_WP
        mov cr0, eax
        in_ring 2, driver_with_wp, 2 | IOPL(2)
        mov eax, cr0
        and eax, ~CR0_WP
        mov cr0, eax
        show "requests", [STATE + REQUESTS]
        show "refused", [STATE + REFUSED]
        show "allocations", [allocations]
        show "rings that the timer has interrupted", [STATE + RINGS]
        show "INs and OUTs emulated", [STATE + EMULATED]
        ret

; Tables, stacks of inner rings and the heap are the supervisor's; programs may read the driver's state.
start_paging:
        call kit_paging_on
        mov edi, PTE(IDT)
        mov ecx, (STACK2 - IDT) / 0x1000
.page:  and dword [edi], ~4
        add edi, 4
        loop .page
        mov dword [PTE(STATE)], STATE | 5
        mov eax, cr3
        mov cr3, eax
        ret

; --- Ring 0 -----------------------------------------------------------------------------------------------------------
; EAX: address of so many bytes, the gate's parameter, rounded up to 32. The first caller is logged.
kernel_allocate:
        push ebp
        mov ebp, esp
        cmp dword [allocations], 0
        jne .known
        show "kernel, from CS", [ebp + 8]
        mov eax, ss
        show "kernel's SS", eax
.known: inc dword [allocations]
        mov eax, [heap_end]
        mov edx, [ebp + 12]
        add edx, 31
        and edx, ~31
        add [heap_end], edx
        pop ebp
        retf 4

; Makes the parameter the ESP that gates to ring 2 begin with; EAX: the former one.
kernel_stack2:
        mov eax, [esp + 8]
        xchg eax, [TSS + 20]
        retf 4

; --- Conforming code --------------------------------------------------------------------------------------------------
; EAX: sum of the ECX bytes at DS:ESI. EDX: the CS that it runs with.
library_sum:
        mov edx, cs
        xor eax, eax
        push ebx
.byte:  movzx ebx, byte [esi]
        add eax, ebx
        inc esi
        loop .byte
        pop ebx
        retf

; --- Ring 2 -----------------------------------------------------------------------------------------------------------
; Runs once, with the stack that the kernel gave it; then it moves to its own.
driver_start:
        mov ax, DRIVER_STACK
        mov ss, ax
        mov eax, cs
        show "driver starts, CS", eax
        mov eax, ss
        show "SS", eax
        show_flags "IOPL", IOPL(3)
        pushfd
        or dword [esp], IOPL(3)
        popfd
        show_flags "POPF that asks for IOPL 3 leaves", IOPL(3)
        try "IN", in al, 0x21
        try "CLI", cli
        show_flags "IF", IF
        try "STI", sti
        show_flags "IF", IF
        try "MOV CR0", mov cr0, eax
        try "LGDT", lgdt [kit_gdt_pointer]
        try "HLT", hlt
        mov eax, DATA0
        try "ring 0 data", mov ds, ax
        try "below its stack", mov eax, [ss:STACK1 - 4]
        try "kernel's memory", mov [HEAP], eax
        push dword 20
        call KERNEL_ALLOCATE:0
        show "memory from the kernel", eax
        mov esi, driver_name
        mov ecx, DRIVER_NAME_LENGTH
        call LIBRARY:library_sum
        show "library, CS", edx
        show "sum of the driver's name", eax
        push dword 1
        call KERNEL_ALLOCATE:0
        show "more memory from the kernel", eax
        arm_timer
.wait:  cmp dword [STATE + TICKS], 0
        je .wait
        show "ticks in ring 2", [STATE + TICKS]
        leave_ring

; Interrupts of the timer come here from rings 2 and 3.
timer:
        push eax
        push ecx
        push ds
        mov ax, DRIVER_DATA
        mov ds, ax
        inc dword [TICKS]
        mov ecx, [esp + 16]
        and ecx, 3
        bts [RINGS], ecx
        end_of_interrupt
        pop ds
        pop ecx
        pop eax
        iretd

; Parameters of requests: count, first byte of the store, offset and selector of the caller's buffer. EAX: how many bytes
; were moved, or FORBIDDEN.
REQUEST_COUNT   equ 16                  ; behind EBP, DS, EIP and CS
REQUEST_FIRST   equ 20
REQUEST_OFFSET  equ 24
REQUEST_SELECTOR equ 28
%macro request_entry 1                  ; the check of the buffer's selector
        push ebp
        push ds
        mov ebp, esp
        mov ax, DRIVER_DATA
        mov ds, ax
        inc dword [REQUESTS]
        mov dx, [ebp + REQUEST_SELECTOR] ; with the caller's RPL at least, so that the check is the caller's
        mov ax, [ebp + 12]
        arpl dx, ax
        %1 dx
        jnz request_refused
        mov eax, [ebp + REQUEST_FIRST]
        add eax, [ebp + REQUEST_COUNT]
        cmp eax, CMOS_STORE_SIZE
        ja request_refused
        mov ecx, [ebp + REQUEST_COUNT]
        mov al, [ebp + REQUEST_FIRST]
        add al, CMOS_STORE
        mov ah, al
%endmacro
driver_write:
        request_entry verr
        push esi
        push es
        mov es, dx
        mov esi, [ebp + REQUEST_OFFSET]
.byte:  cli                             ; index and data belong together
        mov al, ah
        out 0x70, al
        mov al, [es:esi]
        out 0x71, al
        sti
        inc esi
        inc ah
        loop .byte
        pop es
        pop esi
        jmp request_done
driver_read:
        request_entry verw
        push edi
        push es
        mov es, dx
        mov edi, [ebp + REQUEST_OFFSET]
.byte:  cli
        mov al, ah
        out 0x70, al
        in al, 0x71
        sti
        mov [es:edi], al
        inc edi
        inc ah
        loop .byte
        pop es
        pop edi
request_done:
        mov eax, [ebp + REQUEST_COUNT]
request_return:
        pop ds
        pop ebp
        retf 16
request_refused:
        inc dword [REFUSED]
        mov eax, FORBIDDEN
        jmp request_return

driver_timer:
        push edx
        mov dx, 0x43
        mov al, 0x30
        out dx, al
        mov dx, 0x40
        mov al, TIMER_COUNT & 0xff
        out dx, al
        mov al, TIMER_COUNT >> 8
        out dx, al
        pop edx
        retf

; Calls the program back at the offset of the first parameter with the second on the program's stack, by a return to ring
; 3; the program's side of it ends in callback_done, whose parameter is this gate's result. Until then the kernel keeps
; gates off the part of the stack that is in use.
driver_call:
        mov ax, DRIVER_DATA
        mov es, ax
        inc dword [es:REQUESTS]
        mov [es:CALLER_ESP], esp
        push esp
        call KERNEL_STACK2:0
        mov [es:OUTER_STACK], eax
        mov edx, [esp + 16]             ; the program's ESP
        mov ecx, [esp + 12]
        mov eax, [esp + 8]
        sub edx, 4
        mov [edx], eax
        push dword [esp + 20]
        push edx
        push dword CODE3
        push ecx
        retf
callback_done:
        mov eax, [esp + 8]
        mov edx, DRIVER_DATA
        mov es, dx
        mov [es:RESULT], eax
        mov esp, [es:CALLER_ESP]        ; the frame that driver_call left open
        push dword [es:OUTER_STACK]
        call KERNEL_STACK2:0
        mov eax, cs
        show "back in the driver, CS", eax
        mov eax, [es:RESULT]
        retf 8

; #GP of rings 2 and 3: error code, EIP, CS, EFLAGS, and the program's SS:ESP.
FAULT_EIP       equ 36                  ; behind PUSHAD's registers
FAULT_CS        equ 40
FAULT_EAX       equ 28
general_protection:
        pushad
        mov ebp, esp
        test byte [ebp + FAULT_CS], 1
        jz .driver
        mov ebx, [ebp + FAULT_EIP]
        movzx edx, byte [ebx + 1]
        cmp byte [ebx], 0xe4
        je .in
        cmp byte [ebx], 0xe6
        je .out
        row "ring 2 refuses "
        movzx eax, byte [ebx]
        mov ecx, 2
        call log_digits
        mov eax, [ebp + 32]
        row "error code "
        mov ecx, 4
        call log_digits
        leave_ring
.in:    in al, dx
        mov [ebp + FAULT_EAX], al
        jmp .emulated
.out:   mov al, [ebp + FAULT_EAX]
        out dx, al
.emulated:
        inc dword [STATE + EMULATED]
        add dword [ebp + FAULT_EIP], 2
        popad
        add esp, 4
        iretd
.driver:
        row "driver's own fault, error code "
        mov eax, [ebp + 32]
        mov ecx, 4
        call log_digits
        leave_ring

log_digits:                             ; the last ECX digits of EAX end the line; ports of the log are ring 2's too
        call kit32_hexadecimal
        row_end
        ret

driver_fault:
        mov eax, DATA0
        mov ds, ax
driver_without_wp:
        try "WP clear, driver's state", mov [STATE + OUTER_STACK], eax
        leave_ring
driver_with_wp:
        try "WP set, driver's state", mov [STATE + OUTER_STACK], eax
        try "WP set, kernel's memory", mov [HEAP], eax
        leave_ring

        section .data
driver_name:    db "clock$"
DRIVER_NAME_LENGTH equ $ - driver_name
allocations:    dd 0
heap_end:       dd HEAP

%include "ring2_programs.inc"
