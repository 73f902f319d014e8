; Sends or receives packets by an NE2000 (National Semiconductor, "DP8390D/NS32490D NIC" data sheet and AN-874 on its
; drivers): each word of a packet goes through the data port of the remote DMA. Variant 0 is the ISA card at port 300h with
; IRQ 11, variant 1 the RTL8029 on PCI.
%include "lab/io_packets.inc"

RTL8029_DEVICE  equ 0x802910ec
PORTS           equ 0x300

%define PORT(offset) (PORTS + (offset))
COMMAND         equ PORT(0x00)          ; the first registers of page 0,
PSTART          equ PORT(0x01)
PSTOP           equ PORT(0x02)
BOUNDARY        equ PORT(0x03)
TPSR            equ PORT(0x04)
TBCR            equ PORT(0x05)          ; two
STATUS          equ PORT(0x07)
RSAR            equ PORT(0x08)          ; two
RBCR            equ PORT(0x0a)          ; two
RECEIVE_CONFIG             equ PORT(0x0c)
TRANSMIT_CONFIG             equ PORT(0x0d)
DCR             equ PORT(0x0e)
IMR             equ PORT(0x0f)
CURRENT         equ PORT(0x07)          ; and one of page 1
DATA            equ PORT(0x10)
RESET           equ PORT(0x1f)

STOPPED         equ 0x21
RUN             equ 0x22                ; no remote DMA
RUN_PAGE1       equ 0x62
TRANSMIT        equ 0x26
REMOTE_READ     equ 0x0a
REMOTE_WRITE    equ 0x12

RECEIVED_ONE    equ 0x01                ; of STATUS and IMR
TRANSMITTED     equ 0x02
TRANSMIT_ERROR  equ 0x08
REMOTE_DONE     equ 0x40
RESET_DONE      equ 0x80

FIRST_PAGE      equ 0x40                ; of the card's 16 KiB, pages of 256 bytes: one packet to send,
RING            equ 0x46                ; and the ring that receives
RING_END        equ 0x80

header          equ DRIVER_DATA         ; of a received packet: status, next page, length
next_page       equ DRIVER_DATA + 4
left            equ DRIVER_DATA + 8

%macro put 2
        mov dx, %1
        mov al, %2
        out dx, al
%endmacro

%macro remote 3                         ; command, address (page and byte as a register), length
        mov dx, RBCR
        mov al, (%3) & 0xff
        out dx, al
        inc edx
        mov al, (%3) >> 8
        out dx, al
        mov ax, %2
        mov dx, RSAR
        out dx, al
        inc edx
        mov al, ah
        out dx, al
        put COMMAND, %1
%endmacro

        section .text
device_start:
        cmp byte [VARIANT], 0
        je .there
        level_triggered
        mov eax, RTL8029_DEVICE
        call find_card
        write_card 0x10, PORTS
        write_card 0x04, 1              ; ports
.there:
        mov dx, RESET
        in al, dx
        out dx, al
.reset: mov dx, STATUS
        in al, dx
        test al, RESET_DONE
        jz .reset
        put COMMAND, STOPPED
        put DCR, 0x49                   ; words, no loop-back, FIFO of 8 bytes
        put RBCR, 0
        put RBCR + 1, 0
        put RECEIVE_CONFIG, 0x04                   ; broadcasts
        put TRANSMIT_CONFIG, 0x02                   ; loop-back until it runs
        put PSTART, RING
        put PSTOP, RING_END
        put BOUNDARY, RING_END - 1
        put STATUS, 0xff
        put COMMAND, STOPPED | 0x40
        put CURRENT, RING
        put COMMAND, RUN
        put TRANSMIT_CONFIG, 0
        put IMR, RECEIVED_ONE | TRANSMITTED | TRANSMIT_ERROR
        mov byte [next_page], RING
        ret

; One packet after the other: there is one place for them.
device_send:
        mov [left], ecx
        mov esi, BUFFERS
.packet:
        expect dword 1
        push esi
        remote REMOTE_WRITE, FIRST_PAGE << 8, PACKET
        mov dx, DATA
        mov ecx, PACKET / 2
        rep outsw
        call end_remote
        put TPSR, FIRST_PAGE
        put TBCR, PACKET & 0xff
        put TBCR + 1, PACKET >> 8
        put COMMAND, TRANSMIT
        call await_work
        pop esi
        add esi, BUFFER
        dec dword [left]
        jnz .packet
        ret

end_remote:
        mov dx, STATUS
.wait:  in al, dx
        test al, REMOTE_DONE
        jz .wait
        mov al, REMOTE_DONE
        out dx, al
        ret

device_interrupt:
        put IMR, 0
.cause: mov dx, STATUS
        in al, dx
        and al, RECEIVED_ONE | TRANSMITTED | TRANSMIT_ERROR
        jz .end
        out dx, al
        test al, TRANSMITTED | TRANSMIT_ERROR
        jz .receive
        mov dword [outstanding], 0
.receive:
        test al, RECEIVED_ONE
        jz .cause
        call take_received
        jmp .cause
.end:   put IMR, RECEIVED_ONE | TRANSMITTED | TRANSMIT_ERROR
        ret

take_received:
        put COMMAND, RUN_PAGE1
        mov dx, CURRENT
        in al, dx
        mov bl, al
        put COMMAND, RUN
.packet:
        cmp [next_page], bl
        je .none
        mov bh, [next_page]
        mov cx, bx
        mov cl, 0
        remote REMOTE_READ, cx, 4
        mov edi, header
        mov dx, DATA
        mov ecx, 2
        rep insw
        call end_remote
        mov cx, bx
        mov cl, 4                       ; behind the header
        remote REMOTE_READ, cx, PACKET
        mov edi, RECEIVED
        mov dx, DATA
        mov ecx, PACKET / 2
        rep insw
        call end_remote
        mov esi, RECEIVED
        call take_packet
        mov al, [header + 1]
        mov [next_page], al
        dec al                          ; the boundary stays one page behind
        cmp al, RING
        jae .boundary
        mov al, RING_END - 1
.boundary:
        mov dx, BOUNDARY
        out dx, al
        jmp .packet
.none:  ret
