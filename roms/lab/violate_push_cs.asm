; A kernel that has written to its own code serialises the processor by an IRET to itself, from a frame of PUSHF, PUSH CS
; and an address (Linux: sync_core). At an outer ring the pushed CS shows that ring, so IRET takes this for a return to an
; outer ring, and refuses it.
%include "lab/kernel.inc"

test:
        call catch_faults
        say "alternatives: patching kernel code"
        mov byte [patched + 1], 2       ; MOV AL, 2
        call sync_core
patched:
        mov al, 1
        movzx eax, al
        say_count "alternatives: variant", eax
        shut_down

sync_core:
        pushfd
        push cs
        push dword .synchronised
        iretd
.synchronised:
        ret
