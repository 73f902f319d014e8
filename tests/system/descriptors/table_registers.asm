; SGDT, SIDT, LGDT, LIDT, SLDT, STR and SMSW: forms of both operand sizes, in registers and memory, in every ring.
; Rows: sgdt, sidt, lgdt, lidt, sldt, str, smsw
; Expect:
;   sgdt, 32 bits: 100007ff ffff0002
;   sgdt, 16 bits: 100007ff ffff0002
;   sidt, 32 bits: 000007ff ffff0002
;   sidt, 16 bits: 000007ff ffff0002
;   sldt, memory: ffff0050 ffffffff
;   sldt, memory, 16 bits: ffff0050 ffffffff
;   str, memory: ffff0048 ffffffff
;   str, memory, 16 bits: ffff0048 ffffffff
;   smsw, memory: ffff0011 ffffffff
;   sldt, 32 bits 00000050
;   sldt, 16 bits dead0050
;   str, 32 bits 00000048
;   str, 16 bits dead0048
;   smsw, 32 bits 60000011
;   smsw, 16 bits dead0011
;   lgdt, 16 bits: the table is used: ok
;   lgdt, 16 bits: 100007ff ffff0002
;   lidt, 16 bits: the table is used: #UD
;   lidt, 16 bits: 000007ff ffff0002
;   lidt, 32 bits 89abcdef
;   stored by 16 bits 89abcdef
;   lidt, 16 bits 00abcdef
;   behind the small GDT: #GP 0040
;   lgdt, 6 bytes, one beyond the limit: #GP 0000
;   sgdt, 6 bytes, one beyond the limit: #GP 0000
;   real mode, sgdt: ok
;   real mode, lgdt: ok
;   real mode, sldt: #UD
;   real mode, str: #UD
;   virtual-8086 mode, sgdt: ok
;   limit and base 100007ff
;   virtual-8086 mode, lgdt: #GP 0000
;   virtual-8086 mode, sldt: #UD
;   virtual-8086 mode, str: #UD
;   virtual-8086 mode, smsw: ok
;   sgdt, page absent behind its first bytes: #PF 0002 cr2 00027000
;   lidt, page absent: #PF 0000 cr2 00027000
;   the table is as it was: #UD
;   ring 3, sgdt: 100007ff ffff0002
;   ring 3, sidt: 000007ff ffff0002
;   ring 3, sldt 00000050
;   ring 3, str 00000048
;   ring 3, smsw e0000011
;   ring 3, lgdt: #GP 0000
;   ring 3, lidt: #GP 0000
;   ring 1, lgdt: #GP 0000
;   ring 1, lidt: #GP 0000
;   end
%include "testkit.inc"
%macro fill 0                           ; the memory that is stored to
        mov dword [FREE_MEMORY], -1
        mov dword [FREE_MEMORY + 4], -1
%endmacro
%macro stored 2+                        ; name, instruction
        fill
        %2
        row %1, ":"
        cell_value [FREE_MEMORY]
        cell_value [FREE_MEMORY + 4]
        row_end
%endmacro
%macro in_register 2+                   ; name, instruction that writes EAX
        mov eax, 0xdeadbeef
        %2
        show %1, eax
%endmacro
bits 32
test:
        ; The base is stored whole with a 16-bit operand too: SDM volume 2, SGDT, "Operation".
        ; QEMU 7.2 stores 24 bits of it.
        stored "sgdt, 32 bits", sgdt [FREE_MEMORY]
        stored "sgdt, 16 bits", o16 sgdt [FREE_MEMORY]
        stored "sidt, 32 bits", sidt [FREE_MEMORY]
        stored "sidt, 16 bits", o16 sidt [FREE_MEMORY]
        stored "sldt, memory", sldt [FREE_MEMORY]
        stored "sldt, memory, 16 bits", o16 sldt [FREE_MEMORY]
        stored "str, memory", str [FREE_MEMORY]
        stored "str, memory, 16 bits", o16 str [FREE_MEMORY]
        stored "smsw, memory", smsw [FREE_MEMORY]
        in_register "sldt, 32 bits", sldt eax
        in_register "sldt, 16 bits", sldt ax
        in_register "str, 32 bits", str eax
        in_register "str, 16 bits", str ax
        in_register "smsw, 32 bits", smsw eax
        in_register "smsw, 16 bits", smsw ax
        ; 16-bit LGDT and LIDT take 24 bits of the base.
        o16 lgdt [.gdt_high_byte]
        mov eax, FREE
        try "lgdt, 16 bits: the table is used", mov es, [.data0]
        stored "lgdt, 16 bits", sgdt [FREE_MEMORY]
        o16 lidt [.idt_high_byte]
        try "lidt, 16 bits: the table is used", ud2
        stored "lidt, 16 bits", sidt [FREE_MEMORY]
        fill
        lidt [.other_idt]
        sidt [FREE_MEMORY]
        o16 sidt [FREE_MEMORY + 8]
        o16 lidt [.other_idt]
        sidt [FREE_MEMORY + 16]
        lidt [kit_idt_pointer]
        show "lidt, 32 bits", [FREE_MEMORY + 2]
        show "stored by 16 bits", [FREE_MEMORY + 10]
        show "lidt, 16 bits", [FREE_MEMORY + 18]
        lgdt [.small_gdt]
        try "behind the small GDT", mov es, [.data3]
        lgdt [kit_gdt_pointer]
        put_descriptor FREE, 0, 0xffff, DATA_RW, BITS32
        mov ax, FREE
        mov fs, ax
        try "lgdt, 6 bytes, one beyond the limit", lgdt [fs:0xffff - 4]
        try "sgdt, 6 bytes, one beyond the limit", sgdt [fs:0xffff - 4]
        in_real .real
        in_v86 .v86
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY + 0x1000)], 0
        try "sgdt, page absent behind its first bytes", sgdt [FREE_MEMORY + 0xffe]
        try "lidt, page absent", lidt [FREE_MEMORY + 0xffe]
        try "the table is as it was", ud2
        in_ring 3, .ring3
        in_ring 1, .ring1
        ret
.ring3: stored "ring 3, sgdt", sgdt [FREE_MEMORY]
        stored "ring 3, sidt", sidt [FREE_MEMORY]
        in_register "ring 3, sldt", sldt eax
        in_register "ring 3, str", str eax
        in_register "ring 3, smsw", smsw eax
        try "ring 3, lgdt", lgdt [kit_gdt_pointer]
        try "ring 3, lidt", lidt [kit_idt_pointer]
        leave_ring
.ring1: try "ring 1, lgdt", lgdt [kit_gdt_pointer]
        try "ring 1, lidt", lidt [kit_idt_pointer]
        leave_ring
bits 16
.v86:   mov ax, FREE_MEMORY / 16
        mov fs, ax
        try "virtual-8086 mode, sgdt", sgdt [fs:0]
        show "limit and base", [fs:0]
        try "virtual-8086 mode, lgdt", lgdt [kit_gdt_pointer]
        try "virtual-8086 mode, sldt", sldt ax
        try "virtual-8086 mode, str", str ax
        try "virtual-8086 mode, smsw", smsw ax
        leave_ring
.real:  try "real mode, sgdt", sgdt [.pointer]
        try "real mode, lgdt", o32 lgdt [.pointer]
        try "real mode, sldt", sldt ax
        try "real mode, str", str ax
        ret
bits 32
.gdt_high_byte:
        dw GDT_LIMIT
        dd GDT | 0xff000000
.idt_high_byte:
        dw 0x7ff
        dd IDT | 0xff000000
.other_idt:
        dw 0x123
        dd 0x89abcdef
.small_gdt:
        dw CODE3
        dd GDT
.data0: dw DATA0
.data3: dw DATA3
        section .data
.pointer: dw 0, 0, 0
