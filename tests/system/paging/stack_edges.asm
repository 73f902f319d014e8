; Frames across the edge of two pages, one of which is not present: the fault leaves the registers as they were, and the
; instruction completes when the page is there. A page fault tells of the first push or pop that needs the page.
; QEMU 7.2 pushes by parts in PUSHA and far transfers, with supervisor rights in the latter, and probes no end of ENTER.
; Rows: push, pop, pushad, pusha, popad, popa, enter, leave, call, ret, call far, ret far, iretd, int
; Expect:
;   PUSHAD: #PF 0006 cr2 00027ffc
;   and again: ok
;   ESP 00027ff0
;   PUSHA: #PF 0006 cr2 00027ffe
;   and again: ok
;   ESP 00027ff6
;   PUSHAD, one dword in both: #PF 0006 cr2 00027ffe
;   and again: ok
;   ESP 00027ff2
;   POPAD: #PF 0004 cr2 00028000
;   and again: ok
;   ESP 00028010
;   POPA: #PF 0004 cr2 00028000
;   and again: ok
;   ESP 0002800a
;   PUSH, lower part: #PF 0006 cr2 00027ffe
;   and again: ok
;   ESP 00027ffe
;   PUSH, upper part: #PF 0006 cr2 00028000
;   and again: ok
;   ESP 00027ffe
;   POP, lower part: #PF 0004 cr2 00027ffe
;   and again: ok
;   ESP 00028002
;   POP, upper part: #PF 0004 cr2 00028000
;   and again: ok
;   ESP 00028002
;   ENTER 8, 3: #PF 0006 cr2 00027ffc
;   and again: ok
;   ESP 00027ff0
;   ENTER 1000h, 0: its end: #PF 0006 cr2 0002701c
;   and again: ok
;   ESP 0002701c
;   LEAVE: #PF 0004 cr2 00028000
;   and again: ok
;   ESP 00028002
;   CALL: #PF 0006 cr2 00027ffe
;   and again: ok 003b
;   ESP 00027ffe
;   far CALL, EIP: #PF 0006 cr2 00027ffc
;   and again: ok 003b
;   ESP 00027ffc
;   far CALL, CS: #PF 0006 cr2 00028000
;   and again: ok 003b
;   ESP 00027ffc
;   far RET, CS: #PF 0004 cr2 00028000
;   and again: ok 003b
;   ESP 00028004
;   IRETD, EFLAGS: #PF 0004 cr2 00028000
;   and again: ok 003b
;   ESP 00028004
;   INT, EFLAGS: #PF 0002 cr2 00027ffc
;   and again: ok 0019
;   ESP 00027ff4
;   INT, SS: #PF 0002 cr2 00028004
;   and again: ok 0019
;   ESP 00027ff4
;   call gate, a parameter: #PF 0002 cr2 00027ffc
;   and again: ok 0019
;   ESP 00027ff4
;   call gate, SS: #PF 0002 cr2 00028008
;   and again: ok 0019
;   ESP 00027ff4
;   end
%include "testkit.inc"
BELOW           equ FREE_MEMORY + 0x1000
EDGE            equ FREE_MEMORY + 0x2000        ; ABOVE begins there
ABOVE           equ EDGE

; Runs an instruction at ring 3 without the page, and makes ready to run it again with it.
%macro without_page 4+                          ; name, page, ESP, instruction
%push across
        mov dword [absent], %2
        call unmap
        in_ring 3, %$user
        jmp %$behind
%$user: mov [good_esp], esp
        mov esp, %3
        keep_registers
        try %1, %4
        mov esp, [good_esp]
        call compare
        call map
        mov esp, %3
%endmacro
%macro show_esp 0
        mov esp, [good_esp]
        show "ESP", [last_esp]
        leave_ring
%$behind:
%pop
%endmacro

%macro across 4+                                ; both
        without_page %1, %2, %3, %4
        try "and again", %4
        mov [last_esp], esp
        show_esp
%endmacro
%macro transfer_across 4+                       ; the same for an instruction that goes to `arrived`
        without_page %1, %2, %3, %4
        try "and again", %4
        show_esp
%endmacro

        section .data
good_esp:       dd 0
absent:         dd 0                            ; the page

        section .text
bits 32
arrived:
        arrive

unmap:  mov edx, [absent]
        mov ecx, edx
        shr ecx, 12
        mov dword [PAGE_TABLE + ecx * 4], 0
        invlpg [edx]
        ret

; A translation that is not present is kept nowhere: ring 3 may map the page without INVLPG.
map:    push ecx
        push edx
        mov edx, [absent]
        mov ecx, edx
        shr ecx, 12
        or edx, 7
        mov [PAGE_TABLE + ecx * 4], edx
        pop edx
        pop ecx
        ret

compare:
        call kit_registers_kept
        je .same
        log "CHANGED"
.same:  ret

test:
        call kit_paging_on
        put_gate 0x40, CODE1, arrived, INT_GATE32 | DPL(3)
        put_call_gate FREE, CODE1, arrived, CALL_GATE32 | DPL(3), 2
        mov dword [EDGE - 4], CODE3
        mov dword [EDGE], CODE3
        mov dword [EDGE + 4], 0x202
        mov ebp, EDGE + 0x100
        across "PUSHAD", BELOW, EDGE + 16, pushad
        across "PUSHA", BELOW, EDGE + 6, pushaw
        across "PUSHAD, one dword in both", BELOW, EDGE + 18, pushad
        across "POPAD", ABOVE, EDGE - 16, popad
        mov ebp, EDGE + 0x100
        across "POPA", ABOVE, EDGE - 6, popaw
        mov ebp, EDGE + 0x100
        across "PUSH, lower part", BELOW, EDGE + 2, push eax
        across "PUSH, upper part", ABOVE, EDGE + 2, push eax
        across "POP, lower part", BELOW, EDGE - 2, pop eax
        across "POP, upper part", ABOVE, EDGE - 2, pop eax
        across "ENTER 8, 3", BELOW, EDGE + 8, enter 8, 3
        mov ebp, EDGE + 0x100
        across "ENTER 1000h, 0: its end", BELOW, EDGE + 0x20, enter 0x1000, 0
        mov ebp, EDGE - 2
        across "LEAVE", ABOVE, EDGE - 0x20, leave
        transfer_across "CALL", BELOW, EDGE + 2, call arrived
        transfer_across "far CALL, EIP", BELOW, EDGE + 4, call CODE3:arrived
        transfer_across "far CALL, CS", ABOVE, EDGE + 4, call CODE3:arrived
        mov dword [EDGE - 4], arrived
        transfer_across "far RET, CS", ABOVE, EDGE - 4, retf
        mov dword [EDGE - 8], arrived
        mov dword [EDGE - 4], CODE3
        mov dword [EDGE], 0x202
        transfer_across "IRETD, EFLAGS", ABOVE, EDGE - 8, iretd
        ; To an inner ring's stack: with its rights.
        mov dword [TSS + 12], EDGE + 8
        transfer_across "INT, EFLAGS", BELOW, esp, int 0x40
        transfer_across "INT, SS", ABOVE, esp, int 0x40
        mov dword [TSS + 12], EDGE + 12
        transfer_across "call gate, a parameter", BELOW, esp, call FREE | 3:0
        transfer_across "call gate, SS", ABOVE, esp, call FREE | 3:0
        ret
