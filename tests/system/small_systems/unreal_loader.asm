; A loader in real mode, as boot loaders and DOS extenders have it: it opens A20 by port 92h and by the keyboard
; controller, gives its data segments limits of 4 GiB by a moment of protected mode, and then copies above 1 MiB with
; 32-bit addresses, interrupts and segment loads as usual, since those of real mode leave limits alone (SDM vol. 3A,
; 9.9.2 has them set to 64 KiB before the return only because otherwise they stay). SS and CS keep their 64 KiB. A BIOS
; service that hops to protected mode itself takes the limits away; a #GP handler gives them back and starts the
; instruction again. At last it reads a kernel from a disk in memory, refuses it damaged, and jumps to it, 32-bit,
; paged, at C0200000h. QEMU 7.2 checks no limits of segments, so that nothing there is a #GP or #SS.
; Rows: mov to-control, mov from-control, lgdt, jmp far, in immediate, out immediate, int, iret, movsd, cli, sti, hlt
; Rows: mov to-segment, lidt
; Expect:
;   loader, word at FFFEh: ok
;   dword at FFFEh: #GP
;   A20 by port 92h
;   off, word at 500h 00002222
;   on, word at 500h 00001111
;   A20 by the keyboard controller
;   off, word at 500h 00002222
;   on, word at 500h 00001111
;   output port's bit 00000002
;   off, word at 500h 00002222
;   on, word at 500h 00001111
;   limits of 4 GiB
;   CR0.PE 00000000
;   CS 00000000
;   store at 1 MiB: ok
;   load there 12345678
;   SS at 64 KiB: #SS
;   CS at 64 KiB: #GP
;   GS with base 10000h, at 1 MiB: ok
;   written there 00abcdef
;   reset vector's first byte 000000ea
;   copy of the loader, difference 00000000
;   timer in real mode, ticks 00000003
;   behind it, load at 1 MiB: ok
;   32-bit protected mode and back, moved 00000400
;   CS 00000000
;   load at 1 MiB: ok
;   block move of the BIOS, status 00000000
;   what it moved 12345678
;   behind it, load at 1 MiB: #GP
;   #GP handler, load at 1 MiB: ok
;   loaded 12345678
;   limits given back 00000001
;   once more: ok
;   limits given back 00000001
;   damaged kernel
;   sectors read 00000009
;   wrong checksum, off by 00000100
;   wrong magic number
;   good kernel
;   sectors read 00000009
;   kernel runs at c0200000
;   CR0 80000001
;   its checksum, off by 00000000
;   its stack's page c0209000
;   the same byte low and high 00000000
;   behind its memory: #PF 0000 cr2 c0400000
;   write to its read-only page: #PF 0003 cr2 c0201000
;   tick in the kernel 00000001
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
REAL_TIMER      equ 8
BIOS_MEMORY     equ 0x15                ; INT 15h, AH 87h
BIOS_DISK       equ 0x13                ; INT 13h, AH 2, with a linear sector number in CX
PROBE           equ 0x500               ; nobody else's word
HIGH            equ 0x100000
FLAT_DATA       equ DATA0
SMALL_DATA      equ DATA16
BOUNCE          equ FREE_MEMORY         ; where the disk's sectors go to first
SECTOR          equ 512
DISK            equ 0x50000             ; its sectors in memory
DISK_SEGMENT    equ DISK / 16
KERNEL_LOAD     equ 0x200000
KERNEL_BASE     equ 0xc0200000
MAGIC           equ 0x4c4e524b          ; "KRNL"

; The kernel's file begins with these.
HEADER_MAGIC    equ 0
HEADER_SIZE     equ 4
HEADER_SUM      equ 8                   ; of the dwords behind the header
HEADER_ENTRY    equ 12
HEADER_END      equ 16

%macro set_vector 2                     ; in real mode, segment 0
        mov word [(%1) * 4], %2
        mov word [(%1) * 4 + 2], 0
%endmacro

bits 32
test:
        call write_disk
        stop_timer
        start_pics REAL_TIMER, ~1
        in_real loader

; Puts the kernel's file on the disk, header filled in.
write_disk:
        mov esi, section..kernel.start
        mov edi, DISK
        mov ecx, KERNEL_FILE_SIZE / 4
        rep movsd
        mov esi, DISK + HEADER_END
        mov ecx, (KERNEL_FILE_SIZE - HEADER_END) / 4
        xor eax, eax
.dword: add eax, [esi]
        add esi, 4
        loop .dword
        mov [DISK + HEADER_SUM], eax
        ret

; --- The loader -------------------------------------------------------------------------------------------------------
bits 16
loader:
        try "loader, word at FFFEh", mov ax, [0xfffe]
        try "dword at FFFEh", mov eax, [0xfffe]
        call try_a20
        call try_limits
        call try_interrupts
        call try_round_trip
        call try_bios
        log "damaged kernel"
        xor byte [es:dword DISK + 4 * SECTOR + 1], 1
        call load_kernel
        xor byte [es:dword DISK + 4 * SECTOR + 1], 1
        xor byte [es:dword DISK], 1
        call load_kernel
        xor byte [es:dword DISK], 1
        log "good kernel"
        call load_kernel
        jmp start_kernel

; --- A20 --------------------------------------------------------------------------------------------------------------
try_a20:
        log "A20 by port 92h"
        call a20_off
        call probe_off
        in al, 0x92
        or al, 2
        out 0x92, al
        call probe_on
        log "A20 by the keyboard controller"
        call a20_off
        call probe_off
        mov ah, 0xdf
        call write_output_port
        call probe_on
        mov al, 0xd0                    ; read output port
        call keyboard_command
.full:  in al, 0x64
        test al, 1
        jz .full
        in al, 0x60
        and eax, 2
        show "output port's bit", eax
        mov al, 0xdd                    ; A20 off, without data
        call keyboard_command
        call probe_off
        mov al, 0xdf
        call keyboard_command
        call probe_on
        ret

; Off wherever a switch for it is, since a PC has it on if any is on.
a20_off:
        mov ah, 0xdd
        call write_output_port
        in al, 0x92
        and al, ~3
        out 0x92, al
        ret

write_output_port:                      ; AH
        mov al, 0xd1
        call keyboard_command
        mov al, ah
        out 0x60, al
        jmp await_keyboard_controller
keyboard_command:                       ; AL
        out 0x64, al
await_keyboard_controller:
        in al, 0x64
        test al, 2
        jnz await_keyboard_controller
        ret

%macro probe 1                          ; FFFF:0510h is 100500h, or 500h without A20
        mov word [PROBE], 0x1111
        mov ax, 0xffff
        mov es, ax
        mov word [es:PROBE + 0x10], 0x2222
        mov ax, 0
        mov es, ax
        movzx eax, word [PROBE]
        show %1, eax
        ret
%endmacro
probe_off:
        probe "off, word at 500h"
probe_on:
        probe "on, word at 500h"

; --- Limits of 4 GiB --------------------------------------------------------------------------------------------------
; To DS, ES, FS and GS, with bases of 0. CS keeps what it has of real mode meanwhile; so no far jump is needed.
give_limits:
        push eax
        pushf
        cli
        o32 lgdt [kit_gdt_pointer]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov ax, FLAT_DATA
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        popf
        pop eax
        ret

try_limits:
        log "limits of 4 GiB"
        call give_limits
        mov eax, cr0
        and eax, 1
        show "CR0.PE", eax
        mov eax, cs
        movzx eax, ax
        show "CS", eax
        mov ebx, HIGH
        try "store at 1 MiB", mov dword [ebx], 0x12345678
        show "load there", [fs:dword HIGH]
        try "SS at 64 KiB", mov eax, [ss:dword 0x10000]
        try "CS at 64 KiB", mov eax, [cs:dword 0x10000]
        mov ax, 0x1000
        mov gs, ax
        try "GS with base 10000h, at 1 MiB", mov dword [gs:ebx], 0xabcdef
        show "written there", [es:dword HIGH + 0x10000]
        xor ax, ax
        mov gs, ax
        movzx eax, byte [gs:dword 0xfffffff0]
        show "reset vector's first byte", eax
        mov esi, IMAGE
        mov edi, HIGH + IMAGE
        mov ecx, 0x400
        a32 rep movsd
        mov esi, IMAGE
        mov edi, HIGH + IMAGE
        mov ecx, 0x400
        a32 repe cmpsd
        show "copy of the loader, difference", ecx
        ret

; --- Interrupts -------------------------------------------------------------------------------------------------------
try_interrupts:
        set_vector REAL_TIMER, timer
        mov cx, 3
.tick:  arm_timer
        mov eax, [ticks]
        sti
.wait:  cmp eax, [ticks]
        je .wait
        cli
        loop .tick
        show "timer in real mode, ticks", [ticks]
        mov ebx, HIGH
        try "behind it, load at 1 MiB", mov eax, [ebx]
        ret

; Loads segments as a BIOS does.
timer:  push ds
        push es
        push 0x40
        pop ds
        push 0xb800
        pop es
        inc dword [cs:ticks]
        end_of_interrupt
        pop es
        pop ds
        iret

; --- 32-bit protected mode and back -----------------------------------------------------------------------------------
; Moves 1 KiB there. The segments come back with the limits of 4 GiB that the flat descriptor gave them.
try_round_trip:
        cli
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE0:.protected
bits 32
.protected:
        mov ax, FLAT_DATA
        mov ds, ax
        mov es, ax
        mov esi, HIGH + IMAGE
        mov edi, HIGH + 0x20000
        mov ecx, 0x100
        rep movsd
        sub edi, HIGH + 0x20000
        mov ebx, edi
        jmp CODE16:.protected16
bits 16
.protected16:
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0:.real
.real:
        xor ax, ax
        mov ds, ax
        mov es, ax
        show "32-bit protected mode and back, moved", ebx
        mov eax, cs
        movzx eax, ax
        show "CS", eax
        mov ebx, HIGH
        try "load at 1 MiB", mov eax, [ebx]
        ret

; --- A BIOS, and what becomes of the limits ---------------------------------------------------------------------------
try_bios:
        set_vector BIOS_MEMORY, bios_memory
        set_vector BIOS_DISK, bios_disk
        mov ah, 0x87
        mov esi, HIGH
        mov edi, HIGH + 0x40000
        mov ecx, 2
        int BIOS_MEMORY
        movzx eax, ah
        show "block move of the BIOS, status", eax
        show "what it moved", [fs:dword HIGH + 0x40000]
        mov ebx, HIGH
        try "behind it, load at 1 MiB", mov eax, [ebx]
        push dword [13 * 4]
        set_vector 13, limits_lost
        xor eax, eax
        try "#GP handler, load at 1 MiB", mov eax, [ebx]
        show "loaded", eax
        show "limits given back", [limits_given_back]
        try "once more", mov eax, [ebx]
        show "limits given back", [limits_given_back]
        pop dword [13 * 4]
        ret

; #GP in real mode: starts the instruction again with limits of 4 GiB.
limits_lost:
        push ds
        push es
        push fs
        push gs
        call give_limits
        inc dword [cs:limits_given_back]
        pop gs
        pop fs
        pop es
        pop ds
        iret

; AH 87h: moves CX words from ESI to EDI. DS and ES have limits of 64 KiB afterwards, as the segments that it returns with.
bios_memory:
        pushad
        push ds
        push es
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp CODE16:.protected16
.protected16:
        mov ax, FLAT_DATA
        mov ds, ax
        mov es, ax
        movzx ecx, cx
        a32 rep movsw
        mov ax, SMALL_DATA
        mov ds, ax
        mov es, ax
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0:.real
.real:
        pop es
        pop ds
        popad
        mov ah, 0
        iret

; AH 2: reads the sector CX to ES:BX.
bios_disk:
        pushad
        push ds
        push es
        mov di, bx
        mov ax, DISK_SEGMENT
        mov ds, ax
        mov si, cx
        shl si, 9
        mov cx, SECTOR / 2
        rep movsw
        pop es
        pop ds
        popad
        mov ah, 0
        iret

; --- The kernel's file ------------------------------------------------------------------------------------------------
; To KERNEL_LOAD by way of the bounce buffer.
load_kernel:
        xor cx, cx
        mov edi, KERNEL_LOAD
.sector:
        push BOUNCE / 16
        pop es
        xor bx, bx
        mov ah, 2
        int BIOS_DISK
        push cx
        push 0
        pop es
        mov esi, BOUNCE
        mov ecx, SECTOR / 4
        a32 rep movsd
        pop cx
        inc cx
        cmp dword [fs:dword KERNEL_LOAD + HEADER_MAGIC], MAGIC
        jne .magic
        movzx eax, cx
        shl eax, 9
        cmp eax, [fs:dword KERNEL_LOAD + HEADER_SIZE]
        jb .sector
        movzx eax, cx
        show "sectors read", eax
        call kernel_sum
        sub eax, [fs:dword KERNEL_LOAD + HEADER_SUM]
        jz .good
        show "wrong checksum, off by", eax
.good:  ret
.magic: log "wrong magic number"
        ret

kernel_sum:                             ; EAX
        xor eax, eax
        mov esi, KERNEL_LOAD + HEADER_END
        mov ecx, [fs:dword KERNEL_LOAD + HEADER_SIZE]
        sub ecx, HEADER_END
        shr ecx, 2
.dword: add eax, [fs:esi]
        add esi, 4
        dec ecx
        jnz .dword
        ret

; Low memory as it is and the same again from C0000000h on; the kernel's second page is read-only.
start_kernel:
        mov edi, PAGE_DIRECTORY
        mov ecx, 0x800
        xor eax, eax
        a32 rep stosd
        mov edi, PAGE_TABLE
        mov eax, 3
.page:  mov [edi], eax
        add edi, 4
        add eax, 0x1000
        cmp eax, 0x400000
        jb .page
        and byte [dword PTE(KERNEL_LOAD + 0x1000)], ~2
        mov dword [dword PAGE_DIRECTORY], PAGE_TABLE | 3
        mov dword [dword PAGE_DIRECTORY + (KERNEL_BASE >> 22) * 4], PAGE_TABLE | 3
        mov eax, PAGE_DIRECTORY
        mov cr3, eax
        o32 lidt [kit_idt_pointer]
        mov ebx, [fs:dword KERNEL_LOAD + HEADER_ENTRY]
        mov eax, cr0
        or eax, 0x80000001
        mov cr0, eax
        jmp dword CODE0:.flat
bits 32
.flat:  mov ax, FLAT_DATA
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        jmp ebx

        section .data
ticks:  dd 0
limits_given_back: dd 0

%include "unreal_kernel.inc"
