; Sends or receives packets by the AMD PCnet-PCI II (Am79C970A data sheet, 19436): rings of descriptors in memory, registers
; by an address and a data port.
%include "lab/io_packets.inc"

PCNET_DEVICE    equ 0x20001022
PORTS           equ 0xc100              ; where BAR 0 is put
RDP             equ PORTS + 0x10        ; as 16-bit ports, which they are behind a reset
RAP             equ PORTS + 0x12
RESET           equ PORTS + 0x14
BDP             equ PORTS + 0x16

INIT            equ 1 << 0              ; of CSR0
START           equ 1 << 1
DEMAND          equ 1 << 3              ; look at the ring to be sent now
ENABLE          equ 1 << 6              ; interrupts
INIT_DONE       equ 1 << 8
CAUSES          equ 0x7f00              ; written back they are cleared

RECEIVE_RING    equ RINGS
SEND_RING       equ RINGS + 0x1000
INIT_BLOCK      equ RINGS + 0x2000
RING_LENGTH     equ 6                   ; of 64 as a power of two
DESCRIPTOR      equ 16
FLAGS           equ 4
OWN             equ 1 << 31             ; the card's
START_AND_END   equ 3 << 24             ; STP, ENP
%define COUNT(bytes) (0xf000 | -(bytes) & 0xfff)

next_received   equ DRIVER_DATA
next_sent       equ DRIVER_DATA + 4
next_done       equ DRIVER_DATA + 8

%macro write_csr 2
        mov dx, RAP
        mov ax, %1
        out dx, ax
        mov dx, RDP
        mov ax, %2
        out dx, ax
%endmacro

        section .text
device_start:
        level_triggered
        mov eax, PCNET_DEVICE
        call find_card
        write_card 0x10, PORTS
        write_card 0x04, 5              ; ports, bus master
        mov dx, RESET
        in ax, dx
        mov dx, RAP
        mov ax, 20
        out dx, ax
        mov dx, BDP
        mov ax, 2                       ; BCR20: descriptors and block of 32 bits, the PCnet-PCI's
        out dx, ax
        mov edi, RECEIVE_RING
        mov eax, RECEIVED
.descriptor:
        mov [edi], eax
        mov dword [edi + FLAGS], OWN | COUNT(BUFFER)
        add eax, BUFFER
        add edi, DESCRIPTOR
        cmp edi, RECEIVE_RING + MOST_PACKETS * DESCRIPTOR
        jb .descriptor
        mov dword [INIT_BLOCK], RING_LENGTH << 20 | RING_LENGTH << 28
        mov dword [INIT_BLOCK + 4], 0x00000002  ; its address, 02:00:00:00:00:02
        mov dword [INIT_BLOCK + 8], 0x0200
        mov dword [INIT_BLOCK + 20], RECEIVE_RING
        mov dword [INIT_BLOCK + 24], SEND_RING
        write_csr 1, INIT_BLOCK & 0xffff
        write_csr 2, INIT_BLOCK >> 16
        write_csr 0, INIT
.wait:  in ax, dx
        test ax, INIT_DONE
        jz .wait
        mov ax, INIT_DONE | START | ENABLE
        out dx, ax                      ; the address port stays at CSR0
        ret

device_send:
        expect ecx
        mov eax, [next_sent]
        mov esi, BUFFERS
.packet:
        mov edi, eax
        shl edi, 4
        add edi, SEND_RING
        mov [edi], esi
        mov dword [edi + 8], 0
        mov dword [edi + FLAGS], OWN | START_AND_END | COUNT(PACKET)
        inc eax
        and eax, MOST_PACKETS - 1
        add esi, BUFFER
        loop .packet
        mov [next_sent], eax
        mov dx, RDP
        mov ax, DEMAND | ENABLE
        out dx, ax
        jmp await_work

device_interrupt:
        mov dx, RDP
        in ax, dx
        and ax, CAUSES
        out dx, ax                      ; and no interrupts for now
        call take_received
        call take_sent
        mov dx, RDP
        mov ax, ENABLE
        out dx, ax
        ret

take_sent:
        mov eax, [next_done]
.packet:
        cmp eax, [next_sent]
        je .end
        mov edi, eax
        shl edi, 4
        test dword [edi + SEND_RING + FLAGS], OWN
        jnz .end
        inc eax
        and eax, MOST_PACKETS - 1
        dec dword [outstanding]
        jmp .packet
.end:   mov [next_done], eax
        ret

take_received:
        mov ecx, [next_received]
.packet:
        mov edi, ecx
        shl edi, 4
        add edi, RECEIVE_RING
        test dword [edi + FLAGS], OWN
        jnz .end
        mov esi, [edi]
        call take_packet
        mov dword [edi + FLAGS], OWN | COUNT(BUFFER)
        inc ecx
        and ecx, MOST_PACKETS - 1
        jmp .packet
.end:   mov [next_received], ecx
        ret
