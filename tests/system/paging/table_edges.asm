; Descriptors, gates, stack pointers and bitmaps that lie across the edge of two pages, of which the second is absent or
; read-only: the fault is a supervisor's in every ring and names the first byte that is lacking; with the page the
; instruction completes. QEMU 7.2 writes the accessed bit with the dword around it.
; Rows: mov to-segment, lar, verr, lsl, call far, int, in dx, lldt, ltr, lgdt, lidt
; Expect:
;   GDT
;   MOV FS: #PF 0000 cr2 00028000
;   and again: ok
;   LSL: #PF 0000 cr2 00028000
;   and again: ok
;   LAR: #PF 0000 cr2 00028000
;   and again: ok
;   VERR: #PF 0000 cr2 00028000
;   and again: ok
;   MOV FS, not accessed, read-only: #PF 0003 cr2 00028001
;   and again: ok
;   access byte 000000f3
;   far CALL: #PF 0000 cr2 00028000
;   and again: ok 006b
;   call gate: #PF 0000 cr2 00028000
;   and again: ok 0019
;   LLDT: #PF 0000 cr2 00028000
;   and again: ok
;   LTR: #PF 0000 cr2 00028000
;   and again: ok
;   LDT
;   MOV FS: #PF 0000 cr2 00028000
;   and again: ok
;   IDT
;   INT: #PF 0000 cr2 00028000
;   and again: ok 0019
;   TSS
;   SS of ring 1: #PF 0000 cr2 00028000
;   and again: ok 0019
;   place of the bitmap: #PF 0000 cr2 00028056
;   and again: ok
;   bitmap: #PF 0000 cr2 00028000
;   and again: ok
;   end
%include "testkit.inc"
WP              equ 1 << 16
EDGE            equ FREE_MEMORY + 0x2000
ABSENT          equ 0
READ_ONLY       equ EDGE | 1
ACROSS          equ EDGE - 4                    ; an entry that lies across
VECTOR          equ 0xf6                        ; behind the kit's
MOVED_GDT       equ ACROSS - FREE               ; FREE lies across
MOVED_IDT       equ ACROSS - VECTOR * 8
IN_LDT          equ 7                           ; the first entry, RPL 3

; Runs an instruction in a ring without the second page, and again with it.
%macro across 4+                                ; ring, the page's entry, name, instruction
        mov dword [PTE(EDGE)], %2
        invlpg [EDGE]
        in_ring %1, %%without
        mov dword [PTE(EDGE)], EDGE | 3
        invlpg [EDGE]
        in_ring %1, %%with
        jmp %%behind
%%without:
        call set_registers
        try %3, %4
        leave_ring
%%with: call set_registers
        try "and again", %4
        leave_ring
%%behind:
%endmacro

%macro entry_across 2                           ; low and high half
        put_entry ACROSS, %1, %2
%endmacro

        section .data
moved_gdt:      dw FREE + 7
                dd MOVED_GDT
moved_idt:      dw VECTOR * 8 + 7
                dd MOVED_IDT

        section .text
bits 32
arrived:
        arrive

set_registers:
        mov eax, FREE | 3
        mov dx, 0
        ret

test:   call kit_paging_on
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        call descriptors
        lgdt [kit_gdt_pointer]
        log "LDT"
        put_descriptor FREE, ACROSS, 0xff, LDT_ACCESS, 0
        mov ax, FREE
        lldt ax
        entry_across descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW | DPL(3), FLAT)
        mov ebx, IN_LDT
        across 3, ABSENT, "MOV FS", mov fs, bx
        call gates
        call task_state
        ret

descriptors:
        mov esi, GDT
        mov edi, MOVED_GDT
        mov ecx, FREE / 4
        rep movsd
        lgdt [moved_gdt]
        log "GDT"
        entry_across descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW | DPL(3), FLAT)
        across 3, ABSENT, "MOV FS", mov fs, ax
        across 3, ABSENT, "LSL", lsl ecx, eax
        across 3, ABSENT, "LAR", lar ecx, eax
        across 3, ABSENT, "VERR", verr ax
        entry_across descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, DATA_RW | DPL(3), FLAT)
        across 3, READ_ONLY, "MOV FS, not accessed, read-only", mov fs, ax
        movzx eax, byte [ACROSS + 5]
        show "access byte", eax
        entry_across descriptor_low(0, 0xfffff), descriptor_high(0, 0xfffff, CODE_RX | DPL(3), FLAT)
        across 3, ABSENT, "far CALL", call FREE | 3:arrived
        put_gate_at ACROSS, CODE1, arrived, CALL_GATE32 | DPL(3)
        across 3, ABSENT, "call gate", call FREE | 3:0
        entry_across descriptor_low(LDT, 0xff), descriptor_high(LDT, 0xff, LDT_ACCESS, 0)
        call at_ring0
        ret

; LLDT and LTR.
at_ring0:
        mov dword [PTE(EDGE)], ABSENT
        invlpg [EDGE]
        mov ax, FREE
        try "LLDT", lldt ax
        mov dword [PTE(EDGE)], EDGE | 3
        try "and again", lldt ax
        entry_across descriptor_low(TSS, TSS_LIMIT), descriptor_high(TSS, TSS_LIMIT, TSS32_AVAILABLE, 0)
        mov dword [PTE(EDGE)], ABSENT
        invlpg [EDGE]
        try "LTR", ltr ax
        mov dword [PTE(EDGE)], EDGE | 3
        try "and again", ltr ax
        ret

gates:  mov esi, IDT
        mov edi, MOVED_IDT
        mov ecx, VECTOR * 2
        rep movsd
        put_gate_at ACROSS, CODE1, arrived, INT_GATE32 | DPL(3)
        lidt [moved_idt]
        log "IDT"
        across 3, ABSENT, "INT", int VECTOR
        lidt [kit_idt_pointer]
        ret

task_state:
        log "TSS"
        put_gate VECTOR, CODE1, arrived, INT_GATE32 | DPL(3)
        mov edi, EDGE - 16                      ; SS of ring 1 is the first in the second page
        call make_tss
        across 3, ABSENT, "SS of ring 1", int VECTOR
        across 3, ABSENT, "place of the bitmap", in al, dx
        mov edi, EDGE - 105                     ; the bitmap's second byte is the first there
        call make_tss
        across 3, ABSENT, "bitmap", in al, dx
        ret

make_tss:                                       ; at EDI, with a bitmap of zeros if it is long enough
        mov dword [PTE(EDGE)], EDGE | 3
        mov dword [edi + 4], KERNEL_STACK
        mov dword [edi + 8], DATA0
        mov dword [edi + 12], STACK1
        mov dword [edi + 16], DATA1
        mov word [edi + 102], 104
        mov word [edi + 104], 0
        put_descriptor FREE, 0, 0x67 + 2, TSS32_AVAILABLE, 0
        mov [GDT + FREE + 2], di
        mov eax, edi
        shr eax, 16
        mov [GDT + FREE + 4], al
        mov ax, FREE
        ltr ax
        ret
