; Where addresses wrap and where they meet a limit: effective addresses of 16 and 32 bits, pointers of strings, stack
; and instructions, and linear addresses at 4 GiB. Counters and pointers are as wide as the addresses.
; Rows: mov, movzx, movsb, stosb, stosw, lodsd, push, pop, pushad, jmp, xlat, lea, bts, call far, enter, leave, loop
; Rows: jcxz, jecxz
; Expect:
;   virtual-8086 mode
;   byte at ffff: ok
;   word at ffff: #GP 0000
;   dword at fffd: #GP 0000
;   dword at fffc: ok
;   word at ffff by BP: #SS 0000
;   BX + SI wraps 00000011
;   BX + displacement wraps 00000011
;   32-bit address, 10000: #GP 0000
;   32-bit address, ffffffff: #GP 0000
;   LEA of a 16-bit address 00000001
;   LEA of a 32-bit address 00010001
;   XLAT wraps 00000011
;   BTS below 0 wraps 00000080
;   REP STOSB wraps: ok
;   EDI 12340002
;   ECX 12340000
;   REP STOSW: #GP 0000
;   EDI 1234ffff
;   ECX 12340001
;   LODSD: #GP 0000
;   PUSH, SP 0: ok
;   SP 0000fffe
;   PUSH, SP 1: #SS 0000
;   SP 00000001
;   PUSH of 32 bits, SP 2: #SS 0000
;   SP 00000002
;   POP, SP ffff: #SS 0000
;   SP 0000ffff
;   POP, SP fffe: ok
;   SP 00000000
;   PUSHAD, SP 10: ok
;   SP 0000fff0
;   PUSHAD, SP 12: #SS 0000
;   SP 00000012
;   ENTER, SP 0: ok
;   SP 0000fffa
;   LEAVE, BP fffe: ok
;   SP 00000000
;   real mode
;   word at ffff: #GP
;   word at ffff by BP: #SS
;   JMP back below 0 00000044
;   JMP on above ffff 00000055
;   running off ffff 0000000d
;   an instruction across ffff 0000000d
;   32-bit JMP to 10000 0000000d
;   32-bit code
;   ESI + EBX * 4 wraps 00000011
;   16-bit address 00000011
;   REP MOVSB with 16-bit addresses
;   ECX 12340000
;   ESI 5678f003
;   EDI 9abcf103
;   LOOP with CX 1234ffff
;   JCXZ, ECX 10000: jumps 00000001
;   JECXZ, ECX 10000: does not 00000000
;   base + offset wraps at 4 GiB 00000011
;   PUSH on a 16-bit stack 1234fffc
;   ENTER on a 16-bit stack 1234fff8
;   end
%include "testkit.inc"
PARAGRAPH       equ 0x5000              ; 64 KiB of memory to wrap in
MEMORY          equ 0x50000
BELOW_4GIB      equ FREE                ; a segment whose base lies there
STACK16         equ FREE + 8            ; a 16-bit stack in MEMORY

%macro put_code 2-*                     ; offset in MEMORY, bytes
%assign offset %1
%rep %0 - 1
        mov byte [MEMORY + offset], %2
%assign offset offset + 1
%rotate 1
%endrep
%endmacro

%macro on_stack 3+                      ; name, SP, instruction: in virtual-8086 mode
        mov [good_esp], sp
        mov ax, PARAGRAPH
        mov ss, ax
        mov sp, %2
        try %1, %3
        mov [after], sp
        xor ax, ax
        mov ss, ax
        mov sp, [good_esp]
        show "SP", [after]
%endmacro

%macro on_stack16 2+                    ; name, instruction
        mov [good_esp], esp
        mov ax, STACK16
        mov ss, ax
        mov esp, 0x12340000
        %2
        mov [after], esp
        mov ax, DATA0
        mov ss, ax
        mov esp, [good_esp]
        show %1, [after]
%endmacro

%macro runs 2                           ; name, offset: code in MEMORY, in real mode
        try_silently call PARAGRAPH:%2
        show %1, [last_vector]
%endmacro

        section .data
good_esp:       dd 0
after:          dd 0
eleven:         db 0x11

        section .text
bits 32
test:   mov edi, MEMORY
        mov ecx, 0x4000
        xor eax, eax
        rep stosd
        mov byte [MEMORY + 1], 0x11
        in_v86 .v86
        put_code 0xfff2, 0xb8, 0x44, 0x00, 0xcb         ; MOV AX, 44h; RETF
        put_code 0x0010, 0xeb, 0xe0                     ; JMP to it
        put_code 0x0002, 0xb8, 0x55, 0x00, 0xcb
        put_code 0xfff8, 0xeb, 0x08
        put_code 0xfffe, 0xb8, 0x90                     ; MOV AX, ...; NOP
        put_code 0x0030, 0x66, 0xe9, 0xca, 0xff, 0x00, 0x00
        in_real .real
        mov byte [MEMORY + 1], 0x11
        log "32-bit code"
        mov esi, MEMORY + 5
        mov ebx, -1
        movzx eax, byte [esi + ebx * 4]
        show "ESI + EBX * 4 wraps", eax
        mov ebx, 0x1234fff0
        mov esi, eleven + 0x10
        movzx eax, byte [bx + si]
        show "16-bit address", eax
        mov ecx, 0x12340003
        mov esi, 0x5678f000
        mov edi, 0x9abcf100
        log "REP MOVSB with 16-bit addresses"
        a16 rep movsb
        show "ECX", ecx
        show "ESI", esi
        show "EDI", edi
        mov ecx, 0x12340000
        loop .looped, cx
.looped:
        show "LOOP with CX", ecx
        mov ecx, 0x10000
        mov eax, 1
        jcxz .jumped
        xor eax, eax
.jumped:
        show "JCXZ, ECX 10000: jumps", eax
        mov eax, 1
        jecxz .not_jumped
        xor eax, eax
.not_jumped:
        show "JECXZ, ECX 10000: does not", eax
        put_descriptor BELOW_4GIB, 0xfffff000, 0xfffff, DATA_RW, FLAT
        mov ax, BELOW_4GIB
        mov fs, ax
        movzx eax, byte [fs:MEMORY + 0x1001]
        show "base + offset wraps at 4 GiB", eax
        put_descriptor STACK16, MEMORY, 0xffff, DATA_RW, BITS16
        on_stack16 "PUSH on a 16-bit stack", push eax
        on_stack16 "ENTER on a 16-bit stack", enter 4, 0
        ret

bits 16
.v86:   log "virtual-8086 mode"
        mov ax, PARAGRAPH
        mov es, ax
        try "byte at ffff", mov al, [es:0xffff]
        try "word at ffff", mov ax, [es:0xffff]
        try "dword at fffd", mov eax, [es:0xfffd]
        try "dword at fffc", mov eax, [es:0xfffc]
        mov bp, 0xffff
        try "word at ffff by BP", mov ax, [bp]
        mov bx, 0xfff0
        mov si, 0x11
        movzx eax, byte [es:bx + si]
        show "BX + SI wraps", eax
        movzx eax, byte [es:bx + 0x11]
        show "BX + displacement wraps", eax
        mov ebx, 0x10000
        try "32-bit address, 10000", mov al, [es:ebx]
        mov ebx, -1
        try "32-bit address, ffffffff", mov al, [es:ebx]
        mov ebx, 0xffff
        lea eax, [bx + 2]
        show "LEA of a 16-bit address", eax
        lea eax, [ebx + 2]
        show "LEA of a 32-bit address", eax
        mov bx, 0xfff0
        mov eax, 0x11
        es xlatb
        show "XLAT wraps", eax
        xor bx, bx
        mov cx, -9
        bts [es:bx], cx
        movzx eax, byte [es:0xfffe]
        show "BTS below 0 wraps", eax
        xor eax, eax
        mov edi, 0x1234fffe
        mov ecx, 0x12340004
        try "REP STOSB wraps", rep stosb
        show "EDI", edi
        show "ECX", ecx
        mov edi, 0x1234fffd
        mov ecx, 0x12340002
        try "REP STOSW", rep stosw
        show "EDI", edi
        show "ECX", ecx
        mov si, 0xfffd
        try "LODSD", es lodsd
        on_stack "PUSH, SP 0", 0, push cx
        on_stack "PUSH, SP 1", 1, push cx
        on_stack "PUSH of 32 bits, SP 2", 2, push ecx
        on_stack "POP, SP ffff", 0xffff, pop cx
        on_stack "POP, SP fffe", 0xfffe, pop cx
        on_stack "PUSHAD, SP 10", 0x10, pushad
        on_stack "PUSHAD, SP 12", 0x12, pushad
        on_stack "ENTER, SP 0", 0, enter 4, 0
        mov bp, 0xfffe
        on_stack "LEAVE, BP fffe", 0x100, leave
        leave_ring
.real:  log "real mode"
        mov ax, PARAGRAPH
        mov es, ax
        try "word at ffff", mov ax, [es:0xffff]
        mov bp, 0xffff
        try "word at ffff by BP", mov ax, [bp]
        xor eax, eax
        call PARAGRAPH:0x10
        show "JMP back below 0", eax
        call PARAGRAPH:0xfff8
        show "JMP on above ffff", eax
        runs "running off ffff", 0xffff
        runs "an instruction across ffff", 0xfffe
        runs "32-bit JMP to 10000", 0x30
        ret
