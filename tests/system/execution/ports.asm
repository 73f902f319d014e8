; Port I/O: what IN changes of EAX, strings of each width in both directions, which segment they use, and permission by
; IOPL and the TSS's bitmap: every port of an access counts, and two bytes of the bitmap are read (SDM vol. 1, 19.5).
; The cells of a line of permissions: IN of a byte, a word and a dword, then OUT. Permission is asked even for a string
; that is repeated no times, as processors do. QEMU 7.2 checks no segments.
; Rows: in immediate, in dx, out immediate, out dx, insb, insw, insd, outsb, outsw, outsd, ltr
; Expect:
;   IN AL 123456ff
;   IN AX 1234ffff
;   IN EAX ffffffff
;   IN AL, imm8 12345602
;   ring 0: ok ok ok ok ok ok
;   INSB: ok 00026001 00000003
;   memory 000000ff
;   INSW: ok 00026002 00000003
;   memory 0000ffff
;   INSD: ok 00026004 00000003
;   memory ffffffff
;   REP INSB: ok 00026003 00000000
;   memory 0000ffff
;   REP INSD: ok 0002600c 00000000
;   INSW down: ok 00025ffe 00000003
;   REP INSD down: ok 00025ff4 00000000
;   INSB of a 16-bit address abcdf001
;   memory 000000ff
;   INSB, ES read-only: #GP 0000 00026000 00000003
;   INSB, ES read-only, FS prefix: #GP 0000 00026000 00000003
;   INSD beyond the limit: #GP 0000
;   REP INSD up to the limit: #GP 0000
;   ECX 00000001
;   EDI 00000010
;   OUTSB: ok 00026001 00000003
;   OUTSW: ok 00026002 00000003
;   OUTSD: ok 00026004 00000003
;   REP OUTSW: ok 00026006 00000000
;   REP OUTSD down: ok 00025ff4 00000000
;   OUTSB by FS, null: #GP 0000 00026000 00000003
;   OUTSW by FS beyond the limit: #GP 0000
;   ring 3
;   four ports: ok ok ok ok ok ok
;   three ports, then one that is not allowed: ok ok #GP 0000 ok ok #GP 0000
;   across bytes of the bitmap: ok ok #GP 0000 ok ok #GP 0000
;   not allowed: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   the last port: ok #GP 0000 #GP 0000 ok #GP 0000 #GP 0000
;   INSD, allowed: ok
;   OUTSW, allowed: ok
;   INSB, not allowed: #GP 0000
;   OUTSD, not allowed: #GP 0000
;   REP INSB, no times: #GP 0000
;   ring 3, IOPL 3
;   not allowed: ok ok ok ok ok ok
;   ring 2, IOPL 1
;   four ports: ok ok ok ok ok ok
;   not allowed: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   a bitmap of two bytes, all clear
;   first byte: ok ok ok ok ok ok
;   second byte: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   a bitmap of one byte
;   first byte: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   the TSS itself as a bitmap: ESP0 is in the way
;   where it is clear: ok ok ok ok ok ok
;   where it is not: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   a TSS without a place for the bitmap's
;   first byte: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   end
%include "testkit.inc"
NOTHING         equ 0x2f0               ; a port that nobody has: reads as ones
DIAGNOSTIC      equ 0x80                ; may be written
BITMAP          equ TSS + 104
OTHER_TSS       equ FREE_MEMORY + 0x1000
TARGET          equ FREE_MEMORY

%macro permissions 2                    ; name, port
        row %1, ":"
        mov dx, %2
        cell in al, dx
        cell in ax, dx
        cell in eax, dx
        cell out dx, al
        cell out dx, ax
        cell out dx, eax
        row_end
%endmacro

; A string instruction with ESI and EDI at TARGET; the pointer behind it.
%macro string 3+                        ; name, register to show, instruction
        mov esi, TARGET
        mov edi, TARGET
        mov ecx, 3
        row %1, ":"
        cell %3
        cell_value %2
        cell_value ecx
        row_end
%endmacro

        section .text
bits 32
test:   mov dx, NOTHING
        mov eax, 0x12345678
        in al, dx
        show "IN AL", eax
        mov eax, 0x12345678
        in ax, dx
        show "IN AX", eax
        in eax, dx
        show "IN EAX", eax
        mov eax, 0x12345678
        in al, 0x92                     ; A20 is on
        show "IN AL, imm8", eax
        permissions "ring 0", NOTHING
        mov dword [TARGET], 0
        mov dword [TARGET + 4], 0
        string "INSB", edi, insb
        show "memory", [TARGET]
        string "INSW", edi, insw
        show "memory", [TARGET]
        string "INSD", edi, insd
        show "memory", [TARGET]
        string "REP INSB", edi, rep insb
        show "memory", [TARGET + 2]
        string "REP INSD", edi, rep insd
        std
        string "INSW down", edi, insw
        string "REP INSD down", edi, rep insd
        cld
        mov byte [0xf000], 0
        mov edi, 0xabcdf000
        a16 insb
        show "INSB of a 16-bit address", edi
        show "memory", [0xf000]
        put_descriptor FREE, 0, 0xfffff, DATA_RO, FLAT
        put_descriptor FREE + 8, TARGET, 0xf, DATA_RW, BITS32
        mov ax, FREE
        mov es, ax
        mov ax, DATA0
        mov fs, ax
        string "INSB, ES read-only", edi, insb
        string "INSB, ES read-only, FS prefix", edi, fs insb
        mov ax, FREE + 8
        mov es, ax
        mov edi, 13
        try "INSD beyond the limit", insd
        mov ecx, 5
        mov edi, 0
        try "REP INSD up to the limit", rep insd
        show "ECX", ecx
        show "EDI", edi
        mov ax, DATA0
        mov es, ax
        mov dx, DIAGNOSTIC
        string "OUTSB", esi, outsb
        string "OUTSW", esi, outsw
        string "OUTSD", esi, outsd
        string "REP OUTSW", esi, rep outsw
        std
        string "REP OUTSD down", esi, rep outsd
        cld
        xor eax, eax
        mov fs, ax
        string "OUTSB by FS, null", esi, fs outsb
        mov ax, FREE + 8
        mov fs, ax
        mov esi, 15
        try "OUTSW by FS beyond the limit", fs outsw
        call bitmaps
        ret

%macro allow 1                          ; a port
        and byte [BITMAP + %1 / 8], ~(1 << %1 % 8)
%endmacro

bitmaps:
        allow 0x2f0
        allow 0x2f1
        allow 0x2f2
        allow 0x2f3
        allow 0x2f7
        allow 0x2f8
        allow 0xffff
        mov ax, DATA3
        in_ring 3, .user
        in_ring 3, .user_iopl3, 2 | IOPL(3)
        in_ring 2, .ring2, 2 | IOPL(1)
        ; A bitmap of two bytes: the second one is only read with the first.
        put_descriptor FREE, OTHER_TSS, 104 + 1, TSS32_AVAILABLE, 0
        mov dword [OTHER_TSS + 4], KERNEL_STACK
        mov dword [OTHER_TSS + 8], DATA0
        mov word [OTHER_TSS + 102], 104
        mov ax, FREE
        ltr ax
        in_ring 3, .two_bytes
        mov word [OTHER_TSS + 102], 105
        in_ring 3, .at_the_limit
        mov word [OTHER_TSS + 102], 0
        in_ring 3, .over_the_tss
        put_descriptor FREE, OTHER_TSS, 101, TSS32_AVAILABLE, 0
        mov ax, FREE
        ltr ax
        in_ring 3, .without
        ret
.user:  log "ring 3"
        permissions "four ports", 0x2f0
        permissions "three ports, then one that is not allowed", 0x2f1
        permissions "across bytes of the bitmap", 0x2f7
        permissions "not allowed", 0x2f4
        permissions "the last port", 0xffff
        mov dx, 0x2f0
        mov edi, TARGET
        mov esi, TARGET
        try "INSD, allowed", insd
        try "OUTSW, allowed", outsw
        mov dx, 0x2f4
        try "INSB, not allowed", insb
        try "OUTSD, not allowed", outsd
        mov ecx, 0
        try "REP INSB, no times", rep insb
        leave_ring
.user_iopl3:
        log "ring 3, IOPL 3"
        permissions "not allowed", 0x2f4
        leave_ring
.ring2: log "ring 2, IOPL 1"
        permissions "four ports", 0x2f0
        permissions "not allowed", 0x2f4
        leave_ring
.two_bytes:
        log "a bitmap of two bytes, all clear"
        permissions "first byte", 4
        permissions "second byte", 8
        leave_ring
.at_the_limit:
        log "a bitmap of one byte"
        permissions "first byte", 4
        leave_ring
.over_the_tss:
        log "the TSS itself as a bitmap: ESP0 is in the way"
        permissions "where it is clear", 0
        permissions "where it is not", 4 * 8 + 12
        leave_ring
.without:
        log "a TSS without a place for the bitmap's"
        permissions "first byte", 0
        leave_ring
