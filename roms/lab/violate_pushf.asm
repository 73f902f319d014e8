; Critical sections as today's kernels make them: PUSHF saves the flags, STI switches interrupts on again if they say that
; they were on. At an outer ring PUSHF always says that they were: the end of an inner section switches them on in the
; midst of the outer one.
%macro irq_save 0
        pushfd
        cli
%endmacro
%macro irq_restore 0
        test dword [esp], IF
        lea esp, [esp + 4]
        jz %%off
        sti
%%off:
%endmacro
%macro inner_section 0                  ; a lock inside the lock
        irq_save
        irq_restore
%endmacro
%include "lab/critical.inc"
