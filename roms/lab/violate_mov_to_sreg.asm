; MOV to a segment register of a selector that a driver passed, with an exception table for when it faults, as Linux loads
; FS and GS from a signal frame. Of RPL 1 and DPL 0 it must fault; at ring 1 or 3 the segment has the DPL of that ring.
%macro load_selector 0
        mov gs, ebx
%endmacro
%include "lab/checked_load.inc"
