; NMI: its mask in front of the processor, bit 7 of port 70h (Intel 290550, "NMI Enable"), does not hold back what the
; APIC delivers; port 61h's disabling bits are kept, and its status reads clear while nothing asserts IOCHK# or SERR#.
; Rows: iretd
; Expect:
;   NMI by the APIC 00000001
;   with port 70h's mask 00000002
;   one within its handler waits 00000001
;   taken behind it 00000004
;   port 61h, bits 2 and 3 0000000c
;   status bits 6 and 7 00000000
;   cleared 00000000
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
ICR             equ LOCAL_APIC + 0x300
COUNT           equ 0x500
WITHIN          equ 0x504
AGAIN           equ 0x508

%macro nmi 0
        mov dword [ICR], 0x84400
%endmacro

        section .text
bits 32
handler:
        inc dword [COUNT]
        cmp dword [AGAIN], 0
        je .end
        mov dword [AGAIN], 0
        push dword [COUNT]
        nmi
        nop
        pop eax
        cmp eax, [COUNT]
        sete byte [WITHIN]
.end:   iretd

test:   put_gate 2, CODE0, handler, INT_GATE32
        mov dword [LOCAL_APIC + 0xf0], 0x1ff
        mov dword [COUNT], 0
        mov dword [WITHIN], 0
        mov dword [AGAIN], 0
        nmi
        nop
        mov eax, [COUNT]
        show "NMI by the APIC", eax
        mov al, 0x8f
        out 0x70, al
        nmi
        nop
        mov eax, [COUNT]
        show "with port 70h's mask", eax
        mov dword [AGAIN], 1
        nmi
        nop
        mov eax, [WITHIN]
        show "one within its handler waits", eax
        mov eax, [COUNT]
        show "taken behind it", eax
        mov al, 0x0c
        out 0x61, al
        in al, 0x61
        mov bl, al
        and eax, 0x0c
        show "port 61h, bits 2 and 3", eax
        movzx eax, bl
        and eax, 0xc0
        show "status bits 6 and 7", eax
        mov al, 0
        out 0x61, al
        in al, 0x61
        and eax, 0x0c
        show "cleared", eax
        ret
