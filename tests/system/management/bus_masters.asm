; A bus master never meets SMRAM (Intel 290549): where the SMI handler, or anybody while D_OPEN is set, finds SMRAM, DMA finds
; the video memory in front of it.
; Rows: rsm
; Expect:
;   handler ran 00000001
;   it finds 00000011
;   DMA for it 000000a5
;   DMA into it, it finds 00000011
;   outside, the video memory 00000022
;   DMA 00000022
;   with D_OPEN, the processor 00000011
;   DMA 000000a5
;   end
%include "testkit.inc"
%include "smm.inc"
SMRAM           equ 0x72
OPEN            equ 1 << 6
ENABLED         equ 1 << 3
VIDEO           equ 0xa0000
MARK            equ VIDEO + 0x100
COPY            equ 0x600               ; where DMA puts what it reads, and takes what it writes
; What was found, and when.
RUNS            equ NOTED
INSIDE          equ NOTED + 4
INSIDE_DMA      equ NOTED + 8
BEHIND_DMA      equ NOTED + 12
OPENED          equ NOTED + 16
OPENED_DMA      equ NOTED + 20

; 8237, channels 0 and 1: copies a byte from %1 to %2 (Intel 231466, memory-to-memory transfers).
%macro out_byte 2
        mov al, %2
        out %1, al
%endmacro
%macro dma_copy 2
        out_byte 0xd6, 0xc0             ; channel 4 cascades
        out_byte 0xd4, 0
        out_byte 0x0c, 0
        out_byte 0x0b, 0x88             ; channel 0 reads
        out_byte 0x00, (%1) & 0xff
        out_byte 0x00, (%1) >> 8 & 0xff
        out_byte 0x87, (%1) >> 16
        out_byte 0x0b, 0x85             ; channel 1 writes
        out_byte 0x02, (%2) & 0xff
        out_byte 0x02, (%2) >> 8 & 0xff
        out_byte 0x83, (%2) >> 16
        out_byte 0x03, 0
        out_byte 0x03, 0
        out_byte 0x0a, 0
        out_byte 0x0a, 1
        out_byte 0x08, 1                ; memory to memory
        out_byte 0x09, 4                ; now
%endmacro
%macro note 2                           ; where, the byte at which address
        movzx eax, byte [dword %2]
        mov [dword %1], eax
%endmacro
%macro show_noted 2
        mov eax, [%2]
        show %1, eax
%endmacro

        section .text
bits 16
relocate:
        mov dword [dword SAVED(SAVED_SMBASE)], VIDEO
        rsm
entry:  jmp 0:handler                   ; copied to A8000h
ENTRY_END:
handler:
        inc dword [RUNS]
        note INSIDE, MARK
        dma_copy MARK, COPY
        note INSIDE_DMA, COPY
        mov byte [COPY], 0x22
        dma_copy COPY, MARK
        note BEHIND_DMA, MARK
        rsm

bits 32
%macro smram 1
        write_pci_byte HOST_BRIDGE, SMRAM, %1
%endmacro
%macro vga 3                            ; port of an index register, index, value
        mov dx, %1
        mov ax, (%3) << 8 | (%2)
        out dx, ax
%endmacro
test:   mov dx, 0x3c2                   ; video memory at A0000h, all planes alike
        mov al, 0x63
        out dx, al
        vga 0x3c4, 2, 0x0f
        vga 0x3c4, 4, 0x06
        vga 0x3ce, 1, 0
        vga 0x3ce, 3, 0
        vga 0x3ce, 4, 0
        vga 0x3ce, 5, 0
        vga 0x3ce, 6, 5
        vga 0x3ce, 8, 0xff
        mov byte [MARK], 0xa5
        enable_smi
        smi_handler relocate
        smram ENABLED | OPEN | 2
        mov esi, entry
        mov edi, VIDEO + 0x8000
        mov ecx, ENTRY_END - entry
        rep movsb
        mov byte [MARK], 0x11
        note OPENED, MARK
        dma_copy MARK, COPY
        note OPENED_DMA, COPY
        smram ENABLED | 2
        out APMC, al                    ; relocates
        out APMC, al
        show_noted "handler ran", RUNS
        show_noted "it finds", INSIDE
        show_noted "DMA for it", INSIDE_DMA
        show_noted "DMA into it, it finds", BEHIND_DMA
        movzx eax, byte [MARK]
        show "outside, the video memory", eax
        dma_copy MARK, COPY
        note INSIDE_DMA, COPY
        show_noted "DMA", INSIDE_DMA
        show_noted "with D_OPEN, the processor", OPENED
        show_noted "DMA", OPENED_DMA
        ret
