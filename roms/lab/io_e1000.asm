; Sends or receives packets by the Intel 82540EM ("PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
; Manual", 317453): legacy descriptors, one of them for each packet, and of a batch only the last one is reported.
%include "lab/io_packets.inc"

E1000_DEVICE    equ 0x100e8086
REGISTERS       equ 0xe0000000          ; where BAR 0 is put

%define REG(offset) (REGISTERS + (offset))
CTRL            equ REG(0x0000)
CARD_STATUS     equ REG(0x0008)
ICR             equ REG(0x00c0)
IMS             equ REG(0x00d0)
IMC             equ REG(0x00d8)
RCTL            equ REG(0x0100)
TCTL            equ REG(0x0400)
TIPG            equ REG(0x0410)
RDBAL           equ REG(0x2800)
RDLEN           equ REG(0x2808)
RDT             equ REG(0x2818)
TDBAL           equ REG(0x3800)
TDLEN           equ REG(0x3808)
TDT             equ REG(0x3818)

CTRL_SLU        equ 1 << 6
LINK_UP         equ 1 << 1
CTRL_RST        equ 1 << 26
RCTL_ENABLE     equ 1 << 1
RCTL_BROADCAST  equ 1 << 15             ; accepted; buffers have 2048 bytes
RCTL_STRIP_CRC  equ 1 << 26
TCTL_USUAL      equ 1 << 1 | 1 << 3 | 0x0f << 4 | 0x40 << 12    ; on, pad, collisions as the manual has them (13.4.33)
TIPG_USUAL      equ 10 | 8 << 10 | 6 << 20                      ; copper (13.4.34)
TXDW            equ 1 << 0              ; a descriptor was reported
LSC             equ 1 << 2              ; the link is up, or down
RXDMT0          equ 1 << 4
RXT0            equ 1 << 7

RECEIVE_RING    equ RINGS
SEND_RING       equ RINGS + 0x1000
DESCRIPTOR      equ 16
STATUS          equ 12                  ; a byte
DONE            equ 1
END_AND_CRC     equ 0x03000000          ; EOP, IFCS
REPORT          equ 0x08000000          ; RS

next_received   equ DRIVER_DATA
next_sent       equ DRIVER_DATA + 4
reported        equ DRIVER_DATA + 8     ; the descriptor that ends the batch
batch           equ DRIVER_DATA + 12    ; 0: nothing is being sent

        section .text
device_start:
        level_triggered
        mov eax, E1000_DEVICE
        call find_card
        write_card 0x10, REGISTERS
        write_card 0x04, 6              ; memory, bus master
        mov dword [IMC], 0xffffffff
        mov dword [CTRL], CTRL_RST
.reset: test dword [CTRL], CTRL_RST
        jnz .reset
        mov dword [IMC], 0xffffffff
        mov dword [CTRL], CTRL_SLU
        expect dword 1                  ; the link may take its time
        mov dword [IMS], LSC
        test dword [CARD_STATUS], LINK_UP
        jnz .link
        call await_work
.link:  expect dword 0
        mov edi, RECEIVE_RING
        mov eax, RECEIVED
.descriptor:
        mov [edi], eax
        add eax, BUFFER
        add edi, DESCRIPTOR
        cmp edi, RECEIVE_RING + MOST_PACKETS * DESCRIPTOR
        jb .descriptor
        mov dword [RDBAL], RECEIVE_RING
        mov dword [RDBAL + 4], 0
        mov dword [RDLEN], MOST_PACKETS * DESCRIPTOR
        mov dword [RCTL], RCTL_ENABLE | RCTL_BROADCAST | RCTL_STRIP_CRC
        mov dword [RDT], MOST_PACKETS - 1
        mov dword [TDBAL], SEND_RING
        mov dword [TDBAL + 4], 0
        mov dword [TDLEN], MOST_PACKETS * DESCRIPTOR
        mov dword [TIPG], TIPG_USUAL
        mov dword [TCTL], TCTL_USUAL
        mov eax, [ICR]
        mov dword [IMS], TXDW | RXT0 | RXDMT0
        ret

device_send:
        mov eax, [next_sent]
        mov esi, BUFFERS
        mov edx, ecx
.packet:
        mov edi, eax
        shl edi, 4
        add edi, SEND_RING
        mov [edi], esi
        mov dword [edi + 4], 0
        mov dword [edi + 8], PACKET | END_AND_CRC
        mov dword [edi + STATUS], 0
        mov [reported], edi
        inc eax
        and eax, MOST_PACKETS - 1
        add esi, BUFFER
        loop .packet
        or dword [edi + 8], REPORT
        mov [batch], edx
        expect edx
        mov [next_sent], eax
        mov [TDT], eax
        jmp await_work

device_interrupt:
        mov eax, [ICR]                  ; reading it ends the interrupt
        mov dword [IMC], 0xffffffff
        test eax, LSC
        jz .link
        mov dword [outstanding], 0
.link:  call take_received
        cmp dword [batch], 0
        je .end
        mov edi, [reported]
        test byte [edi + STATUS], DONE
        jz .end
        mov dword [batch], 0
        mov dword [outstanding], 0
.end:   mov dword [IMS], TXDW | RXT0 | RXDMT0
        ret

take_received:
        mov ecx, [next_received]
        mov ebx, ecx
.packet:
        mov edi, ecx
        shl edi, 4
        add edi, RECEIVE_RING
        test byte [edi + STATUS], DONE
        jz .none
        mov esi, [edi]
        call take_packet
        mov byte [edi + STATUS], 0
        inc ecx
        and ecx, MOST_PACKETS - 1
        jmp .packet
.none:  cmp ecx, ebx
        je .end
        mov [next_received], ecx
        dec ecx                         ; all of the buffers but one are the card's again
        and ecx, MOST_PACKETS - 1
        mov [RDT], ecx
.end:   ret
