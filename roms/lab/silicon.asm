; 32-bit code for the host's processor at ring 3: what the probes of `lab table` run, as far as an application may.
;
; The image is executed where it is assembled for; it writes below SCRATCH_END only. It begins with the number of probes
; and the address of their table. A probe starts with a stack, flat DS and ES, and IF as applications have it. Its HLT is
; an exception at ring 3, and ends it. Until then it has put what showed into EBX and ECX.
;
;   probe INSTRUCTION, operands, operands of the row of `lab table` that it is like ("": none),
;         name of what EBX holds, its digits, the same for ECX ("", 0: nothing)
;   .at: the instruction
;   behind: what makes values of what it left, up to `done`
bits 32
ORIGIN          equ 0x10000000
SCRATCH         equ 0x10100000          ; writable; the host's side knows both
        org ORIGIN

; What Linux has in its GDT on x86-64 (arch/x86/include/asm/segment.h says which entry is which).
KERNEL_CODE     equ 0x10
KERNEL_DATA     equ 0x18
USER_CODE       equ 0x23
USER_DATA       equ 0x2b
LINUX_TSS       equ 0x40

        section .text
        section .table follows=.text vfollows=.text align=4 valign=4
        section .names follows=.table vfollows=.table align=1 valign=1
        section .text
        dd PROBES
        dd table

%assign PROBE 0

%macro name_of_probe 2                  ; label, text
        [section .names]
%1:     db %2, 0
        __?SECT?__
%endmacro

%macro probe 7
%assign PROBE PROBE + 1
        name_of_probe %%instruction, %1
        name_of_probe %%operands, %2
        name_of_probe %%emulated, %3
        name_of_probe %%first, %4
        name_of_probe %%second, %6
        [section .table]
        dd probe%[PROBE], probe%[PROBE].at, probe%[PROBE].end
        dd %%instruction, %%operands, %%emulated
        dd %%first, %5, %%second, %7
        __?SECT?__
probe%[PROBE]:
%endmacro

%macro done 0
.end:   hlt
%endmacro

%macro zero_flag 0
        setz bl
        movzx ebx, bl
%endmacro

%macro bits_of 4                        ; target, source, position, count
        mov %1, %2
        shr %1, %3
        and %1, (1 << (%4)) - 1
%endmacro

        section .table
table:
        section .text

%include "lab/silicon/registers.inc"
%include "lab/silicon/segments.inc"
%include "lab/silicon/transfers.inc"
%include "lab/silicon/others.inc"

PROBES          equ PROBE
