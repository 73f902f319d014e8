; A kernel that goes to sleep: it saves the descriptor table register by SGDT, and loads it again when it wakes (Linux:
; save_processor_state). At an outer ring it has saved the monitor's, where it has no memory: it falls over with the
; first selector it loads, and with the handler of that fault.
%include "lab/kernel.inc"

test:
        call catch_faults
        say "suspend: saving the processor's state"
        sgdt [saved]
        say_hex "suspend: descriptor table at", [saved + 2]
        say "resume: restoring the processor's state"
        lgdt [saved]
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ss, eax
        jmp CODE0:.resumed
.resumed:
        say "resume: done"
        shut_down

        section .data
saved:  dw 0, 0, 0
        section .text
