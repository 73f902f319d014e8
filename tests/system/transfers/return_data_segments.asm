; What a return to an outer ring does to DS, ES, FS and GS: those that the ring may not use become null.
; Rows: ret far, iretd, iret
; Expect:
;   data: ok 0008 00100021 00320043 ok 0008 00100021 00320043 ok 0008 00100021 00320043 ok 0008 00100021 00320043
;   code: ok 0008 00680079 008a009b ok 0008 00680079 008a009b ok 0008 00680079 008a009b ok 0008 00680079 008a009b
;   conforming code: ok 0008 00700081 009200a3 ok 0008 00700081 009200a3 ok 0008 00700081 009200a3 ok 0008 00700081 009200a3
;   RPL other than DPL: ok 0008 00100020 00400041 ok 0008 00100020 00400041 ok 0008 00100020 00400041 ok 0008 00100020 00400041
;   null: ok 0008 00000000 00000000 ok 0008 00000000 00000000 ok 0008 00000000 00000000 ok 0008 00000000 00000000
;   data: ok 0019 00000021 00320043 ok 0019 00000021 00320043 ok 0019 00000021 00320043 ok 0019 00000021 00320043
;   code: ok 0019 00000079 008a009b ok 0019 00000079 008a009b ok 0019 00000079 008a009b ok 0019 00000079 008a009b
;   conforming code: ok 0019 00700081 009200a3 ok 0019 00700081 009200a3 ok 0019 00700081 009200a3 ok 0019 00700081 009200a3
;   RPL other than DPL: ok 0019 00000020 00400041 ok 0019 00000020 00400041 ok 0019 00000020 00400041 ok 0019 00000020 00400041
;   null: ok 0019 00000000 00000000 ok 0019 00000000 00000000 ok 0019 00000000 00000000 ok 0019 00000000 00000000
;   data: ok 002a 00000000 00320043 ok 002a 00000000 00320043 ok 002a 00000000 00320043 ok 002a 00000000 00320043
;   code: ok 002a 00000000 008a009b ok 002a 00000000 008a009b ok 002a 00000000 008a009b ok 002a 00000000 008a009b
;   conforming code: ok 002a 00700081 009200a3 ok 002a 00700081 009200a3 ok 002a 00700081 009200a3 ok 002a 00700081 009200a3
;   RPL other than DPL: ok 002a 00000000 00400041 ok 002a 00000000 00400041 ok 002a 00000000 00400041 ok 002a 00000000 00400041
;   null: ok 002a 00000000 00000000 ok 002a 00000000 00000000 ok 002a 00000000 00000000 ok 002a 00000000 00000000
;   data: ok 003b 00000000 00000043 ok 003b 00000000 00000043 ok 003b 00000000 00000043 ok 003b 00000000 00000043
;   code: ok 003b 00000000 0000009b ok 003b 00000000 0000009b ok 003b 00000000 0000009b ok 003b 00000000 0000009b
;   conforming code: ok 003b 00700081 009200a3 ok 003b 00700081 009200a3 ok 003b 00700081 009200a3 ok 003b 00700081 009200a3
;   RPL other than DPL: ok 003b 00000000 00400041 ok 003b 00000000 00400041 ok 003b 00000000 00400041 ok 003b 00000000 00400041
;   null: ok 003b 00000000 00000000 ok 003b 00000000 00000000 ok 003b 00000000 00000000 ok 003b 00000000 00000000
;   data: ok 0073 00000000 00000043 ok 0073 00000000 00000043 ok 0073 00000000 00000043 ok 0073 00000000 00000043
;   code: ok 0073 00000000 0000009b ok 0073 00000000 0000009b ok 0073 00000000 0000009b ok 0073 00000000 0000009b
;   conforming code: ok 0073 00700081 009200a3 ok 0073 00700081 009200a3 ok 0073 00700081 009200a3 ok 0073 00700081 009200a3
;   RPL other than DPL: ok 0073 00000000 00400041 ok 0073 00000000 00400041 ok 0073 00000000 00400041 ok 0073 00000000 00400041
;   null: ok 0073 00000000 00000000 ok 0073 00000000 00000000 ok 0073 00000000 00000000 ok 0073 00000000 00000000
;   end
%include "testkit.inc"
%include "far_returns.inc"
; SDM volume 2, RET: a segment register with data or nonconforming code of a DPL below the new CPL becomes null;
; conforming code stays. A line shows CS, DS, ES, FS and GS behind a return by RETF, RETF of 16 bits, IRETD and IRET.
%define CODE_OF(dpl)       (FREE + 16 * (dpl) | (dpl))
%define CONFORMING_OF(dpl) (FREE + 16 * (dpl) + 8 | (dpl))
; The loads come between what `cell` stores and the return.
%macro with_segments 1+
        mov es, [es_before]
        mov fs, [fs_before]
        mov gs, [gs_before]
        mov ds, [ds_before]
        %1
%endmacro
%macro segments_behind 2+               ; frame, instruction
        return_by %1, with_segments %2
        cell_value eax
        cell_value ebx
%endmacro
%macro line 5                           ; name, DS, ES, FS, GS before
        mov word [ds_before], %2
        mov word [es_before], %3
        mov word [fs_before], %4
        mov word [gs_before], %5
        row %1, ":"
        call by_each_return
%endmacro
%macro lines 2                          ; CS, SS
        mov dword [to_cs], %1
        mov dword [to_ss], %2
        line "data", DATA0, DATA1, DATA2, DATA3
        line "code", CODE_OF(0), CODE_OF(1), CODE_OF(2), CODE_OF(3)
        line "conforming code", CONFORMING_OF(0), CONFORMING_OF(1), \
                CONFORMING_OF(2), CONFORMING_OF(3)
        line "RPL other than DPL", DATA0, DATA1 & ~3, DATA3 & ~3, DATA3 & ~3 | 1
        line "null", 0, 0, 0, 0
%endmacro
bits 32
test:
%assign dpl 0
%rep 4
        put_descriptor CODE_OF(dpl), 0, 0xfffff, CODE_RX | DPL(dpl), FLAT
        put_descriptor CONFORMING_OF(dpl), 0, 0xfffff, CONFORMING_RX | DPL(dpl), FLAT
  %assign dpl dpl + 1
%endrep
        mov dword [to_eip], show_segments
        lines CODE0, DATA0
        lines CODE1, DATA1
        lines CODE2, DATA2
        lines CODE3, DATA3
        lines CONFORMING_OF(0) | 3, DATA3
        ret
by_each_return:
        segments_behind RETF32_FRAME, retf
        segments_behind RETF16_FRAME, o16 retf
        segments_behind IRET32_FRAME, iretd
        segments_behind IRET16_FRAME, iretw
        row_end
        ret
show_segments:
        mov ax, ds
        shl eax, 16
        mov ax, es
        mov bx, fs
        shl ebx, 16
        mov bx, gs
        arrive
        section .data
ds_before: dw 0
es_before: dw 0
fs_before: dw 0
gs_before: dw 0
