; RSM of a CR0 with PG and without PE shuts the processor down (SDM vol. 3C, 34.3.2).
; Rows: rsm
; Expect:
;   [triple fault]
%include "resume_with.inc"

        resume_with SAVED_CR0, 0x80000010
