; Sign and zero extension and bit scans in all widths; a scan of zero sets ZF and leaves the destination, as processors
; do where the manual leaves it undefined.
; Rows: cbw, cwde, cwd, cdq, movsx, movzx, bsf, bsr
; Expect:
;   CBW of 7f 1234007f
;   CBW of 80 1234ff80
;   CWDE of 7fff 00007fff
;   CWDE of 8000 ffff8000
;   CWD of 8000 5678ffff
;   CWD of 7fff 56780000
;   CDQ of 80000000 ffffffff
;   CDQ of 7fffffff 00000000
;   MOVSX of 80 to 16 bits 5678ff80
;   MOVSX of 80 to 32 bits ffffff80
;   MOVSX of 7f to 32 bits 0000007f
;   MOVSX of 8000 to 32 bits ffff8000
;   MOVSX of memory fffffff0
;   MOVSX of AH ffffff80
;   MOVZX of 80 to 16 bits 56780080
;   MOVZX of 8000 to 32 bits 00008000
;   MOVZX of AH 00000080
;   BSF of 0: ZF 00000040
;   BSF 5a5a5a5a
;   BSR of 0: ZF 00000040
;   BSR 5a5a5a5a
;   BSF of 1: ZF 00000000
;   BSF 00000000
;   BSR of 1: ZF 00000000
;   BSR 00000000
;   BSF of 80000000: ZF 00000000
;   BSF 0000001f
;   BSR of 80000000: ZF 00000000
;   BSR 0000001f
;   BSF of 18: ZF 00000000
;   BSF 00000003
;   BSR of 18: ZF 00000000
;   BSR 00000004
;   BSF of 16 bits, the upper half does not count: ZF 00000040
;   BSR of 16 bits 5a5a000f
;   BSF of memory 00000004
;   end
%include "testkit.inc"

%macro scans 1                          ; of a dword
%defstr number %1
%strcat forward "BSF of ", number, ": ZF"
%strcat backward "BSR of ", number, ": ZF"
        mov ecx, 0x5a5a5a5a
        mov eax, 0x%1
        bsf ecx, eax
        show_flags forward, ZF
        show "BSF", ecx
        mov ecx, 0x5a5a5a5a
        bsr ecx, eax
        show_flags backward, ZF
        show "BSR", ecx
%endmacro

%macro extended 4+                      ; name, register to show, EAX, instruction
        mov edx, 0x56781234
        mov ecx, edx
        mov eax, %3
        %4
        show %1, %2
%endmacro

        section .data
value:          dd 0xfffffff0

        section .text
bits 32
test:   extended "CBW of 7f", eax, 0x12345f7f, cbw
        extended "CBW of 80", eax, 0x12345f80, cbw
        extended "CWDE of 7fff", eax, 0x12347fff, cwde
        extended "CWDE of 8000", eax, 0x12348000, cwde
        extended "CWD of 8000", edx, 0x8000, cwd
        extended "CWD of 7fff", edx, 0xffff7fff, cwd
        extended "CDQ of 80000000", edx, 0x80000000, cdq
        extended "CDQ of 7fffffff", edx, 0x7fffffff, cdq
        extended "MOVSX of 80 to 16 bits", ecx, 0x80, movsx cx, al
        extended "MOVSX of 80 to 32 bits", ecx, 0x80, movsx ecx, al
        extended "MOVSX of 7f to 32 bits", ecx, 0x7f, movsx ecx, al
        extended "MOVSX of 8000 to 32 bits", ecx, 0x8000, movsx ecx, ax
        extended "MOVSX of memory", ecx, 0, movsx ecx, byte [value]
        extended "MOVSX of AH", ecx, 0x8000, movsx ecx, ah
        extended "MOVZX of 80 to 16 bits", ecx, 0x80, movzx cx, al
        extended "MOVZX of 8000 to 32 bits", ecx, 0x8000, movzx ecx, ax
        extended "MOVZX of AH", ecx, 0x8000, movzx ecx, ah
        scans 0
        scans 1
        scans 80000000
        scans 18
        mov ecx, 0x5a5a5a5a
        mov eax, 0xffff0000
        bsf cx, ax
        show_flags "BSF of 16 bits, the upper half does not count: ZF", ZF
        mov eax, 0x1ffff
        bsr cx, ax
        show "BSR of 16 bits", ecx
        bsf ecx, [value]
        show "BSF of memory", ecx
        ret
