; Loading DS, ES, FS, GS and SS with descriptors of every type: which types a register takes.
; Rows: mov to-segment, pop segment, lds, les, lfs, lgs, lss
; Expect:
;   mov ds, data: ok ok ok ok ok ok ok ok
;   mov ds, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   mov ds, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov ds, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop es, data: ok ok ok ok ok ok ok ok
;   pop es, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   pop es, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop es, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov fs, data: ok ok ok ok ok ok ok ok
;   mov fs, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   mov fs, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov fs, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop gs, data: ok ok ok ok ok ok ok ok
;   pop gs, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   pop gs, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop gs, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov ss, data: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   mov ss, code: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov ss, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   mov ss, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop ss, data: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   pop ss, code: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop ss, system types 0 to 7: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   pop ss, system types 8 to f: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   lds, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   les, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   lfs, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   lgs, code: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   lss, data: #GP 0068 #GP 0068 ok ok #GP 0068 #GP 0068 ok ok
;   lss, code: #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068 #GP 0068
;   end
%include "testkit.inc"
; Cells: types 0 to 7 or 8 to 15. SDM volume 3, 5.6 and the pages of MOV and LDS: data and readable code, SS
; writable data only.
%macro over_types 3+                    ; name, access byte of the first, instruction
        row %1
        mov ebx, %2
%%next: call .put_type
        mov esi, esp
        push dword FREE
        mov eax, FREE
        cell %3
        mov ss, [cs:try_ss]
        mov esp, esi
        call .restore
        inc ebx
        test ebx, 7
        jnz %%next
        row_end
%endmacro
%macro over_all_types 2+                ; name, instruction
        over_types {%1, ", data:"}, 0x90, %2
        over_types {%1, ", code:"}, 0x98, %2
        over_types {%1, ", system types 0 to 7:"}, 0x80, %2
        over_types {%1, ", system types 8 to f:"}, 0x88, %2
%endmacro
bits 32
test:
        over_all_types "mov ds", mov ds, ax
        over_all_types "pop es", pop es
        over_all_types "mov fs", mov fs, ax
        over_all_types "pop gs", pop gs
        over_all_types "mov ss", mov ss, ax
        over_all_types "pop ss", pop ss
        over_types "lds, code:", 0x98, lds edi, [.pointer]
        over_types "les, code:", 0x98, les edi, [.pointer]
        over_types "lfs, code:", 0x98, lfs edi, [.pointer]
        over_types "lgs, code:", 0x98, lgs edi, [.pointer]
        over_types "lss, data:", 0x90, lss edi, [.pointer]
        over_types "lss, code:", 0x98, lss edi, [.pointer]
        ret
; BL: the access byte. Expand-down data has limit 0, so that it may serve as a stack too.
.put_type:
        put_descriptor FREE, 0, 0xfffff, 0, FLAT
        mov [GDT + FREE + 5], bl
        mov eax, ebx
        and al, 0x1c
        cmp al, 0x14
        jne .up
        put_descriptor FREE, 0, 0, 0, BITS32
        mov [GDT + FREE + 5], bl
.up:    ret
.restore:
        push ss
        pop ds
        push ss
        pop es
        push ss
        pop fs
        push ss
        pop gs
        ret
.pointer:
        dd 0x1234
        dw FREE
