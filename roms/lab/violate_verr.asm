; A kernel that asks VERR whether a driver may read the segment it passed, as the 286's and 386's first systems did in
; copying from far pointers. At ring 1 or 3 the kernel's own segment has the DPL of that ring, and the answer is yes.
%define FOR_READING
%include "lab/driver.inc"

may_use:
        verr bx
        jnz .no
        clc
        ret
.no:    stc
        ret
