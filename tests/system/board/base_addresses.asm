; Base address registers at run time (PCI Local Bus Specification 2.1, 6.2.5): sizes, moves, decoding switched off and on,
; one window over another, and what is where it was before.
; Rows: in dx, out dx
; Expect:
;   VGA's frame buffer, size mask ff000008
;   IDE's bus master, size mask fffffff1
;   a register that is not there 00000000
;   frame buffer at E0000000h 11223344
;   moved to E8000000h 11223344
;   at E0000000h ffffffff
;   memory decoding off ffffffff
;   on again 11223344
;   over memory at 1 MiB 55667788
;   and moved away 11223344
;   bus master at C000h, PRD table 12345678
;   moved to C800h 12345678
;   at C000h ffffffff
;   I/O decoding off ffffffff
;   on again 12345678
;   power management over it, bus master answers 00000001
;   bus master again once that has moved 12345678
;   mechanism #2, C000h ffffffff
;   CF8h by bytes ffffffff
;   device 31 ffffffff
;   bus 1 ffffffff
;   end
%include "testkit.inc"
%include "testkit/pci.inc"
COMMAND         equ 4
BAR0            equ 0x10
BAR2            equ 0x18
BAR4            equ 0x20
PMBA            equ 0x40
PMREGMISC       equ 0x80
IO_SPACE        equ 1
MEMORY_SPACE    equ 2
BUS_MASTER      equ 4
PRD_TABLE       equ 4                   ; offset in the bus master's ports

        section .text
bits 32
%macro show_memory 2
        mov eax, [%2]
        show %1, eax
%endmacro
%macro show_port 2
        mov dx, %2
        in eax, dx
        show %1, eax
%endmacro

test:   write_pci VGA, BAR0, 0xffffffff
        read_pci VGA, BAR0
        show "VGA's frame buffer, size mask", eax
        write_pci IDE, BAR4, 0xffffffff
        read_pci IDE, BAR4
        show "IDE's bus master, size mask", eax
        write_pci IDE, BAR0, 0xffffffff
        read_pci IDE, BAR0
        show "a register that is not there", eax
        call memory_window
        call ports
        ret

memory_window:
        write_pci VGA, BAR0, 0xe0000000
        write_pci VGA, BAR2, 0xf0000000
        write_pci_byte VGA, COMMAND, MEMORY_SPACE
        mov dword [0xe0000000], 0x11223344
        show_memory "frame buffer at E0000000h", 0xe0000000
        write_pci VGA, BAR0, 0xe8000000
        show_memory "moved to E8000000h", 0xe8000000
        show_memory "at E0000000h", 0xe0000000
        write_pci_byte VGA, COMMAND, 0
        show_memory "memory decoding off", 0xe8000000
        write_pci_byte VGA, COMMAND, MEMORY_SPACE
        show_memory "on again", 0xe8000000
        mov dword [0x1000000 - 16], 0x55667788 ; memory is nearer to the processor than PCI
        write_pci VGA, BAR0, 0
        show_memory "over memory at 1 MiB", 0x1000000 - 16
        write_pci VGA, BAR0, 0xe0000000
        show_memory "and moved away", 0xe0000000
        ret

ports:  write_pci IDE, BAR4, 0xc000
        write_pci_byte IDE, COMMAND, IO_SPACE | BUS_MASTER
        mov dx, 0xc000 + PRD_TABLE
        mov eax, 0x12345678
        out dx, eax
        show_port "bus master at C000h, PRD table", 0xc000 + PRD_TABLE
        write_pci IDE, BAR4, 0xc800
        show_port "moved to C800h", 0xc800 + PRD_TABLE
        show_port "at C000h", 0xc000 + PRD_TABLE
        write_pci_byte IDE, COMMAND, BUS_MASTER
        show_port "I/O decoding off", 0xc800 + PRD_TABLE
        write_pci_byte IDE, COMMAND, IO_SPACE | BUS_MASTER
        show_port "on again", 0xc800 + PRD_TABLE

        write_pci POWER, PMBA, 0xc801   ; one of the two answers, which the specification leaves open: the first function
        write_pci_byte POWER, PMREGMISC, 1
        mov dx, 0xc800 + PRD_TABLE
        in eax, dx
        mov ebx, eax
        write_pci POWER, PMBA, 0x601
        xor eax, eax
        cmp ebx, 0x12345678
        sete al
        show "power management over it, bus master answers", eax
        show_port "bus master again once that has moved", 0xc800 + PRD_TABLE

        mov dx, 0xcf8                   ; mechanism #2 would open C000h to CFFFh by a byte here
        mov al, 0xf0
        out dx, al
        show_port "mechanism #2, C000h", 0xc000
        mov dx, 0xcf8
        mov eax, 0
        out dx, eax
        mov dx, 0xcfb
        mov al, 0x80
        out dx, al
        show_port "CF8h by bytes", 0xcfc
        read_pci 31 << 3, 0
        show "device 31", eax
        read_pci 1 << 8, 0
        show "bus 1", eax
        ret
