; What becomes of an exception while another is delivered: one after the other, or a double fault (SDM vol. 3A, table
; 6-5).
; QEMU 7.2 leaves EXT clear in what an exception's gate raises.
; Rows: div, int3, ud2, mov to-segment, lidt, iretd
; Expect:
;   gates that are not present: #NP
;   #DE: #DF 0000
;   #TS: #DF 0000
;   #NP: #NP 0068
;   #SS: #DF 0000
;   #GP: #DF 0000
;   #PF: #DF 0000
;   #UD: #NP 0033
;   #BP: #NP 001a
;   #DB: #NP 000b
;   INT 0: #NP 0002
;   INT 14: #NP 0072
;   the same, and #NP's gate is not present either
;   #DE: #DF 0000
;   #TS: #DF 0000
;   #NP: #DF 0000
;   #SS: #DF 0000
;   #GP: #DF 0000
;   #PF: #DF 0000
;   #UD: #DF 0000
;   #BP: #DF 0000
;   #DB: #DF 0000
;   INT 0: #DF 0000
;   INT 14: #DF 0000
;   gates to a null selector: #GP
;   #DE: #DF 0000
;   #TS: #DF 0000
;   #NP: #DF 0000
;   #SS: #DF 0000
;   #GP: #GP 0000
;   #PF: #DF 0000
;   #UD: #GP 0001
;   #BP: #GP 0000
;   #DB: #GP 0001
;   INT 0: #GP 0000
;   INT 14: #GP 0000
;   the gates of vectors 0 to 13 are not mapped: #PF
;   #DE: #PF 0000 cr2 00026f90
;   #TS: #PF 0000 cr2 00026fe0
;   #NP: #PF 0000 cr2 00026fe8
;   #SS: #PF 0000 cr2 00026ff0
;   #GP: #PF 0000 cr2 00026ff8
;   #UD: #PF 0000 cr2 00026fc0
;   #BP: #PF 0000 cr2 00026fa8
;   #DB: #PF 0000 cr2 00026f98
;   INT 0: #PF 0000 cr2 00026f90
;   INT 8: #PF 0000 cr2 00026fd0
;   the gates of vectors from 9 are not mapped
;   #PF: #DF 0000
;   vectors from 9 are beyond the limit
;   #PF: #DF 0000
;   #GP: #DF 0000
;   INT 32: #DF 0000
;   end
%include "testkit.inc"
bits 32
NOT_PRESENT     equ FREE
TABLE           equ FREE_MEMORY         ; two pages with a copy of the IDT around their boundary

; Vectors 0 to %1 - 1 lie in the first page, the rest in the second.
%macro table_split 1
        mov esi, IDT
        mov edi, TABLE + 0x1000 - (%1) * 8
        mov [.pointer + 2], edi
        mov ecx, 0x200
        rep movsd
%endmacro
%macro page 2                           ; 0 or 1, present or not
        mov dword [PTE(TABLE + (%1) * 0x1000)], (TABLE + (%1) * 0x1000) | 6 | (%2)
        mov eax, cr3
        mov cr3, eax
%endmacro
%macro attempt 2+
        lidt [.pointer]
        try %1, %2
        lidt [kit_idt_pointer]
%endmacro
%macro raise_each 0
        xor ecx, ecx
        xor edx, edx
        attempt "#DE", div ecx
        push dword NT | 2
        popfd
        attempt "#TS", iretd
        mov eax, NOT_PRESENT
        attempt "#NP", mov ds, ax
        attempt "#SS", mov ss, ax
        attempt "#GP", jmp 0:0
        attempt "#PF", mov eax, [0x3ff000]
        attempt "#UD", ud2
        attempt "#BP", int3
        attempt "#DB", int1
        attempt "INT 0", int 0
        attempt "INT 14", int 14
%endmacro

test:
        put_descriptor NOT_PRESENT, 0, 0xfffff, DATA_RW & ~PRESENT, FLAT
        call kit_paging_on
        mov dword [PTE(0x3ff000)], 0
        mov eax, cr3
        mov cr3, eax
        mov word [TSS], CODE0           ; a back link that is no TSS

        log "gates that are not present: #NP"
        mov dword [.pointer + 2], IDT
%assign vector 0
%rep 15
%if vector != 8 && vector != 11
        and byte [IDT + vector * 8 + 5], ~PRESENT
%endif
%assign vector vector + 1
%endrep
        raise_each
        log "the same, and #NP's gate is not present either"
        and byte [IDT + 11 * 8 + 5], ~PRESENT
        raise_each
%assign vector 0
%rep 15
        or byte [IDT + vector * 8 + 5], PRESENT
%assign vector vector + 1
%endrep

        log "gates to a null selector: #GP"
%assign vector 0
%rep 15
%if vector != 8 && vector != 13
        mov word [IDT + vector * 8 + 2], 0
%endif
%assign vector vector + 1
%endrep
        raise_each
%assign vector 0
%rep 15
        mov word [IDT + vector * 8 + 2], CODE0
%assign vector vector + 1
%endrep

        log "the gates of vectors 0 to 13 are not mapped: #PF"
        table_split 14
        page 0, 0
        ; #DF's gate is not mapped either: a double fault would end the test.
        xor ecx, ecx
        xor edx, edx
        attempt "#DE", div ecx
        push dword NT | 2
        popfd
        attempt "#TS", iretd
        mov eax, NOT_PRESENT
        attempt "#NP", mov ds, ax
        attempt "#SS", mov ss, ax
        attempt "#GP", jmp 0:0
        attempt "#UD", ud2
        attempt "#BP", int3
        attempt "#DB", int1
        attempt "INT 0", int 0
        attempt "INT 8", int 8
        page 0, 1

        log "the gates of vectors from 9 are not mapped"
        table_split 9
        page 1, 0
        attempt "#PF", mov eax, [0x3ff000]
        page 1, 1
        log "vectors from 9 are beyond the limit"
        mov dword [.pointer + 2], IDT
        mov word [.pointer], 9 * 8 - 1
        attempt "#PF", mov eax, [0x3ff000]
        attempt "#GP", jmp 0:0
        attempt "INT 32", int 32
        mov word [TSS], 0
        ret
.pointer:
        dw 0x7ff
        dd IDT
