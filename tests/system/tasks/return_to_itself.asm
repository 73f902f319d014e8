; IRET whose link is the running task's own TSS saves the state and then loads it: it goes on behind itself, with NT
; clear and its TSS no longer busy, whatever the TSS held before.
; Rows: iretd
; Expect:
;   resumed behind IRET
;   EFLAGS 00000003
;   access byte 00000089
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.3: the busy bit is cleared in step 6 and left so by IRET in step 10, the state saved in step 8 and
; loaded in step 12. QEMU 7.2 loads what was there before.
bits 32
test:
        mov word [TSS], TSS_SELECTOR
        mov dword [TSS + TSS32_EIP], .stale
        mov dword [TSS + TSS32_EFLAGS], 2
        mov [TSS + TSS32_ESP], esp
        mov word [TSS + TSS32_CS], CODE0
        mov word [TSS + TSS32_SS], DATA0
        mov word [TSS + TSS32_DS], DATA0
        mov word [TSS + TSS32_ES], DATA0
        push dword NT | CF | 2
        popfd
        iretd
        log "resumed behind IRET"
        jmp .show
.stale: log "resumed where the TSS said before"
.show:  pushfd
        pop eax
        show "EFLAGS", eax
        movzx eax, byte [GDT + TSS_SELECTOR + 5]
        show "access byte", eax
        ret
