; Implicit accesses to descriptor tables and the TSS are supervisor accesses at CPL 3 too; the stack's are the CPL's own.
; Rows: mov, mov to-segment, int, lar, verr, push, call, in dx, lodsd, movsd, pop segment
; Expect:
;   user
;   reads the GDT: #PF 0005 cr2 00021000
;   writes the IDT: #PF 0007 cr2 00020000
;   reads a supervisor page: #PF 0005 cr2 00026000
;   LODSD: #PF 0005 cr2 00026000
;   MOVSD: #PF 0005 cr2 00026000
;   loads FS by the GDT: ok
;   loads GS by the LDT: ok
;   LAR: ok
;   VERR: ok
;   IN by the bitmap: #GP 0000
;   INT by the IDT: #GP 0402
;   PUSH to a supervisor page: #PF 0007 cr2 000267fc
;   CALL: #PF 0007 cr2 000267fc
;   ring 2
;   reads the GDT: ok
;   writes a supervisor page: ok
;   descriptor not accessed, read-only GDT: #PF 0003 cr2 0002106d
;   descriptor accessed, read-only GDT: ok
;   LDT not present: #PF 0000 cr2 00022000
;   LDT not present, POP: #PF 0000 cr2 00022000
;   LDT not present, LAR: #PF 0000 cr2 00022000
;   bitmap not present: #PF 0000 cr2 00024066
;   other part of the bitmap: #GP 0000
;   end
%include "testkit.inc"
SUPERVISOR_PAGE equ FREE_MEMORY
USER_PAGE       equ FREE_MEMORY + 0x1000

%macro rights 2                         ; page, low bits of its entry
        mov dword [PTE(%1)], %1 | %2
        invlpg [%1]
%endmacro

        section .text
bits 32
test:
        call kit_paging_on
        mov eax, cr0
        or eax, 1 << 16                 ; WP
        mov cr0, eax
        rights SUPERVISOR_PAGE, 3
        rights IDT, 3
        rights GDT, 3
        rights LDT, 3
        rights TSS, 3
        rights TSS + 0x1000, 3
        rights TSS + 0x2000, 3
        rights KERNEL_STACK - 0x1000, 3
        put_ldt_descriptor 0, 0, 0xfffff, DATA_RW | DPL(3), FLAT
        in_ring 3, .user
        in_ring 2, .ring2
        ; The accessed bit of a descriptor is written with supervisor rights: WP and a read-only page make it a fault.
        put_descriptor FREE, 0, 0xfffff, DATA_RW | DPL(3), FLAT
        put_descriptor FREE + 8, 0, 0xfffff, DATA_RW | DPL(3) | 1, FLAT
        rights GDT, 1
        mov ax, FREE
        in_ring 3, .accessed
        rights GDT, 3
        ; Tables that are not present: the error code has U clear although CPL is 3.
        rights LDT, 0
        in_ring 3, .ldt
        rights LDT, 3
        rights TSS + 0x1000, 0
        in_ring 3, .bitmap
        rights TSS + 0x1000, 3
        ret
.user:  log "user"
        try "reads the GDT", mov eax, [GDT]
        try "writes the IDT", mov [IDT], eax
        try "reads a supervisor page", mov eax, [SUPERVISOR_PAGE]
        mov esi, SUPERVISOR_PAGE
        mov edi, USER_PAGE
        try "LODSD", lodsd
        try "MOVSD", movsd
        mov eax, DATA3
        try "loads FS by the GDT", mov fs, ax
        mov eax, 7
        try "loads GS by the LDT", mov gs, ax
        try "LAR", lar ecx, eax
        try "VERR", verr ax
        mov dx, 0x3f8
        try "IN by the bitmap", in al, dx
        try "INT by the IDT", int 0x80
        mov esp, SUPERVISOR_PAGE + 0x800
        try "PUSH to a supervisor page", push eax
        mov esp, SUPERVISOR_PAGE + 0x800
        try "CALL", call .user
        leave_ring
.ring2: log "ring 2"                    ; is a supervisor to paging
        try "reads the GDT", mov eax, [GDT]
        try "writes a supervisor page", mov [SUPERVISOR_PAGE], eax
        leave_ring
.accessed:
        try "descriptor not accessed, read-only GDT", mov fs, ax
        mov ax, FREE + 8
        try "descriptor accessed, read-only GDT", mov fs, ax
        leave_ring
.ldt:   mov ax, 7
        try "LDT not present", mov fs, ax
        push eax
        try "LDT not present, POP", pop fs
        try "LDT not present, LAR", lar ecx, eax
        leave_ring
.bitmap:
        mov dx, 0x7ff0
        try "bitmap not present", in al, dx
        mov dx, 0x10
        try "other part of the bitmap", in al, dx
        leave_ring
