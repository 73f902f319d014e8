; SMRAM of the host bridge (Intel 290549, SMRAM register): a handler at A0000h, which others than it do not see once
; D_OPEN is clear; SMBASE is relocated by the first SMI's handler; address line 20 is no matter to it.
; Rows: rsm
; Expect:
;   open, its dword 11223344
;   closed, the same 00000000
;   handler ran 00000001
;   saw the dword 11223344
;   and its own store 55667788
;   CS at its entry 0000a000
;   outside, the dword 00000000
;   A20 masked, 1 MiB is 0 00000001
;   but not to the handler 89abcdef
;   locked 0000001a
;   opened again 0000001a
;   the dword 00000000
;   handler's runs 00000002
;   end
%include "testkit.inc"
%include "smm.inc"
SMRAM           equ 0x72
OPEN            equ 1 << 6
LOCKED          equ 1 << 4
ENABLED         equ 1 << 3
VIDEO           equ 0xa0000
MARK            equ VIDEO + 0x100
HIGH            equ 0x100000            ; 0 with address line 20 masked

        section .text
bits 16
relocate:
        mov dword [dword SAVED(SAVED_SMBASE)], VIDEO
        rsm
high:                                   ; copied to A8000h
        mov [NOTED + 12], cs
        jmp 0:high_handler
HIGH_END:
high_handler:
        inc dword [NOTED]
        mov eax, [dword MARK]
        mov [NOTED + 4], eax
        mov dword [dword MARK + 4], 0x55667788
        mov eax, [dword MARK + 4]
        mov [NOTED + 8], eax
        mov eax, [dword HIGH]
        mov [NOTED + 16], eax
        rsm

bits 32
%macro smram 1
        write_pci_byte HOST_BRIDGE, SMRAM, %1
%endmacro
%macro show_smram 1
        read_pci HOST_BRIDGE, SMRAM
        movzx eax, al
        show %1, eax
%endmacro
%macro show_mark 1                      ; whether the video memory shows what SMRAM has
        mov eax, [MARK]
        cmp eax, 0x11223344
        je %%show
        xor eax, eax
%%show: show %1, eax
%endmacro

test:   enable_smi
        smi_handler relocate
        smram ENABLED | OPEN | 2
        mov esi, high
        mov edi, VIDEO + 0x8000
        mov ecx, HIGH_END - high
        rep movsb
        mov dword [MARK], 0x11223344
        show_mark "open, its dword"
        smram ENABLED | 2
        show_mark "closed, the same"
        out APMC, al                    ; relocates
        mov dword [HIGH], 0x89abcdef
        in al, 0x92
        and al, ~2
        mov ah, al
        mov edx, [0]
        in al, 0x64                     ; the keyboard controller's half of the gate
        mov al, 0xd1
        out 0x64, al
        mov al, 0xdd
        out 0x60, al
        mov al, ah
        out 0x92, al
        mov ebx, [HIGH]
        out APMC, al
        or al, 2
        out 0x92, al
        xor eax, eax
        cmp ebx, edx
        sete al
        mov ebx, eax
        mov eax, [NOTED]
        show "handler ran", eax
        mov eax, [NOTED + 4]
        show "saw the dword", eax
        mov eax, [NOTED + 8]
        show "and its own store", eax
        movzx eax, word [NOTED + 12]
        show "CS at its entry", eax
        show_mark "outside, the dword"
        show "A20 masked, 1 MiB is 0", ebx
        mov eax, [NOTED + 16]
        show "but not to the handler", eax
        smram ENABLED | LOCKED | OPEN | 2
        show_smram "locked"
        smram ENABLED | OPEN | 2
        show_smram "opened again"
        show_mark "the dword"
        out APMC, al
        mov eax, [NOTED]
        show "handler's runs", eax
        ret
