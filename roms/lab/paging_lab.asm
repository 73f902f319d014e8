; A guest that works on page tables as a kernel does, in place of the BIOS: a fixed amount of work, the same on every
; paging technique. It creates address spaces, fills and touches them, copies them on write as fork does, unmaps and
; faults pages in again, and tears everything down. What it reads goes into a checksum, printed on COM1 at the end.
;
; If CPUID says that the monitor takes hypercalls (docs/paravirtual.md), page tables are registered and changed by
; these, in batches; else by plain stores. Nothing else differs. It invalidates what it changes, as the manual demands.
;
; Physical memory, all of it mapped one to one for the kernel:
;   8000h    this image       30000h  batch of updates       100000h  page tables
;   400000h  pages of the address spaces, a third of them for copies         10 MiB in all

ROUNDS          equ 24
SPACES          equ 4                   ; and as many children
USER_TABLES     equ 2                   ; page tables of a space, side by side
USER_PAGES      equ 192                 ; mapped by each of them
USER            equ 0x40000000          ; linear address of the first
TABLE_SPAN      equ 0x400000

STACK           equ 0x7000
BATCH           equ 0x30000
BATCH_ENTRIES   equ 512                 ; of 8 bytes: not more than the monitor takes
KERNEL_ROOT     equ 0x100000
KERNEL_TABLES   equ 0x101000            ; one after the other, so that they are indexed as one
KERNEL_SPANS    equ 4                   ; 16 MiB
ZERO_PAGE       equ 0x106000
SPACE_TABLES    equ 0x110000            ; for each space: its directory and its page tables
TABLES_OF_SPACE equ 1 + USER_TABLES
USER_FRAMES     equ 0x400000

P               equ 1
RW              equ 2
US              equ 4
OWN             equ 0x200               ; software's bit: the page is this space's alone

CALL_PIN        equ 1
CALL_UNPIN      equ 2
CALL_UPDATE     equ 3
CALL_LOAD_ROOT  equ 4
CALL_INVALIDATE equ 5

        org 0
        times 0x8000 db 0xff            ; the ROM's first half is not used

; --- From reset to paging ---------------------------------------------------------------------------------------------
bits 16
start:                                  ; in ROM at F000h
        cli
        cld
        mov ax, 0xf000
        mov ds, ax
        xor ax, ax
        mov es, ax
        mov si, start
        mov di, si
        mov cx, (image_end - start + 3) / 4
        rep movsd
        jmp 0:.in_ram
.in_ram:
        mov ds, ax
        in al, 0x92                     ; A20 on, without the reset of bit 0
        or al, 2
        and al, ~1
        out 0x92, al
        lgdt [gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected

bits 32
protected:
        mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK
        mov word [idt + 14 * 8], page_fault
        mov word [idt + 14 * 8 + 2], 8
        mov word [idt + 14 * 8 + 4], 0x8e00
        lidt [idt_pointer]
        mov dx, 0x3fb                   ; COM1: 8 bits
        mov al, 3
        out dx, al
        call find_hypercalls
        call enter_paging
        mov dword [rounds_left], ROUNDS
.round:
        call create_spaces
        call touch_spaces
        call fork_spaces
        call write_copies
        call read_spaces
        call unmap_pages
        call read_spaces
        call tear_down
        dec dword [rounds_left]
        jnz .round
        jmp report

find_hypercalls:
        mov eax, 1
        cpuid
        test ecx, ecx
        jns .none
        mov eax, 0x40000000
        cpuid
        cmp ebx, 'Ring'
        jne .none
        cmp ecx, 'down'
        jne .none
        cmp edx, 'Para'
        jne .none
        mov byte [hypercalls], 1
.none:
        ret

enter_paging:
        mov edi, KERNEL_ROOT
        mov ecx, (ZERO_PAGE + 0x1000 - KERNEL_ROOT) / 4
        xor eax, eax
        rep stosd
        mov eax, P | RW
        mov edi, KERNEL_TABLES
        mov ecx, KERNEL_SPANS * 1024
.map:
        stosd
        add eax, 0x1000
        loop .map
        mov eax, KERNEL_TABLES | P | RW
        mov edi, KERNEL_ROOT
        mov ecx, KERNEL_SPANS
.link:
        stosd
        add eax, 0x1000
        loop .link
        ; Registered tables must not be mapped writable: not yet by hypercall, since these are registered only now.
        cmp byte [hypercalls], 0
        je .on
        mov ecx, 1 + KERNEL_SPANS
        mov edi, KERNEL_TABLES + (KERNEL_ROOT >> 12) * 4
.protect:
        and dword [edi], ~RW
        add edi, 4
        loop .protect
        mov ebx, KERNEL_ROOT
        mov eax, CALL_PIN
        call hypercall
.on:
        mov eax, KERNEL_ROOT
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80010000              ; PG and WP
        mov cr0, eax
        ret

; --- Page tables ------------------------------------------------------------------------------------------------------
; EAX, EBX, ECX as the call wants them. A refusal ends the run.
hypercall:
        db 0x0f, 0x01, 0xc1             ; VMCALL
        test eax, eax
        jnz failed
        ret

; Sets the entry of a live table at EDI to EAX, now or with the batch. Keeps all registers.
set_entry:
        cmp byte [hypercalls], 0
        jne .batch
        mov [edi], eax
        ret
.batch:
        push ebx
        mov ebx, [batch_count]
        mov [BATCH + ebx * 8], edi
        mov [BATCH + ebx * 8 + 4], eax
        inc ebx
        mov [batch_count], ebx
        cmp ebx, BATCH_ENTRIES
        pop ebx
        jae perform_updates
        ret

; All entries that were set are so from here on. Keeps all registers.
perform_updates:
        push edx
        xor edx, edx
        call perform_updates_and
        pop edx
        ret

; The entry of the page at EDX becomes EAX, and the TLB forgets the page. EDI: the entry. Keeps all other registers.
change_page:
        call set_entry
        cmp byte [hypercalls], 0
        jne .call
        invlpg [edx]
        ret
.call:
        push edx
        or edx, 1
        call perform_updates_and
        pop edx
        ret

; EDX: what the call of the batch takes besides.
perform_updates_and:
        cmp dword [batch_count], 0
        je .done
        pushad
        mov ebx, BATCH
        mov ecx, [batch_count]
        mov eax, CALL_UPDATE
        call hypercall
        mov dword [batch_count], 0
        popad
.done:
        ret

; The ECX pages from EDX on may have other entries now. By hypercalls only. Keeps all registers.
invalidate_pages:
        pushad
        mov ebx, edx
        mov eax, CALL_INVALIDATE
        call hypercall
        popad
        ret

; The directory EAX translates from here on; what the TLB had is gone. Keeps all registers.
switch_to:
        mov [current], eax
        cmp byte [hypercalls], 0
        jne .call
        mov cr3, eax
        ret
.call:
        pushad
        mov ebx, eax
        mov eax, CALL_LOAD_ROOT
        call hypercall
        popad
        ret

; The kernel's own mapping of the tables of the space with directory EBX gets EAX's rights. Keeps all registers.
map_own_tables:
        pushad
        mov ecx, TABLES_OF_SPACE
        mov edx, ebx
        or eax, edx
        shr ebx, 12
        lea edi, [KERNEL_TABLES + ebx * 4]
.next:
        call set_entry
        add eax, 0x1000
        add edi, 4
        loop .next
        call perform_updates
        mov ecx, TABLES_OF_SPACE
        call invalidate_pages
        popad
        ret

; Makes the tables at EBX, filled by now, those of an address space. Keeps all registers.
register_space:
        cmp byte [hypercalls], 0
        je .done
        pushad
        mov eax, P
        call map_own_tables
        mov eax, CALL_PIN
        call hypercall
        popad
.done:
        ret

; The tables at EBX are plain memory again. Keeps all registers.
release_space:
        cmp byte [hypercalls], 0
        je .done
        pushad
        mov eax, CALL_UNPIN
        call hypercall
        mov eax, P | RW
        call map_own_tables
        popad
.done:
        ret

; Writes a directory at EBX that has the kernel's half and its own page tables, which stay as they are.
write_directory:
        mov edi, ebx
        mov ecx, 1024
        xor eax, eax
        rep stosd
        mov esi, KERNEL_ROOT
        mov edi, ebx
        mov ecx, KERNEL_SPANS
        rep movsd
        lea edi, [ebx + (USER >> 22) * 4]
        lea eax, [ebx + 0x1000 + (P | RW | US)]
        mov ecx, USER_TABLES
.link:
        stosd
        add eax, 0x1000
        loop .link
        ret

; EDI: the entry of the linear address EDX in the current space.
find_entry:
        mov edi, edx
        shr edi, 22
        shl edi, 2
        add edi, [current]
        mov edi, [edi]
        and edi, ~0xfff
        push edx
        shr edx, 12
        and edx, 1023
        lea edi, [edi + edx * 4]
        pop edx
        ret

; EAX: the next free frame.
take_frame:
        mov eax, [next_frame]
        add dword [next_frame], 0x1000
        ret

; --- The work ---------------------------------------------------------------------------------------------------------
create_spaces:
        mov dword [next_frame], USER_FRAMES
        mov ebx, SPACE_TABLES
        mov dword [spaces], SPACES
.space:
        lea edi, [ebx + 0x1000]
        mov edx, USER_TABLES
.table:
        mov ecx, USER_PAGES
.entry:
        call take_frame
        or eax, P | RW | US | OWN
        stosd
        loop .entry
        mov ecx, 1024 - USER_PAGES
        xor eax, eax
        rep stosd
        dec edx
        jnz .table
        call write_directory
        call register_space
        add ebx, TABLES_OF_SPACE * 0x1000
        dec dword [spaces]
        jnz .space
        ret

; Calls EBP for each page EDX of the current space. That may not change EBX and EDX.
for_each_page:
        mov edx, USER
        mov dword [tables_left], USER_TABLES
.table:
        mov dword [pages_left], USER_PAGES
.page:
        call ebp
        add edx, 0x1000
        dec dword [pages_left]
        jnz .page
        add edx, TABLE_SPAN - USER_PAGES * 0x1000
        dec dword [tables_left]
        jnz .table
        ret

; Calls EBP with each of ECX spaces from the one with directory EBX on as the current one.
for_each_space:
        mov [spaces], ecx
.space:
        mov eax, ebx
        call switch_to
        call for_each_page
        add ebx, TABLES_OF_SPACE * 0x1000
        dec dword [spaces]
        jnz .space
        ret

; Every space writes values of its own, then reads them while the spaces take turns.
touch_spaces:
        mov ebp, write_page
        mov ebx, SPACE_TABLES
        mov ecx, SPACES
        call for_each_space
        mov ebp, read_page
        mov ebx, SPACE_TABLES
        mov ecx, SPACES
        jmp for_each_space

write_page:
        mov eax, edx
        add eax, ebx
        add eax, [rounds_left]
        mov [edx], eax
        rol eax, 7
        mov [edx + 0x800], eax
        ret

read_page:
        mov eax, [checksum]
        rol eax, 5
        add eax, [edx]
        xor eax, [edx + 0x800]
        mov [checksum], eax
        ret

; As fork: a child gets the parent's pages, and neither may write them any more.
fork_spaces:
        mov ebx, SPACE_TABLES
        mov dword [spaces], SPACES
.space:
        mov eax, ebx
        call switch_to
        lea edi, [ebx + 0x1000]
        lea esi, [ebx + SPACES * TABLES_OF_SPACE * 0x1000 + 0x1000]
        mov ecx, USER_TABLES * 1024
.entry:
        mov eax, [edi]
        test eax, eax
        jz .next
        and eax, ~(RW | OWN)
        call set_entry
.next:
        and eax, ~0x60                  ; accessed and dirty begin anew
        mov [esi], eax
        add esi, 4
        add edi, 4
        loop .entry
        call perform_updates
        mov eax, ebx
        call switch_to                  ; for the TLB
        push ebx
        add ebx, SPACES * TABLES_OF_SPACE * 0x1000
        call write_directory
        call register_space
        pop ebx
        add ebx, TABLES_OF_SPACE * 0x1000
        dec dword [spaces]
        jnz .space
        ret

; Parents write every fourth page and children every other: each faults and is copied.
write_copies:
        mov ebp, write_some
        mov ebx, SPACE_TABLES
        mov ecx, 2 * SPACES
        jmp for_each_space
write_some:
        mov eax, edx
        shr eax, 12
        cmp ebx, SPACE_TABLES + SPACES * TABLES_OF_SPACE * 0x1000
        jae .child
        test al, 3
        jnz .no
        jmp write_page
.child:
        test al, 1
        jnz .no
        jmp write_page
.no:
        ret

read_spaces:
        mov ebp, read_page
        mov ebx, SPACE_TABLES
        mov ecx, 2 * SPACES
        jmp for_each_space

; Takes every third page away; reading it faults a page of zeros in.
unmap_pages:
        mov ebx, SPACE_TABLES
        mov ecx, 2 * SPACES
        mov [unmap_left], ecx
.space:
        mov ebp, unmap_some
        mov ecx, 1
        call for_each_space
        cmp byte [hypercalls], 0
        je .next
        call perform_updates
        mov edx, USER
        mov ecx, USER_PAGES
%rep USER_TABLES
        call invalidate_pages
        add edx, TABLE_SPAN
%endrep
.next:
        dec dword [unmap_left]
        jnz .space
        ret
unmap_some:
        mov eax, edx
        shr eax, 12
        and eax, 0x3ff
        push edx
        xor edx, edx
        mov ecx, 3
        div ecx
        test edx, edx
        pop edx
        jnz .no
        call find_entry
        xor eax, eax
        call set_entry
        cmp byte [hypercalls], 0
        jne .no                         ; all at once, behind the space's last page
        invlpg [edx]
.no:
        ret

tear_down:
        mov eax, KERNEL_ROOT
        call switch_to
        mov ebx, SPACE_TABLES
        mov dword [spaces], 2 * SPACES
.space:
        call release_space
        mov edi, ebx
        mov ecx, TABLES_OF_SPACE * 1024
        xor eax, eax
        rep stosd
        add ebx, TABLES_OF_SPACE * 0x1000
        dec dword [spaces]
        jnz .space
        ret

; --- Faults -----------------------------------------------------------------------------------------------------------
page_fault:
        pushad
        inc dword [faults]
        mov edx, cr2
        and edx, ~0xfff
        cmp edx, USER
        jb failed
        cmp edx, USER + USER_TABLES * TABLE_SPAN
        jae failed
        call find_entry
        test byte [esp + 32], P
        jnz .copy
        mov eax, ZERO_PAGE | P | US
        jmp .set
.copy:
        test byte [esp + 32], RW
        jz failed
        call take_frame
        push edi
        mov esi, edx                    ; readable in this space
        mov edi, eax                    ; writable for the kernel
        mov ecx, 1024
        rep movsd
        pop edi
        or eax, P | RW | US | OWN
.set:
        call change_page
        popad
        add esp, 4
        iretd

; --- The end ----------------------------------------------------------------------------------------------------------
report:
        mov esi, text_checksum
        mov eax, [checksum]
        call print_with_number
        mov esi, text_faults
        mov eax, [faults]
        call print_with_number
        mov esi, text_end
        call print
        mov al, 0
        jmp leave

failed:
        mov esi, text_failed
        call print_with_number
        mov esi, text_end
        call print
        mov al, 1
leave:
        mov dx, 0x501
        out dx, al
        hlt
        jmp $ - 1

print:
        lodsb
        test al, al
        jz .done
        call put
        jmp print
.done:
        ret

print_with_number:
        push eax
        call print
        pop ebx
        mov ecx, 8
.digit:
        rol ebx, 4
        mov al, bl
        and al, 15
        cmp al, 10
        sbb al, 0x69                    ; 0 to 9 and A to F
        das
        call put
        loop .digit
        ret

put:
        push eax
        mov dx, 0x3fd
.wait:
        in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov dx, 0x3f8
        out dx, al
        ret

text_checksum:  db "paging lab: checksum ", 0
text_faults:    db ", faults ", 0
text_failed:    db "paging lab: failed, EAX ", 0
text_end:       db 10, 0

        align 8
gdt:
        dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
gdt_pointer:
        dw $ - gdt - 1
        dd gdt
idt_pointer:
        dw 15 * 8 - 1
        dd idt

        align 8
idt:            times 15 dq 0
checksum:       dd 0
faults:         dd 0
rounds_left:    dd 0
spaces:         dd 0
tables_left:    dd 0
pages_left:     dd 0
unmap_left:     dd 0
next_frame:     dd 0
current:        dd KERNEL_ROOT
batch_count:    dd 0
hypercalls:     db 0
        align 4
image_end:

        times 0xfff0 - ($ - $$) db 0xff
bits 16
        jmp 0xf000:start
        times 0x10000 - ($ - $$) db 0xff
