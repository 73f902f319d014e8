; The services of the test kit work in every ring and mode, and an exception is logged where it was raised.
; Rows: ud2, cli, iretd, lmsw, sti
; Expect:
;   ring 0: ok
;   ring 0, UD2: #UD
;   register kept 00001234
;   null CS: #GP 0000
;   ring 1, CLI: #GP 0000
;   ring 2, CLI: #GP 0000
;   ring 3, CLI: #GP 0000
;   ring 3, IOPL 3, CLI: ok
;   ring 3, LMSW: #GP 0000
;   in virtual-8086 mode
;   virtual-8086 mode, IOPL 0, CLI: #GP 0000
;   in virtual-8086 mode
;   virtual-8086 mode, IOPL 3, CLI: ok
;   in real mode 0000effe
;   real mode, UD2: #UD
;   real mode, STI: ok
;   not-present page: #PF 0000 cr2 00026004
;   end
%include "testkit.inc"
bits 32
test:
        mov ecx, 0x1234
        try "ring 0", mov eax, ecx
        try "ring 0, UD2", ud2
        show "register kept", ecx
        try "null CS", jmp 0:0
        in_ring 1, .ring1
        in_ring 2, .ring2
        in_ring 3, .ring3
        in_ring 3, .ring3_iopl3, 2 | IOPL(3)
        in_v86 .v86_iopl0
        in_v86 .v86_iopl3, 2 | IOPL(3)
        in_real .real
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY)], 0
        invlpg [FREE_MEMORY]
        try "not-present page", mov eax, [FREE_MEMORY + 4]
        ret
.ring1: try "ring 1, CLI", cli
        leave_ring
.ring2: try "ring 2, CLI", cli
        leave_ring
.ring3: try "ring 3, CLI", cli
        leave_ring
.ring3_iopl3:
        try "ring 3, IOPL 3, CLI", cli
        try "ring 3, LMSW", lmsw ax
        leave_ring
bits 16
.v86_iopl0:
        log "in virtual-8086 mode"
        try "virtual-8086 mode, IOPL 0, CLI", cli
        leave_ring
.v86_iopl3:
        log "in virtual-8086 mode"
        try "virtual-8086 mode, IOPL 3, CLI", cli
        leave_ring
.real:  show "in real mode", esp
        try "real mode, UD2", ud2
        try "real mode, STI", sti
        cli
        ret
