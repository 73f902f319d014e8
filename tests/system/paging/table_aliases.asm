; A table entry changed by every kind of store, through another linear address of the table's page: after INVLPG it
; counts. A line shows what is read where page 0 of the test's pages was mapped, and page 1 should be.
; Rows: mov, xchg, xadd, cmpxchg, cmpxchg8b, add, or, xor, bts, btc, stosd, movsd, movsb, push, pop, pushad, enter
; Rows: fist, movq mmx, movups, invlpg, mov to-control
; Expect:
;   MOV 11111111
;   MOV of a byte 11111111
;   MOV across pages 11111111
;   MOV by a large page 11111111
;   XCHG 11111111
;   XADD 11111111
;   CMPXCHG 11111111
;   CMPXCHG8B 11111111
;   ADD 11111111
;   OR 11111111
;   XOR 11111111
;   BTS 11111111
;   BTC far off 11111111
;   STOSD 11111111
;   MOVSD 11111111
;   REP MOVSB 11111111
;   PUSH 11111111
;   POP 11111111
;   PUSHAD 11111111
;   ENTER 11111111
;   FIST 11111111
;   MOVQ 11111111
;   MOVUPS 11111111
;   ring 3 11111111
;   paging off 11111111
;   end
%include "testkit.inc"
PAGE            equ FREE_MEMORY                 ; pages 0 and 1
TABLE           equ FREE_MEMORY + 0x4000        ; of LINEAR
ALIAS           equ FREE_MEMORY + 0x5000        ; maps the table's page too
LINEAR          equ 0x400000
LARGE_ALIAS     equ 0x800000 + TABLE            ; by a large page
ZEROTH          equ PAGE | 7
FIRST           equ (PAGE + 0x1000) | 7

; The instruction changes the entry at EBX and EDI; EAX is what it is, ECX what it shall be, ESI points to the latter.
%macro changed 2+
        mov dword [TABLE], ZEROTH
        invlpg [LINEAR]
        mov eax, [LINEAR]
        mov ebx, ALIAS
        mov edi, ebx
        mov esi, image
        mov eax, [TABLE]
        mov ecx, FIRST
        mov edx, 0x1000                         ; the difference
        mov [good_esp], esp
        %2
        mov esp, [good_esp]
        invlpg [LINEAR]
        mov eax, [LINEAR]
        show %1, eax
%endmacro

        section .data
good_esp:       dd 0
image:          dd FIRST, 0, 0, 0

        section .text
bits 32
test:   mov dword [PAGE], 0
        mov dword [PAGE + 0x1000], 0x11111111
        call kit_paging_on
        mov eax, cr4
        or eax, 1 << 9 | 1 << 4                 ; OSFXSR, PSE
        mov cr4, eax
        mov dword [PTE(ALIAS)], TABLE | 7
        mov dword [PAGE_DIRECTORY + 4], TABLE | 7
        mov dword [PAGE_DIRECTORY + 8], 0x87
        mov eax, cr3
        mov cr3, eax
        fninit
        fild dword [image]
        changed "MOV", mov [ebx], ecx
        changed "MOV of a byte", mov byte [ebx + 1], FIRST >> 8 & 0xff
        changed "MOV across pages", mov dword [ebx - 2], FIRST << 16 & 0xffff0000
        changed "MOV by a large page", mov [LARGE_ALIAS], ecx
        changed "XCHG", xchg [ebx], ecx
        changed "XADD", xadd [ebx], edx
        changed "CMPXCHG", cmpxchg [ebx], ecx
        changed "CMPXCHG8B", call compare_exchange
        changed "ADD", add [ebx], edx
        changed "OR", or [ebx], edx
        changed "XOR", lock xor [ebx], edx
        changed "BTS", bts dword [ebx], 12
        changed "BTC far off", call complement_far_off
        changed "STOSD", call store_string
        changed "MOVSD", movsd
        changed "REP MOVSB", call move_bytes
        changed "PUSH", call push_there
        changed "POP", call pop_there
        changed "PUSHAD", call push_all
        changed "ENTER", call enter_there
        changed "FIST", fist dword [ebx]
        movq mm0, [image]
        changed "MOVQ", movq [ebx], mm0
        emms
        movups xmm0, [image]
        changed "MOVUPS", movups [ebx], xmm0
        changed "ring 3", call as_user
        changed "paging off", call without_paging
        ret

; Each stores FIRST to the entry.
compare_exchange:
        xor edx, edx
        mov [TABLE + 4], edx
        mov ebx, ecx
        xor ecx, ecx
        cmpxchg8b [edi]
        ret
complement_far_off:
        mov eax, -0x1000 * 8 + 12
        btc [ebx + 0x1000], eax
        ret
store_string:
        mov eax, ecx
        stosd
        ret
move_bytes:
        mov ecx, 4
        rep movsb
        ret
push_there:
        pop eax
        lea esp, [ebx + 4]
        push ecx
        jmp eax
pop_there:
        push ecx
        pop dword [ebx]
        ret
push_all:                                       ; EDI comes last
        pop eax
        lea esp, [ebx + 32]
        mov edi, ecx
        pushad
        jmp eax
enter_there:
        pop eax
        lea esp, [ebx + 4]
        mov ebp, ecx
        enter 0, 0
        jmp eax
as_user:
        in_ring 3, .user
        ret
.user:  mov [ebx], ecx
        leave_ring
without_paging:
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        mov [TABLE], ecx
        or eax, 0x80000000
        mov cr0, eax
        ret
