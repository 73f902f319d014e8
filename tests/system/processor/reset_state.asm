; What registers hold after reset (SDM vol. 3A, table 9-1). EDX has the signature of CPUID. QEMU 7.2 comes up
; with an initialized x87, Bochs 2.7 with another signature in EDX.
; Rows: mov from-control, mov from-debug, mov from-segment, sgdt, sidt, smsw, fnstenv, stmxcsr, rdmsr, cpuid, pushfd
; Rows: rdtsc, movups
; Expect:
;   EAX 00000000
;   EBX 00000000
;   ECX 00000000
;   ESI 00000000
;   EDI 00000000
;   EBP 00000000
;   ESP 00000000
;   EDX minus the signature 00000000
;   EFLAGS 00000002
;   CS 0000f000
;   SS 00000000
;   DS 00000000
;   ES 00000000
;   FS 00000000
;   GS 00000000
;   GDTR: limit 0000ffff
;   base 00000000
;   IDTR: limit 0000ffff
;   base 00000000
;   MSW 00000010
;   CR0 60000010
;   CR2 00000000
;   CR3 00000000
;   CR4 00000000
;   DR0 00000000
;   DR1 00000000
;   DR2 00000000
;   DR3 00000000
;   DR6 ffff0ff0
;   DR7 00000400
;   x87 control and status 00000040
;   x87 tags 00005555
;   MXCSR 00001f80
;   XMM7 00000000
;   SYSENTER_CS 00000000
;   SYSENTER_ESP 00000000
;   SYSENTER_EIP 00000000
;   PAT 00070406
;   its upper half 00070406
;   MTRR default type 00000000
;   APIC base fee00900
;   TSC, upper half 00000000
;   end
%define KIT_RESET note_state
%include "testkit.inc"
NOTED           equ 0x500               ; memory that the kit does not use
OSFXSR          equ 1 << 9

        section .text
bits 16
note_state:                             ; DS is 0
        mov [NOTED], eax
        mov [NOTED + 4], ebx
        mov [NOTED + 8], ecx
        mov [NOTED + 12], esi
        mov [NOTED + 16], edi
        mov [NOTED + 20], ebp
        mov [NOTED + 24], esp
        mov [NOTED + 28], edx
        mov [NOTED + 36], cs
        mov [NOTED + 40], ss
        mov [NOTED + 44], ds
        mov [NOTED + 48], es
        mov [NOTED + 52], fs
        mov [NOTED + 56], gs
        sgdt [NOTED + 60]
        sidt [NOTED + 68]
        mov esp, NOTED + 36
        pushfd
        smsw [NOTED + 76]
        mov eax, cr0
        mov [NOTED + 80], eax
        mov eax, cr2
        mov [NOTED + 84], eax
        mov eax, cr3
        mov [NOTED + 88], eax
        mov eax, cr4
        mov [NOTED + 92], eax
        mov eax, dr0
        mov [NOTED + 96], eax
        mov eax, dr1
        mov [NOTED + 100], eax
        mov eax, dr2
        mov [NOTED + 104], eax
        mov eax, dr3
        mov [NOTED + 108], eax
        mov eax, dr6
        mov [NOTED + 112], eax
        mov eax, dr7
        mov [NOTED + 116], eax
        fnstenv [NOTED + 120]
        jmp 0xf000:kit_start

%macro noted 2                          ; name, offset
        show %1, [NOTED + %2]
%endmacro
%macro noted_word 2
        movzx eax, word [NOTED + %2]
        show %1, eax
%endmacro
%macro show_msr 2                       ; name, number
        mov ecx, %2
        rdmsr
        show %1, eax
%endmacro

bits 32
test:   noted "EAX", 0
        noted "EBX", 4
        noted "ECX", 8
        noted "ESI", 12
        noted "EDI", 16
        noted "EBP", 20
        noted "ESP", 24
        mov eax, 1
        cpuid
        mov ecx, [NOTED + 28]
        sub ecx, eax
        show "EDX minus the signature", ecx
        noted "EFLAGS", 32
        noted_word "CS", 36
        noted_word "SS", 40
        noted_word "DS", 44
        noted_word "ES", 48
        noted_word "FS", 52
        noted_word "GS", 56
        noted_word "GDTR: limit", 60
        noted "base", 62
        noted_word "IDTR: limit", 68
        noted "base", 70
        noted_word "MSW", 76
        noted "CR0", 80
        noted "CR2", 84
        noted "CR3", 88
        noted "CR4", 92
        noted "DR0", 96
        noted "DR1", 100
        noted "DR2", 104
        noted "DR3", 108
        noted "DR6", 112
        noted "DR7", 116
        noted "x87 control and status", 120
        noted_word "x87 tags", 124
        mov eax, OSFXSR
        mov cr4, eax
        stmxcsr [NOTED]
        noted "MXCSR", 0
        movups [NOTED], xmm7
        noted "XMM7", 0
        show_msr "SYSENTER_CS", 0x174
        show_msr "SYSENTER_ESP", 0x175
        show_msr "SYSENTER_EIP", 0x176
        show_msr "PAT", 0x277
        show "its upper half", edx
        show_msr "MTRR default type", 0x2ff
        show_msr "APIC base", 0x1b
        rdtsc
        show "TSC, upper half", edx
        ret
