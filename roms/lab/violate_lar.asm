; A kernel that asks LAR whether a driver may use the selector it passed, as DOS extenders and OS/2 did. For the driver's
; RPL 1 and the kernel's segment of DPL 0 the answer is no; at ring 1 or 3 the segment has the DPL of that ring, and the
; answer is yes.
%include "lab/driver.inc"

may_use:
        lar eax, ebx
        jnz .no
        test ah, PRESENT                ; ZF set: CF is clear in both cases
        jz .no
        ret
.no:    stc
        ret
