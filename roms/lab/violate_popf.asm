; Critical sections as kernels up to Linux 2.6 made them: save_flags, cli ... restore_flags, which is POPF. What POPF says
; of IF is dropped at an outer ring, silently: interrupts stay on where they should go off again, and off for ever where
; they should come on.
%macro irq_save 0
        pushfd
        cli
%endmacro
%macro irq_restore 0
        popfd
%endmacro
%macro inner_section 0                  ; a driver that lets interrupts in while it waits
        pushfd
        sti
        nop
        popfd
%endmacro
%include "lab/critical.inc"
