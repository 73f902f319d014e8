; A 16-bit protected-mode system as OS/2 1.x and the standard mode of Windows 3.x are: tasks of the 286's kind, an LDT
; for each process, services by call gates with word parameters, and no paging. Segments are loaded from the program's
; file by #NP, whatever instruction found them absent (MOV, LES, far CALL, RETF), or by #SS for a stack; an expand-down
; stack grows when a PUSH finds it full; blocks above 64 KiB are tiled with consecutive selectors; code is patched
; through a data alias; pointers that a service gets are checked with ARPL and VERR. Two processes A and B run the same
; program; they switch when they yield, and once by the timer, whose handler jumps to the other's TSS. QEMU 7.2 checks
; neither limits nor rights of segments, so that the stack does not grow there, nothing lies beyond a block and code can
; be stored to; nor does it set the accessed bits of what a task switch loads.
; Rows: mov to-segment, les, lss, pop segment, call far, jmp far, ret far, iret, lar, lsl, verr, verw, arpl, movsb, stosb
; Rows: popa, push segment
; Expect:
;   load 0017 for A
;   A: hello
;   load 0027 for A
;   A: 30 and 12 by code 002a0027
;   load 0017 for B
;   B: hello
;   load 0027 for B
;   B: 30 and 12 by code 002a0027
;   A: absent constants, LAR and LSL 7000003f
;   A: can be read and written 00000001
;   load 002f for A
;   A: first constant 0001beef
;   A: present constants, LAR and LSL f100003f
;   A: can be read and written 00000001
;   A: code, LAR and LSL fb0003ff
;   A: can be read and written 00000001
;   A: data, LAR and LSL f30002ff
;   A: can be read and written 00000003
;   A: stack, LAR and LSL f700efff
;   A: can be read and written 00000003
;   A: kernel's data, LAR and LSL ffffffff
;   A: can be read and written 00000000
;   A: gate, LAR and LSL e400ffff
;   A: can be read and written 00000000
;   A: own task, LAR and LSL ffffffff
;   A: can be read and written 00000000
;   A: kernel's string refused ffffffff
;   A: a string in the code
;   B: limits of two tiles ffffffff
;   B: and of the last 003f3fff
;   B: sum of the block's marks 000286e0
;   B: first mark of the second tile 00000100
;   B: beyond the block, error code 00000000
;   B: word at FFFFh, error code 00000000
;   A: alias and code 003f0027
;   A: store to the code, error code 00000000
;   A: 30 and 12 by code 00120027
;   load 0027 for A
;   A: 30 and 12 by code 002a0027
;   load 000f for A
;   A: behind RETF, CS 0000000f
;   grow stack to e800 for B
;   grow stack to e000 for B
;   B: sum by recursion 000013ba
;   B: limit of the stack 0000dfff
;   load 0037 for B, #SS
;   B: SS and SP 00370100
;   load 0037 for A, #SS
;   A: SS and SP 00370100
;   B: ticks and DS 00020017
;   B: other registers changed 00000000
;   A: ticks and DS 00020017
;   A: other registers changed 00000000
;   B exits
;   A exits
;   loads 00000009
;   TR 00000048
;   LDTR 00000000
;   end
%include "testkit.inc"
%include "testkit/pc.inc"
TIMER_VECTOR    equ 0x20

; --- Selectors --------------------------------------------------------------------------------------------------------
TASK            equ FREE                ; two each
TASK_LDT        equ FREE + 0x10
TABLES          equ FREE + 0x20         ; data: IDT, GDT and the LDTs
MOVER           equ FREE + 0x28         ; data: where a segment is loaded to
SERVICES        equ FREE + 0x30
%define service_gate(n) ((SERVICES + (n) * 8) | 3)
PRINT           equ service_gate(0)          ; string
SHOW            equ service_gate(1)          ; string, two words
ALLOCATE        equ service_gate(2)          ; high word of the size, low word; AX: selector
ALIAS           equ service_gate(3)          ; selector; AX: selector of data
DISCARD         equ service_gate(4)          ; selector
YIELD           equ service_gate(5)
EXIT            equ service_gate(6)
ARM             equ service_gate(8)     ; the timer, once
TICKS           equ service_gate(9)     ; AX: how often the timer has switched
CATCH           equ service_gate(7)          ; offset where the next #GP goes on; AX there: its error code

; In each LDT:
CODE_MAIN       equ 0x0f
DATA            equ 0x17
STACK           equ 0x1f
CODE_TWO        equ 0x27
CONSTANTS       equ 0x2f
STACK_TWO       equ 0x37
HEAP            equ 0x3f                ; first of the selectors for blocks and aliases
STEP            equ 8                   ; from the selector of a block's tile to the next one

; --- Memory -----------------------------------------------------------------------------------------------------------
%define process_memory(n) (0x60000 + (n) * 0x10000)
%define process_heap(n) (0x200000 + (n) * 0x100000)
%define process_task(n) (FREE_MEMORY + (n) * TSS16_SIZE)
CODE_MAIN_AT    equ 0x1000              ; from the process's memory on
DATA_AT         equ 0x2000
CONSTANTS_AT    equ 0x3000
STACK_TWO_AT    equ 0x4000
STACK_AT        equ -0x8000             ; its offsets E000h to FFFFh are in use
LDT_SIZE        equ 0x100
STACK_LIMIT     equ 0xefff              ; the last offset below an expand-down segment
STACK_GROWTH    equ 0x800
TILE_HIGH       equ 1                   ; high word of a tile's size

TSS_SP0         equ 2                   ; of the 286's TSS
TSS_SS0         equ 4
TSS_IP          equ 14
TSS_FLAGS       equ 16
TSS_CX          equ 20
TSS_SP          equ 26
TSS_CS          equ 36
TSS_SS          equ 38
TSS_LDT         equ 42
TSS16_SIZE      equ 44

%macro put_task16 1
        mov edi, process_task(%1)
        mov word [edi + TSS_SP0], V86_STACK - 0x800 * (%1)
        mov word [edi + TSS_SS0], DATA16
        mov word [edi + TSS_IP], main
        mov word [edi + TSS_FLAGS], 2 | IF
        mov word [edi + TSS_CX], %1         ; CX
        mov word [edi + TSS_SP], 0          ; SP
        mov word [edi + TSS_CS], CODE_MAIN
        mov word [edi + TSS_SS], STACK
        mov word [edi + TSS_LDT], TASK_LDT + (%1) * 8
        put_descriptor TASK + (%1) * 8, process_task(%1), TSS16_SIZE - 1, TSS16_AVAILABLE, 0
        put_descriptor TASK_LDT + (%1) * 8, LDT + (%1) * LDT_SIZE, LDT_SIZE - 1, LDT_ACCESS, 0
        put_local %1, STACK, process_memory(%1) + STACK_AT, STACK_LIMIT, DATA_DOWN_RW | DPL(3)
        put_local %1, CODE_MAIN, process_memory(%1) + CODE_MAIN_AT, CODE_MAIN_SIZE - 1, CODE_RX | DPL(3)
        put_local %1, DATA, 0, DATA_SIZE - 1, DATA_RW & ~PRESENT | DPL(3)
        put_local %1, CODE_TWO, 0, CODE_TWO_SIZE - 1, CODE_RX & ~PRESENT | DPL(3)
        put_local %1, CONSTANTS, 0, CONSTANTS_SIZE - 1, DATA_RO & ~PRESENT | DPL(3)
        put_local %1, STACK_TWO, 0, STACK_TWO_SIZE - 1, DATA_RW & ~PRESENT | DPL(3)
        mov esi, section..code_main.start
        mov edi, process_memory(%1) + CODE_MAIN_AT
        mov ecx, CODE_MAIN_SIZE
        rep movsb
%endmacro
%macro put_local 5                      ; process, selector, base, limit, access
        put_entry LDT + (%1) * LDT_SIZE + ((%2) & ~7), descriptor_low(%3, %4), descriptor_high(%3, %4, %5, BITS16)
%endmacro
%macro put_service 3                    ; gate, procedure, words
        put_call_gate %1, CODE16, %2, CALL_GATE16 | DPL(3), %3
%endmacro

bits 32
test:
        put_task16 0
        put_task16 1
        put_descriptor TABLES, IDT, 0xffff, DATA_RW, BITS16
        put_service PRINT, print, 2
        put_service SHOW, show_words, 4
        put_service ALLOCATE, allocate, 2
        put_service ALIAS, alias, 1
        put_service DISCARD, discard, 1
        put_service YIELD, yield, 0
        put_service EXIT, exit, 0
        put_service CATCH, catch, 1
        put_service ARM, arm, 0
        put_service TICKS, ticks_now, 0
        put_gate TIMER_VECTOR, CODE16, timer, INT_GATE16
        stop_timer
        start_pics TIMER_VECTOR, ~1
        put_gate 11, CODE16, not_present, INT_GATE16
        put_gate 12, CODE16, stack_fault, INT_GATE16
        put_gate 13, CODE16, general_protection, INT_GATE16
        jmp TASK:0
        show "loads", [loads]
        xor eax, eax
        str eax
        show "TR", eax
        sldt eax                        ; this task's TSS names no LDT
        show "LDTR", eax
        ret

; --- The kernel's services --------------------------------------------------------------------------------------------
bits 16
PARAMETERS      equ 6                   ; from BP on, the last first; behind BP, IP and CS
CALLER_CS       equ 4
%macro service_entry 0
        push bp
        mov bp, sp
        push ds
        push es
        push bx
        push cx
        push dx
        push si
        push di
        mov ax, DATA16
        mov ds, ax
%endmacro
%macro service_exit 1                   ; words of parameters; AX is the result
        pop di
        pop si
        pop dx
        pop cx
        pop bx
        pop es
        pop ds
        pop bp
        retf (%1) * 2
%endmacro
%macro say 1+
        kit_string %%text, %1
        push esi
        mov esi, %%text
        call kit16_string
        pop esi
%endmacro

print:
        service_entry
        mov si, [bp + PARAMETERS]
        mov ax, [bp + PARAMETERS + 2]
        call say_string
        jc .refused
        call kit16_line_end
        xor ax, ax
.refused:
        service_exit 2

show_words:
        service_entry
        mov si, [bp + PARAMETERS + 4]
        mov ax, [bp + PARAMETERS + 6]
        call say_string
        jc .refused
        say " "
        mov ax, [bp + PARAMETERS + 2]
        call say_word
        mov ax, [bp + PARAMETERS]
        call say_word
        call kit16_line_end
        xor ax, ax
.refused:
        service_exit 4

; The current process's name and the string at AX:SI, if who called the service at BP may read it. CF and AX = FFFFh: not.
say_string:
        mov dx, [bp + CALLER_CS]
        arpl ax, dx
        verr ax
        jnz .refused
        mov es, ax
        call say_name
        say ": "
.next:  mov al, [es:si]
        inc si
        test al, al
        jz .end
        call kit16_character
        jmp .next
.end:   clc
        ret
.refused:
        mov ax, 0xffff
        stc
        ret

say_name:
        mov al, [current]
        add al, 'A'
        jmp kit16_character
say_word:                               ; AX
        mov ecx, 4
        jmp kit16_hexadecimal

; Tiles a block with selectors for each 64 KiB.
allocate:
        service_entry
        mov dx, [bp + PARAMETERS + 2]
        mov cx, [bp + PARAMETERS]
        mov bx, [current]
        add bx, bx
        mov si, [heap_selectors + bx]
        mov di, [heap_bases + bx]       ; high word of the base
        push si
.tile:  mov ax, 0xffff
        cmp dx, TILE_HIGH
        jae .limit
        mov ax, cx
        dec ax
.limit: push bx
        call local_descriptor
        mov [es:bx], ax
        mov word [es:bx + 2], 0
        mov ax, di
        mov ah, DATA_RW | DPL(3)
        mov [es:bx + 4], ax
        mov word [es:bx + 6], 0
        pop bx
        add si, STEP
        inc di
        sub dx, TILE_HIGH
        jb .done
        jnz .tile
        jcxz .done
        jmp .tile
.done:  mov [heap_selectors + bx], si
        mov [heap_bases + bx], di
        pop ax
        service_exit 2

; ES:BX: descriptor of the current process's selector SI.
local_descriptor:
        push ax
        mov ax, TABLES
        mov es, ax
        mov bx, [current]
        shl bx, 8
        add bx, LDT - IDT
        mov ax, si
        and ax, ~7
        add bx, ax
        pop ax
        ret

alias:
        service_entry
        mov si, [bp + PARAMETERS]
        call local_descriptor
        push word [es:bx]
        push word [es:bx + 2]
        push word [es:bx + 4]
        mov di, [current]
        add di, di
        mov si, [heap_selectors + di]
        add word [heap_selectors + di], STEP
        call local_descriptor
        pop ax
        mov ah, DATA_RW | DPL(3)
        mov [es:bx + 4], ax
        pop word [es:bx + 2]
        pop word [es:bx]
        mov ax, si
        service_exit 1

; Marks a segment absent, and overwrites what it had.
discard:
        service_entry
        mov si, [bp + PARAMETERS]
        call local_descriptor
        and byte [es:bx + 5], ~PRESENT
        mov cx, [es:bx]
        call point_mover
        xor di, di
        mov al, 0xcc
        rep stosb
        service_exit 1

; The other process, if it lives.
yield:
        push ds
        push ax
        mov ax, DATA16
        mov ds, ax
        cmp word [living], 2
        jb .alone
        call switch
.alone: pop ax
        pop ds
        retf
switch:
        xor word [current], 1
        jz .first
        jmp TASK + 8:0
        ret
.first: jmp TASK:0
        ret

; The timer preempts a process by a switch in its own ring 0; the other goes on where it was, there or in `yield`.
timer:
        push ds
        push ax
        mov ax, DATA16
        mov ds, ax
        inc word [ticks]
        end_of_interrupt
        call switch
        pop ax
        pop ds
        iret
arm:
        arm_timer
        retf
ticks_now:
        push ds
        mov ax, DATA16
        mov ds, ax
        mov ax, [ticks]
        pop ds
        retf

exit:
        mov ax, DATA16
        mov ds, ax
        call say_name
        say " exits", 10
        dec word [living]
        jz .last
        call switch
.last:  jmp TSS_SELECTOR:0

catch:
        push bp
        mov bp, sp
        push ds
        mov ax, DATA16
        mov ds, ax
        mov ax, [bp + PARAMETERS]
        mov [catcher], ax
        pop ds
        pop bp
        retf 2

        section .data
current:        dw 0
living:         dw 2
ticks:          dw 0
catcher:        dw 0
loads:          dd 0
heap_selectors: dw HEAP, HEAP
heap_bases:     dw process_heap(0) >> 16, process_heap(1) >> 16

%include "segmented_loader.inc"
%include "segmented_program.inc"
