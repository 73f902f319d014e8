; A small kernel with paging and one application at ring 3 that calls it, as 32-bit Linux does it: by INT 80h, by
; SYSENTER, and, without meaning to, by touching a page that the kernel maps only when it is touched.
;
; The ROM's first page, which is not copied to RAM, holds the order: what each round consists of, and how many there are.
; Whoever runs the ROM may change it there (frontend/lab/ordered_guest.h).

ORDER           equ 0xf0000 + 4         ; where the order lies while the guest runs
CALL_INT80      equ 1                   ; a round's parts, a bit each
CALL_SYSENTER   equ 2
TOUCH_PAGE      equ 4

%include "testkit.inc"

        section .vectors
        dd CALL_INT80 | CALL_SYSENTER | TOUCH_PAGE
        dd 64                           ; rounds

; SYSENTER and SYSEXIT want four descriptors in this order (Intel SDM vol. 2, SYSENTER and SYSEXIT).
KERNEL_CODE     equ FREE
KERNEL_DATA     equ FREE + 8
USER_CODE       equ FREE + 16 | 3
USER_DATA       equ FREE + 24 | 3

IA32_SYSENTER_CS  equ 0x174
IA32_SYSENTER_ESP equ 0x175
IA32_SYSENTER_EIP equ 0x176

LAZY_PAGE       equ 0x800000            ; linear; the frame behind it is 300000h
LAZY_FRAME      equ 0x300000
LAZY_TABLE      equ PAGE_TABLE + 0x1000 ; of the 4 MiB it lies in
LAZY_ENTRY      equ LAZY_TABLE + (LAZY_PAGE >> 12 & 1023) * 4
PRESENT_FOR_ALL equ 7                   ; present, writable, user

; Apart from code: stores to a page that code was decoded from take a slow way.
calls           equ FREE_MEMORY
kernel_esp      equ FREE_MEMORY + 4
scratch         equ FREE_MEMORY + 0x1000

        section .text
bits 32
test:
        mov al, 0xff                    ; no interrupts: the calls are looked at, not the clock
        out 0x21, al
        out 0xa1, al
        put_descriptor KERNEL_CODE, 0, 0xfffff, CODE_RX | 1, FLAT
        put_descriptor KERNEL_DATA, 0, 0xfffff, DATA_RW | 1, FLAT
        put_descriptor USER_CODE, 0, 0xfffff, CODE_RX | 1 | DPL(3), FLAT
        put_descriptor USER_DATA, 0, 0xfffff, DATA_RW | 1 | DPL(3), FLAT
        put_gate 0x80, KERNEL_CODE, int80_entry, INT_GATE32 | DPL(3)
        put_gate 0x81, KERNEL_CODE, unmap_entry, INT_GATE32 | DPL(3)
        put_gate 0x82, KERNEL_CODE, finish, INT_GATE32 | DPL(3)
        put_gate 14, KERNEL_CODE, page_fault_entry, INT_GATE32
        mov dword [PAGE_DIRECTORY + (LAZY_PAGE >> 22) * 4], 0
        call kit_paging_on
        mov dword [PAGE_DIRECTORY + (LAZY_PAGE >> 22) * 4], LAZY_TABLE | PRESENT_FOR_ALL
        xor edx, edx
        mov ecx, IA32_SYSENTER_CS
        mov eax, KERNEL_CODE
        wrmsr
        mov ecx, IA32_SYSENTER_ESP
        mov eax, KERNEL_STACK
        wrmsr
        mov ecx, IA32_SYSENTER_EIP
        mov eax, sysenter_entry
        wrmsr
        mov [kernel_esp], esp
        push dword USER_DATA
        push dword STACK3
        push dword IF | 2
        push dword USER_CODE
        push dword application
        mov eax, USER_DATA
        mov ds, ax
        mov es, ax
        iretd

; --- The kernel -------------------------------------------------------------------------------------------------------

; The application's data segments give way to the kernel's, and come back. The kernel's stack was chosen by the TSS, or by
; IA32_SYSENTER_ESP.
%macro enter_kernel 0
        push ds
        push es
        push edx
        mov edx, KERNEL_DATA
        mov ds, edx
        mov es, edx
%endmacro

%macro leave_kernel 0
        pop edx
        pop es
        pop ds
%endmacro

int80_entry:
        enter_kernel
        sti                             ; interrupts stay off no longer than the entry needs
        call system_call
        cli
        leave_kernel
        iretd

; ECX: the application's ESP, EDX: where it goes on. SYSENTER keeps neither.
sysenter_entry:
        enter_kernel
        sti
        call system_call
        cli
        leave_kernel
        sti                             ; in force behind SYSEXIT
        sysexit

; EAX: counts its calls, and returns their number.
system_call:
        mov eax, [calls]
        inc eax
        mov [calls], eax
        ret

page_fault_entry:
        enter_kernel
        push eax
        mov eax, cr2
        shr eax, 12
        and eax, 1023
        mov dword [LAZY_TABLE + eax * 4], LAZY_FRAME | PRESENT_FOR_ALL
        pop eax
        leave_kernel
        add esp, 4                      ; the error code
        iretd

; Takes the page back, for the next round.
unmap_entry:
        enter_kernel
        mov dword [LAZY_ENTRY], 0
        invlpg [LAZY_PAGE]
        leave_kernel
        iretd

finish:
        mov eax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, [kernel_esp]
        mov eax, [calls]
        show "calls", eax
        ret

; --- The application --------------------------------------------------------------------------------------------------

application:
        mov ebp, [ORDER + 4]
.round:
        call work
        test byte [ORDER], CALL_INT80
        jz .no_int80
        int 0x80
.no_int80:
        test byte [ORDER], CALL_SYSENTER
        jz .no_sysenter
        mov ecx, esp
        mov edx, .no_sysenter
        sysenter
.no_sysenter:
        test byte [ORDER], TOUCH_PAGE
        jz .no_touch
        mov [LAZY_PAGE], ebp
        int 0x81
.no_touch:
        dec ebp
        jnz .round
        int 0x82

; What a program does between two calls: arithmetic, a store or two, and, as libraries do, flags saved and restored
; around it and a selector read.
work:
        pushfd
        mov eax, ds
        mov ecx, 40
.next:
        imul eax, eax, 1103515245
        add eax, 12345
        mov [scratch], eax
        loop .next
        popfd
        ret
