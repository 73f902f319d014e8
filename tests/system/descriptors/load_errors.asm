; What loading a segment register raises for null, absent and out-of-limit selectors, from the GDT and from the LDT.
; Rows: mov to-segment, pop segment, lds, les, lfs, lgs, lss
; Expect:
;   null ds: ok ok
;   null es: ok ok
;   null fs: ok ok
;   null gs: ok ok
;   null ss: #GP 0000 #GP 0000 #GP 0000
;   null with RPL 3 ds: ok ok
;   null with RPL 3 es: ok ok
;   null with RPL 3 fs: ok ok
;   null with RPL 3 gs: ok ok
;   null with RPL 3 ss: #GP 0000 #GP 0000 #GP 0000
;   absent data ds: #NP 0070 #NP 0070
;   absent data es: #NP 0070 #NP 0070
;   absent data fs: #NP 0070 #NP 0070
;   absent data gs: #NP 0070 #NP 0070
;   absent data ss: #SS 0070 #SS 0070 #SS 0070
;   absent code ds: #NP 0078 #NP 0078
;   absent code es: #NP 0078 #NP 0078
;   absent code fs: #NP 0078 #NP 0078
;   absent code gs: #NP 0078 #NP 0078
;   absent code ss: #GP 0078 #GP 0078 #GP 0078
;   absent gate ds: #GP 0080 #GP 0080
;   absent gate es: #GP 0080 #GP 0080
;   absent gate fs: #GP 0080 #GP 0080
;   absent gate gs: #GP 0080 #GP 0080
;   absent gate ss: #GP 0080 #GP 0080 #GP 0080
;   absent read-only data ds: #NP 0088 #NP 0088
;   absent read-only data es: #NP 0088 #NP 0088
;   absent read-only data fs: #NP 0088 #NP 0088
;   absent read-only data gs: #NP 0088 #NP 0088
;   absent read-only data ss: #GP 0088 #GP 0088 #GP 0088
;   behind the GDT ds: #GP 0800 #GP 0800
;   behind the GDT es: #GP 0800 #GP 0800
;   behind the GDT fs: #GP 0800 #GP 0800
;   behind the GDT gs: #GP 0800 #GP 0800
;   behind the GDT ss: #GP 0800 #GP 0800 #GP 0800
;   behind the GDT, RPL 3 ds: #GP fff8 #GP fff8
;   behind the GDT, RPL 3 es: #GP fff8 #GP fff8
;   behind the GDT, RPL 3 fs: #GP fff8 #GP fff8
;   behind the GDT, RPL 3 gs: #GP fff8 #GP fff8
;   behind the GDT, RPL 3 ss: #GP fff8 #GP fff8 #GP fff8
;   LDT ds: ok ok
;   LDT es: ok ok
;   LDT fs: ok ok
;   LDT gs: ok ok
;   LDT ss: ok ok ok
;   absent in the LDT ds: #NP 0014 #NP 0014
;   absent in the LDT es: #NP 0014 #NP 0014
;   absent in the LDT fs: #NP 0014 #NP 0014
;   absent in the LDT gs: #NP 0014 #NP 0014
;   absent in the LDT ss: #SS 0014 #SS 0014 #SS 0014
;   first of the LDT ds: ok ok
;   first of the LDT es: ok ok
;   first of the LDT fs: ok ok
;   first of the LDT gs: ok ok
;   first of the LDT ss: ok ok ok
;   last of the LDT ds: ok ok
;   last of the LDT es: ok ok
;   last of the LDT fs: ok ok
;   last of the LDT gs: ok ok
;   last of the LDT ss: ok ok ok
;   behind the LDT ds: #GP 0104 #GP 0104
;   behind the LDT es: #GP 0104 #GP 0104
;   behind the LDT fs: #GP 0104 #GP 0104
;   behind the LDT gs: #GP 0104 #GP 0104
;   behind the LDT ss: #GP 0104 #GP 0104 #GP 0104
;   half behind the LDT ds: #GP 00fc #GP 00fc
;   half behind the LDT es: #GP 00fc #GP 00fc
;   half behind the LDT fs: #GP 00fc #GP 00fc
;   half behind the LDT gs: #GP 00fc #GP 00fc
;   half behind the LDT ss: #GP 00fc #GP 00fc #GP 00fc
;   no LDT ds: #GP 000c #GP 000c
;   no LDT es: #GP 000c #GP 000c
;   no LDT fs: #GP 000c #GP 000c
;   no LDT gs: #GP 000c #GP 000c
;   no LDT ss: #GP 000c #GP 000c #GP 000c
;   fails: #NP 0070
;   keeps 00000010
;   null keeps its RPL 00000001
;   a null segment's byte: #GP 0000
;   a null segment's write: #GP 0000
;   end
%include "testkit.inc"
; Cells: MOV or POP, then the far pointer load. SDM volume 3, 6.15: #NP is for DS, ES, FS and GS, #SS for SS; the error
; code is the selector without its RPL. After a failed load the register is the old one.
NEIGHBOUR       equ FREE + 8            ; writable data, absent
ABSENT_CODE     equ FREE + 16
ABSENT_TYPE     equ FREE + 24           ; a call gate, absent: the type is checked first
ABSENT_RO       equ FREE + 32
IN_LDT          equ 0x0c                ; writable data
IN_LDT_ABSENT   equ 0x14
%macro load 3                           ; name, register, selector
        row %1, " ", %2, ":"
        mov eax, %3
        mov [.pointer + 4], ax
    %ifidn %2, "ds"
        cell mov ds, ax
        push ss
        pop ds
        cell lds edi, [.pointer]
    %elifidn %2, "es"
        push eax
        cell pop es
        mov esp, ebp
        cell les edi, [.pointer]
    %elifidn %2, "fs"
        cell mov fs, ax
        cell lfs edi, [.pointer]
    %elifidn %2, "gs"
        push eax
        cell pop gs
        mov esp, ebp
        cell lgs edi, [.pointer]
    %else
        cell mov ss, ax
        mov ss, [cs:try_ss]
        push eax
        cell pop ss
        mov ss, [cs:try_ss]
        mov esp, ebp
        cell lss esp, [.pointer]
        mov ss, [cs:try_ss]
        mov esp, ebp
    %endif
        push ss
        pop ds
        push ss
        pop es
        row_end
%endmacro
%macro load_all 2                       ; name, selector
        load %1, "ds", %2
        load %1, "es", %2
        load %1, "fs", %2
        load %1, "gs", %2
        load %1, "ss", %2
%endmacro
bits 32
test:
        mov ebp, esp
        mov [.pointer], esp
        put_descriptor NEIGHBOUR, 0, 0xfffff, DATA_RW & ~PRESENT, FLAT
        put_descriptor ABSENT_CODE, 0, 0xfffff, CODE_RX & ~PRESENT, FLAT
        put_descriptor ABSENT_TYPE, 0, 0xfffff, CALL_GATE32 & ~PRESENT, FLAT
        put_descriptor ABSENT_RO, 0, 0xfffff, DATA_RO & ~PRESENT, FLAT
        put_ldt_descriptor IN_LDT, 0, 0xfffff, DATA_RW, FLAT
        put_ldt_descriptor IN_LDT_ABSENT, 0, 0xfffff, DATA_RW & ~PRESENT, FLAT
        put_ldt_descriptor 0, 0, 0xfffff, DATA_RW, FLAT
        put_ldt_descriptor 0xfc, 0, 0xfffff, DATA_RW, FLAT
        load_all "null", 0
        load_all "null with RPL 3", 3
        load_all "absent data", NEIGHBOUR
        load_all "absent code", ABSENT_CODE
        load_all "absent gate", ABSENT_TYPE
        load_all "absent read-only data", ABSENT_RO
        load_all "behind the GDT", 0x800
        load_all "behind the GDT, RPL 3", 0xffff & ~4
        load_all "LDT", IN_LDT
        load_all "absent in the LDT", IN_LDT_ABSENT
        load_all "first of the LDT", 4
        load_all "last of the LDT", 0xfc
        load_all "behind the LDT", 0x104
        mov byte [GDT + LDT_SELECTOR], 0xfe  ; the limit ends within the last entry
        mov ax, LDT_SELECTOR
        lldt ax
        load_all "half behind the LDT", 0xfc
        xor eax, eax
        lldt ax
        load_all "no LDT", IN_LDT
        mov eax, DATA0
        mov fs, ax
        try "fails", mov fs, [.bad]
        mov eax, fs
        show "keeps", eax
        mov eax, 1
        mov fs, ax
        mov eax, fs
        show "null keeps its RPL", eax
        try "a null segment's byte", mov al, [fs:0x1000]
        try "a null segment's write", mov [fs:0x1000], al
        ret
.bad:   dw NEIGHBOUR
.pointer:
        dd 0
        dw 0
