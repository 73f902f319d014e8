; A paravirtual machine as Xen's first ones: a hypervisor in ring 0, a kernel in ring 1, two processes in ring 3. Paging
; does not tell rings 0 and 1 apart, so that segments without the hypervisor's part keep the kernel out of it. Processes
; call the kernel by a gate straight to ring 1, and it returns by its own IRETD; page faults and the timer come to the
; hypervisor first and are bounced to the kernel's stack. The kernel's page tables are read-only (CR0.WP): the
; hypervisor does and checks its stores to them. CLI, STI, HLT, INVLPG and MOV from CR3 fault in ring 1 and are
; emulated. QEMU 7.2 checks no limits of segments.
; Rows: int, iretd, cli, sti, hlt, invlpg, mov from-control, mov to-control, lgdt, in immediate, mov to-segment
; Expect:
;   kernel, CS 00000069
;   SS 00000071
;   its last dword: ok
;   hypervisor's memory: #GP 0000
;   hypervisor's stack segment: #GP 0010
;   LGDT: #GP 0000
;   IN: #GP 0000
;   far jump to ring 0: #GP 0008
;   IRET to ring 0: #GP 0008
;   CR3 0001e000
;   store to the page directory: #PF 0003 cr2 0001e000
;   hypervisor refuses 00021007
;   entry is still 0001b007
;   events masked by CLI 00000001
;   ticks while masked 00000001
;   events while masked 00000000
;   events behind STI 00000001
;   events behind HLT 00000002
;   process 0000000a
;   CS 0000007b
;   page fault, error 00000004
;   at 0001a000
;   lazy page 0000000a
;   kernel's page: #PF 0005 cr2 00010000
;   hypercall: #GP 0412
;   IN: #GP 0000
;   kernel's code: #GP 0068
;   kernel, called from CS 0000007b
;   SS in the gate's frame 00000083
;   process 0000000b
;   CS 0000007b
;   page fault, error 00000004
;   at 0001a000
;   lazy page 0000000b
;   kernel's page: #PF 0005 cr2 00010000
;   hypercall: #GP 0412
;   IN: #GP 0000
;   kernel's code: #GP 0068
;   back in process 0000000a
;   lazy page 0000000a
;   private page 0000000a
;   back in process 0000000b
;   lazy page 0000000b
;   private page 0000000b
;   exit of process 0000000a
;   preemptions 00000002
;   exit of process 0000000b
;   preemptions 00000002
;   emulated CLI 00000003
;   emulated STI 00000003
;   emulated HLT 00000001
;   emulated INVLPG 00000002
;   emulated MOV from CR3 00000001
;   stores to page tables 00000002
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
TIMER_VECTOR    equ 0x20
SYSTEM_CALL     equ 0x80                ; gate to ring 1; AL: what
YIELD           equ 0
ARM             equ 1
EXIT            equ 2
HYPERCALL       equ 0x82                ; of DPL 1; AL: what, EBX: parameter
SET_STACK       equ 0                   ; of gates to ring 1
SET_TABLES      equ 1                   ; CR3
ARM_TIMER       equ 2
HYPERCALL_IRET  equ 0x83                ; by the frame on the kernel's stack, and events are on again

KERNEL_CODE     equ FREE | 1            ; all four end below the hypervisor's memory
KERNEL_DATA     equ FREE + 0x08 | 1
USER_CODE       equ FREE + 0x10 | 3
USER_DATA       equ FREE + 0x18 | 3
GUEST_END       equ 0x20000

; --- The guest's memory -----------------------------------------------------------------------------------------------
KERNEL_PAGES    equ 0x10000             ; to 18000h: not for processes
%define kernel_stack(n) (0x12000 + (n) * 0x2000)
PRIVATE         equ 0x18000             ; linear: process N has the frame N pages on; its stack is there too
LAZY            equ 0x1a000             ; the same, mapped when it is first used
%define table(n) (0x1c000 + (n) * 0x1000)
%define directory(n) (0x1e000 + (n) * 0x1000)
%define table_alias(n) (0x50000 + (n) * 0x1000) ; linear, for the hypervisor to write by
%define entry(linear) ((linear) / 4096 * 4)

CR0_WP          equ 1 << 16

; What the hypervisor finds on its stack.
FRAME_ESI       equ 12
FRAME_EBX       equ 24
FRAME_EAX       equ 36
FRAME_ERROR     equ 40
FRAME_EIP       equ 44
FRAME_CS        equ 48
FRAME_EFLAGS    equ 52
FRAME_ESP       equ 56
FRAME_SS        equ 60

bits 32
test:
        stop_timer
        start_pics TIMER_VECTOR, ~1
        put_descriptor KERNEL_CODE, 0, GUEST_END - 1, CODE_RX | DPL(1), BITS32
        put_descriptor KERNEL_DATA, 0, GUEST_END - 1, DATA_RW | DPL(1), BITS32
        put_descriptor USER_CODE, 0, GUEST_END - 1, CODE_RX | DPL(3), BITS32
        put_descriptor USER_DATA, 0, GUEST_END - 1, DATA_RW | DPL(3), BITS32
        put_gate TIMER_VECTOR, CODE0, timer, INT_GATE32
        put_gate 13, CODE0, general_protection, INT_GATE32
        put_gate 14, CODE0, page_fault, INT_GATE32
        put_gate HYPERCALL, CODE0, hypercall, INT_GATE32 | DPL(1)
        put_gate HYPERCALL_IRET, CODE0, hypercall_iret, INT_GATE32 | DPL(1)
        put_gate SYSTEM_CALL, KERNEL_CODE, system_call, TRAP_GATE32 | DPL(3) ; IRETD in ring 1 would leave IF off
        mov dword [TSS + 12], kernel_stack(0)
        mov word [TSS + 16], KERNEL_DATA
        call build_tables
        mov eax, directory(0)
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000 | CR0_WP
        mov cr0, eax
        call run_guest
        show "emulated CLI", [emulated_clis]
        show "emulated STI", [emulated_stis]
        show "emulated HLT", [emulated_hlts]
        show "emulated INVLPG", [emulated_invlpgs]
        show "emulated MOV from CR3", [emulated_reads]
        show "stores to page tables", [table_stores]
        ret

; The kernel, until somebody in the guest leaves.
run_guest:
        mov [kit_ring_esp], esp
        mov dword [kit_ring_back], .back
        push dword KERNEL_DATA
        push dword kernel_stack(0)
        push dword 2 | IF
        push dword KERNEL_CODE
        push dword kernel
        mov eax, USER_DATA
        mov ds, ax
        mov es, ax
        iretd
.back:  ret

%macro build_table 1                    ; of process N
        mov edi, table(%1)
        mov eax, 7
        mov ecx, 0x400
%%page: stosd
        add eax, 0x1000
        loop %%page
        mov edi, table(%1) + entry(KERNEL_PAGES)
        mov ecx, (PRIVATE - KERNEL_PAGES) / 0x1000
        call %%supervisor
        mov edi, table(%1) + entry(GUEST_END)
        mov ecx, 0x400 - GUEST_END / 0x1000
        call %%supervisor
        mov dword [table(%1) + entry(PRIVATE)], PRIVATE + (%1) * 0x1000 | 7
        mov dword [table(%1) + entry(LAZY)], 0
%assign page 0
%rep 4                                  ; both tables and directories
        mov dword [table(%1) + entry(table(0)) + page * 4], table(page) | 1
%assign page page + 1
%endrep
        mov dword [table(%1) + entry(table_alias(0))], table(0) | 3
        mov dword [table(%1) + entry(table_alias(1))], table(1) | 3
        mov edi, directory(%1)
        mov ecx, 0x400
        xor eax, eax
        rep stosd
        mov dword [directory(%1)], table(%1) | 7
        jmp %%done
%%supervisor:
        and dword [edi], ~4
        add edi, 4
        loop %%supervisor
        ret
%%done:
%endmacro
build_tables:
        build_table 0
        build_table 1
        ret

; --- The hypervisor ---------------------------------------------------------------------------------------------------
%macro hypervisor_entry 0               ; EBP: the frame
        pushad
        push ds
        push es
        mov eax, DATA0
        mov ds, ax
        mov es, ax
        mov ebp, esp
%endmacro
%macro hypervisor_leave 0               ; up to the error code
        pop es
        pop ds
        popad
%endmacro

timer:
        push dword 0
        hypervisor_entry
        end_of_interrupt
        inc dword [hypervisor_ticks]
        mov dword [event_pending], 1

; Back to the guest, by way of its event handler if an event waits that it lets in.
hypervisor_exit:
        test byte [ebp + FRAME_CS], 3
        jz .done
        cmp dword [event_pending], 0
        je .done
        cmp dword [event_mask], 0
        jne .done
        mov dword [event_pending], 0
        mov eax, kernel_event
        call bounce
.done:  hypervisor_leave
        add esp, 4
        iretd

; The guest goes on at EAX in ring 1, events off, with the interrupted frame on the kernel's stack. EBX: that stack.
bounce:
        mov dword [event_mask], 1
        test byte [ebp + FRAME_CS], 2
        jnz .user
        mov ebx, [ebp + FRAME_ESP]
        jmp .frame
.user:  mov ebx, [TSS + 12]
        sub ebx, 8
        mov ecx, [ebp + FRAME_ESP]
        mov [ebx], ecx
        mov ecx, [ebp + FRAME_SS]
        mov [ebx + 4], ecx
.frame: sub ebx, 12
        lea esi, [ebp + FRAME_EIP]
        mov edi, ebx
        movsd
        movsd
        movsd
        mov [ebp + FRAME_EIP], eax
        mov dword [ebp + FRAME_CS], KERNEL_CODE
        mov [ebp + FRAME_ESP], ebx
        mov dword [ebp + FRAME_SS], KERNEL_DATA
        ret

; What a store of the kernel to its tables would be, MOV [EDI], EAX, is done for it; other faults are the kernel's.
page_fault:
        hypervisor_entry
        cmp dword [try_resume], 0
        jne .kit
        mov edx, cr2
        lea ecx, [edx - table(0)]
        cmp ecx, directory(0) - table(0)
        jae .bounce
        mov ebx, [ebp + FRAME_EIP]
        cmp word [ebx], 0x0789
        jne .kit
        add dword [ebp + FRAME_EIP], 2
        mov eax, [ebp + FRAME_EAX]
        cmp eax, table(0)               ; no frame of the tables or behind
        jae .refuse
        mov [table_alias(0) + ecx], eax
        inc dword [table_stores]
        jmp hypervisor_exit
.refuse:
        show "hypervisor refuses", eax
        jmp hypervisor_exit
.bounce:
        mov [fault_address], edx
        mov eax, kernel_page_fault
        call bounce
        mov eax, [ebp + FRAME_ERROR]
        sub dword [ebp + FRAME_ESP], 4
        mov [ebx - 4], eax
        jmp hypervisor_exit
.kit:   hypervisor_leave
        jmp kit_stubs + 14 * KIT_STUB

; #GP in ring 1: privileged instructions that the hypervisor knows.
general_protection:
        hypervisor_entry
        mov al, [ebp + FRAME_CS]
        and al, 3
        cmp al, 1
        jne .kit
        mov ebx, [ebp + FRAME_EIP]
        mov esi, emulations
.next:  mov ecx, [esi]                  ; its length
        test ecx, ecx
        jz .kit
        mov edi, ebx
        lea edx, [esi + 8]
.byte:  mov al, [edx]
        cmp al, [edi]
        jne .other
        inc edx
        inc edi
        loop .byte
        mov [ebp + FRAME_EIP], edi
        jmp [esi + 4]
.other: add esi, 12
        jmp .next
.kit:   hypervisor_leave
        jmp kit_stubs + 13 * KIT_STUB

emulate_cli:
        inc dword [emulated_clis]
        mov dword [event_mask], 1
        jmp hypervisor_exit
emulate_sti:
        inc dword [emulated_stis]
        mov dword [event_mask], 0
        jmp hypervisor_exit
emulate_hlt:
        inc dword [emulated_hlts]
.idle:  cmp dword [event_pending], 0
        jne hypervisor_exit
        sti
        hlt
        cli
        jmp .idle
emulate_invlpg:
        inc dword [emulated_invlpgs]
        mov eax, [ebp + FRAME_ESI]
        invlpg [eax]
        jmp hypervisor_exit
emulate_read:
        inc dword [emulated_reads]
        mov eax, cr3
        mov [ebp + FRAME_EAX], eax
        jmp hypervisor_exit

hypercall:
        push dword 0
        hypervisor_entry
        mov ebx, [ebp + FRAME_EBX]
        cmp byte [ebp + FRAME_EAX], SET_TABLES
        je .tables
        jb .stack
        arm_timer
        jmp hypervisor_exit
.tables:
        mov cr3, ebx
        jmp hypervisor_exit
.stack: mov [TSS + 12], ebx
        jmp hypervisor_exit

hypercall_iret:
        push dword 0
        hypervisor_entry
        mov esi, [ebp + FRAME_ESP]
        lea edi, [ebp + FRAME_EIP]
        movsd
        movsd
        movsd
        mov [ebp + FRAME_ESP], esi
        test byte [ebp + FRAME_CS], 2
        jz .done
        movsd
        movsd
.done:  mov dword [event_mask], 0
        jmp hypervisor_exit

        section .data
emulations:                             ; length of the instruction, what does it, its bytes
        dd 1, emulate_cli, 0xfa
        dd 1, emulate_sti, 0xfb
        dd 1, emulate_hlt, 0xf4
        dd 3, emulate_invlpg, 0x3e010f  ; [ESI]
        dd 3, emulate_read, 0xd8200f    ; EAX, CR3
        dd 0
hypervisor_ticks: dd 0
event_pending:  dd 0
event_mask:     dd 0                    ; these two the guest may read
fault_address:  dd 0
emulated_clis:  dd 0
emulated_stis:  dd 0
emulated_hlts:  dd 0
emulated_invlpgs: dd 0
emulated_reads: dd 0
table_stores:   dd 0

%include "ring1_guest.inc"
