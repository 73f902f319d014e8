; Code that changes itself: the very next instruction is the changed one, whatever stores it, in whatever mode and by
; whatever linear address; and code under a page is what the page maps. Lines show the number that the code loads: 1 as
; it was, 2 when it is changed. Bochs 2.7 keeps what it once found of an instruction in a second page.
; Rows: mov, xchg, add, inc, xor, xadd, cmpxchg, cmpxchg8b, stosd, movsd, movsb, push, pop, enter, fist, movd mmx, movss
; Rows: loop, call, ret, jmp, invlpg, fstp
; Expect:
;   MOV 00000002
;   MOV of a byte 00000002
;   XCHG 00000002
;   ADD 00000002
;   INC 00000002
;   XOR 00000002
;   XADD 00000002
;   CMPXCHG 00000002
;   CMPXCHG8B 00000002
;   STOSD 00000002
;   MOVSD 00000002
;   REP MOVSB 00000002
;   PUSH 00000002
;   POP 00000002
;   ENTER 00000002
;   FIST 00000002
;   MOVD 00000002
;   MOVSS 00000002
;   five instructions ahead 00000002
;   an opcode: ECX 00000001
;   a prefix: the upper half stays ffff0001
;   a jump goes elsewhere 00000002
;   a loop that counts in its own code 00000005
;   through an alias 00000002
;   through a large page 00000002
;   by ring 3 00000002
;   one byte across pages, first page 00000002
;   second page 01000002
;   both by one store 00000003
;   the page mapped elsewhere 00000002
;   and back 00000001
;   its second page mapped elsewhere 02000001
;   data beside the code 00000001
;   the stack beside the code 00000001
;   virtual-8086 mode 00000002
;   real mode 00000002
;   end
%include "testkit.inc"
OSFXSR          equ 1 << 9
PSE             equ 1 << 4
CODE            equ FREE_MEMORY + 0x100         ; MOV EAX, 1 and RET: the number is at CODE + 1
NUMBER          equ CODE + 1
ALIAS           equ FREE_MEMORY + 0x7000 + 0x101
LARGE_ALIAS     equ 0x400000 + NUMBER
EDGE            equ FREE_MEMORY + 0x2000
STRADDLING      equ EDGE - 4                    ; such code, of which the number's last byte lies behind the edge
LINEAR          equ 0x3f0000                    ; a page and the next

; The store is followed at once by the instruction it changes; the number is at EBX and EDI.
%macro next 2+
        mov ebx, %%code + 1
        mov edi, ebx
        mov esi, two
        mov eax, 1
        mov ecx, 2
        mov edx, 1
        mov [good_esp], esp
        %2
%%code: mov eax, 1
        mov esp, [good_esp]
        show %1, eax
%endmacro

; Runs code, changes it, and runs it again.
%macro changed 3+                       ; name, address of the code, instruction
        call %2
        %3
        call %2
        show %1, eax
%endmacro

; Some stores need more than an instruction.
%macro exchange8 0
        mov ecx, [edi + 4]
        mov edx, ecx
        mov ebx, 2
        cmpxchg8b [edi]
%endmacro
%macro store_string 0
        mov eax, ecx
        stosd
%endmacro
%macro move_bytes 0
        mov ecx, 4
        rep movsb
%endmacro
%macro push_there 0
        lea esp, [ebx + 4]
        push ecx
%endmacro
%macro pop_there 0
        push ecx
        pop dword [ebx]
%endmacro
%macro enter_there 0
        lea esp, [ebx + 4]
        mov ebp, ecx
        enter 0, 0
%endmacro

        section .data
good_esp:       dd 0
two:            dd 2

        section .text
bits 32
test:   call kit_paging_on
        mov eax, cr4
        or eax, OSFXSR | PSE
        mov cr4, eax
        mov dword [PTE(ALIAS)], FREE_MEMORY | 7
        mov dword [PAGE_DIRECTORY + 4], 0x87
        mov eax, cr3
        mov cr3, eax
        fninit
        movss xmm0, [two]
        next "MOV", mov [ebx], ecx
        next "MOV of a byte", mov byte [ebx], 2
        next "XCHG", xchg [ebx], ecx
        next "ADD", add [ebx], edx
        next "INC", inc dword [ebx]
        next "XOR", xor byte [ebx], 3
        next "XADD", xadd [ebx], edx
        next "CMPXCHG", cmpxchg [ebx], ecx
        next "CMPXCHG8B", exchange8
        next "STOSD", store_string
        next "MOVSD", movsd
        next "REP MOVSB", move_bytes
        next "PUSH", push_there
        next "POP", pop_there
        next "ENTER", enter_there
        fild dword [two]
        next "FIST", fist dword [ebx]
        fstp st0
        movd mm0, [two]
        next "MOVD", movd [ebx], mm0
        emms
        next "MOVSS", movss [ebx], xmm0
        call other_changes
        call put_code
        changed "through an alias", CODE, mov byte [ALIAS], 2
        call put_code
        changed "through a large page", CODE, mov byte [LARGE_ALIAS], 2
        call put_code
        changed "by ring 3", CODE, call store_as_user
        mov edi, STRADDLING
        call put_code_at
        changed "one byte across pages, first page", STRADDLING, mov byte [STRADDLING + 1], 2
        changed "second page", STRADDLING, mov byte [EDGE], 1
        changed "both by one store", STRADDLING, mov dword [STRADDLING + 1], 3
        call pages
        call put_code
        changed "data beside the code", CODE, mov dword [CODE - 4], -1
        mov [good_esp], esp
        mov esp, CODE + 0x100
        call CODE
        mov esp, [good_esp]
        show "the stack beside the code", eax
        in_v86 .v86
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax
        in_real .real
        ret

put_code:
        mov edi, CODE
put_code_at:                            ; EDI
        mov byte [edi], 0xb8
        mov dword [edi + 1], 1
        mov byte [edi + 5], 0xc3
        ret

store_as_user:
        in_ring 3, .user
        ret
.user:  mov byte [NUMBER], 2
        leave_ring

other_changes:
        mov byte [.ahead + 1], 2
        mov ecx, 1
        mov edx, ecx
        mov esi, edx
.ahead: mov eax, 1
        show "five instructions ahead", eax
        xor ecx, ecx
        mov byte [.opcode], 0xb9        ; MOV ECX
.opcode:
        mov eax, 1
        show "an opcode: ECX", ecx
        mov eax, -1
        mov byte [.prefix + 4], 0x90
        mov dword [.prefix], 0x0001b866 ; MOV AX, 1 before that NOP
.prefix:
        mov eax, 1
        show "a prefix: the upper half stays", eax
        mov eax, 1
        mov byte [.jump + 1], .two - .one
.jump:  jmp short .one
.one:   jmp short .jumped
.two:   mov eax, 2
.jumped:
        show "a jump goes elsewhere", eax
        mov ecx, 5
.loop:  mov eax, 1
        inc dword [.loop + 1]
        loop .loop
        show "a loop that counts in its own code", eax
        ret

; One page, then two, mapped to code that loads another number.
pages:  mov edi, FREE_MEMORY + 0x3100
        call put_code_at
        mov edi, FREE_MEMORY + 0x4100
        call put_code_at
        mov byte [FREE_MEMORY + 0x4101], 2
        mov edi, FREE_MEMORY + 0x4ffc   ; into the page behind, which has 0, then into one that has 2
        call put_code_at
        mov word [FREE_MEMORY + 0x6000], 0xc302
        mov dword [PTE(LINEAR)], (FREE_MEMORY + 0x3000) | 7
        mov dword [PTE(LINEAR + 0x1000)], (FREE_MEMORY + 0x5000) | 7
        invlpg [LINEAR]
        invlpg [LINEAR + 0x1000]
        call LINEAR + 0x100
        mov dword [PTE(LINEAR)], (FREE_MEMORY + 0x4000) | 7
        invlpg [LINEAR]
        call LINEAR + 0x100
        show "the page mapped elsewhere", eax
        mov dword [PTE(LINEAR)], (FREE_MEMORY + 0x3000) | 7
        invlpg [LINEAR]
        call LINEAR + 0x100
        show "and back", eax
        mov dword [PTE(LINEAR)], (FREE_MEMORY + 0x4000) | 7
        invlpg [LINEAR]
        call LINEAR + 0xffc
        mov dword [PTE(LINEAR + 0x1000)], (FREE_MEMORY + 0x6000) | 7
        invlpg [LINEAR + 0x1000]
        call LINEAR + 0xffc
        show "its second page mapped elsewhere", eax
        ret

bits 16
test.v86:
        mov word [.v86_code + 2], 2
.v86_code:
        mov eax, 1
        show "virtual-8086 mode", eax
        leave_ring
test.real:
        mov word [.real_code + 2], 2
.real_code:
        mov eax, 1
        show "real mode", eax
        ret
