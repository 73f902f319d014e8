; Random far transfers by random descriptors: JMP, CALL, RETF, IRET, INT and loads of FS, from each ring.
; Rows: jmp far, call far, ret far, iretd, iret, int, mov to-segment
; Expect:
;   arrived, sum: 00000013 60fe7f00
;   arrived, sum: 00000017 3672c3a0
;   arrived, sum: 00000013 f29df099
;   arrived, sum: 0000001a 3fcb51b0
;   arrived, sum: 00000019 cb718bed
;   arrived, sum: 00000012 daa9ef8e
;   arrived, sum: 00000018 7dacc819
;   arrived, sum: 0000001b 6c520126
;   end
%define RANDOM_SEED 0x2545f491
%define RANDOM_GATE_TARGET landing
%include "testkit.inc"
%include "far_returns.inc"
%include "random.inc"
; What the manual says of these stands in the other tests; this one looks for what they do not think of. Each round's
; exception and error code, or CS, EFLAGS, SS:ESP, DS and ES where it leads to, then FS and the access bytes of all
; descriptors are folded into a sum, and Bochs 2.7 finds the same sums. (With other seeds it does but for IRET to an
; absent stack, see return_errors.asm.) A line: how many rounds of it arrived, the sum. -DVERBOSE shows what is folded.
ROUNDS          equ 100                 ; for each line
LINES           equ 8
VECTOR          equ 0x40
FLAGS           equ 0x3f7fd5 & ~(TF | IF | NT | VM) ; that a frame may have
%macro attempt 1+
        try_silently %1
        jmp attempted
%endmacro
%macro attempt_return 2+                ; frame, instruction
        mov esp, %1
        attempt %2
%endmacro
%macro stack_of 2                       ; offset of the selector in the TSS, a good one
        call random_selector
        mov [TSS + %1], ax
        below 2
        test eax, eax
        jz %%random
        mov word [TSS + %1], %2
%%random:
%endmacro
%macro fold_value 1
        mov eax, %1
        call fold
%endmacro
bits 32
test:
        mov ecx, LINES
.line:  push ecx
        mov dword [arrivals], 0
        mov ecx, ROUNDS
.round: push ecx
        call make_tables
        call make_operands
        call go
%ifdef VERBOSE
        row_end
%endif
        pop ecx
        loop .round
        row "arrived, sum:"
        cell_value [arrivals]
        cell_value [sum]
        row_end
        pop ecx
        dec ecx
        jnz .line
        ret

make_tables:
        mov edi, GDT + FREE
        call .segments
        mov edi, LDT
        call .segments
        below 8
        movzx ebx, byte [gate_types + eax]
        call random_rights
        mov edx, eax
        below 3
        test eax, eax
        jz .gate
        or edx, DPL(3)
.gate:  call random_selector
        mov ebx, eax
        put_gate VECTOR, bx, landing, 0
        mov [IDT + VECTOR * 8 + 5], dl
        mov dword [TSS + 12], STACK1 - 0x800
        stack_of 16, DATA1
        stack_of 24, DATA2
        ret
.segments:
        mov ecx, RANDOM_ENTRIES
.next:  call random_segment
        add edi, 8
        loop .next
        ret

; Where to transfer or return to, in half of the cases to flat code, with a stack that fits the RPL in half of the
; cases.
make_operands:
        call random_selector
        mov edx, eax
        below 2
        test eax, eax
        jz .any
        put_descriptor FREE, 0, 0xfffff, 0, FLAT
        below 8
        lea ebx, [eax + CODE_X]
        below 4
        lea edx, [eax + FREE]
        shl eax, 5
        or eax, ebx
        mov [GDT + FREE + 5], al
.any:   mov eax, edx
        mov [pointer + 4], ax
        mov [pointer16 + 2], ax
        mov [to_cs], eax
        mov edx, eax
        call random_selector
        mov [to_ss], eax
        below 2
        test eax, eax
        jz .random
        and edx, 3
        imul edx, 0x11                  ; from one ring's selectors to the next one's
        add edx, DATA0
        mov [to_ss], edx
.random:
        call random
        and eax, FLAGS
        mov [to_eflags], eax
        mov dword [to_eip], landing
        call build_frames
        below OPERATIONS
        mov [operation], eax
        ret

go:     below 4
        cmp eax, 1
        jb .ring0
        je .ring1
        cmp eax, 2
        je .ring2
        in_ring 3, run
        ret
.ring0: in_ring 0, run
        ret
.ring1: in_ring 1, run
        ret
.ring2: in_ring 2, run
        ret

run:    mov [saved_stack], esp
        mov dword [last_esp], 0         ; an instruction that completes without arriving leaves it
        mov edi, [operation]
        push dword 2
        popfd
        jmp [operations + edi * 4]
.jmp:   attempt jmp far dword [pointer]
.jmp16: attempt jmp far word [pointer16]
.call:  attempt call far dword [pointer]
.call16: attempt call far word [pointer16]
.retf:  attempt_return RETF32_FRAME, retf
.retf16: attempt_return RETF16_FRAME, o16 retf
.iretd: attempt_return IRET32_FRAME, iretd
.iret:  attempt_return IRET16_FRAME, iretw
.int:   attempt int VECTOR
.fs:    attempt mov fs, [pointer + 4]
attempted:
        mov esp, [saved_stack]
        cmp dword [last_vector], NO_EXCEPTION
        jne .faulted
        cmp dword [last_esp], 0
        je .completed
        inc dword [arrivals]
        fold_value ebx
        fold_value ecx
        jmp .moved
.faulted:
        fold_value [last_error]
.moved: fold_value [last_cs]
        fold_value [last_eflags]
        fold_value [last_ss]
        fold_value [last_esp]
.completed:
        fold_value [last_vector]
        mov ebx, fs
        fold_value ebx
        mov esi, GDT + FREE + 5
        call .access_bytes
        mov esi, LDT + 5
        call .access_bytes
        leave_ring
.access_bytes:
        xor ebx, ebx
        mov ecx, RANDOM_ENTRIES
.next:  rol ebx, 3
        xor bl, [esi]
        add esi, 8
        loop .next
        fold_value ebx
        ret
landing:
        mov ebx, ds
        mov ecx, es
        arrive
fold:   rol dword [sum], 5
        add [sum], eax
%ifdef VERBOSE
        cell_value eax
%endif
        ret
        section .data
sum:    dd 0
arrivals: dd 0
operation: dd 0
pointer: dd landing
        dw 0
pointer16: dw landing, 0
operations:
        dd run.jmp, run.jmp16, run.call, run.call16, run.retf, run.retf16, run.iretd, run.iret, run.int, run.fs
OPERATIONS      equ ($ - operations) / 4
gate_types: db 6, 7, 14, 15, 14, 15, 12, 1
