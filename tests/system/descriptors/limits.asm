; Limits of segments: byte and page granular, expand-down of 16 and 32 bits, at the edges of accesses of 1 to 8 bytes.
; Rows: mov, fld, fxsave
; Expect:
;   limit 1f, 18: ok ok ok ok ok
;   limit 1f, 19: ok ok ok #GP 0000 ok
;   limit 1f, 1d: ok ok #GP 0000 #GP 0000 #GP 0000
;   limit 1f, 1f: ok #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit 1f, 20: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit 1f, ffffffff: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit 0, 0: ok #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit fff by page, ffc: ok ok ok #GP 0000 ok
;   limit fff by page, fff: ok #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit fff by page, 1000: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   limit fffff by byte, ffff8: ok ok ok ok ok
;   limit fffff by byte, ffffe: ok ok #GP 0000 #GP 0000 #GP 0000
;   4 GiB, fffffff0: ok ok ok ok ok
;   4 GiB, fffffffe: ok ok ok ok ok
;   expand-down 1f, 1c: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 1f, 1f: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 1f, 20: ok ok ok ok ok
;   expand-down 1f, fffffff8: ok ok ok ok ok
;   expand-down 1f, fffffffd: ok ok #GP 0000 #GP 0000 #GP 0000
;   expand-down 7fff, 16 bits, 7fff: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 7fff, 16 bits, 8000: ok ok ok ok ok
;   expand-down 7fff, 16 bits, fffc: ok ok ok #GP 0000 ok
;   expand-down 7fff, 16 bits, ffff: ok #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 7fff, 16 bits, 10000: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down ffff, 16 bits: nothing, ffff: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 0 by page, fff: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   expand-down 0 by page, 1000: ok ok ok ok ok
;   expand-down ffffffff: nothing, ffffffff: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   512 bytes across the limit: #GP 0000
;   the limit is of the segment used: #GP 0000
;   a register keeps its limit: #GP 0000
;   until it is loaded anew: ok
;   end
%include "testkit.inc"
; SDM volume 3, 5.3. A row names the segment and the offset; its cells are a byte, a word, a dword and a quadword
; read, then a dword written. The base lies so that every valid offset is memory. What wraps at 4 GiB passes, where
; Bochs 2.7 raises #GP: the manual leaves that to the processor. QEMU 7.2 checks no limits.
%macro probe 3                          ; name, offset as text, offset
        row %1, ", ", %2, ":"
        mov ebx, %3
        cell mov al, [fs:ebx]
        cell mov ax, [fs:ebx]
        cell mov eax, [fs:ebx]
        cell fld qword [fs:ebx]
        fninit
        cell mov [fs:ebx], eax
        row_end
%endmacro
%macro segment_fs 4                     ; base, limit, access, flags
        put_descriptor FREE, %1, %2, %3, %4
        mov ax, FREE
        mov fs, ax
%endmacro
bits 32
test:
        segment_fs FREE_MEMORY, 0x1f, DATA_RW, BITS32
        probe "limit 1f", "18", 0x18
        probe "limit 1f", "19", 0x19
        probe "limit 1f", "1d", 0x1d
        probe "limit 1f", "1f", 0x1f
        probe "limit 1f", "20", 0x20
        probe "limit 1f", "ffffffff", -1
        segment_fs FREE_MEMORY, 0, DATA_RW, BITS32
        probe "limit 0", "0", 0
        segment_fs FREE_MEMORY, 0, DATA_RW, FLAT
        probe "limit fff by page", "ffc", 0xffc
        probe "limit fff by page", "fff", 0xfff
        probe "limit fff by page", "1000", 0x1000
        segment_fs FREE_MEMORY, 0xfffff, DATA_RW, BITS32
        probe "limit fffff by byte", "ffff8", 0xffff8
        probe "limit fffff by byte", "ffffe", 0xffffe
        segment_fs FREE_MEMORY + 16, 0xfffff, DATA_RW, FLAT
        probe "4 GiB", "fffffff0", -16
        probe "4 GiB", "fffffffe", -2
        segment_fs FREE_MEMORY, 0x1f, DATA_DOWN_RW, BITS32
        probe "expand-down 1f", "1c", 0x1c
        probe "expand-down 1f", "1f", 0x1f
        probe "expand-down 1f", "20", 0x20
        segment_fs FREE_MEMORY + 16, 0x1f, DATA_DOWN_RW, BITS32
        probe "expand-down 1f", "fffffff8", -8
        probe "expand-down 1f", "fffffffd", -3
        segment_fs FREE_MEMORY - 0x8000, 0x7fff, DATA_DOWN_RW, BITS16
        probe "expand-down 7fff, 16 bits", "7fff", 0x7fff
        probe "expand-down 7fff, 16 bits", "8000", 0x8000
        segment_fs FREE_MEMORY - 0xf000, 0x7fff, DATA_DOWN_RW, BITS16
        probe "expand-down 7fff, 16 bits", "fffc", 0xfffc
        probe "expand-down 7fff, 16 bits", "ffff", 0xffff
        probe "expand-down 7fff, 16 bits", "10000", 0x10000
        segment_fs FREE_MEMORY - 0xf000, 0xffff, DATA_DOWN_RW, BITS16
        probe "expand-down ffff, 16 bits: nothing", "ffff", 0xffff
        segment_fs FREE_MEMORY - 0x1000, 0, DATA_DOWN_RW, FLAT
        probe "expand-down 0 by page", "fff", 0xfff
        probe "expand-down 0 by page", "1000", 0x1000
        segment_fs FREE_MEMORY, 0xfffff, DATA_DOWN_RW, FLAT
        probe "expand-down ffffffff: nothing", "ffffffff", -1
        segment_fs FREE_MEMORY, 0x3f, DATA_RW, BITS32
        try "512 bytes across the limit", fxsave [fs:0]
        try "the limit is of the segment used", mov eax, [fs:0x40]
        mov ax, FREE
        mov gs, ax
        mov byte [GDT + FREE], 0xff
        try "a register keeps its limit", mov eax, [gs:0x40]
        mov gs, ax
        try "until it is loaded anew", mov eax, [gs:0x40]
        ret
