; An instruction that faults leaves registers and flags as they were (SDM vol. 3A, 6.6), and string instructions stand
; at the element that faulted.
; Rows: push, pop, call, pushad, popad, enter, leave, xchg, cmpxchg, cmpxchg8b, xadd, ret, iretd, les, lss, rcl, bts
; QEMU 7.2 pushes by parts with supervisor rights in far transfers, and reads before it finds a page read-only.
; Rows: adc, movsd, stosd, lodsd, cmpsd, scasd, insb, outsb, push segment, pop segment, pushfd, popfd, imul, shld, div, inc, setb
; Expect:
;   PUSH memory: #PF 0004 cr2 00027000
;   PUSH register: #PF 0006 cr2 00027000
;   PUSH ESP: #PF 0006 cr2 00027000
;   PUSH FS: #PF 0006 cr2 00027000
;   PUSHFD: #PF 0006 cr2 00027000
;   POP register: #PF 0004 cr2 00027000
;   POP ESP: #PF 0004 cr2 00027000
;   POP memory: #PF 0006 cr2 00027000
;   POP memory by ESP: #PF 0006 cr2 00027000
;   POPFD: #PF 0004 cr2 00027000
;   POP DS, #GP: #GP 0800
;   CALL, no stack: #PF 0006 cr2 00027000
;   CALL memory: #PF 0004 cr2 00027000
;   RET: #PF 0004 cr2 00027000
;   RET n, across pages: #PF 0004 cr2 00027000
;   far CALL, no stack: #PF 0006 cr2 00027000
;   far RET: #PF 0004 cr2 00027000
;   IRETD: #PF 0004 cr2 00027000
;   PUSHAD, its last push: #PF 0006 cr2 00027ffc
;   PUSHAD, its first push: #PF 0006 cr2 00027000
;   POPAD, its last pop: #PF 0004 cr2 00027000
;   ENTER: #PF 0006 cr2 00027000
;   ENTER, nested: #PF 0006 cr2 00027ffc
;   ENTER, the old frame not present: #PF 0004 cr2 00027004
;   LEAVE: #PF 0004 cr2 00027008
;   XCHG: #PF 0006 cr2 00027000
;   XCHG, read only: #PF 0007 cr2 00029000
;   CMPXCHG, equal, read only: #PF 0007 cr2 00029000
;   CMPXCHG, not equal, read only: #PF 0007 cr2 00029000
;   CMPXCHG8B, not equal, read only: #PF 0007 cr2 00029000
;   XADD, read only: #PF 0007 cr2 00029000
;   RCL, read only: #PF 0007 cr2 00029000
;   SHLD, read only: #PF 0007 cr2 00029000
;   BTS, read only: #PF 0007 cr2 00029000
;   ADC, read only: #PF 0007 cr2 00029000
;   ADC, across pages: #PF 0006 cr2 00027000
;   INC, read only: #PF 0007 cr2 00029000
;   IMUL: #PF 0004 cr2 00027000
;   SETC, read only: #PF 0007 cr2 00029000
;   DIV, overflow: #DE
;   LES, #GP: #GP 0800
;   LSS, null: #GP 0000
;   DWORD before the page 00000000
;   REP MOVSD: #PF 0006 cr2 00027000
;   ECX 00000006
;   ESI 00026008
;   EDI 00027000
;   REP STOSD, across pages: #PF 0006 cr2 00027000
;   ECX 00000007
;   ESI 00026008
;   EDI 00026ffe
;   REP LODSD: #PF 0004 cr2 00027000
;   ECX 00000005
;   ESI 00027000
;   EDI 00026ffe
;   REPE CMPSD: #PF 0004 cr2 00027000
;   ECX 00000007
;   ESI 00026004
;   EDI 00027000
;   its flags 00000044
;   REPNE SCASD: #PF 0004 cr2 00027000
;   ECX 00000007
;   ESI 00026004
;   EDI 00027000
;   its flags 00000000
;   REP MOVSD down: #PF 0006 cr2 00027ffc
;   ECX 00000006
;   ESI 000260f8
;   EDI 00027ffc
;   REP OUTSB: #PF 0004 cr2 00027000
;   ECX 00000006
;   ESI 00027000
;   EDI 00027ffc
;   REP INSB: #PF 0006 cr2 00027000
;   ECX 00000006
;   ESI 00027000
;   EDI 00027000
;   end
%include "testkit.inc"
bits 32
NOWHERE         equ FREE_MEMORY + 0x1000        ; a page that is not present
READ_ONLY       equ FREE_MEMORY + 0x3000
ARITHMETIC      equ CF | PF | AF | ZF | SF | OF

        section .data
good_esp:       dd 0
        section .text

; Runs an instruction with ESP as given and all flags set, and compares what the exception saw.
%macro restart 3+                       ; name, ESP, instruction
        mov [good_esp], esp
        push dword 2 | ARITHMETIC
        popfd
        mov esp, %2
        keep_registers
        try %1, %3
        mov esp, [good_esp]
        call compare
%endmacro

test:
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        mov dword [PTE(READ_ONLY)], READ_ONLY | 5
        mov eax, cr3
        mov cr3, eax
        mov dword [READ_ONLY], 5
        in_ring 3, .ring3, 2 | IOPL(3)
        ret

compare:
        push eax
        call kit_registers_kept
        jne .changed
        mov eax, [last_eflags]
        and eax, ARITHMETIC
        cmp eax, ARITHMETIC
        je .same
.changed:
        log "CHANGED"
.same:  pop eax
        ret

test.ring3:
        mov eax, 5
        mov ebx, 0x22222222
        mov ecx, 3
        mov edx, 0x44444444
        mov esi, FREE_MEMORY
        mov edi, NOWHERE
        mov ebp, FREE_MEMORY + 0x800
        restart "PUSH memory", esp, push dword [edi]
        restart "PUSH register", NOWHERE + 4, push eax
        restart "PUSH ESP", NOWHERE + 4, push esp
        restart "PUSH FS", NOWHERE + 4, push fs
        restart "PUSHFD", NOWHERE + 4, pushfd
        restart "POP register", NOWHERE, pop eax
        restart "POP ESP", NOWHERE, pop esp
        restart "POP memory", FREE_MEMORY + 16, pop dword [edi]
        restart "POP memory by ESP", NOWHERE - 4, pop dword [esp]
        restart "POPFD", NOWHERE, popfd
        mov dword [FREE_MEMORY + 16], GDT_LIMIT + 1
        restart "POP DS, #GP", FREE_MEMORY + 16, pop ds
        restart "CALL, no stack", NOWHERE + 4, call test.ring3
        restart "CALL memory", esp, call [edi]
        restart "RET", NOWHERE, ret
        restart "RET n, across pages", NOWHERE - 2, ret 8
        restart "far CALL, no stack", NOWHERE + 4, call CODE3:test.ring3
        restart "far RET", NOWHERE - 4, retf
        restart "IRETD", NOWHERE - 8, iretd
        restart "PUSHAD, its last push", NOWHERE + 0x1000 + 28, pushad
        restart "PUSHAD, its first push", NOWHERE + 4, pushad
        restart "POPAD, its last pop", NOWHERE - 28, popad
        restart "ENTER", NOWHERE + 4, enter 16, 0
        restart "ENTER, nested", NOWHERE + 0x1000 + 4, enter 16, 3
        mov ebp, NOWHERE + 8
        restart "ENTER, the old frame not present", FREE_MEMORY + 0x800, enter 16, 3
        restart "LEAVE", FREE_MEMORY + 16, leave
        restart "XCHG", esp, xchg eax, [edi]
        mov edi, READ_ONLY
        restart "XCHG, read only", esp, xchg eax, [edi]
        restart "CMPXCHG, equal, read only", esp, cmpxchg [edi], ebx
        mov eax, 6
        restart "CMPXCHG, not equal, read only", esp, lock cmpxchg [edi], ebx
        restart "CMPXCHG8B, not equal, read only", esp, cmpxchg8b [edi]
        restart "XADD, read only", esp, xadd [edi], eax
        restart "RCL, read only", esp, rcl dword [edi], 1
        restart "SHLD, read only", esp, shld [edi], eax, 3
        restart "BTS, read only", esp, bts [edi], eax
        restart "ADC, read only", esp, adc [edi], eax
        restart "ADC, across pages", esp, adc [NOWHERE - 2], eax
        restart "INC, read only", esp, inc dword [edi]
        restart "IMUL", esp, imul eax, [NOWHERE], 3
        restart "SETC, read only", esp, setc [edi]
        restart "DIV, overflow", esp, div ebx
        mov dword [FREE_MEMORY + 16], 0x1234
        mov dword [FREE_MEMORY + 20], GDT_LIMIT + 1
        restart "LES, #GP", esp, les eax, [FREE_MEMORY + 16]
        mov dword [FREE_MEMORY + 20], 0
        restart "LSS, null", esp, lss esp, [FREE_MEMORY + 16]
        show "DWORD before the page", dword [NOWHERE - 4]

        ; Strings that run into the page.
%macro run_into 2+
        mov ecx, 8
        mov [good_esp], esp
        try %1, %2
        show "ECX", ecx
        show "ESI", esi
        show "EDI", edi
%endmacro
        mov esi, FREE_MEMORY
        mov edi, NOWHERE - 8
        run_into "REP MOVSD", rep movsd
        mov edi, NOWHERE - 6
        run_into "REP STOSD, across pages", rep stosd
        mov esi, NOWHERE - 12
        run_into "REP LODSD", rep lodsd
        mov esi, FREE_MEMORY
        mov edi, NOWHERE - 4
        mov dword [esi], 7
        mov dword [edi], 7
        run_into "REPE CMPSD", repe cmpsd
        show_saved "its flags", ARITHMETIC
        mov edi, NOWHERE - 4
        mov eax, 9
        run_into "REPNE SCASD", repne scasd
        show_saved "its flags", ARITHMETIC
        std
        mov esi, FREE_MEMORY + 0x100
        mov edi, NOWHERE + 0x1004
        run_into "REP MOVSD down", rep movsd
        cld
        mov esi, NOWHERE - 2
        mov dx, 0x80
        run_into "REP OUTSB", rep outsb
        mov edi, NOWHERE - 2
        run_into "REP INSB", rep insb
        leave_ring
