; LMSW and SMSW, CLTS, and the fixed bits of CR0: LMSW sets PE, MP, EM and TS and clears all but PE; ET is 1; SMSW
; stores as much as the operand holds, all of CR0 in a 32-bit register, where the manual leaves the upper half open.
; QEMU 7.2 reads by null selectors.
; Rows: lmsw, smsw, clts, mov to-control, mov from-control
; Expect:
;   LMSW 0: ok
;   CR0 00000011
;   LMSW fffe: ok
;   CR0 0000001f
;   SMSW to memory, 16 bits 5a5a001f
;   SMSW AX 5a5a001f
;   SMSW EAX 0000001f
;   SMSW EAX, WP 0001001f
;   CLTS: ok
;   CR0 00010017
;   CLTS again: ok
;   CR0 00010017
;   LMSW from memory: ok
;   CR0 00010019
;   LMSW 1: ok
;   CR0 00010011
;   NE: ok
;   CR0 00010031
;   ET cleared: ok
;   CR0 00010011
;   real mode, LMSW 0: ok
;   CR0 00010010
;   real mode, LMSW 8: ok
;   CR0 00010018
;   real mode, SMSW 00000018
;   PE by LMSW 00010011
;   LMSW of a segment that is null: #GP 0000
;   CR0 00010011
;   end
%include "testkit.inc"
PE              equ 1
NE              equ 1 << 5
WP              equ 1 << 16

%macro load 2                           ; name, what LMSW takes from AX
        mov eax, %2
        try %1, lmsw ax
        call show_cr0
%endmacro

        section .data
word_of_status: dd 0x5a5a5a5a

        section .text
bits 32
show_cr0:
        mov eax, cr0
        and eax, 0x9fffffff             ; not CD and NW
        show "CR0", eax
        ret

test:   mov eax, cr0
        and eax, ~(NE | WP)
        mov cr0, eax
        load "LMSW 0", 0
        load "LMSW fffe", 0xfffe
        smsw [word_of_status]
        show "SMSW to memory, 16 bits", [word_of_status]
        mov eax, 0x5a5a5a5a
        smsw ax
        show "SMSW AX", eax
        smsw eax
        and eax, 0x9fffffff
        show "SMSW EAX", eax
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        smsw eax
        and eax, 0x9fffffff
        show "SMSW EAX, WP", eax
        try "CLTS", clts
        call show_cr0
        try "CLTS again", clts
        call show_cr0
        mov word [word_of_status], 8
        try "LMSW from memory", lmsw [word_of_status]
        call show_cr0
        load "LMSW 1", 1
        mov eax, cr0
        or eax, NE
        try "NE", mov cr0, eax
        call show_cr0
        mov eax, cr0
        and eax, ~(NE | 0x10)
        try "ET cleared", mov cr0, eax
        call show_cr0
        in_real .real
        xor eax, eax
        mov fs, ax
        try "LMSW of a segment that is null", lmsw [fs:word_of_status]
        call show_cr0
        ret

bits 16
.real:  xor eax, eax
        try "real mode, LMSW 0", lmsw ax
        mov eax, cr0
        and eax, 0x9fffffff
        show "CR0", eax
        mov ax, 8
        try "real mode, LMSW 8", lmsw ax
        mov eax, cr0
        and eax, 0x9fffffff
        show "CR0", eax
        xor eax, eax
        smsw ax
        show "real mode, SMSW", eax
        ; PE by LMSW, as a 286 does it, and cleared again by MOV.
        mov ax, PE
        lmsw ax
        mov eax, cr0
        and eax, 0x9fffffff
        mov ebx, eax
        and al, ~PE
        mov cr0, eax
        jmp short .prefetched
.prefetched:
        show "PE by LMSW", ebx
        ret
