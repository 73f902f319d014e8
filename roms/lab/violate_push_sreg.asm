; PUSH SS, POP ES: how compiled code of 16-bit systems made ES the stack's segment, for a string instruction on a local
; variable. At an outer ring the pushed SS shows that ring, and ring 0's rules refuse to load it.
%include "lab/kernel.inc"

test:
        call catch_faults
        say "kernel: mounting root"
        sub esp, 16
        push ss                         ; local: a buffer of zeros
        pop es
        mov edi, esp
        mov ecx, 4
        xor eax, eax
        rep stosd
        add esp, 16
        say "kernel: root is mounted"
        shut_down
