; POP of a segment register at a kernel's exit, with an exception table for when it faults, as Linux restores DS and ES.
; A selector of RPL 1 and DPL 0 must fault; at ring 1 or 3 the segment has the DPL of that ring.
%macro load_selector 0
        push ebx
        pop gs
%endmacro
%include "lab/checked_load.inc"
