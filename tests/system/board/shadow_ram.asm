; PAM of the host bridge (Intel 290549, "Programmable Attribute Map"): reads and writes of an area go to PCI, where ROM is,
; or to memory, each for itself; code runs there in every combination, also code that switches what it runs in.
; Rows: call, ret
; Expect:
;   reads PCI, writes PCI: runs 00000001
;   after a write: 00000001
;   reads PCI, writes memory: runs 00000001
;   after a write: 00000001
;   reads memory, writes PCI: runs 00000003
;   after a write: 00000003
;   reads memory, writes memory: runs 00000003
;   after a write: 00000005
;   code that takes itself away: goes on in ROM 00000001
;   and back: goes on in memory 00000005
;   E0000h, no ROM behind it: reads PCI ffffffff
;   reads memory 12345678
;   writes PCI, reads memory 12345678
;   E4000h apart from it ffffffff
;   end
%include "testkit.inc"
%include "testkit/pci.inc"
PAM0            equ 0x59
PAM5            equ 0x5e
READ            equ 1
WRITE           equ 2
ROM             equ 0xf0000             ; where the image is in ROM, offset by offset
TOP             equ 0xe0000

        section .text
bits 32
answer: mov eax, 1
        ret
VALUE           equ answer + 1          ; the low byte of its operand

; Switches F0000h to FFFFFh to ROM for reads and says what runs behind that; and the other way round.
take_away:
        mov al, WRITE << 4
        out dx, al
switched:
        mov eax, 1
        ret
SWITCHED_VALUE  equ switched + 1
give_back:
        mov al, (READ | WRITE) << 4
        out dx, al
given:
        mov eax, 1
        ret
GIVEN_VALUE     equ given + 1

%macro combination 2+                   ; PAM, name
        write_pci_byte HOST_BRIDGE, PAM0, (%1) << 4
        mov eax, ROM + answer
        call eax
        show %2, eax
%endmacro
%macro after_write 1
        mov byte [ROM + VALUE], %1
        mov eax, ROM + answer
        call eax
        show "after a write:", eax
%endmacro

test:   combination 0, "reads PCI, writes PCI: runs"
        after_write 2
        combination WRITE, "reads PCI, writes memory: runs"
        mov esi, ROM + answer           ; copies the ROM to the memory below itself
        mov edi, esi
        mov ecx, test - answer
        rep movsb
        after_write 3
        combination READ, "reads memory, writes PCI: runs"
        after_write 4
        combination READ | WRITE, "reads memory, writes memory: runs"
        after_write 5
        mov byte [ROM + SWITCHED_VALUE], 7
        mov byte [ROM + GIVEN_VALUE], 5
        kit_select_pci HOST_BRIDGE, PAM0
        mov ecx, ROM + take_away
        call ecx
        show "code that takes itself away: goes on in ROM", eax
        kit_select_pci HOST_BRIDGE, PAM0
        mov ecx, ROM + give_back
        call ecx
        show "and back: goes on in memory", eax
        write_pci_byte HOST_BRIDGE, PAM0, 0

        write_pci_byte HOST_BRIDGE, PAM5, WRITE
        mov dword [TOP], 0x12345678
        mov eax, [TOP]
        show "E0000h, no ROM behind it: reads PCI", eax
        write_pci_byte HOST_BRIDGE, PAM5, READ
        mov eax, [TOP]
        show "reads memory", eax
        mov dword [TOP], 0
        mov eax, [TOP]
        show "writes PCI, reads memory", eax
        mov eax, [TOP + 0x4000]
        show "E4000h apart from it", eax
        ret
