; Stacks at their edges: expand-up and expand-down, of 16 and 32 bits, wrapping at 64 KiB and 4 GiB. What does not fit
; is #SS(0) and leaves ESP alone; a stack of 16 bits never changes the upper half of ESP.
; Rows: push, pop, pushad, enter, call, int
; Expect:
;   expand-up, limit ff
;   ESP 20: ok 0000001c ok 0000001e ok 00000024 ok 00000000 ok 00000014 ok 003b 0000001c ok 003b 00000014
;   ESP 1f: ok 0000001b ok 0000001d ok 00000023 #SS 0000 0000001f ok 00000013 ok 003b 0000001b ok 003b 00000013
;   ESP c: ok 00000008 ok 0000000a ok 00000010 #SS 0000 0000000c ok 00000000 ok 003b 00000008 ok 003b 00000000
;   ESP b: ok 00000007 ok 00000009 ok 0000000f #SS 0000 0000000b #SS 0000 0000000b ok 003b 00000007 #SS 0000 0000000b
;   ESP 4: ok 00000000 ok 00000002 ok 00000008 #SS 0000 00000004 #SS 0000 00000004 ok 003b 00000000 #SS 0000 00000004
;   ESP 3: #SS 0000 00000003 ok 00000001 ok 00000007 #SS 0000 00000003 #SS 0000 00000003 #SS 0000 00000003 #SS 0000 00000003
;   ESP 1: #SS 0000 00000001 #SS 0000 00000001 ok 00000005 #SS 0000 00000001 #SS 0000 00000001 #SS 0000 00000001 #SS 0000 00000001
;   ESP 100: ok 000000fc ok 000000fe #SS 0000 00000100 ok 000000e0 ok 000000f4 ok 003b 000000fc ok 003b 000000f4
;   ESP 101: #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101
;   ESP fc: ok 000000f8 ok 000000fa ok 00000100 ok 000000dc ok 000000f0 ok 003b 000000f8 ok 003b 000000f0
;   ESP fd: ok 000000f9 ok 000000fb #SS 0000 000000fd ok 000000dd ok 000000f1 ok 003b 000000f9 ok 003b 000000f1
;   expand-down, limit ff
;   ESP 120: ok 0000011c ok 0000011e ok 00000124 ok 00000100 ok 00000114 ok 003b 0000011c ok 003b 00000114
;   ESP 11f: ok 0000011b ok 0000011d ok 00000123 #SS 0000 0000011f ok 00000113 ok 003b 0000011b ok 003b 00000113
;   ESP 103: #SS 0000 00000103 ok 00000101 ok 00000107 #SS 0000 00000103 #SS 0000 00000103 #SS 0000 00000103 #SS 0000 00000103
;   ESP 101: #SS 0000 00000101 #SS 0000 00000101 ok 00000105 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101 #SS 0000 00000101
;   ESP 0: ok fffffffc ok fffffffe #SS 0000 00000000 ok ffffffe0 ok fffffff4 ok 003b fffffffc ok 003b fffffff4
;   ESP fffffffd: ok fffffff9 ok fffffffb #SS 0000 fffffffd ok ffffffdd ok fffffff1 ok 003b fffffff9 ok 003b fffffff1
;   expand-up, 16 bits, limit ffff
;   ESP 12340000: ok 1234fffc ok 1234fffe ok 12340004 ok 1234ffe0 ok 1234fff4 ok 003b 1234fffc ok 003b 1234fff4
;   ESP 12340001: #SS 0000 12340001 #SS 0000 12340001 ok 12340005 #SS 0000 12340001 #SS 0000 12340001 #SS 0000 12340001 #SS 0000 12340001
;   ESP 12340002: #SS 0000 12340002 ok 12340000 ok 12340006 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002
;   ESP 12340004: ok 12340000 ok 12340002 ok 12340008 ok 1234ffe4 ok 1234fff8 ok 003b 12340000 ok 003b 1234fff8
;   ESP 1234001f: ok 1234001b ok 1234001d ok 12340023 #SS 0000 1234001f ok 12340013 ok 003b 1234001b ok 003b 12340013
;   ESP 1234fffc: ok 1234fff8 ok 1234fffa ok 12340000 ok 1234ffdc ok 1234fff0 ok 003b 1234fff8 ok 003b 1234fff0
;   ESP 1234fffd: ok 1234fff9 ok 1234fffb #SS 0000 1234fffd ok 1234ffdd ok 1234fff1 ok 003b 1234fff9 ok 003b 1234fff1
;   expand-down, 16 bits, limit 7fff
;   ESP 12340000: ok 1234fffc ok 1234fffe #SS 0000 12340000 ok 1234ffe0 ok 1234fff4 ok 003b 1234fffc ok 003b 1234fff4
;   ESP 12340002: #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002 #SS 0000 12340002
;   ESP 12348020: ok 1234801c ok 1234801e ok 12348024 ok 12348000 ok 12348014 ok 003b 1234801c ok 003b 12348014
;   ESP 1234801f: ok 1234801b ok 1234801d ok 12348023 #SS 0000 1234801f ok 12348013 ok 003b 1234801b ok 003b 12348013
;   ESP 12348003: #SS 0000 12348003 ok 12348001 ok 12348007 #SS 0000 12348003 #SS 0000 12348003 #SS 0000 12348003 #SS 0000 12348003
;   ESP 12348001: #SS 0000 12348001 #SS 0000 12348001 ok 12348005 #SS 0000 12348001 #SS 0000 12348001 #SS 0000 12348001 #SS 0000 12348001
;   4 GiB
;   ESP 0: ok fffffffc ok fffffffe ok 00000004 ok ffffffe0 ok fffffff4 ok 003b fffffffc ok 003b fffffff4
;   ESP 4: ok 00000000 ok 00000002 ok 00000008 ok ffffffe4 ok fffffff8 ok 003b 00000000 ok 003b fffffff8
;   ESP 18: ok 00000014 ok 00000016 ok 0000001c ok fffffff8 ok 0000000c ok 003b 00000014 ok 003b 0000000c
;   end
%include "testkit.inc"
; SDM volume 3, 5.3; volume 1, 6.2.3. Cells: PUSH of 4 and of 2 bytes, POP, PUSHAD, ENTER 8, CALL, and INT to the same
; ring, each with ESP behind it.
STACK           equ FREE
BASE            equ FREE_MEMORY + 0x400
VECTOR          equ 0x40
%macro stack 4                          ; name, limit, access byte, flags
        log %1
        put_descriptor STACK, BASE, %2, (%3) | DPL(3), %4
%endmacro
%macro top 2                            ; name, ESP
        mov dword [pointer], %2
        row "ESP ", %1, ":"
        call each
%endmacro
; Nothing else is pushed on the stack that is tested, nor may an interrupt lose the upper half of ESP before it is seen.
%macro one 1+
        mov [flat_esp], esp
        lss esp, [pointer]
        cell noting_esp %1
        mov ax, DATA3
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov esp, [flat_esp]
        call show_esp
%endmacro
%macro noting_esp 1+
        %1
        mov [last_esp], esp
%endmacro
bits 32
test:
        put_gate VECTOR, CODE3, arrived, INT_GATE32 | DPL(3)
        in_ring 3, .ring3
        ret
.ring3: stack "expand-up, limit ff", 0xff, DATA_RW, BITS32
        top "20", 0x20
        top "1f", 0x1f
        top "c", 0xc
        top "b", 0xb
        top "4", 4
        top "3", 3
        top "1", 1
        top "100", 0x100
        top "101", 0x101
        top "fc", 0xfc
        top "fd", 0xfd
        stack "expand-down, limit ff", 0xff, DATA_DOWN_RW, BITS32
        top "120", 0x120
        top "11f", 0x11f
        top "103", 0x103
        top "101", 0x101
        top "0", 0
        top "fffffffd", 0xfffffffd
        stack "expand-up, 16 bits, limit ffff", 0xffff, DATA_RW, BITS16
        top "12340000", 0x12340000
        top "12340001", 0x12340001
        top "12340002", 0x12340002
        top "12340004", 0x12340004
        top "1234001f", 0x1234001f
        top "1234fffc", 0x1234fffc
        top "1234fffd", 0x1234fffd
        stack "expand-down, 16 bits, limit 7fff", 0x7fff, DATA_DOWN_RW, BITS16
        top "12340000", 0x12340000
        top "12340002", 0x12340002
        top "12348020", 0x12348020
        top "1234801f", 0x1234801f
        top "12348003", 0x12348003
        top "12348001", 0x12348001
        stack "4 GiB", 0xfffff, DATA_RW, FLAT
        top "0", 0
        top "4", 4
        top "18", 0x18
        leave_ring
each:   one push eax
        one push ax
        one pop eax
        one pushad
        one enter 8, 0
        one call arrived
        one int VECTOR
        row_end
        ret
show_esp:
        cell_value [last_esp]
        ret
arrived:
        arrive
        section .data
pointer: dd 0
        dw STACK | 3
flat_esp: dd 0
