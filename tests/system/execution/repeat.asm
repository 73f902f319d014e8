; REP: no times means no access and no flags, whatever the operands; before MOVS, STOS and LODS REPNE is REP, before
; others both are ignored; CMPS and SCAS end with the flags of their last element; overlapping strings move element by
; element. A line of a string shows ECX, how far ESI and EDI have moved, and the arithmetic flags; one of an
; overlapping move shows 16 bytes that were 1 to 16.
; Rows: movsb, movsw, movsd, stosb, lodsb, cmpsb, cmpsd, scasb, scasw, add, insb, outsb
; Expect:
;   REP MOVSB, ES null: 00000000 00000000 00000000 00000801
;   REP STOSB, ES null: 00000000 00000000 00000000 00000801
;   REPE CMPSB, ES null: 00000000 00000000 00000000 00000801
;   REPNE SCASB, ES null: 00000000 00000000 00000000 00000801
;   REP INSB, ES null: 00000000 00000000 00000000 00000801
;   REP LODSB, ES null: 00000000 00000000 00000000 00000801
;   REP OUTSB, ES null: 00000000 00000000 00000000 00000801
;   REPNE MOVSB: 00000000 00000003 00000003 00000801
;   REPNE STOSB: 00000000 00000000 00000003 00000801
;   REPNE LODSB: 00000000 00000003 00000000 00000801
;   MOVSB alone: 00000003 00000001 00000001 00000801
;   REPE CMPSB, equal: 00000000 00000010 00000010 00000044
;   REPE CMPSB, a difference: 00000006 0000000a 0000000a 00000881
;   REPNE CMPSB, equal at once: 0000000f 00000001 00000001 00000044
;   REPE CMPSD, a difference: 00000001 0000000c 0000000c 00000085
;   CMPSB alone: 00000005 00000001 00000001 00000044
;   REPNE SCASB, found: 0000000e 00000000 00000002 00000044
;   REPNE SCASW, found: 00000005 00000000 00000006 00000044
;   REPNE SCASW, not found: 00000000 00000000 00000010 00000010
;   REPE SCASB, a difference: 0000000e 00000000 00000002 00000095
;   REP ADD and REPNE ADD add once each 00000007
;   ECX 00000003
;   MOVSB to the next byte: 01010101 01010101 0c0b0a09 100f0e0d
;   MOVSB to the byte before: 05040302 08080706 0c0b0a09 100f0e0d
;   MOVSB down to the next byte: 03030201 07060504 0c0b0908 100f0e0d
;   MOVSB down to the byte before: 0a0a0201 0a0a0a0a 0c0b0a0a 100f0e0d
;   MOVSW to the next byte: 02020101 06060404 0c0b0a08 100f0e0d
;   MOVSW to the byte before: 05040302 09080706 0c0b0a09 100f0e0d
;   MOVSW down to the next byte: 03020101 07060504 0c0b0a08 100f0e0d
;   MOVSD to the next byte: 03020101 07060404 0b0a0808 100f0e0c
;   MOVSD to the next dword: 04030201 04030201 04030201 04030201
;   MOVSD two bytes before: 06050403 0a090807 0e0d0c0b 100f0e0d
;   MOVSD down, two bytes before: 08070403 0c0b0807 0e0d0c0b 100f0e0d
;   end
%include "testkit.inc"
SOURCE          equ FREE_MEMORY + 0x100
TARGET          equ FREE_MEMORY + 0x200
ARITHMETIC      equ CF | PF | AF | ZF | SF | OF

%macro string 3+                        ; name, ECX, instruction
        mov ecx, %2
        mov esi, SOURCE
        mov edi, TARGET
        push dword 2 | CF | OF
        popfd
        %3
        pushfd
        row %1, ":"
        cell_value ecx
        sub esi, SOURCE
        cell_value esi
        sub edi, TARGET
        cell_value edi
        pop edx
        and edx, ARITHMETIC
        cell_value edx
        row_end
%endmacro

%macro overlapping 5+                   ; name, flags, ESI and EDI from SOURCE on, instruction
        call fill
        mov esi, SOURCE + (%3)
        mov edi, SOURCE + (%4)
        push dword 2 | (%2)
        popfd
        %5
        cld
        row %1, ":"
        cell_value [SOURCE]
        cell_value [SOURCE + 4]
        cell_value [SOURCE + 8]
        cell_value [SOURCE + 12]
        row_end
%endmacro

        section .text
bits 32
fill:   mov edi, SOURCE                 ; with 1 to 16
        mov eax, 0x04030201
        mov ecx, 4
.dword: stosd
        add eax, 0x04040404
        loop .dword
        ret

test:   call fill
        call none
        string "REPNE MOVSB", 3, repne movsb
        string "REPNE STOSB", 3, repne stosb
        string "REPNE LODSB", 3, repne lodsb
        string "MOVSB alone", 3, movsb
        call comparisons
        mov ebx, TARGET
        mov dword [ebx], 1
        mov ecx, 3
        db 0xf3
        add [ebx], ecx
        db 0xf2
        add [ebx], ecx
        show "REP ADD and REPNE ADD add once each", [ebx]
        show "ECX", ecx
        overlapping "MOVSB to the next byte", 0, 0, 1, call move_bytes
        overlapping "MOVSB to the byte before", 0, 1, 0, call move_bytes
        overlapping "MOVSB down to the next byte", DF, 8, 9, call move_bytes
        overlapping "MOVSB down to the byte before", DF, 9, 8, call move_bytes
        overlapping "MOVSW to the next byte", 0, 0, 1, call move_words
        overlapping "MOVSW to the byte before", 0, 1, 0, call move_words
        overlapping "MOVSW down to the next byte", DF, 6, 7, call move_words
        overlapping "MOVSD to the next byte", 0, 0, 1, call move_dwords
        overlapping "MOVSD to the next dword", 0, 0, 4, call move_dwords
        overlapping "MOVSD two bytes before", 0, 2, 0, call move_dwords
        overlapping "MOVSD down, two bytes before", DF, 10, 8, call move_dwords
        ret

move_bytes:
        mov ecx, 7
        rep movsb
        ret
move_words:
        mov ecx, 4
        rep movsw
        ret
move_dwords:
        mov ecx, 3
        rep movsd
        ret

none:   xor eax, eax
        mov es, ax
        string "REP MOVSB, ES null", 0, rep movsb
        string "REP STOSB, ES null", 0, rep stosb
        string "REPE CMPSB, ES null", 0, repe cmpsb
        string "REPNE SCASB, ES null", 0, repne scasb
        string "REP INSB, ES null", 0, rep insb
        string "REP LODSB, ES null", 0, es rep lodsb
        string "REP OUTSB, ES null", 0, es rep outsb
        mov ax, DATA0
        mov es, ax
        ret

comparisons:
        mov esi, SOURCE
        mov edi, TARGET
        mov ecx, 16
        rep movsb
        string "REPE CMPSB, equal", 16, repe cmpsb
        mov byte [TARGET + 9], 0x8a     ; 0Ah in the source
        string "REPE CMPSB, a difference", 16, repe cmpsb
        string "REPNE CMPSB, equal at once", 16, repne cmpsb
        string "REPE CMPSD, a difference", 4, repe cmpsd
        string "CMPSB alone", 5, cmpsb
        mov eax, 0x0202
        string "REPNE SCASB, found", 16, repne scasb
        mov eax, 0x0605
        string "REPNE SCASW, found", 8, repne scasw
        mov eax, 0x7777
        string "REPNE SCASW, not found", 8, repne scasw
        mov al, 1
        string "REPE SCASB, a difference", 16, repe scasb
        ret
