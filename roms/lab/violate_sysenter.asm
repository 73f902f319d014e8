; An application's system call by SYSENTER. While a monitor has the processor, SYSENTER_CS must be its own, or 0: then
; SYSENTER faults, which without a monitor that looks at it is the application's fault.
%include "lab/kernel.inc"

TARGET_CS       equ 0x174
TARGET_ESP      equ 0x175
TARGET_EIP      equ 0x176

%macro set_target 2
        mov ecx, %1
        xor edx, edx
        mov eax, %2
        wrmsr
%endmacro

test:
        call catch_faults
        put_gate 13, CODE0, application_faults, INT_GATE32
        set_target TARGET_CS, CODE0
        set_target TARGET_ESP, KERNEL_STACK
        set_target TARGET_EIP, system_call
        say "application: system call by SYSENTER"
        push dword DATA3
        push dword STACK3
        push dword 2
        push dword CODE3
        push dword application
        iretd

application:
        mov ecx, esp
        mov edx, .back
        sysenter
.back:
        jmp $

system_call:
        mov eax, DATA0
        mov ds, eax
        say "kernel: the system call has arrived"
        shut_down
application_faults:
        mov eax, DATA0
        mov ds, eax
        say "application: general protection fault at its system call, killed"
        panic "attempted to kill init"
