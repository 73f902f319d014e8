; INIT# by everything that asserts it: the processor begins at its reset vector with most registers as after a reset, and
; with MSRs, the x87 unit, SMBASE and the cache bits of CR0 as they were (SDM vol. 3A, table 9-1); memory, devices and
; address line 20 stay. System management mode holds it back (vol. 3C, 34.3.1).
; Rows: rsm, out immediate
; Expect:
;   keyboard controller, FEh
;   CR0 00000010
;   CR3 00000000
;   CR4 00000000
;   DR7 00000400
;   EFLAGS without the status flags 00000002
;   EBX 00000000
;   EDX minus CPUID's signature 00000000
;   GDTR's limit 0000ffff
;   SYSENTER_CS 00001234
;   x87 control word 0000027f
;   memory 89abcdef
;   mask of the PIC 0000005a
;   address line 20 off: 1 MiB is 0 00000001
;   SMI's handler, moved 00000001
;   keyboard controller, output port
;   CR0 00000010
;   mask of the PIC 0000005a
;   port 92h
;   CR0 00000010
;   mask of the PIC 0000005a
;   CF9h
;   CR0 00000010
;   mask of the PIC 0000005a
;   TRC of the host bridge
;   CR0 00000010
;   mask of the PIC 0000005a
;   local APIC
;   CR0 00000010
;   mask of the PIC 0000005a
;   its spurious vector 000000ff
;   out of an SMI's handler, paging on
;   CR0 00000010
;   mask of the PIC 0000005a
;   handler came to its end 00000001
;   end
%define KIT_RESET note_state
%include "testkit.inc"
%include "testkit/pc.inc"
%include "smm.inc"
PHASE           equ 0x700               ; how often INIT# was asserted
FOUND           equ 0x704               ; what the first instructions found
MARK            equ 0x600000            ; memory that nobody else uses
HIGH            equ 0x100000
TRC             equ 0x93
SYSENTER_CS     equ 0x174
NEW_SMBASE      equ 0x50000
OUTPUT_PORT     equ 0xdf                ; A20, and the reset line high

        section .text
bits 16
note_state:                             ; near from the reset vector, DS is 0
        cmp dword [PHASE], 0
        je .first
        cmp dword [PHASE], 0x100        ; memory begins as zeros, but not so on every emulator
        ja .first
        mov [FOUND], ebx
        mov [FOUND + 4], edx
        mov eax, cr0
        mov [FOUND + 8], eax
        mov eax, cr3
        mov [FOUND + 12], eax
        mov eax, cr4
        mov [FOUND + 16], eax
        mov eax, dr7
        mov [FOUND + 20], eax
        sgdt [FOUND + 24]
        mov sp, FOUND + 36
        pushfd
        fnstcw [FOUND + 40]
        in al, 0x21
        mov [FOUND + 44], al
        mov ax, 0xffff                  ; 1 MiB by FFFFh:10h
        mov ds, ax
        mov eax, [0x10]
        xor bx, bx
        mov ds, bx
        cmp eax, [0]
        sete al
        mov [FOUND + 48], al
        jmp 0xf000:kit_start
.first: mov dword [PHASE], 0
        jmp 0xf000:kit_start

move:   mov dword [dword SAVED(SAVED_SMBASE)], NEW_SMBASE
        rsm
moved_handler:
        inc dword [NOTED]
        rsm
init_within:
        mov al, 0xfe
        out 0x64, al
        nop
        nop
        inc dword [NOTED + 4]
        rsm

bits 32
%macro found 2-3 0xffffffff
        mov eax, [FOUND + %2]
        and eax, %3
        show %1, eax
%endmacro
%macro next_phase 0
        inc dword [PHASE]
        mov ebx, 0x12345678
        mov eax, cr0                    ; caches on
        and eax, ~0x60000000
        mov cr0, eax
%endmacro
%macro stop_here 0
        hlt
        jmp $ - 1
%endmacro

test:   mov eax, [PHASE]
        cmp eax, 7
        ja .end
        jmp [.phases + eax * 4]
.end:   ret
.phases: dd begin, phase1, phase2, phase3, phase4, phase5, phase6, phase7

begin:  mov dword [MARK], 0x89abcdef
        mov dword [HIGH], 0x11111111
        mov dword [0], 0x22222222
        mov dword [NOTED], 0
        mov dword [NOTED + 4], 0
        mov ecx, SYSENTER_CS
        mov eax, 0x1234
        xor edx, edx
        wrmsr
        fninit
        mov word [NOTED + 8], 0x27f
        fldcw [NOTED + 8]
        mov al, 0x5a
        out 0x21, al
        enable_smi
        smi_handler move
        out APMC, al
        mov byte [NEW_SMBASE + 0x8000], 0xea
        mov dword [NEW_SMBASE + 0x8001], moved_handler
        mov eax, 1 << 3
        mov cr4, eax
        mov eax, 0x455
        mov dr7, eax
        call kit_paging_on
        next_phase
        mov al, 0xd1                    ; address line 20 off, by both of its gates
        out 0x64, al
        mov al, 0xdd
        out 0x60, al
        in al, 0x92
        and al, ~3
        out 0x92, al
        mov al, 0xfe
        out 0x64, al
        stop_here

show_cr0_and_mask:
        found "CR0", 8
        found "mask of the PIC", 44, 0xff
        ret

phase1: log "keyboard controller, FEh"
        found "CR0", 8
        found "CR3", 12
        found "CR4", 16
        found "DR7", 20
        found "EFLAGS without the status flags", 32, ~(OF | SF | ZF | AF | PF | CF)
        found "EBX", 0
        mov eax, 1
        cpuid
        mov ecx, [FOUND + 4]
        sub ecx, eax
        show "EDX minus CPUID's signature", ecx
        found "GDTR's limit", 24, 0xffff
        mov ecx, SYSENTER_CS
        rdmsr
        show "SYSENTER_CS", eax
        found "x87 control word", 40, 0xffff
        mov eax, [MARK]
        show "memory", eax
        found "mask of the PIC", 44, 0xff
        found "address line 20 off: 1 MiB is 0", 48, 0xff
        out APMC, al
        mov eax, [NOTED]
        show "SMI's handler, moved", eax
        next_phase
        mov al, 0xd1
        out 0x64, al
        mov al, OUTPUT_PORT & ~1
        out 0x60, al
        stop_here

phase2: log "keyboard controller, output port"
        call show_cr0_and_mask
        next_phase
        in al, 0x92
        and al, ~1
        out 0x92, al
        or al, 1
        out 0x92, al
        stop_here

phase3: log "port 92h"
        call show_cr0_and_mask
        next_phase
        mov dx, 0xcf9
        mov al, 0
        out dx, al
        mov al, 4
        out dx, al
        stop_here

phase4: log "CF9h"
        call show_cr0_and_mask
        next_phase
        write_pci_byte HOST_BRIDGE, TRC, 4
        stop_here

phase5: log "TRC of the host bridge"
        call show_cr0_and_mask
        mov dword [LOCAL_APIC + 0xf0], 0x1ff
        next_phase
        mov dword [LOCAL_APIC + 0x300], 0x84500 ; INIT to all including self
        stop_here

phase6: log "local APIC"
        call show_cr0_and_mask
        mov eax, [LOCAL_APIC + 0xf0]
        show "its spurious vector", eax
        next_phase
        mov dword [NEW_SMBASE + 0x8001], init_within
        call kit_paging_on
        out APMC, al
        stop_here

phase7: log "out of an SMI's handler, paging on"
        call show_cr0_and_mask
        mov eax, [NOTED + 4]
        show "handler came to its end", eax
        ret
