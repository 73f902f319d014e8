; LDS of a far pointer that a driver passed, with a handler for when it faults, as 16-bit systems took their arguments. A
; selector of RPL 1 and DPL 0 must fault; at ring 1 or 3 the segment has the DPL of that ring.
%define FOR_READING
%macro load_selector 0
        mov [far_pointer], esi
        mov [far_pointer + 4], ebx
        lds esi, [far_pointer]
        mov eax, DATA0
        mov ds, eax
%endmacro
%include "lab/checked_load.inc"
        section .data
far_pointer:    dd 0, 0
        section .text
