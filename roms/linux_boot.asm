; Option ROM that boots a Linux kernel from fw_cfg items: loads its four parts and enters its real-mode code, as the
; kernel's Documentation/x86/boot.rst asks of a boot loader. Everything in the headers is filled in by the machine.

bits 16
cpu 486
org 0

ROM_SIZE                equ 1024
SETUP_STACK             equ 0xfff0      ; top of the 64 KiB that begin with the real-mode code
SETUP_ENTRY_PARAGRAPHS  equ 0x20        ; the entry is 512 bytes behind the real-mode code's start

%include "option_rom.inc"

        option_rom_begin boot, product
product:
        db "Linux kernel", 0

%include "firmware_config.inc"

boot:
        cld
        load_item SETUP
        load_item CMDLINE
        load_item KERNEL
        load_item INITRD
        mov ax, FW_CFG_SETUP_ADDRESS
        call read_number
        shr eax, 4
        ; "Running the kernel": interrupts off, all data segments and the stack in the real-mode code's segment.
        cli
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, SETUP_STACK
        add ax, SETUP_ENTRY_PARAGRAPHS
        push ax
        push word 0
        xor eax, eax
        xor ebx, ebx
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        xor ebp, ebp
        retf

        option_rom_end
