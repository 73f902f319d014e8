; LAR, LSL, VERR and VERW over every type of descriptor, with operands of 16 and 32 bits.
; Rows: lar, lsl, verr, verw
; Expect:
;   system 0: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 1: 0bad8100 00c08100 0baddfff 0abcdfff 00000000
;   system 2: 0bad8200 00c08200 0baddfff 0abcdfff 00000000
;   system 3: 0bad8300 00c08300 0baddfff 0abcdfff 00000000
;   system 4: 0bad8400 00c08400 0badf00d 0badf00d 00000000
;   system 5: 0bad8500 00c08500 0badf00d 0badf00d 00000000
;   system 6: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 7: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 8: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 9: 0bad8900 00c08900 0baddfff 0abcdfff 00000000
;   system 10: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 11: 0bad8b00 00c08b00 0baddfff 0abcdfff 00000000
;   system 12: 0bad8c00 00c08c00 0badf00d 0badf00d 00000000
;   system 13: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 14: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   system 15: 0badf00d 0badf00d 0badf00d 0badf00d 00000000
;   code and data 0: 0bad9000 00c09000 0baddfff 0abcdfff 00000001
;   code and data 1: 0bad9100 00c09100 0baddfff 0abcdfff 00000001
;   code and data 2: 0bad9200 00c09200 0baddfff 0abcdfff 00000101
;   code and data 3: 0bad9300 00c09300 0baddfff 0abcdfff 00000101
;   code and data 4: 0bad9400 00c09400 0baddfff 0abcdfff 00000001
;   code and data 5: 0bad9500 00c09500 0baddfff 0abcdfff 00000001
;   code and data 6: 0bad9600 00c09600 0baddfff 0abcdfff 00000101
;   code and data 7: 0bad9700 00c09700 0baddfff 0abcdfff 00000101
;   code and data 8: 0bad9800 00c09800 0baddfff 0abcdfff 00000000
;   code and data 9: 0bad9900 00c09900 0baddfff 0abcdfff 00000000
;   code and data 10: 0bad9a00 00c09a00 0baddfff 0abcdfff 00000001
;   code and data 11: 0bad9b00 00c09b00 0baddfff 0abcdfff 00000001
;   code and data 12: 0bad9c00 00c09c00 0baddfff 0abcdfff 00000000
;   code and data 13: 0bad9d00 00c09d00 0baddfff 0abcdfff 00000000
;   code and data 14: 0bad9e00 00c09e00 0baddfff 0abcdfff 00000001
;   code and data 15: 0bad9f00 00c09f00 0baddfff 0abcdfff 00000001
;   absent data: 0bad1200 00c01200 0baddfff 0abcdfff 00000101
;   absent LDT: 0bad0200 00c00200 0baddfff 0abcdfff 00000000
;   limit by byte 00012345
;   available bit and reserved bit 00709200
;   the high half is kept ffff9200
;   end
%include "testkit.inc"
; A row is a type; its cells: LAR of 16 and 32 bits, LSL of 16 and 32 bits, and in one number what VERW (high) and VERR say.
; A register that shows 0badf00d was not written (ZF 0). SDM volume 2, tables of LAR and LSL; LAR's bits 19 to 16 are
; undefined, so the limits have zeros there.
%macro asked 2+                         ; register, instruction
        mov %1, 0x0badf00d
        %2
        jz %%valid
        cmp %1, 0x0badf00d
        je %%valid
        log "(written, though ZF is 0)"
%%valid:
        cell_value %1
%endmacro
%macro type 2                           ; text, access byte
        row %1, ":"
        put_descriptor FREE, 0x12345678, 0x0abcd, %2, FLAT
        mov eax, FREE
        asked ecx, lar cx, ax
        asked ecx, lar ecx, ax
        asked ecx, lsl cx, [.selector]
        asked ecx, lsl ecx, [.selector]
        verr ax
        setz cl
        movzx ecx, cl
        verw [.selector]
        setz ch
        cell_value ecx
        row_end
%endmacro
%macro types 2                          ; text, access byte of the first
  %assign kind 0
  %rep 16
    %defstr kind_text kind
        type {%1, " ", kind_text}, %2 | kind
    %assign kind kind + 1
  %endrep
%endmacro
bits 32
test:
        types "system", PRESENT
        types "code and data", PRESENT | 0x10
        type "absent data", 0x12
        type "absent LDT", 0x02
        put_descriptor FREE, 0, 0x12345, DATA_RW, BITS32
        lsl ecx, ax
        show "limit by byte", ecx
        put_descriptor FREE, 0, 0x02345, DATA_RW, BITS32 | 0x3
        lar ecx, ax
        show "available bit and reserved bit", ecx
        mov ecx, -1
        lar cx, ax
        show "the high half is kept", ecx
        ret
.selector: dw FREE
