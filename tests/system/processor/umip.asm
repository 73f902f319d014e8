; CR4.UMIP: SGDT, SIDT, SLDT, STR and SMSW are #GP(0) outside ring 0 (SDM vol. 3A, 2.5), where they need no privilege
; without it; SGDT with a register and what needs protected mode stay #UD. The cells: SGDT, SIDT, SLDT, STR, SMSW to
; memory, then SLDT, STR, SMSW to a register.
; Rows: sgdt, sidt, sldt, str, smsw, mov to-control
; Cpu: pentium4-umip
; Expect:
;   UMIP clear
;   ring 0: ok ok ok ok ok ok ok ok
;   ring 1: ok ok ok ok ok ok ok ok
;   ring 3: ok ok ok ok ok ok ok ok
;   virtual-8086 mode: ok ok #UD #UD ok #UD #UD ok
;   real mode: ok ok #UD #UD ok #UD #UD ok
;   UMIP set
;   ring 0: ok ok ok ok ok ok ok ok
;   ring 1: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   ring 3: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   virtual-8086 mode: #GP 0000 #GP 0000 #UD #UD #GP 0000 #UD #UD #GP 0000
;   real mode: ok ok #UD #UD ok #UD #UD ok
;   SGDT to a register: #UD
;   a segment that cannot be written: #GP 0000
;   stored 00000000
;   end
%include "testkit.inc"
UMIP            equ 1 << 11

%macro stores 1                         ; where
        row %1, ":"
        cell sgdt [stored]
        cell sidt [stored]
        cell sldt [stored]
        cell str [stored]
        cell smsw [stored]
        cell sldt ax
        cell str ax
        cell smsw ax
        row_end
%endmacro

        section .data
stored:         dd 0, 0

        section .text
bits 32
test:   log "UMIP clear"
        call everywhere
        mov eax, cr4
        or eax, UMIP
        mov cr4, eax
        log "UMIP set"
        call everywhere
        mov dword [stored], 0
        in_ring 3, .user
        show "stored", [stored]
        ret
.user:  try "SGDT to a register", db 0x0f, 0x01, 0xc0
        try "a segment that cannot be written", sgdt [cs:stored]
        leave_ring

everywhere:
        stores "ring 0"
        in_ring 1, .ring1
        in_ring 3, .ring3
        in_v86 .v86
        in_real .real
        ret
.ring1: stores "ring 1"
        leave_ring
.ring3: stores "ring 3"
        leave_ring
bits 16
.v86:   stores "virtual-8086 mode"
        leave_ring
.real:  stores "real mode"
        ret
