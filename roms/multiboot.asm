; Option ROM that boots a multiboot kernel from fw_cfg items: loads its parts, adds the BIOS's memory map to the
; information block and enters the kernel in 32-bit protected mode (Multiboot Specification 0.6.96, section 3.2).
; The machine has filled in everything else of the block, which it also places: below 640 KiB, on a paragraph.

bits 16
cpu 486
org 0

ROM_SIZE                equ 1024

BOOTLOADER_MAGIC        equ 0x2badb002
; The information block.
INFO_FLAGS              equ 0
INFO_MEM_LOWER          equ 4
INFO_MEM_UPPER          equ 8
INFO_MMAP_LENGTH        equ 44
INFO_MMAP_ADDR          equ 48
INFO_HAS_MEMORY         equ 1 << 0
INFO_HAS_MMAP           equ 1 << 6
; An entry of the memory map; its size field stands before it and does not count itself.
MMAP_SIZE               equ 0
MMAP_BASE               equ 4
MMAP_LENGTH             equ 12
MMAP_TYPE               equ 20
MMAP_ENTRY              equ 24
MMAP_AVAILABLE          equ 1

SMAP                    equ 0x534d4150
ONE_MEBIBYTE            equ 0x100000

CODE_SELECTOR           equ 0x08
DATA_SELECTOR           equ 0x10

%include "option_rom.inc"

        option_rom_begin boot, product
product:
        db "Multiboot kernel", 0

%include "firmware_config.inc"

boot:
        cld
        load_item SETUP
        load_item CMDLINE
        load_item KERNEL
        load_item INITRD
        mov ax, FW_CFG_SETUP_ADDRESS
        call read_number
        mov esi, eax                    ; the information block, physical
        shr eax, 4
        mov es, ax
        or dword [es:INFO_FLAGS], INFO_HAS_MEMORY | INFO_HAS_MMAP
        int 0x12
        movzx eax, ax
        mov [es:INFO_MEM_LOWER], eax
        mov ax, FW_CFG_SETUP_SIZE
        call read_number
        mov edi, eax                    ; the memory map follows the block
        add eax, esi
        mov [es:INFO_MMAP_ADDR], eax
        call read_memory_map
        mov ax, FW_CFG_KERNEL_ENTRY
        call read_number
        mov ecx, eax
        jmp enter_kernel

; Writes the BIOS's memory map to ES:DI, its length and the size of upper memory to the block at ES:0. Keeps ESI.
read_memory_map:
        mov bp, di
        xor ebx, ebx
.next:
        push esi
        push bp
        mov eax, 0xe820
        mov edx, SMAP
        mov ecx, MMAP_ENTRY - MMAP_BASE
        add di, MMAP_BASE
        int 0x15
        pop bp
        pop esi
        lea di, [di - MMAP_BASE]        ; keeps CF
        jc .end
        mov dword [es:di + MMAP_SIZE], MMAP_ENTRY - MMAP_BASE
        cmp dword [es:di + MMAP_TYPE], MMAP_AVAILABLE
        jne .counted
        cmp dword [es:di + MMAP_BASE], ONE_MEBIBYTE
        jne .counted
        cmp dword [es:di + MMAP_BASE + 4], 0
        jne .counted
        mov eax, [es:di + MMAP_LENGTH]
        shr eax, 10
        mov [es:INFO_MEM_UPPER], eax
.counted:
        add di, MMAP_ENTRY
        test ebx, ebx
        jnz .next
.end:
        sub di, bp
        movzx edi, di
        mov [es:INFO_MMAP_LENGTH], edi
        ret

; Enters the kernel at ECX with the information block at ESI.
enter_kernel:
        cli
        xor eax, eax
        mov ax, cs
        shl eax, 4
        add eax, descriptors
        push eax
        push word DESCRIPTORS_SIZE - 1
        mov bp, sp
        lgdt [bp]
        ; The stack's place in a flat segment.
        xor ebx, ebx
        mov bx, ss
        shl ebx, 4
        movzx edx, sp
        add edx, ebx
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp short .protected
.protected:
        mov ax, DATA_SELECTOR
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, edx
        push dword CODE_SELECTOR
        push ecx
        mov eax, BOOTLOADER_MAGIC
        mov ebx, esi
        o32 retf

        align 8
descriptors:
        dq 0
        dq 0x00cf9a000000ffff           ; code: base 0, 4 GiB, 32-bit, DPL 0
        dq 0x00cf92000000ffff           ; data: base 0, 4 GiB, 32-bit, DPL 0
DESCRIPTORS_SIZE        equ $ - descriptors

        option_rom_end
