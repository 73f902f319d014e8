; Random operations on page tables, each access compared with a walk in software: docs/system-tests.md describes it.
;
; A 64 KiB ROM in the place of the BIOS, made with the system tests' kit. It logs to port 402h and ends the machine by
; port 501h: 0 if every access did what the tables say, 1 if one did not.
%include "testkit.inc"
%include "paging_torture/layout.inc"
%include "paging_torture/report.inc"
%include "paging_torture/entries.inc"
%include "paging_torture/reference.inc"
%include "paging_torture/cached.inc"
%include "paging_torture/access.inc"
%include "paging_torture/accessed_dirty.inc"
%include "paging_torture/operation_access.inc"
%include "paging_torture/dma.inc"
%include "paging_torture/operations.inc"
%include "paging_torture/address_spaces.inc"
%include "paging_torture/parameters.inc"
%include "paging_torture/state.inc"
%include "paging_torture/rom_tables.inc"

%ifndef COMPARE_EVERY
%define COMPARE_EVERY 0x2000
%endif
SECOND_TSS_SELECTOR equ FREE + 8

        section .text
bits 32
test:   mov ax, DATA3                   ; so that ring 3 may keep it
        mov ds, ax
        mov es, ax
        cld
        call read_parameters
        call start
.next:  inc dword [operation]
        call operate
        test dword [operation], COMPARE_EVERY - 1
        jnz .on
        call compare_arena
.on:    mov eax, [operation]
        cmp eax, [operation_limit]
        jb .next
        call compare_arena
        jmp finish

start:  imul eax, [seed], 0x9e3779b1
        xor eax, 0x5bd1e995
        jnz .state
        inc eax
.state: mov [random_state], eax
        mov ecx, 16                     ; seeds of few bits begin alike
.mix:   call xorshift
        loop .mix
        put_gate 14, CODE0, page_fault, INT_GATE32
        put_gate RETURN_VECTOR, CODE0, access_returned, INT_GATE32 | DPL(3)
        put_descriptor SECOND_TSS_SELECTOR, SECOND_TSS, 103, TSS32_AVAILABLE, 0
        mov edi, SECOND_TSS
        mov ecx, 26
        xor eax, eax
        rep stosd
        mov dword [SECOND_TSS + 4], KERNEL_STACK
        mov dword [SECOND_TSS + 8], DATA0
        mov word [SECOND_TSS + 102], 104
        mov esi, stubs
        mov edi, USER_CODE
        mov ecx, stubs_end - stubs
        rep movsb
        mov eax, 0x80000000
        cpuid
        cmp eax, 0x80000001
        jb .no_nx
        mov eax, 0x80000001
        cpuid
        and edx, 1 << 20
        mov [has_nx], edx
.no_nx: call write_efer
        mov eax, cr0
        or eax, CR0_PG
        mov [cr0_now], eax
        mov eax, CR4_PSE | CR4_PGE
        mov [cr4_now], eax
        mov cr4, eax
        call make_kernel_tables
        jmp start_paging

; Where the run is asked for it: the next fetch that succeeds from a 4 KiB page goes to another frame than predicted. So
; the test can be seen to fail.
break_on_purpose:
        mov eax, [operation]
        cmp dword [break_at], 0
        je .end
        cmp eax, [break_at]
        jb .end
        cmp dword [broken], 0
        jne .end
        test dword [what], KIND_FETCHES
        jz .end
        cmp dword [want_fault], NO_FAULT
        jne .end
        cmp dword [first_walk + walk_result.depth], 2
        jne .end
        xor edx, edx
        mov eax, [first_walk + walk_result.address2]
        call classify
        test ecx, ecx                   ; IN_ARENA
        jnz .end
        mov [broken_entry], eax
        inc dword [broken]
        jmp flip_broken
.end:   ret

mend_what_was_broken:
        mov eax, [broken_entry]
        test eax, eax
        jz break_on_purpose.end
        mov dword [broken_entry], 0
flip_broken:
        xor dword [eax], 0x1000
        mov ebx, [linear]
        invlpg [ebx]
        ret

%include "xorshift.inc"
