; Addresses behind FFFF:000F: with A20 they go on behind 1 MiB, in real and in virtual-8086 mode; with A20 masked, by
; the keyboard controller or by port 92h, they wrap to 0, behind paging too; either of the two keeps it open. Offsets
; never leave the segment (SDM vol. 3B, 20.1.1 and 20.2.1).
; Rows: mov, out immediate, in immediate
; Expect:
;   A20 on
;   real mode 22222222
;   the same by another segment 22222222
;   virtual-8086 mode 22222222
;   the same by another segment 22222222
;   an offset that wraps 00000011
;   protected mode 22222222
;   by the keyboard controller
;   real mode 22222222
;   the same by another segment 22222222
;   virtual-8086 mode 22222222
;   the same by another segment 22222222
;   an offset that wraps 00000011
;   protected mode 22222222
;   by none
;   real mode 11111111
;   the same by another segment 11111111
;   virtual-8086 mode 11111111
;   the same by another segment 11111111
;   an offset that wraps 00000011
;   protected mode 11111111
;   virtual-8086 mode 11111111
;   the same by another segment 11111111
;   an offset that wraps 00000011
;   protected mode 11111111
;   by the output port
;   virtual-8086 mode 22222222
;   the same by another segment 22222222
;   an offset that wraps 00000011
;   protected mode 22222222
;   masked, a page that is mapped there
;   at 100500h 33333333
;   at 500h 11111111
;   at 200500h, opened 33333333
;   at 100500h 00000000
;   end
%include "testkit.inc"
bits 32
LOW             equ 0x500               ; FFFF:0510
HIGH            equ 0x100500

test:
        mov dword [LOW], 0x11111111
        mov dword [HIGH], 0x22222222
        log "A20 on"
        call .each
        mov al, 0                       ; port 92h lets go
        out 0x92, al
        log "by the keyboard controller"
        mov al, 0xdf
        call .keyboard_command
        call .each
        log "by none"
        mov al, 0xdd
        call .keyboard_command
        call .each
        call kit_paging_on
        call .each_paged
        log "by the output port"
        mov ah, 0xdf
        call .output_port
        call .each_paged
        mov ah, 0xdd
        call .output_port
        log "masked, a page that is mapped there"
        mov dword [PTE(0x100000)], 0x300000 | 7
        mov eax, cr3
        mov cr3, eax
        mov dword [0x100500], 0x33333333
        show "at 100500h", dword [0x100500]
        show "at 500h", dword [LOW]
        mov al, 2
        out 0x92, al
        show "at 200500h, opened", dword [0x200500]
        show "at 100500h", dword [0x100500]
        ret
.each:  in_real .real
.each_paged:
        in_v86 .v86, 2 | IOPL(3)
        show "protected mode", dword [HIGH]
        ret
.keyboard_command:
        push eax
        call .keyboard_ready
        pop eax
        out 0x64, al
        jmp .keyboard_ready
.output_port:
        push eax
        mov al, 0xd1
        call .keyboard_command
        pop eax
        mov al, ah
        out 0x60, al
.keyboard_ready:
        in al, 0x64
        test al, 2
        jnz .keyboard_ready
        ret

bits 16
%macro behind_1_mib 1
        mov ax, 0xffff
        mov fs, ax
        show %1, dword [fs:LOW + 0x10]
        mov ax, 0xfff0
        mov fs, ax
        show "the same by another segment", dword [fs:LOW + 0x100]
%endmacro
.real:  behind_1_mib "real mode"
        ret
.v86:   behind_1_mib "virtual-8086 mode"
        ; Offsets wrap within the segment.
        mov bx, 0xfffe
        mov ax, 0
        mov fs, ax
        mov al, [fs:bx + LOW + 2]
        movzx eax, al
        show "an offset that wraps", eax
        leave_ring
