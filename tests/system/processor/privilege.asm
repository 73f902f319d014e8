; What needs CPL 0, or asks CR4 elsewhere: in each ring, in virtual-8086 mode and in real mode. QEMU 7.2 has no RDPMC.
; Rows: hlt, invd, wbinvd, invlpg, clts, lmsw, smsw, rdmsr, wrmsr, rdpmc, rdtsc, mov from-control, mov to-control
; Rows: mov from-debug, mov to-debug, lgdt, lidt, sgdt, sidt
; Expect:
;   ring 0, caches and TLB: ok ok ok
;   ring 0, registers: ok ok ok ok ok ok ok
;   ring 0, tables: ok ok ok ok
;   ring 0, RDMSR and WRMSR: ok ok
;   ring 0, RDTSC and RDPMC: ok ok
;   ring 1, caches and TLB: #GP 0000 #GP 0000 #GP 0000
;   ring 1, registers: #GP 0000 ok #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   ring 1, tables: ok #GP 0000 ok #GP 0000
;   ring 1, RDMSR and WRMSR: #GP 0000 #GP 0000
;   ring 1, HLT: #GP 0000
;   ring 1, RDTSC and RDPMC: ok #GP 0000
;   ring 2, caches and TLB: #GP 0000 #GP 0000 #GP 0000
;   ring 2, registers: #GP 0000 ok #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   ring 2, tables: ok #GP 0000 ok #GP 0000
;   ring 2, RDMSR and WRMSR: #GP 0000 #GP 0000
;   ring 2, HLT: #GP 0000
;   ring 2, RDTSC and RDPMC: ok #GP 0000
;   ring 3, caches and TLB: #GP 0000 #GP 0000 #GP 0000
;   ring 3, registers: #GP 0000 ok #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   ring 3, tables: ok #GP 0000 ok #GP 0000
;   ring 3, RDMSR and WRMSR: #GP 0000 #GP 0000
;   ring 3, HLT: #GP 0000
;   ring 3, RDTSC and RDPMC: ok #GP 0000
;   virtual-8086 mode, caches and TLB: #GP 0000 #GP 0000 #GP 0000
;   virtual-8086 mode, registers: #GP 0000 ok #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   virtual-8086 mode, tables: ok #GP 0000 ok #GP 0000
;   virtual-8086 mode, RDMSR and WRMSR: #GP 0000 #GP 0000
;   virtual-8086 mode, HLT: #GP 0000
;   virtual-8086 mode, RDTSC and RDPMC: ok #GP 0000
;   real mode, caches and TLB: ok ok ok
;   real mode, registers: ok ok ok ok ok ok ok
;   real mode, tables: ok ok ok ok
;   real mode, RDMSR and WRMSR: ok ok
;   real mode, RDTSC and RDPMC: ok ok
;   CR4: TSD and PCE
;   ring 0, RDTSC and RDPMC: ok ok
;   ring 1, RDTSC and RDPMC: #GP 0000 ok
;   ring 2, RDTSC and RDPMC: #GP 0000 ok
;   ring 3, RDTSC and RDPMC: #GP 0000 ok
;   virtual-8086 mode, RDTSC and RDPMC: #GP 0000 ok
;   real mode, RDTSC and RDPMC: ok ok
;   CR4: TSD
;   ring 0, RDTSC and RDPMC: ok ok
;   ring 1, RDTSC and RDPMC: #GP 0000 #GP 0000
;   ring 2, RDTSC and RDPMC: #GP 0000 #GP 0000
;   ring 3, RDTSC and RDPMC: #GP 0000 #GP 0000
;   virtual-8086 mode, RDTSC and RDPMC: #GP 0000 #GP 0000
;   real mode, RDTSC and RDPMC: ok ok
;   CR4: PCE
;   ring 0, RDTSC and RDPMC: ok ok
;   ring 1, RDTSC and RDPMC: ok ok
;   ring 2, RDTSC and RDPMC: ok ok
;   ring 3, RDTSC and RDPMC: ok ok
;   virtual-8086 mode, RDTSC and RDPMC: ok ok
;   real mode, RDTSC and RDPMC: ok ok
;   end
%include "testkit.inc"
TSD             equ 1 << 2
PCE             equ 1 << 8
TSC             equ 0x10
SYSENTER_CS     equ 0x174

; HLT would wait for ever where it may be executed.
%macro privileged 1                     ; where
        row %1, ", caches and TLB:"
        cell invd
        cell wbinvd
        cell invlpg [word_of_cr0]
        row_end
        row %1, ", registers:"
        cell clts
        cell smsw [word_of_cr0]
        cell lmsw [word_of_cr0]
        cell mov eax, cr0
        cell mov cr2, eax
        cell mov eax, dr7
        cell mov dr0, eax
        row_end
        row %1, ", tables:"
        cell sgdt [gdt_pointer]
        cell lgdt [gdt_pointer]
        cell sidt [idt_pointer]
        cell lidt [idt_pointer]
        row_end
        row %1, ", RDMSR and WRMSR:"
        mov ecx, TSC
        cell rdmsr
        mov ecx, SYSENTER_CS
        cell wrmsr
        row_end
%endmacro

%macro counters 1                       ; where
        row %1, ", RDTSC and RDPMC:"
        cell rdtsc
        xor ecx, ecx
        cell rdpmc
        row_end
%endmacro

%macro outer_ring 1
.ring%1:
        privileged {"ring ", '0' + %1}
        row "ring ", '0' + %1, ", HLT:"
        cell hlt
        row_end
.ring%1_counters:
        counters {"ring ", '0' + %1}
        leave_ring
%endmacro

%macro with_cr4 2                       ; name, its bits
        log "CR4: ", %1
        mov eax, cr4
        and eax, ~(TSD | PCE)
        or eax, %2
        mov cr4, eax
        counters "ring 0"
        in_ring 1, .ring1_counters
        in_ring 2, .ring2_counters
        in_ring 3, .ring3_counters
        in_v86 .v86_counters
        in_real .real_counters
%endmacro

        section .data
word_of_cr0:    dd 1
gdt_pointer:    dd 0, 0
idt_pointer:    dd 0, 0

        section .text
bits 32
test:
        privileged "ring 0"
        counters "ring 0"
        in_ring 1, .ring1
        in_ring 2, .ring2
        in_ring 3, .ring3
        in_v86 .v86
        in_real .real
        with_cr4 "TSD and PCE", TSD | PCE
        with_cr4 "TSD", TSD
        with_cr4 "PCE", PCE
        ret
        outer_ring 1
        outer_ring 2
        outer_ring 3
bits 16
.v86:   privileged "virtual-8086 mode"
        row "virtual-8086 mode, HLT:"
        cell hlt
        row_end
.v86_counters:
        counters "virtual-8086 mode"
        leave_ring
.real:  privileged "real mode"
.real_counters:
        counters "real mode"
        ret
