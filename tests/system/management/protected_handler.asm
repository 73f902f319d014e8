; A handler that enters protected mode, turns on paging, serves interrupts of its own and goes to ring 3, from where RSM
; leads back to code in real mode: only in system management mode the instruction exists, and there at any level.
; Rows: rsm, int, iretd
; Expect:
;   handler, CR0.PE 00000001
;   its write to a read-only segment: #GP 0000
;   paging, page at 4 MiB 2468ace0
;   behind its end: #PF 0000 cr2 00800000
;   in ring 3, privileged: #GP 0000
;   real mode again, PE 00000000
;   AX 00001234
;   SMIs 00000001
;   end
%include "testkit.inc"
%include "smm.inc"
PROBE           equ 0x100000

        section .text
bits 16
handler:
        inc dword [NOTED]
        lgdt [kit_gdt_pointer]
        lidt [kit_idt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp CODE0:in_protected_mode

real:   mov ax, 0x1234
        out APMC, al
        mov [NOTED + 4], ax
        mov eax, cr0
        and eax, 1
        show "real mode again, PE", eax
        movzx eax, word [NOTED + 4]
        show "AX", eax
        ret

bits 32
in_protected_mode:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK1
        mov ax, TSS_SELECTOR
        and byte [GDT + TSS_SELECTOR + 5], ~2
        ltr ax
        mov eax, cr0
        and eax, 1
        show "handler, CR0.PE", eax
        put_descriptor FREE, 0, 0xfffff, DATA_RO, FLAT
        mov ax, FREE
        mov fs, ax
        try "its write to a read-only segment", mov [fs:PROBE], eax
        call kit_paging_on
        mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE | 7
        mov eax, [PROBE + 0x400000]
        show "paging, page at 4 MiB", eax
        try "behind its end", mov eax, [0x800000]
        in_ring 3, ring3
ring3:  try "in ring 3, privileged", cli
        rsm

test:   enable_smi
        smi_handler handler
        mov dword [PROBE], 0x2468ace0
        in_real real
        mov eax, [NOTED]
        show "SMIs", eax
        ret
