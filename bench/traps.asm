; A multiboot kernel that repeats one kind of trap: what bench/traps measures. Its command line says which and how
; often, "kind=DECIMAL count=DECIMAL". It ends through the isa-debug-exit port.
bits 32
org 100000h

DEBUG_EXIT equ 501h
POST_PORT equ 80h

KERNEL_CODE equ 8             ; SYSENTER wants kernel code, kernel stack, user code, user stack in this order
KERNEL_DATA equ 10h
USER_CODE equ 18h + 3
USER_DATA equ 20h + 3
TSS equ 28h

PAGE_DIRECTORY equ 200000h
PAGE_TABLE equ 201000h        ; for 400000h
USER_LARGE_PAGE equ 87h       ; present, writable, user, 4 MiB
USER_TABLE equ 7
UNMAPPED equ 800000h
KERNEL_STACK equ 210000h
USER_STACK equ 220000h

MULTIBOOT_MAGIC equ 1badb002h
MULTIBOOT_ADDRESSES equ 10000h

header:
        dd MULTIBOOT_MAGIC, MULTIBOOT_ADDRESSES, -(MULTIBOOT_MAGIC + MULTIBOOT_ADDRESSES)
        dd header, header, end, end, start

start:
        mov esp, KERNEL_STACK
        mov esi, [ebx + 16]             ; the command line
        call parse_number
        mov [kind], eax
        call parse_number
        mov [count], eax
        call set_up_paging
        call set_up_tables
        mov ecx, [count]
        mov eax, [kind]
        test ecx, ecx
        jz finish
        jmp [kinds + eax * 4]

finish:
        mov dx, DEBUG_EXIT
        xor eax, eax
        out dx, al
        hlt

; eax: the decimal number behind the next '=' at esi.
parse_number:
        lodsb
        cmp al, '='
        jne parse_number
        xor eax, eax
.digit: movzx edx, byte [esi]
        sub edx, '0'
        cmp edx, 9
        ja .done
        imul eax, 10
        add eax, edx
        inc esi
        jmp .digit
.done:  ret

set_up_paging:
        mov edi, PAGE_DIRECTORY
        xor eax, eax
        mov ecx, 2048
        rep stosd
        mov dword [PAGE_DIRECTORY], USER_LARGE_PAGE
        mov dword [PAGE_DIRECTORY + 4], PAGE_TABLE + USER_TABLE
        mov eax, cr4
        or al, 10h                      ; PSE
        mov cr4, eax
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 80010000h               ; PG, WP
        mov cr0, eax
        ret

; set_gate VECTOR, HANDLER, DPL
%macro set_gate 3
        mov eax, %2
        mov [idt + %1 * 8], ax
        mov word [idt + %1 * 8 + 2], KERNEL_CODE
        mov byte [idt + %1 * 8 + 5], 8eh + %3 * 20h
        shr eax, 16
        mov [idt + %1 * 8 + 6], ax
%endmacro

; set_msr NUMBER, VALUE
%macro set_msr 2
        mov ecx, %1
        mov eax, %2
        xor edx, edx
        wrmsr
%endmacro

set_up_tables:
        mov eax, tss
        mov [gdt + TSS + 2], ax
        shr eax, 16
        mov [gdt + TSS + 4], al
        lgdt [gdt_register]
        jmp KERNEL_CODE:.reloaded
.reloaded:
        mov eax, KERNEL_DATA
        mov ds, eax
        mov es, eax
        mov fs, eax
        mov gs, eax
        mov ss, eax
        mov ax, TSS
        ltr ax
        set_gate 14, page_fault, 0
        set_gate 80h, return_from_interrupt, 3
        lidt [idt_register]
        set_msr 174h, KERNEL_CODE
        set_msr 175h, KERNEL_STACK
        set_msr 176h, return_from_sysenter
        ret

page_fault:
        add dword [esp + 4], 5          ; behind the load
        add esp, 4
return_from_interrupt:
        iretd

return_from_sysenter:
        mov edx, behind_sysenter
        mov ecx, ebp
        sysexit

; Continues at ring 3 at the address in eax.
enter_user:
        push USER_DATA
        push USER_STACK
        push 3002h                      ; IOPL 3: a user may end the machine
        push USER_CODE
        push eax
        mov eax, USER_DATA
        mov ds, eax
        mov es, eax
        iretd

; A loop of that name, counted by ECX, around the instructions up to loop_end.
%macro loop_begin 1
        align 16
%1:
%%again equ $
%define LOOP_AGAIN %%again
%endmacro
%macro loop_end 0
        dec ecx
        jnz LOOP_AGAIN
        jmp finish
%endmacro

        loop_begin nothing
        loop_end

        loop_begin cli_sti
        cli
        sti
        loop_end

        loop_begin pushf_popf
        pushfd
        popfd
        loop_end

        loop_begin mov_to_ds
        mov ds, eax
        loop_end
mov_ds: mov eax, KERNEL_DATA
        jmp mov_to_ds

        loop_begin push_pop_es
        push es
        pop es
        loop_end

        loop_begin mov_from_cr0
        mov eax, cr0
        loop_end

        loop_begin toggle_ts
        mov cr0, eax
        clts
        loop_end
write_cr0:
        mov eax, cr0
        or eax, 8
        jmp toggle_ts

        loop_begin mov_to_cr3
        mov cr3, eax
        loop_end
write_cr3:
        mov eax, PAGE_DIRECTORY
        jmp mov_to_cr3

        loop_begin invalidate
        invlpg [UNMAPPED]
        loop_end

        loop_begin out_port
        out POST_PORT, al
        loop_end

        loop_begin in_port
        in al, POST_PORT
        loop_end

        loop_begin far_jump
        jmp KERNEL_CODE:.behind
.behind:
        loop_end

        loop_begin int_kernel
        int 80h
        loop_end

        loop_begin int_user_loop
        int 80h
        loop_end
int_user:
        mov eax, int_user_loop
        jmp enter_user

        align 16
sysenter_loop:
        mov ebp, ecx
        mov [user_count], ecx
        sysenter
behind_sysenter:
        mov ecx, [user_count]
        dec ecx
        jnz sysenter_loop
        jmp finish
sysenter_user:
        mov eax, sysenter_loop
        jmp enter_user

        loop_begin fault_user_loop
        mov eax, [UNMAPPED]
        loop_end
fault_user:
        mov eax, fault_user_loop
        jmp enter_user

        loop_begin store_table
        mov [PAGE_TABLE + 80h], eax
        loop_end
page_table:
        xor eax, eax
        jmp store_table

        loop_begin store_beside
        mov [beside_gdt], eax
        loop_end

kinds:
        dd nothing, cli_sti, pushf_popf, mov_ds, push_pop_es, mov_from_cr0, write_cr0, write_cr3, invalidate
        dd out_port, in_port, far_jump, int_kernel, int_user, sysenter_user, fault_user, page_table, store_beside

kind:   dd 0
count:  dd 0
user_count:
        dd 0

        align 4096
gdt:    dq 0
        dq 00cf9b000000ffffh
        dq 00cf93000000ffffh
        dq 00cffb000000ffffh
        dq 00cff3000000ffffh
        dq 0000890000000067h            ; base filled in
beside_gdt:
        dd 0
        align 16
gdt_register:
        dw 2fh
        dd gdt
idt_register:
        dw 7ffh
        dd idt
tss:    dd 0, KERNEL_STACK, KERNEL_DATA
        times 23 dd 0
        align 4096
idt:    times 256 dq 0
end:
