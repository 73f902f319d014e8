; RSM is an invalid opcode outside system management mode, in every ring and mode (SDM vol. 3C, 34.3.2).
; Rows: rsm
; Expect:
;   ring 0: #UD
;   ring 1: #UD
;   ring 3: #UD
;   virtual-8086 mode: #UD
;   real mode: #UD
;   end
%include "testkit.inc"

        section .text
bits 32
test:   try "ring 0", rsm
        in_ring 1, ring1
        in_ring 3, ring3
        in_v86 virtual_8086
        in_real real
        ret
ring1:  try "ring 1", rsm
        leave_ring
ring3:  try "ring 3", rsm
        leave_ring
bits 16
virtual_8086:
        try "virtual-8086 mode", rsm
        leave_ring
real:   try "real mode", rsm
        ret
