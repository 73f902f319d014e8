; Accessed and dirty bits: which instruction sets which, in one page, across two, by strings and by descriptor tables.
; A line shows the vector (ff: none), then for the first and for the second page 1: A of its table entry, 2: D; the
; last digit is 1 if the directory entry is accessed.
; Rows: mov, add, adc, cmp, test, xchg, xadd, cmpxchg, cmpxchg8b, bt, bts, inc, neg, not, lea, nop with-operand, push
; Rows: pop, movsd, stosb, stosd, lodsd, scasd, cmpsd, fxsave, fxrstor, fnsave, fnstenv, pushad, popad, enter
; Rows: mov to-segment, lar, verr, lss, lldt, sgdt, call, ret, seto, shl, movzx, call far, xlat, bound, invlpg
; Expect:
;   read 000ff101
;   write 000ff301
;   LEA 000ff000
;   NOP with an operand 000ff000
;   INVLPG 000ff000
;   ADD from memory 000ff101
;   ADD to memory 000ff301
;   ADC to memory 000ff301
;   CMP 000ff101
;   TEST 000ff101
;   MOVZX 000ff101
;   INC 000ff301
;   NEG 000ff301
;   NOT 000ff301
;   SETO 000ff301
;   SHL by 0 000ff301
;   XCHG 000ff301
;   XADD 000ff301
;   BT 000ff101
;   BTS 000ff301
;   BT of a bit in the next page 000ff011
;   CMPXCHG, not equal 000ff301
;   CMPXCHG, equal 000ff301
;   CMPXCHG8B, not equal 000ff301
;   PUSH from memory 000ff101
;   POP to memory 000ff301
;   straddling read 000ff111
;   straddling write 000ff331
;   straddling ADD 000ff331
;   straddling CMP 000ff111
;   straddling CMPXCHG8B 000ff331
;   FXSAVE 000ff331
;   FXRSTOR 000ff111
;   FNSTENV 000ff331
;   FNSAVE 000ff331
;   XLAT 000ff011
;   BOUND 000ff111
;   REP STOSD, no times 000ff000
;   REP STOSD 000ff331
;   REP MOVSD 000ff311
;   LODSD 000ff101
;   SCASD 000ff101
;   CMPSD 000ff111
;   REP STOSB over both pages 000ff331
;   PUSHAD 000ff331
;   POPAD 000ff111
;   CALL 000ff031
;   ENTER with nesting 000ff131
;   read of a page that is not present 0000e000
;   straddling write, second page not present 0000e301
;   its error code 00000002
;   its CR2 00401000
;   nothing is written 12345678
;   write to a read-only page 0000e000
;   ADD to a read-only page 0000e000
;   straddling write, second page read-only 0000e301
;   nothing is written 12345678
;   REP STOSD into a read-only page 0000e301
;   iterations left 00000002
;   loading an accessed descriptor 0000e101
;   loading a descriptor that was not 0000e301
;   LAR and VERR of it 0000e101
;   LLDT 0000e101
;   a descriptor of the LDT 0000e031
;   a far call through the LDT 0000e111
;   LSS 0000e101
;   end
%include "testkit.inc"
FIRST           equ 0x400000            ; two pages and their table
SECOND          equ 0x401000
TABLE           equ FREE_MEMORY
DIRECTORY_ENTRY equ PAGE_DIRECTORY + 4
STRADDLING      equ SECOND - 2

%macro access 2+
        call clear_bits
        try_silently %2
        call bits_set
        show %1, eax
%endmacro

        section .text
bits 32
test:
        call kit_paging_on
        mov dword [TABLE], (FREE_MEMORY + 0x1000) | 7
        mov dword [TABLE + 4], (FREE_MEMORY + 0x2000) | 7
        mov dword [TABLE + 8], 0
        mov dword [DIRECTORY_ENTRY], TABLE | 7
        mov esi, FIRST
        mov edi, SECOND
        access "read", mov eax, [FIRST]
        access "write", mov [FIRST], eax
        access "LEA", lea eax, [FIRST]
        access "NOP with an operand", nop dword [FIRST]
        access "INVLPG", invlpg [FIRST]
        access "ADD from memory", add eax, [FIRST]
        access "ADD to memory", add [FIRST], eax
        access "ADC to memory", adc byte [FIRST], 0
        access "CMP", cmp dword [FIRST], 5
        access "TEST", test dword [FIRST], 5
        access "MOVZX", movzx eax, byte [FIRST]
        access "INC", inc byte [FIRST]
        access "NEG", neg word [FIRST]
        access "NOT", not dword [FIRST]
        access "SETO", seto [FIRST]
        access "SHL by 0", shl dword [FIRST], 0
        access "XCHG", xchg eax, [FIRST]
        access "XADD", xadd [FIRST], eax
        access "BT", bt dword [FIRST], 3
        access "BTS", bts dword [FIRST], 3
        mov ecx, 32 * 1024
        access "BT of a bit in the next page", bt [FIRST], ecx
        mov dword [FIRST], 1
        xor eax, eax
        access "CMPXCHG, not equal", cmpxchg [FIRST], ecx
        mov eax, 1
        access "CMPXCHG, equal", cmpxchg [FIRST], ecx
        access "CMPXCHG8B, not equal", cmpxchg8b [FIRST]
        access "PUSH from memory", push dword [FIRST]
        access "POP to memory", pop dword [FIRST]
        access "straddling read", mov eax, [STRADDLING]
        access "straddling write", mov [STRADDLING], eax
        access "straddling ADD", add [STRADDLING], eax
        access "straddling CMP", cmp [STRADDLING], eax
        access "straddling CMPXCHG8B", cmpxchg8b [STRADDLING]
        access "FXSAVE", fxsave [SECOND - 128]
        access "FXRSTOR", fxrstor [SECOND - 128]
        access "FNSTENV", fnstenv [SECOND - 14]
        access "FNSAVE", fnsave [SECOND - 14]
        mov ebx, SECOND - 4
        mov al, 4
        access "XLAT", xlatb
        mov dword [SECOND - 4], -1
        mov dword [SECOND], 0x7fffffff
        access "BOUND", bound eax, [SECOND - 4]
        cld
        mov ecx, 0
        access "REP STOSD, no times", rep stosd
        mov ecx, 2
        mov edi, SECOND - 4
        access "REP STOSD", rep stosd
        mov ecx, 1
        mov edi, FIRST
        mov esi, SECOND
        access "REP MOVSD", rep movsd
        mov esi, FIRST
        access "LODSD", lodsd
        mov edi, FIRST
        access "SCASD", scasd
        mov edi, SECOND
        mov esi, FIRST
        access "CMPSD", cmpsd
        mov ecx, 0x1001
        mov edi, FIRST
        access "REP STOSB over both pages", rep stosb
        access "PUSHAD", call push_all
        access "POPAD", call pop_all
        access "CALL", call near_call
        access "ENTER with nesting", call enter_nested
        ; What follows raises faults: entries of an access that faults stay as they are (QEMU 7.2 sets the bit of the
        ; directory), those of the half that comes first are set.
        mov dword [TABLE + 4], 0
        mov dword [SECOND - 4 - FIRST + FREE_MEMORY + 0x1000], 0x12345678
        access "read of a page that is not present", mov eax, [SECOND]
        mov eax, -1
        mov dword [last_error], 0
        access "straddling write, second page not present", mov [STRADDLING], eax
        show "its error code", [last_error]
        show "its CR2", [last_cr2]
        show "nothing is written", [SECOND - 4 - FIRST + FREE_MEMORY + 0x1000]
        mov dword [TABLE + 4], (FREE_MEMORY + 0x2000) | 5
        mov ecx, cr0
        or ecx, 1 << 16
        mov cr0, ecx
        access "write to a read-only page", mov [SECOND], eax
        access "ADD to a read-only page", add dword [SECOND], 1
        access "straddling write, second page read-only", mov [STRADDLING], eax
        show "nothing is written", [SECOND - 4 - FIRST + FREE_MEMORY + 0x1000]
        mov ecx, 4
        mov edi, SECOND - 8
        access "REP STOSD into a read-only page", rep stosd
        show "iterations left", ecx
        mov dword [TABLE + 4], (FREE_MEMORY + 0x2000) | 7
        call descriptor_tables
        ret

clear_bits:
        push eax
        mov al, ~0x60
        and [TABLE], al
        and [TABLE + 4], al
        and [DIRECTORY_ENTRY], al
        mov eax, cr3
        mov cr3, eax
        pop eax
        ret

bits_set:
        mov eax, [last_vector]
        shl eax, 12
        push ecx
        mov ecx, [TABLE]
        shr ecx, 5
        and ecx, 3
        shl ecx, 8
        or eax, ecx
        mov ecx, [TABLE + 4]
        shr ecx, 1
        and ecx, 0x30
        or eax, ecx
        bt dword [DIRECTORY_ENTRY], 5
        adc eax, 0
        pop ecx
        ret

push_all:                               ; on a stack that begins in the second page
        mov ebp, esp
        mov esp, SECOND + 16
        pushad
        mov esp, ebp
        ret
pop_all:
        mov [.stack], esp
        mov esp, SECOND - 16
        popad
        mov esp, [.stack]
        ret
near_call:
        mov ebp, esp
        mov esp, SECOND + 4
        call .there
.there: mov esp, ebp
        ret
enter_nested:                           ; reads the enclosing frame's display in the first page
        mov ebx, esp
        mov ebp, SECOND - 16
        mov esp, SECOND + 64
        enter 4, 2
        mov esp, ebx
        ret

; The GDT moves to the first page, its LDT to the second.
descriptor_tables:
        mov esi, GDT
        mov edi, FIRST
        mov ecx, 0x800 / 4
        rep movsd
        sgdt [.pointer]
        lgdt [.moved]
        put_entry FIRST + FREE, descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW, FLAT)
        put_entry FIRST + FREE + 8, descriptor_low(SECOND, 0xff), descriptor_high(SECOND, 0xff, LDT_ACCESS, 0)
        mov dx, DATA0
        call clear_bits
        mov fs, dx
        call bits_set
        show "loading an accessed descriptor", eax
        mov dx, FREE
        call clear_bits
        mov fs, dx
        call bits_set
        show "loading a descriptor that was not", eax
        and byte [FIRST + FREE + 5], ~1
        call clear_bits
        lar eax, edx
        verr dx
        call bits_set
        show "LAR and VERR of it", eax
        mov dx, FREE + 8
        call clear_bits
        lldt dx
        call bits_set
        show "LLDT", eax
        put_entry SECOND, descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW, FLAT)
        put_entry SECOND + 8, descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, CODE_RX | 1, FLAT)
        mov dx, 4
        call clear_bits
        mov gs, dx
        call bits_set
        show "a descriptor of the LDT", eax
        call clear_bits
        call 12:.far                    ; both pages are read: CS comes back from the GDT
        call bits_set
        show "a far call through the LDT", eax
        mov [.stack], esp
        call clear_bits
        lss esp, [.stack]
        call bits_set
        show "LSS", eax
        lgdt [.pointer]
        mov dx, DATA0
        mov fs, dx
        mov gs, dx
        mov dx, LDT_SELECTOR
        lldt dx
        ret
.far:   retf

        section .data
pop_all.stack:  dd 0
descriptor_tables.pointer: dd 0, 0
descriptor_tables.moved:
        dw GDT_LIMIT
        dd FIRST
descriptor_tables.stack:
        dd 0
        dw DATA0
