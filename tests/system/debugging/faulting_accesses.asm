; An instruction that does not complete raises its fault alone: the data breakpoints and the single step that it met on
; the way come when it completes (SDM vol. 3B, 17.2.4 and 17.3.1: they are traps; vol. 3C, 26.6.3: none are pending
; behind a hardware exception). "left over" would be a #DB inside the handler of the fault.
; QEMU 7.2 leaves the breakpoint pending, and reads before it checks that it may write.
; Rows: bound, div, push, pop, pushad, popad, movsd, xchg, cmpxchg8b, fld, les, mov to-segment, lldt, jmp far, call far
; Rows: ldmxcsr, ret far, iretd
; Expect:
;   BOUND, below its bounds: #BR
;   DIV by 0: #DE
;   XCHG across pages: #PF 0002 cr2 00027000
;   MOVSD to a page that is not present: #PF 0002 cr2 00027000
;   CMPXCHG8B across pages: #PF 0002 cr2 00027000
;   store across pages: #PF 0002 cr2 00027000
;   load across pages: #PF 0000 cr2 00027000
;   FLD of 8 bytes across pages: #PF 0000 cr2 00027000
;   LES of a bad selector: #GP 0800
;   MOV DS: #GP 0800
;   LLDT: #GP 0800
;   JMP far through it: #GP 0800
;   CALL far through it: #GP 0800
;   LDMXCSR of reserved bits: #GP 0000
;   ring 3, PUSH of memory that is not present: #PF 0004 cr2 00027000
;   ring 3, POP to memory that is not present: #PF 0006 cr2 00027000
;   ring 3, PUSHAD across pages: #PF 0006 cr2 0002700c
;   ring 3, POPAD across pages: #PF 0004 cr2 00027000
;   ring 3, RETF inwards: #GP 0008
;   ring 3, IRETD inwards: #GP 0008
;   end
%include "testkit.inc"
bits 32
WATCHED         equ FREE_MEMORY
NOWHERE         equ FREE_MEMORY + 0x1000        ; a page that is not present
OUTSIDE         equ GDT_LIMIT + 1               ; a selector

; An attempt that faults; then whether #DB was due all the same, with the breakpoint as it was.
%macro faults 2+
        mov dword [debug_traps], 0
        mov eax, 5
        try %1, %2
        cmp dword [debug_traps], 0
        je %%none
        log "left over"
%%none:
%endmacro

        section .data
debug_traps:    dd 0
        section .text

test:
        call kit_paging_on
        mov dword [PTE(NOWHERE)], 0
        mov eax, cr3
        mov cr3, eax
        mov eax, WATCHED + 0x10
        mov dr0, eax
        mov eax, NOWHERE - 4
        mov dr1, eax
        mov eax, 0x40a | 0xff << 16     ; both: reads and writes of 4 bytes
        mov dr7, eax
        put_gate 1, CODE0, .count, INT_GATE32
        mov dword [WATCHED + 0x10], 0
        mov dword [WATCHED + 0x14], OUTSIDE
        mov edi, NOWHERE
        mov esi, WATCHED + 0x10
        mov dword [WATCHED + 0x10], 0
        xor edx, edx
        faults "BOUND, below its bounds", bound edi, [esi]
        faults "DIV by 0", div dword [esi]
        faults "XCHG across pages", xchg eax, [NOWHERE - 2]
        faults "MOVSD to a page that is not present", movsd
        faults "CMPXCHG8B across pages", cmpxchg8b [NOWHERE - 4]
        faults "store across pages", mov [NOWHERE - 2], eax
        faults "load across pages", mov eax, [NOWHERE - 1]
        faults "FLD of 8 bytes across pages", fld qword [NOWHERE - 4]
        faults "LES of a bad selector", les eax, [esi]
        mov dword [WATCHED + 0x10], OUTSIDE
        faults "MOV DS", mov ds, [esi]
        faults "LLDT", lldt [esi]
        faults "JMP far through it", jmp far [esi]
        faults "CALL far through it", call far [esi]
        mov dword [WATCHED + 0x10], 0x7fff0000
        mov ecx, cr4
        or ecx, 0x600
        mov cr4, ecx
        faults "LDMXCSR of reserved bits", ldmxcsr [esi]
        in_ring 3, .ring3
        xor eax, eax
        mov dr7, eax
        ret

.count: inc dword [debug_traps]
        iretd

        ; Where exceptions have another stack.
.ring3: mov esp, WATCHED + 0x14
        faults "ring 3, PUSH of memory that is not present", push dword [NOWHERE]
        mov esp, WATCHED + 0x10
        faults "ring 3, POP to memory that is not present", pop dword [NOWHERE]
        mov esp, NOWHERE + 0x10
        faults "ring 3, PUSHAD across pages", pushad
        mov esp, NOWHERE - 4
        faults "ring 3, POPAD across pages", popad
        mov esp, WATCHED + 0x10
        mov dword [WATCHED + 0x10], NOWHERE
        mov dword [WATCHED + 0x14], CODE0
        faults "ring 3, RETF inwards", retf
        faults "ring 3, IRETD inwards", iretd
        mov esp, STACK3
        leave_ring
