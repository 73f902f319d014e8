; Breakpoints and single steps in real mode and in virtual-8086 mode: linear addresses, of code and data, also behind 1
; MiB; ports; TF by POPF and IRET; REP; RF by IRETD (SDM vol. 3B, 17.3.1 and 20.1.4). Each cell is a #DB: DR6 and EIP as
; an offset in the traced code.
; QEMU 7.2 ends at an instruction breakpoint in virtual-8086 mode.
; Rows: mov, popf, popfd, iret, int, stosb, out immediate, push, mov to-segment
; Expect:
;   data 0ff20009 0ff20011
;   behind 1 MiB 0ff40009
;   a port 0ff80002 0ff80006
;   REP STOSB 0ff2000b
;   code 0ff10000 0ff10000
;   single steps 4ff00001 4ff00004 4ff00006 4ff00007
;   MOV SS 4ff00002 4ff00005 4ff00006
;   data 0ff20009 0ff20011
;   behind 1 MiB 0ff40009
;   a port 0ff80002 0ff80006
;   REP STOSB 0ff2000b
;   code 0ff10000 0ff10000
;   single steps 4ff00001 4ff00004 4ff00006 4ff00007
;   MOV SS 4ff00002 4ff00005 4ff00006
;   end
%include "testkit.inc"
bits 32
%include "trace.inc"
DATA            equ FREE_MEMORY

test:
        put_gate 1, CODE0, trace_handler, INT_GATE32
        mov eax, cr4
        or eax, 8
        mov cr4, eax
        put_gate 0x40, CODE0, .return, INT_GATE32 | DPL(3)
        mov eax, .at
        mov dr0, eax
        mov eax, DATA + 2
        mov dr1, eax
        mov eax, 0x100010
        mov dr2, eax
        mov eax, 0x84
        mov dr3, eax
        mov ebx, 0x4aa | 1 << 20 | 3 << 24 | 2 << 28
        mov dr7, ebx
        mov byte [TSS + 104 + 0x80 / 8], 0
        in_v86 .v86, 2 | IOPL(3)
        mov dword [4], real_handler
        mov dword [0x40 * 4], .return16
        in_real .real
        xor eax, eax
        mov dr7, eax
        ret
.return:
        iretd
bits 16
%macro each 0
        trace_with "data", 2
        mov ax, DATA >> 4
        mov es, ax
        mov [es:2], al
        mov [es:3], al
        mov [es:1], ax
        mov al, [es:2]
        trace_end
        trace_with "behind 1 MiB", 2
        mov ax, 0xffff
        mov es, ax
        mov al, [es:0x20]
        mov al, [es:0x21]
        trace_end
        trace_with "a port", 2
        out 0x84, al
        out 0x85, al
        out 0x83, ax
        trace_end
        trace_with "REP STOSB", 2
        mov ax, DATA >> 4
        mov es, ax
        mov di, 0
        mov cx, 4
        rep stosb
        trace_end
        trace_with "code", 2
        mov dword [trace_origin], test.at
        call test.at
        call test.at
        trace_end
        trace "single steps"
        nop
        int 0x40
        nop
        push word 2
        popfw
        nop
        trace_end
        trace "MOV SS"
        mov ax, ss
        mov ss, ax
        nop
        nop
        trace_end
%endmacro
.v86:   each
        leave_ring
.real:  each
        ret
.at:    nop
        ret
.return16:
        iretw
; As trace_handler, with real mode's frame; it returns by a frame of 32 bits, which can set RF.
real_handler:
        mov [real_eax], eax
        mov [real_ebx], ebx
        xor eax, eax
        pop ax
        mov [real_eip], eax
        pop ax
        mov [real_cs], eax
        pop ax
        or eax, RF
        mov [real_eflags], eax
        mov eax, [real_eip]
        cmp eax, [trace_end_at]
        jb .go_on
        and dword [real_eflags], ~TF
.go_on: sub ax, [trace_origin]
        mov ebx, dr6
        shl ebx, 16
        mov bx, ax
        mov eax, [trace_count]
        mov [trace_cells + eax * 4], ebx
        inc dword [trace_count]
        bt ebx, 16 + 14
        jnc .resume
        and dword [real_eflags], ~RF
.resume:
        xor eax, eax
        mov dr6, eax
        mov eax, [real_eax]
        mov ebx, [real_ebx]
        push dword [real_eflags]
        push dword [real_cs]
        push dword [real_eip]
        iretd

        section .data
real_eax:       dd 0
real_ebx:       dd 0
real_eip:       dd 0
real_cs:        dd 0
real_eflags:    dd 0
