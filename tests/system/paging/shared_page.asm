; One page that is page table, GDT, code and stack at once: what is stored to it by the code in it, by pushes, by
; another ring and by the processor's accessed bits counts at once, for everything that the page is.
; Rows: mov, invlpg, push, pop, call, ret, lgdt, mov to-segment, verr
; Expect:
;   mapped 11111111
;   entry 00026027
;   descriptor, not accessed 00cff200
;   accessed 00cff300
;   the table's page as code
;   mapped elsewhere 22222222
;   its next instruction 00000002
;   an entry pushed 11111111
;   popped again 00026027
;   mapped elsewhere again 22222222
;   DPL 0, VERR with RPL 3 00000000
;   DPL 3 00000040
;   ring 3
;   changes the code 00000004
;   mapped 11111111
;   end
%include "testkit.inc"
SHARED          equ FREE_MEMORY + 0x4000        ; page table of LINEAR, of which entry 0 counts
CODE            equ SHARED + 0x400
TABLE           equ SHARED + 0x800              ; the GDT
STACK           equ SHARED + 0xf00
LINEAR          equ 0x400000
ONE             equ FREE_MEMORY
TWO             equ FREE_MEMORY + 0x1000

        section .data
gdt_pointer:    dw FREE + 7
                dd TABLE
good_esp:       dd 0

        section .text
bits 32
test:   mov dword [ONE], 0x11111111
        mov dword [TWO], 0x22222222
        mov esi, GDT
        mov edi, TABLE
        mov ecx, FREE / 4
        rep movsd
        put_entry TABLE + FREE, descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW | DPL(3), FLAT)
        mov esi, code
        mov edi, CODE
        mov ecx, code_end - code
        rep movsb
        mov dword [SHARED], ONE | 7
        call kit_paging_on
        mov dword [PAGE_DIRECTORY + 4], SHARED | 7
        call show_mapped
        show "entry", [SHARED]
        mov [good_esp], esp
        mov esp, STACK
        lgdt [gdt_pointer]
        show "descriptor, not accessed", [TABLE + FREE + 4]
        mov ax, FREE
        mov fs, ax
        show "accessed", [TABLE + FREE + 4]
        log "the table's page as code"
        call CODE
        in_ring 3, .user
        call CODE + number - code
        show "changes the code", eax
        invlpg [LINEAR]
        call show_mapped
        lgdt [kit_gdt_pointer]
        mov esp, [good_esp]
        ret
.user:  log "ring 3"
        mov dword [SHARED], ONE | 7
        mov byte [CODE + number - code + 1], 4
        leave_ring

show_mapped:
        mov eax, [LINEAR]
        show "mapped", eax
        ret

; Runs at CODE, so it reaches what is not in the page by absolute addresses.
code:   mov dword [SHARED], TWO | 7
        invlpg [LINEAR]
        mov eax, [LINEAR]
        show "mapped elsewhere", eax
        mov byte [CODE + .next - code + 1], 2
.next:  mov eax, 1
        show "its next instruction", eax
        ; The stack reaches entry 0.
        mov ebx, esp
        mov esp, SHARED + 4
        push dword ONE | 7
        mov esp, ebx
        invlpg [LINEAR]
        mov eax, [LINEAR]
        show "an entry pushed", eax
        mov esp, SHARED
        pop eax
        mov esp, ebx
        show "popped again", eax
        mov dword [SHARED], TWO | 7
        invlpg [LINEAR]
        mov eax, [LINEAR]
        show "mapped elsewhere again", eax
        mov eax, FREE | 3
        mov byte [TABLE + FREE + 5], DATA_RW
        verr ax
        show_flags "DPL 0, VERR with RPL 3", ZF
        mov byte [TABLE + FREE + 5], DATA_RW | DPL(3)
        verr ax
        show_flags "DPL 3", ZF
        ret
number: mov eax, 1
        ret
code_end:
