; A single-step trap comes behind each instruction that TF was set before: not behind the one that sets it, not in the
; handler of an interrupt or fault, once per iteration of a string, and not between MOV SS and the next (SDM vol. 3B,
; 17.3.1.4; vol. 3A, 6.8.3). Each cell is a trap: DR6 and the offset of EIP in the traced code.
; QEMU 7.2 holds the trap back behind STI and LSS too, and has no INT1 on this model; Bochs 2.7 stays halted in HLT,
; which a debug exception ends (SDM vol. 2A, HLT).
; Rows: nop, popfd, pushfd, int, int3, into, int1, iretd, div, stosb, outsb, mov to-segment, pop segment, lss, sti, hlt
; Rows: cpuid, lar, smsw, sgdt, mov from-control, mov to-control, lgdt, in immediate, str, call far, jmp far
; Expect:
;   NOPs 4ff00001 4ff00002
;   jumps 4ff00002 4ff00004 4ff0000b 4ff00009 4ff0000c
;   POPFD that clears TF 4ff00002 4ff00003
;   IRETD that clears TF 4ff00002 4ff00004 4ff00009 4ff0000a
;   PUSHFD 4ff00001
;   TF in its image 00000100
;   INT n 4ff00003
;   INT n, trap gate 4ff00003
;   INT3 4ff00002
;   INTO 4ff00002
;   INTO, OF clear 4ff00001
;   DIV by 0, stepped over 4ff00003
;   REP STOSB 4ff00000 4ff00000 4ff00002
;   REP STOSB, no iteration 4ff00002
;   REP OUTSB 4ff00000 4ff00000 4ff00002
;   MOV SS 4ff00003 4ff00004
;   POP SS 4ff00002
;   LSS 4ff00004 4ff00005
;   STI, CLI 4ff00001 4ff00002
;   system instructions 4ff00002 4ff00005 4ff00008 4ff0000a 4ff0000d 4ff00014 4ff00017 4ff0001e
;   #NM and again 4ff00002 4ff00003
;   #PF and again 4ff00005 4ff00006
;   REP STOSB, #PF in between 4ff00000 4ff00000 4ff00002
;   ring 3, call gate 4ff00009 4ff0000a 4ff00007 4ff0000b 4ff0000c
;   ring 3, sensitive instructions 4ff00001 4ff00002 4ff00003 4ff00004 4ff00006 4ff00007 4ff00008
;   ring 3, more of them 4ff00003 4ff0000a 4ff0000d 4ff0000f 4ff00010 4ff00011 4ff00013 4ff00014 4ff00019 4ff0001a
;   ring 3, IRETD to ring 3 without TF 4ff00002 4ff00003 4ff00008 4ff00009
;   ring 3, INT n 4ff00003
;   virtual-8086 mode 4ff00001 4ff00002 4ff00004 4ff00006 4ff0000a 4ff0000d 4ff0000e 4ff0000f
;   INT1 0ff00001 4ff00002
;   HLT 4ff00001
;   end
%include "testkit.inc"
%include "trace.inc"
bits 32
test:
        put_gate 1, CODE0, trace_handler, INT_GATE32
        put_gate 0, CODE0, .skip_two, INT_GATE32
        put_gate 3, CODE0, .return, INT_GATE32
        put_gate 4, CODE0, .return, INT_GATE32
        put_gate 7, CODE0, .enable, INT_GATE32
        put_gate 14, CODE0, .map, INT_GATE32
        put_gate 0x40, CODE0, .return, INT_GATE32 | DPL(3)
        put_gate 0x41, CODE0, .return, TRAP_GATE32
        trace "NOPs"
        nop
        nop
        trace_end
        trace "jumps"
        jmp .jumped
.jumped:
        jz .not_taken
.not_taken:
        call .called
        jmp .behind
.called:
        ret
.behind:
        trace_end
        trace "POPFD that clears TF"
        push dword 2
        popfd
        nop
        trace_end
        trace "IRETD that clears TF"
        push dword 2
        push dword CODE0
        push dword .no_step
        iretd
.no_step:
        nop
        trace_end
        trace "PUSHFD"
        pushfd
        trace_end
        pop eax
        and eax, TF
        show "TF in its image", eax
        trace "INT n"
        int 0x40
        nop
        trace_end
        trace "INT n, trap gate"
        int 0x41
        nop
        trace_end
        trace "INT3"
        int3
        nop
        trace_end
        mov al, 0x7f
        add al, al
        pushfd
        pop eax
        or eax, TF
        trace_with "INTO", eax
        into
        nop
        trace_end
        trace "INTO, OF clear"
        into
        trace_end
        xor ecx, ecx
        trace "DIV by 0, stepped over"
        div ecx
        nop
        trace_end
        mov edi, FREE_MEMORY
        mov ecx, 3
        trace "REP STOSB"
        rep stosb
        trace_end
        trace "REP STOSB, no iteration"
        rep stosb
        trace_end
        mov esi, edi
        mov ecx, 3
        mov dx, 0x80
        trace "REP OUTSB"
        rep outsb
        trace_end
        mov eax, ss
        trace "MOV SS"
        mov ss, eax
        nop
        nop
        trace_end
        push ss
        trace "POP SS"
        pop ss
        nop
        trace_end
        push ss
        push esp
        add dword [esp], 4
        trace "LSS"
        lss esp, [esp]
        nop
        trace_end
        trace "STI, CLI"
        sti
        cli
        trace_end
        trace "system instructions"
        cpuid
        mov eax, cr0
        mov cr0, eax
        in al, 0x80
        str eax
        lgdt [kit_gdt_pointer]
        mov eax, dr7
        jmp CODE0:.near
.near:  trace_end
        ; Faults come before the trap, which comes when the instruction has completed.
        mov eax, cr0
        or al, 8
        mov cr0, eax
        trace "#NM and again"
        fld1
        nop
        trace_end
        fninit
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY + 0x1000)], 0
        invlpg [FREE_MEMORY + 0x1000]
        trace "#PF and again"
        mov eax, [FREE_MEMORY + 0xffe]
        nop
        trace_end
        mov dword [PTE(FREE_MEMORY + 0x1000)], 0
        invlpg [FREE_MEMORY + 0x1000]
        mov edi, FREE_MEMORY + 0xffe
        mov ecx, 3
        trace "REP STOSB, #PF in between"
        rep stosb
        trace_end
        ; Gates for calls leave TF alone.
        put_call_gate FREE, CODE0, .inner, CALL_GATE32 | DPL(3), 0
        in_ring 3, .ring3, 2 | IOPL(3)
        in_v86 .v86, 2 | IOPL(3)
        trace "INT1"
        int1
        nop
        trace_end
        trace "HLT"
        hlt
        trace_end
        ret
.return:
        iretd
.enable:
        clts
        iretd
.map:   mov dword [PTE(FREE_MEMORY + 0x1000)], (FREE_MEMORY + 0x1000) | 7
        add esp, 4
        iretd
.skip_two:
        add dword [esp], 2
        iretd
.ring3:
        trace "ring 3, call gate"
        call FREE:0
        jmp .outer
.inner: nop
        retf
.outer: nop
        trace_end
        trace "ring 3, sensitive instructions"
        pushfd
        pushfd
        popfd
        popfd
        mov eax, ds
        push ds
        pop ds
        trace_end
        trace "ring 3, more of them"
        smsw eax
        sgdt [FREE_MEMORY]
        lar eax, eax
        cpuid
        cli
        sti
        in al, 0x80
        push cs
        push dword .same_ring
        retf
.same_ring:
        trace_end
        trace "ring 3, IRETD to ring 3 without TF"
        push dword 2
        push cs
        push dword .without
        iretd
.without:
        nop
        trace_end
        trace "ring 3, INT n"
        int 0x40
        nop
        trace_end
        leave_ring

bits 16
.v86:   trace "virtual-8086 mode"
        pushfw
        popfw
        mov ax, cs
        mov ds, ax
        int 0x40
        push word 0
        push word .near16
        retf
.near16:
        cli
        trace_end
        leave_ring
