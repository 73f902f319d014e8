; RSM of a CR4 with a reserved bit shuts the processor down (SDM vol. 3C, 34.3.2). Where the save area has CR4 the manual
; does not say: 7F78h is this processor's own place.
; Rows: rsm
; Expect:
;   [triple fault]
%include "resume_with.inc"

        resume_with 0x7f78, 1 << 30
