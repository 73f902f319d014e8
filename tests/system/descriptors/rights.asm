; What each type of segment lets one do: read, write, both, nothing, through DS, FS, CS and SS.
; Rows: mov, add, xchg, cmpxchg, lodsd, stosd
; Expect:
;   read-only: ok #GP 0000 #GP 0000 #GP 0000 ok #GP 0000
;   read and write: ok ok ok ok ok ok
;   read-only, expand-down: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   code: ok #GP 0000 #GP 0000 #GP 0000 ok #GP 0000
;   conforming code: ok #GP 0000 #GP 0000 #GP 0000 ok #GP 0000
;   read-only, expand-down, above the limit: read: ok
;   read-only, expand-down, above the limit: write: #GP 0000
;   cs, execute only: #GP 0000 #GP 0000 #GP 0000
;   cs, readable: ok #GP 0000 #GP 0000
;   cs, conforming, execute only: #GP 0000 #GP 0000 #GP 0000
;   cs, conforming, readable: ok #GP 0000 #GP 0000
;   ds, beyond the limit: #GP 0000
;   ring 3, its own data: ok
;   ring 3, its code: #GP 0000
;   end
%include "testkit.inc"
; SDM volume 3, 5.5. Cells: read, write, read and write, a compare that writes what it read (always a write),
; a string from and one to it. QEMU 7.2 checks none of them.
%macro rights 2                         ; name, access byte
        row %1, ":"
        put_descriptor FREE, 0, 0xfffff, %2, FLAT
        mov eax, FREE
        mov fs, ax
        mov es, ax
        mov ebx, FREE_MEMORY
        mov esi, ebx
        cell mov ecx, [fs:ebx]
        cell mov [fs:ebx], ecx
        cell add dword [fs:ebx], 0
        mov eax, [ebx]
        not eax
        cell cmpxchg [fs:ebx], ecx
        cell fs lodsd
        mov edi, FREE_MEMORY
        cell stosd
        push ss
        pop es
        row_end
%endmacro
%macro code_rights 2                    ; name, access byte: read, write, read and write through CS
        row "cs, ", %1, ":"
        put_descriptor FREE, 0, 0xfffff, %2, FLAT
        jmp FREE:%%inside
%%inside:
        mov ebx, FREE_MEMORY
        cell mov ecx, [cs:ebx]
        cell mov [cs:ebx], ecx
        cell xchg [cs:ebx], ecx
        jmp CODE0:%%end
%%end:  row_end
%endmacro
bits 32
test:
        rights "read-only", DATA_RO
        rights "read and write", DATA_RW
        rights "read-only, expand-down", DATA_RO | 4
        rights "code", CODE_RX
        rights "conforming code", CONFORMING_RX
        put_descriptor FREE + 8, 0, 0, DATA_RO | 4, FLAT
        mov ax, FREE + 8
        mov fs, ax
        try "read-only, expand-down, above the limit: read", mov ecx, [fs:ebx]
        try "read-only, expand-down, above the limit: write", mov [fs:ebx], ecx
        code_rights "execute only", CODE_X
        code_rights "readable", CODE_RX
        code_rights "conforming, execute only", CODE_X | 4
        code_rights "conforming, readable", CONFORMING_RX
        put_descriptor FREE, 0, 0x7fff, DATA_RW, BITS32
        mov ax, FREE
        mov gs, ax
        mov ecx, esp
        try "ds, beyond the limit", mov [gs:ecx], eax
        in_ring 3, .ring3
        ret
.ring3: mov ebx, FREE_MEMORY
        mov eax, DATA3
        try "ring 3, its own data", mov [ebx], eax
        try "ring 3, its code", mov [cs:ebx], eax
        leave_ring
