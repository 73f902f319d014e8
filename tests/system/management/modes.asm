; SMIs in every mode that an OUT can be executed in, and RSM back to it (SDM vol. 3C, 34.3.2, 34.4).
; Rows: rsm
; Expect:
;   ring 3: back in 0000003b
;   saved CS 0000003b
;   saved SS 00000043
;   virtual-8086 mode: back in 00000123
;   saved CS 00000123
;   saved VM 00020000
;   real mode: back, PE 00000000
;   saved PE 00000000
;   dword at 1 MiB by its limit of 4 GiB 13579bdf
;   dword at 1 MiB by a limit of 64 KiB: #SS
;   32-bit paging: back, PG 80000000
;   CR3, off by 00000000
;   page at 4 MiB 2468ace0
;   PAE: back, PG 80000000
;   CR3, off by 00000000
;   page at 4 MiB 2468ace0
;   CR4.PAE 00000020
;   SMIs 00000005
;   end
%include "testkit.inc"
%include "smm.inc"
PROBE           equ 0x100000
PAE             equ 1 << 5
PG              equ 1 << 31
POINTERS        equ 0x42000
PAE_DIRECTORY   equ 0x43000

        section .text
bits 16
%macro note_saved 2                     ; offset in NOTED, field
        mov eax, [dword SAVED(%2)]
        mov [NOTED + %1], eax
%endmacro
handler:
        inc dword [NOTED]
        note_saved 4, SAVED_CS
        note_saved 8, SAVED_SS
        note_saved 12, SAVED_EFLAGS
        note_saved 16, SAVED_CR0
        rsm

bits 32
%macro noted 2-3 0xffffffff             ; name, offset, bits
        mov eax, [NOTED + %2]
        and eax, %3
        show %1, eax
%endmacro

test:   enable_smi
        smi_handler handler
        and byte [TSS + 104 + APMC / 8], ~(1 << (APMC % 8))
        mov dword [PROBE], 0x13579bdf
        in_ring 3, ring3
        noted "saved CS", 4, 0xffff
        noted "saved SS", 8, 0xffff
        in_v86 virtual_8086
        noted "saved CS", 4, 0xffff
        noted "saved VM", 12, VM
        in_real real
        call paging
        call pae_paging
        noted "SMIs", 0
        ret

ring3:  out APMC, al
        mov eax, cs
        show "ring 3: back in", eax
        leave_ring

paging: call kit_paging_on
        mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE | 7
        mov dword [PROBE], 0x2468ace0
        out APMC, al
        mov eax, cr0
        and eax, PG
        show "32-bit paging: back, PG", eax
        mov ebx, PAGE_DIRECTORY
        jmp show_paging

pae_paging:
        mov edi, POINTERS
        xor eax, eax
        mov ecx, 0x2000 / 4
        rep stosd
        mov dword [POINTERS], PAE_DIRECTORY | 1
        mov dword [PAE_DIRECTORY], 0x83 ; identity of 2 MiB, and the same at 4 MiB
        mov dword [PAE_DIRECTORY + 16], 0x83
        mov eax, PAE
        mov cr4, eax
        mov eax, POINTERS
        mov cr3, eax
        mov eax, cr0
        or eax, PG
        mov cr0, eax
        out APMC, al
        mov eax, cr0
        and eax, PG
        show "PAE: back, PG", eax
        mov ebx, POINTERS
        call show_paging
        mov eax, cr4
        show "CR4.PAE", eax
        ret

show_paging:                            ; EBX: CR3 as it should be; paging is off behind it
        mov eax, cr3
        sub eax, ebx
        show "CR3, off by", eax
        mov eax, [PROBE + 0x400000]
        show "page at 4 MiB", eax
        mov eax, cr0
        and eax, ~PG
        mov cr0, eax
        ret

bits 16
virtual_8086:
        jmp 0x123:.here - 0x1230
.here:  out APMC, al
        xor eax, eax
        mov ax, cs
        show "virtual-8086 mode: back in", eax
        leave_ring

real:   cli                             ; DS gets a limit of 4 GiB by a moment of protected mode
        lgdt [kit_gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, DATA0
        mov ds, bx
        and al, ~1
        mov cr0, eax
        xor bx, bx
        mov ds, bx
        out APMC, al
        mov eax, cr0
        and eax, 1
        show "real mode: back, PE", eax
        mov eax, [NOTED + 16]
        and eax, 1
        show "saved PE", eax
        mov eax, [dword PROBE]
        show "dword at 1 MiB by its limit of 4 GiB", eax
        try "dword at 1 MiB by a limit of 64 KiB", mov eax, [dword ss:PROBE]
        ret
