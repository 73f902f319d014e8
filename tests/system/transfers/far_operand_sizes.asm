; Far CALL with operands of 16 and 32 bits, by pointer, by memory and through gates, from where EIP is above 64 KiB: how
; much is pushed, with EIP cut to 16 bits or not, and the RETF that fits. A gate's size decides over the instruction's.
; Rows: call far, ret far
; Expect:
;   pointer: 00000008 00010000 00000068 00000000
;   pointer of 16 bits: 00000004 00000000 00000068 00000000
;   memory: 00000008 00010000 00000068 00000000
;   memory of 16 bits: 00000004 00000000 00000068 00000000
;   gate of 32 bits: 00000008 00010000 00000068 00000000
;   gate of 32 bits, operand of 16: 00000008 00010000 00000068 00000000
;   gate of 16 bits: 00000004 00000000 00000068 00000000
;   gate of 16 bits, operand of 32: 00000004 00000000 00000068 00000000
;   end
%include "testkit.inc"
; SDM volume 2, CALL and RET. Cells: how much was pushed, the pushed EIP less the offset of what is behind the CALL, the
; pushed CS; then how much RETF left.
HIGH_CODE       equ FREE                ; base -64 KiB: EIP is 10000h above a label; cut, it leads to the ROM
GATE32          equ FREE + 8
GATE16          equ FREE + 16
%macro far_call 2+                      ; name, instruction
        row %1, ":"
        mov dword [behind], %%behind
        mov [esp_before], esp
        jmp HIGH_CODE:%%at + 0x10000
%%at:   %2
%%behind:
        jmp dword CODE0:%%flat
%%flat: call show_call
%endmacro
bits 32
test:
        put_descriptor HIGH_CODE, 0xffff0000, 0xfffff, CODE_RX, FLAT
        put_call_gate GATE32, CODE0, target32, CALL_GATE32, 0
        put_call_gate GATE16, CODE0, target16, CALL_GATE16, 0
        far_call "pointer", call dword CODE0:target32
        far_call "pointer of 16 bits", call word CODE0:target16
        far_call "memory", call far dword [pointer32]
        far_call "memory of 16 bits", call far word [pointer16]
        far_call "gate of 32 bits", call dword GATE32:0
        far_call "gate of 32 bits, operand of 16", call word GATE32:0
        far_call "gate of 16 bits", call word GATE16:0
        far_call "gate of 16 bits, operand of 32", call dword GATE16:0
        ret
target32:
        mov eax, [esp]
        movzx ecx, word [esp + 4]
        mov edx, esp
        retf
target16:
        movzx eax, word [esp]
        movzx ecx, word [esp + 2]
        mov edx, esp
        o16 retf
show_call:
        sub edx, [esp_before]
        neg edx
        cell_value edx
        sub eax, [behind]
        cell_value eax
        cell_value ecx
        lea eax, [esp + 4]
        sub eax, [esp_before]
        cell_value eax
        row_end
        ret
        section .data
behind: dd 0
esp_before: dd 0
pointer32: dd target32
        dw CODE0
pointer16: dw target16, CODE0
