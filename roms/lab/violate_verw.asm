; A kernel that asks VERW whether a driver may write to the segment it passed, as the 286's and 386's first systems did in
; copying to far pointers. At ring 1 or 3 the kernel's own segment has the DPL of that ring, and the answer is yes.
%include "lab/driver.inc"

may_use:
        verw bx
        jnz .no
        clc
        ret
.no:    stc
        ret
