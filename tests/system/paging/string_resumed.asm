; String instructions over pages that are absent until they are asked for: at each fault ECX, ESI and EDI stand at the
; element that did not happen, and the instruction goes on from there as if nothing had been.
; A line shows the fault, then ECX, ESI and EDI; a memory line shows the 16 bytes around the edge of the target's pages.
; CMPS reads the operand at EDI first, as processors do; Bochs 2.7 reads that at ESI.
; Rows: movsb, movsw, movsd, stosb, stosd, cmpsb, cmpsw, scasb, lodsd, insb, outsb
; Expect:
;   REP MOVSB: #PF 0004 cr2 00026ff8 00000010 00026ff8 00028ff8
;   REP MOVSB: #PF 0006 cr2 00028ff8 00000010 00026ff8 00028ff8
;   REP MOVSB: #PF 0004 cr2 00027000 00000008 00027000 00029000
;   REP MOVSB: #PF 0006 cr2 00029000 00000008 00027000 00029000
;   REP MOVSB: ok 00000000 00027008 00029008
;   memory 04030201 08070605 0c0b0a09 100f0e0d
;   REPE CMPSB: #PF 0004 cr2 00028ff8 00000010 00026ff8 00028ff8
;   REPE CMPSB: #PF 0004 cr2 00026ff8 00000010 00026ff8 00028ff8
;   REPE CMPSB: #PF 0004 cr2 00029000 00000008 00027000 00029000
;   REPE CMPSB: #PF 0004 cr2 00027000 00000008 00027000 00029000
;   REPE CMPSB: ok 00000000 00027008 00029008
;   REPE CMPSB, a difference: #PF 0004 cr2 00028ff8 00000010 00026ff8 00028ff8
;   REPE CMPSB, a difference: #PF 0004 cr2 00026ff8 00000010 00026ff8 00028ff8
;   REPE CMPSB, a difference: #PF 0004 cr2 00029000 00000008 00027000 00029000
;   REPE CMPSB, a difference: #PF 0004 cr2 00027000 00000008 00027000 00029000
;   REPE CMPSB, a difference: ok 00000003 00027005 00029005
;   REPE CMPSW down: #PF 0004 cr2 00029002 00000008 00027002 00029002
;   REPE CMPSW down: #PF 0004 cr2 00027002 00000008 00027002 00029002
;   REPE CMPSW down: #PF 0004 cr2 00028ffe 00000006 00026ffe 00028ffe
;   REPE CMPSW down: #PF 0004 cr2 00026ffe 00000006 00026ffe 00028ffe
;   REPE CMPSW down: ok 00000000 00026ff2 00028ff2
;   REP MOVSD: #PF 0004 cr2 00026ffa 00000003 00026ffa 00028ff9
;   REP MOVSD: #PF 0006 cr2 00028ff9 00000003 00026ffa 00028ff9
;   REP MOVSD: #PF 0004 cr2 00027000 00000002 00026ffe 00028ffd
;   REP MOVSD: #PF 0006 cr2 00029000 00000002 00026ffe 00028ffd
;   REP MOVSD: ok 00000000 00027006 00029005
;   memory 05040301 09080706 0d0c0b0a 100f0e0e
;   REP MOVSW down: #PF 0004 cr2 00027003 00000004 00027003 00029003
;   REP MOVSW down: #PF 0006 cr2 00029003 00000004 00027003 00029003
;   REP MOVSW down: #PF 0004 cr2 00026fff 00000002 00026fff 00028fff
;   REP MOVSW down: #PF 0006 cr2 00028fff 00000002 00026fff 00028fff
;   REP MOVSW down: ok 00000000 00026ffb 00028ffb
;   memory 05040301 08070606 0c0b0a09 100f0e0d
;   REP STOSD: #PF 0006 cr2 00028ffa 00000003 00000000 00028ffa
;   REP STOSD: #PF 0006 cr2 00029000 00000002 00000000 00028ffe
;   REP STOSD: ok 00000000 00000000 00029006
;   memory ccdd0301 ccddaabb ccddaabb 100faabb
;   REP STOSB down: #PF 0006 cr2 00029001 00000004 00000000 00029001
;   REP STOSB down: #PF 0006 cr2 00028fff 00000002 00000000 00028fff
;   REP STOSB down: ok 00000000 00000000 00028ffd
;   memory ccdd0301 ddddaabb ccdddddd 100faabb
;   REPNE SCASB: #PF 0004 cr2 00026ff8 00000010 00000000 00026ff8
;   REPNE SCASB: #PF 0004 cr2 00027000 00000008 00000000 00027000
;   REPNE SCASB: ok 00000004 00000000 00027004
;   REP LODSD: #PF 0004 cr2 00026ffb 00000002 00026ffb 00000000
;   REP LODSD: #PF 0004 cr2 00027000 00000001 00026fff 00000000
;   REP LODSD: ok 00000000 00027003 00000000
;   REP INSB: #PF 0006 cr2 00028ffe 00000004 00000000 00028ffe
;   REP INSB: #PF 0006 cr2 00029000 00000002 00000000 00029000
;   REP INSB: ok 00000000 00000000 00029002
;   memory ccdd0301 0202aabb ccdd0202 100faabb
;   REP OUTSB: #PF 0004 cr2 00026ffe 00000004 00026ffe 00000000
;   REP OUTSB: #PF 0004 cr2 00027000 00000002 00027000 00000000
;   REP OUTSB: ok 00000000 00027002 00000000
;   REP MOVSB, no times: ok 00000000 00026000 00028000
;   end
%include "testkit.inc"
SOURCE          equ FREE_MEMORY                 ; two pages
SOURCE_EDGE     equ SOURCE + 0x1000
TARGET          equ FREE_MEMORY + 0x2000        ; two pages
TARGET_EDGE     equ TARGET + 0x1000
SYSTEM_PORT     equ 0x92                        ; reads as 2: A20 is on

; Runs an instruction at ring 3 until it completes; the page that it lacks is mapped each time.
%macro resumed 6+                               ; name, flags, ECX, ESI, EDI, instruction
        call unmap
        in_ring 3, %%user, 2 | IOPL(3) | (%2)
        jmp %%behind
%%user: mov ecx, %3
        mov esi, %4
        mov edi, %5
%%again:
        row %1, ":"
        cell %6
        cell_value ecx
        cell_value esi
        cell_value edi
        row_end
        cmp dword [last_vector], NO_EXCEPTION
        je %%done
        call map
        jmp %%again
%%done: leave_ring
%%behind:
%endmacro

%macro show_target 0
        row "memory"
        cell_value [TARGET_EDGE - 8]
        cell_value [TARGET_EDGE - 4]
        cell_value [TARGET_EDGE]
        cell_value [TARGET_EDGE + 4]
        row_end
%endmacro

        section .text
bits 32
unmap:  push eax
%assign page 0
%rep 4
        mov dword [PTE(SOURCE + page * 0x1000)], 0
%assign page page + 1
%endrep
        mov eax, cr3
        mov cr3, eax
        pop eax
        ret

map:    push ecx
        push edx
        mov edx, [last_cr2]
        mov ecx, edx
        shr ecx, 12
        and edx, ~0xfff
        or edx, 7
        mov [PAGE_TABLE + ecx * 4], edx
        pop edx
        pop ecx
        ret

test:   mov eax, 0x04030201                     ; 1 to 16 around the source's edge
        mov edi, SOURCE_EDGE - 8
        mov ecx, 4
.fill:  stosd
        add eax, 0x04040404
        loop .fill
        call kit_paging_on
        resumed "REP MOVSB", 0, 16, SOURCE_EDGE - 8, TARGET_EDGE - 8, rep movsb
        show_target
        resumed "REPE CMPSB", 0, 16, SOURCE_EDGE - 8, TARGET_EDGE - 8, repe cmpsb
        mov byte [TARGET_EDGE + 4], 0
        resumed "REPE CMPSB, a difference", 0, 16, SOURCE_EDGE - 8, TARGET_EDGE - 8, repe cmpsb
        resumed "REPE CMPSW down", DF, 8, SOURCE_EDGE + 2, TARGET_EDGE + 2, repe cmpsw
        resumed "REP MOVSD", 0, 3, SOURCE_EDGE - 6, TARGET_EDGE - 7, rep movsd
        show_target
        resumed "REP MOVSW down", DF, 4, SOURCE_EDGE + 3, TARGET_EDGE + 3, rep movsw
        show_target
        mov eax, 0xaabbccdd
        resumed "REP STOSD", 0, 3, 0, TARGET_EDGE - 6, rep stosd
        show_target
        resumed "REP STOSB down", DF, 4, 0, TARGET_EDGE + 1, rep stosb
        show_target
        mov al, 12
        resumed "REPNE SCASB", 0, 16, 0, SOURCE_EDGE - 8, repne scasb
        resumed "REP LODSD", 0, 2, SOURCE_EDGE - 5, 0, rep lodsd
        mov dx, SYSTEM_PORT
        resumed "REP INSB", 0, 4, 0, TARGET_EDGE - 2, rep insb
        show_target
        mov dx, 0x80
        resumed "REP OUTSB", 0, 4, SOURCE_EDGE - 2, 0, rep outsb
        resumed "REP MOVSB, no times", 0, 0, SOURCE, TARGET, rep movsb
        ret
