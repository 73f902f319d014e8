; ARPL over every pair of RPLs, in a register and in memory, in every ring and mode.
; Rows: arpl
; Expect:
;   register, RPL 0: 0000fff8 0001fff9 0001fffa 0001fffb
;   memory, RPL 0: 00001238 00011239 0001123a 0001123b
;   register, RPL 1: 0000fff9 0000fff9 0001fffa 0001fffb
;   memory, RPL 1: 00001239 00001239 0001123a 0001123b
;   register, RPL 2: 0000fffa 0000fffa 0000fffa 0001fffb
;   memory, RPL 2: 0000123a 0000123a 0000123a 0001123b
;   register, RPL 3: 0000fffb 0000fffb 0000fffb 0000fffb
;   memory, RPL 3: 0000123b 0000123b 0000123b 0000123b
;   the high half is kept abcd123b
;   only ZF changes 00000015
;   real mode: #UD
;   virtual-8086 mode: #UD
;   ring 3: ok
;   read-only page, to adjust: #PF 0007 cr2 00026000
;   end
%include "testkit.inc"
; A row has the RPL of the first operand; its cells, for source RPLs 0 to 3: ZF in bit 16, the first operand below.
%macro over_rpls 3                      ; name, first operand, instruction's first operand
        row %1, ":"
        xor ebx, ebx
%%next: mov eax, %2
        mov [.memory], eax
        arpl %3, bx
        setz dl
        movzx edx, dl
        shl edx, 16
        mov dx, %3
        cell_value edx
        inc ebx
        cmp ebx, 4
        jb %%next
        row_end
%endmacro
bits 32
test:
  %assign rpl 0
  %rep 4
    %defstr rpl_text rpl
        over_rpls {"register, RPL ", rpl_text}, 0xfff8 | rpl, ax
        over_rpls {"memory, RPL ", rpl_text}, 0x1238 | rpl, [.memory]
    %assign rpl rpl + 1
  %endrep
        mov eax, 0xabcd1238
        mov ebx, 3
        arpl ax, bx
        show "the high half is kept", eax
        mov eax, -1
        add eax, 1                      ; CF, PF, AF and ZF
        arpl bx, ax
        show_flags "only ZF changes", CF | PF | AF | ZF | SF | OF
        in_real .real
        in_v86 .v86
        call kit_paging_on
        and dword [PTE(FREE_MEMORY)], ~2
        mov eax, cr0
        or eax, 1 << 16
        mov cr0, eax
        mov word [.memory], 0
        in_ring 3, .ring3
        ret
.ring3: mov ebx, 3
        try "ring 3", arpl [.memory], bx
        try "read-only page, to adjust", arpl [FREE_MEMORY], bx
        leave_ring
bits 16
.real:  try "real mode", arpl ax, bx
        ret
.v86:   try "virtual-8086 mode", arpl ax, bx
        leave_ring
bits 32
        section .data
.memory: dd 0
