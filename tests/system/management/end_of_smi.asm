; EOS of the PIIX4 (Intel 290562, 11.5.1): an SMI clears it, and there is no other before the handler has set it, which it
; cannot while a cause waits. Firmware that never sets it gets each SMI.
; Rows: rsm, out immediate
; Expect:
;   never set, two commands: SMIs 00000002
;   set 00000001
;   a command: SMIs 00000003
;   EOS 00000000
;   another: SMIs 00000003
;   APM_STS 00000020
;   EOS while that is set: SMIs 00000004
;   EOS 00000000
;   behind its end 00000001
;   SMIs 00000004
;   the next command: SMIs 00000005
;   end
%include "testkit.inc"
%include "smm.inc"
GLBSTS          equ POWER_PORTS + 0x18
GLBCTL          equ POWER_PORTS + 0x28
APM_STATUS      equ 1 << 5
END_OF_SMI      equ 1 << 16
SMI_ENABLE      equ 1

        section .text
bits 16
handler:
        inc dword [NOTED]
        rsm

bits 32
%macro end_smi 0
        mov dx, GLBCTL
        mov eax, END_OF_SMI | SMI_ENABLE
        out dx, eax
%endmacro
%macro show_smis 1
        mov eax, [NOTED]
        show %1, eax
%endmacro
%macro show_end 1
        mov dx, GLBCTL
        in eax, dx
        shr eax, 16
        and eax, 1
        show %1, eax
%endmacro

test:   enable_smi
        smi_handler handler
        mov dword [NOTED], 0
        out APMC, al
        out APMC, al
        show_smis "never set, two commands: SMIs"
        mov dx, GLBSTS
        mov ax, APM_STATUS
        out dx, ax
        end_smi
        show_end "set"
        out APMC, al
        show_smis "a command: SMIs"
        show_end "EOS"
        out APMC, al
        show_smis "another: SMIs"
        mov dx, GLBSTS
        in ax, dx
        movzx eax, ax
        show "APM_STS", eax
        end_smi
        show_smis "EOS while that is set: SMIs"
        show_end "EOS"
        mov dx, GLBSTS
        mov ax, APM_STATUS
        out dx, ax
        end_smi
        show_end "behind its end"
        show_smis "SMIs"
        out APMC, al
        show_smis "the next command: SMIs"
        ret
