; Page faults of instruction fetches: CR2 is the first byte that cannot be fetched, EIP the instruction's, which is its
; target's after a transfer: that has happened then. Without NXE the error code does not tell a fetch from a read.
; A line shows the vector, the error code, CR2, EIP, and how far ESP has moved. QEMU 7.2 fetches a sixteenth byte.
; Rows: jmp, call, ret, jmp far, call far, ret far, iretd, nop, ud2
; Expect:
;   ring 0
;   JMP: 0000000e 00000000 00027123 00027123 00000000
;   JMP EBX: 0000000e 00000000 00027000 00027000 00000000
;   CALL: 0000000e 00000000 00027000 00027000 fffffffc
;   RET: 0000000e 00000000 00027000 00027000 00000004
;   far JMP: 0000000e 00000000 00027000 00027000 00000000
;   far CALL: 0000000e 00000000 00027000 00027000 fffffff8
;   far RET: 0000000e 00000000 00027000 00027000 00000008
;   IRETD: 0000000e 00000000 00027000 00027000 0000000c
;   NOP before the page: 0000000e 00000000 00027000 00027000 00000000
;   complete before the page: 0000000e 00000000 00027000 00027000 00000000
;   undefined before the page: 00000006 00000000 00027000 00026ffe 00000000
;   one byte before the page: 0000000e 00000000 00027000 00026fff 00000000
;   four bytes before the page: 0000000e 00000000 00027000 00026ffc 00000000
;   prefixes before the page: 0000000e 00000000 00027000 00026ffd 00000000
;   0F before the page: 0000000e 00000000 00027000 00026fff 00000000
;   MOD R/M before the page, not SIB: 0000000e 00000000 00027000 00026ffe 00000000
;   fourteen prefixes before the page: 0000000e 00000000 00027000 00026ff2 00000000
;   fifteen prefixes before the page: 0000000d 00000000 00027000 00026ff1 00000000
;   ring 3
;   JMP: 0000000e 00000004 00027123 00027123 00000000
;   JMP EBX: 0000000e 00000004 00027000 00027000 00000000
;   CALL: 0000000e 00000004 00027000 00027000 fffffffc
;   RET: 0000000e 00000004 00027000 00027000 00000004
;   far JMP: 0000000e 00000004 00027000 00027000 00000000
;   far CALL: 0000000e 00000004 00027000 00027000 fffffff8
;   far RET: 0000000e 00000004 00027000 00027000 00000008
;   IRETD: 0000000e 00000004 00027000 00027000 0000000c
;   NOP before the page: 0000000e 00000004 00027000 00027000 00000000
;   complete before the page: 0000000e 00000004 00027000 00027000 00000000
;   undefined before the page: 00000006 00000000 00027000 00026ffe 00000000
;   one byte before the page: 0000000e 00000004 00027000 00026fff 00000000
;   four bytes before the page: 0000000e 00000004 00027000 00026ffc 00000000
;   prefixes before the page: 0000000e 00000004 00027000 00026ffd 00000000
;   0F before the page: 0000000e 00000004 00027000 00026fff 00000000
;   MOD R/M before the page, not SIB: 0000000e 00000004 00027000 00026ffe 00000000
;   fourteen prefixes before the page: 0000000e 00000004 00027000 00026ff2 00000000
;   fifteen prefixes before the page: 0000000d 00000000 00027000 00026ff1 00000000
;   supervisor's page, JMP: 0000000e 00000005 00026010 00026010 00000000
;   supervisor's page, far CALL: 0000000e 00000005 00026000 00026000 fffffff8
;   a supervisor's read-only page: ok
;   end
%include "testkit.inc"
CODE            equ FREE_MEMORY
ABSENT          equ FREE_MEMORY + 0x1000        ; behind it, not present

%define PREFIXES 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66

%macro transfer 2+
        try_silently %2
        row %1, ":"
        cell_value [last_vector]
        cell_value [last_error]
        cell_value [last_cr2]
        cell_value [last_eip]
        mov eax, [last_esp]
        sub eax, [try_esp]
        cell_value eax
        row_end
%endmacro

; Code whose first bytes lie before the edge of the absent page.
%macro across 3+                                ; name, how many, the bytes
        mov esi, %%code
        mov edi, ABSENT - %2
        mov ecx, %2
        rep movsb
        transfer %1, jmp ABSENT - %2
        [section .data]
%%code: db %3
        __?SECT?__
%endmacro

%macro all_transfers 1                          ; ring
        transfer "JMP", jmp ABSENT + 0x123
        mov ebx, ABSENT
        transfer "JMP EBX", jmp ebx
        transfer "CALL", call ABSENT
        push dword ABSENT
        transfer "RET", ret
        add esp, 4
        transfer "far JMP", jmp CODE%1:ABSENT
        transfer "far CALL", call CODE%1:ABSENT
        push dword CODE%1
        push dword ABSENT
        transfer "far RET", retf
        add esp, 8
        push dword 2
        push dword CODE%1
        push dword ABSENT
        transfer "IRETD", iretd
        add esp, 12
        across "NOP before the page", 1, 0x90
        across "complete before the page", 5, 0xb8, 0x78, 0x56, 0x34, 0x12
        across "undefined before the page", 2, 0x0f, 0x0b
        across "one byte before the page", 1, 0xb8
        across "four bytes before the page", 4, 0xb8, 0x78, 0x56, 0x34
        across "prefixes before the page", 3, 0x66, 0x2e, 0x3e
        across "0F before the page", 1, 0x0f
        across "MOD R/M before the page, not SIB", 2, 0x8b, 0x04
        across "fourteen prefixes before the page", 14, PREFIXES
        across "fifteen prefixes before the page", 15, PREFIXES, 0x66
%endmacro

        section .text
bits 32
test:   call kit_paging_on
        mov dword [PTE(ABSENT)], 0
        invlpg [ABSENT]
        log "ring 0"
        all_transfers 0
        in_ring 3, .user
        mov dword [PTE(CODE)], CODE | 3
        invlpg [CODE]
        in_ring 3, .supervisor_page
        mov dword [PTE(CODE)], CODE | 1         ; read-only pages may be executed
        invlpg [CODE]
        mov byte [CODE], 0xc3
        try "a supervisor's read-only page", call CODE
        ret
.user:  log "ring 3"
        all_transfers 3
        leave_ring
.supervisor_page:
        transfer "supervisor's page, JMP", jmp CODE + 0x10
        transfer "supervisor's page, far CALL", call CODE3:CODE
        leave_ring
