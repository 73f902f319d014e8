; What an SMI saves and what the processor looks like behind it, and that RSM gives everything back but what the handler
; changed in the save area (SDM vol. 3C, 34.3 to 34.5, tables 34-1 and 34-4).
; Rows: rsm
; Expect:
;   in the handler
;   CS at the entry 00003000
;   SS 00000000
;   DS 00000000
;   GS 00000000
;   CR0, PG TS EM PE 00000000
;   CR4 00000000
;   EFLAGS 00000002
;   DR7 00000400
;   IDT's base 00020000
;   GDT's base 00021000
;   dword at 1 MiB 89abcdef
;   what was saved
;   EAX 11110051
;   EBX 22222222
;   ESI 66666666
;   ESP, off by 00000000
;   EIP, off by 00000000
;   EFLAGS 00000803
;   CR0, PE 00000001
;   CS 00000008
;   SS 00000010
;   TR 00000048
;   LDTR 00000050
;   DR7 00000455
;   revision 00030000
;   SMBASE 00030000
;   HALT restart 00000000
;   I/O state 00b20083
;   behind RSM
;   EAX 11110051
;   EBX 33333333
;   EDI 77777777
;   OF and CF 00000001
;   ESP, off by 00000000
;   DR7 00000455
;   CR4 00000008
;   CR0, PE 00000001
;   CS 00000008
;   SS 00000010
;   dword by ES 89abcdef
;   end
%include "testkit.inc"
%include "smm.inc"
DE              equ 1 << 3
PROBE           equ 0x100000
%define AT(n)   NOTED + (n)

        section .text
bits 16
first:                                  ; copied to the entry point
        mov [AT(0)], cs
        jmp 0:handler
FIRST_END:
handler:
        mov esp, NOTED + 0x84           ; changes no flags
        pushfd                          ; at 80h
        mov [AT(4)], ss
        mov [AT(8)], ds
        mov [AT(12)], gs
        mov ecx, cr0
        mov [AT(16)], ecx
        mov ecx, cr4
        mov [AT(20)], ecx
        mov ecx, dr7
        mov [AT(24)], ecx
        sidt [AT(28)]
        sgdt [AT(36)]
        mov ecx, [dword PROBE]
        mov [AT(44)], ecx
        mov ecx, [dword SAVED(SAVED_EBX)]
        mov [AT(48)], ecx
        mov dword [dword SAVED(SAVED_EBX)], 0x33333333
        mov ecx, [dword SAVED(SAVED_EFLAGS)]
        mov [AT(52)], ecx
        and dword [dword SAVED(SAVED_EFLAGS)], ~OF
        rsm

bits 32
%macro noted 2-3 0xffffffff             ; name, offset, bits
        mov eax, [NOTED + %2]
        and eax, %3
        show %1, eax
%endmacro
%macro saved 2-3 0xffffffff
        mov eax, [SAVED(%2)]
        and eax, %3
        show %1, eax
%endmacro

test:   enable_smi
        mov esi, first
        mov edi, SMI_ENTRY
        mov ecx, FIRST_END - first
        rep movsb
        mov dword [PROBE], 0x89abcdef
        mov eax, DE
        mov cr4, eax
        mov eax, 0x455                  ; breakpoints on the execution of what is not executed
        mov dr7, eax
        mov ebx, 0x22222222
        mov ecx, 0x33330000
        mov edx, 0x44440000
        mov esi, 0x66666666
        mov edi, 0x77777777
        mov ebp, esp
        mov eax, 0x7fffffff
        add eax, 1                      ; OF
        mov eax, 0x11110051
        stc
        pushfd
        and dword [esp], ~(SF | PF | AF)
        popfd
        out APMC, al
.behind:
        pushfd
        pop dword [NOTED + 0x90]
        mov [NOTED + 0x94], eax
        mov [NOTED + 0x98], ebx
        mov [NOTED + 0x9c], edi
        sub ebp, esp
        mov [NOTED + 0xa0], ebp
        log "in the handler"
        noted "CS at the entry", 0, 0xffff
        noted "SS", 4, 0xffff
        noted "DS", 8, 0xffff
        noted "GS", 12, 0xffff
        noted "CR0, PG TS EM PE", 16, 1 << 31 | 0xd
        noted "CR4", 20
        noted "EFLAGS", 0x80
        noted "DR7", 24
        noted "IDT's base", 30
        noted "GDT's base", 38
        noted "dword at 1 MiB", 44
        log "what was saved"
        saved "EAX", SAVED_EAX
        noted "EBX", 48
        saved "ESI", SAVED_ESI
        mov eax, [SAVED(SAVED_ESP)]
        sub eax, esp
        show "ESP, off by", eax
        mov eax, [SAVED(SAVED_EIP)]
        sub eax, .behind
        show "EIP, off by", eax
        noted "EFLAGS", 52
        saved "CR0, PE", SAVED_CR0, 1
        saved "CS", SAVED_CS, 0xffff
        saved "SS", SAVED_SS, 0xffff
        saved "TR", SAVED_TR, 0xffff
        saved "LDTR", SAVED_LDTR, 0xffff
        saved "DR7", SAVED_DR7
        saved "revision", REVISION
        saved "SMBASE", SAVED_SMBASE
        saved "HALT restart", HALT_RESTART, 0xffff
        saved "I/O state", IO_STATE
        log "behind RSM"
        noted "EAX", 0x94
        noted "EBX", 0x98
        noted "EDI", 0x9c
        noted "OF and CF", 0x90, OF | CF
        noted "ESP, off by", 0xa0
        mov eax, dr7
        show "DR7", eax
        mov eax, cr4
        show "CR4", eax
        mov eax, cr0
        and eax, 1
        show "CR0, PE", eax
        mov eax, cs
        show "CS", eax
        mov eax, ss
        show "SS", eax
        mov eax, [es:PROBE]
        show "dword by ES", eax
        ret
