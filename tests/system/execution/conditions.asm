; The sixteen conditions in SETcc, CMOVcc and Jcc, over all combinations of the flags that they read: a line has three
; masks, in which bit n stands for CF = bit 0 of n, PF = bit 1, ZF = bit 2, SF = bit 3 and OF = bit 4. CMOVcc reads its
; operand whether or not it moves.
; Rows: seto, setno, setb, setnb, setz, setnz, setbe, setnbe, sets, setns, setp, setnp, setl, setnl, setle, setnle
; Rows: cmovo, cmovno, cmovb, cmovnb, cmovz, cmovnz, cmovbe, cmovnbe, cmovs, cmovns, cmovp, cmovnp, cmovl, cmovnl
; Rows: cmovle, cmovnle, jo, jno, jb, jnb, jz, jnz, jbe, jnbe, js, jns, jp, jnp, jl, jnl, jle, jnle
; Expect:
;   o: ffff0000 ffff0000 ffff0000
;   no: 0000ffff 0000ffff 0000ffff
;   b: aaaaaaaa aaaaaaaa aaaaaaaa
;   nb: 55555555 55555555 55555555
;   z: f0f0f0f0 f0f0f0f0 f0f0f0f0
;   nz: 0f0f0f0f 0f0f0f0f 0f0f0f0f
;   be: fafafafa fafafafa fafafafa
;   nbe: 05050505 05050505 05050505
;   s: ff00ff00 ff00ff00 ff00ff00
;   ns: 00ff00ff 00ff00ff 00ff00ff
;   p: cccccccc cccccccc cccccccc
;   np: 33333333 33333333 33333333
;   l: 00ffff00 00ffff00 00ffff00
;   nl: ff0000ff ff0000ff ff0000ff
;   le: f0fffff0 f0fffff0 f0fffff0
;   nle: 0f00000f 0f00000f 0f00000f
;   CMOVZ that does not move: #PF 0000 cr2 00026000
;   EAX 00000001
;   CMOVNZ that moves: #PF 0000 cr2 00026000
;   CMOVNZ of 16 bits that does not move ffffffff
;   CMOVZ of 16 bits that moves ffff0000
;   end
%include "testkit.inc"
COMBINATIONS    equ 32

; EDI: the mask of one instruction.
%macro each_combination 1+              ; code that leaves AL 1 if the condition holds
        xor edi, edi
        xor ecx, ecx
%%next: movzx eax, byte [flags + ecx]
        mov ah, [flags + COMBINATIONS + ecx]
        mov ebx, 1
        push eax
        popfd
        %1
        movzx eax, al
        shl eax, cl
        or edi, eax
        inc ecx
        cmp ecx, COMBINATIONS
        jb %%next
        cell_value edi
%endmacro

%macro moved 1
        mov eax, 0
        cmov%1 eax, ebx
%endmacro
%macro jumped 1
        mov al, 1
        j%1 %%holds
        mov al, 0
%%holds:
%endmacro

%macro condition 1
%defstr name %1
        row name, ":"
        each_combination set%1 al
        each_combination moved %1
        each_combination jumped %1
        row_end
%endmacro

        section .data
flags:                                  ; EFLAGS of each combination: low bytes, then high ones
%assign n 0
%rep COMBINATIONS
        db 2 | n & 1 | (n & 2) << 1 | (n & 4) << 4 | (n & 8) << 4
%assign n n + 1
%endrep
%assign n 0
%rep COMBINATIONS
        db (n & 16) >> 1
%assign n n + 1
%endrep

        section .text
bits 32
test:   condition o
        condition no
        condition b
        condition nb
        condition z
        condition nz
        condition be
        condition nbe
        condition s
        condition ns
        condition p
        condition np
        condition l
        condition nl
        condition le
        condition nle
        call kit_paging_on
        mov dword [PTE(FREE_MEMORY)], 0
        invlpg [FREE_MEMORY]
        mov eax, 1
        or eax, eax
        try "CMOVZ that does not move", cmovz eax, [FREE_MEMORY]
        show "EAX", eax
        try "CMOVNZ that moves", cmovnz eax, [FREE_MEMORY]
        mov eax, -1
        xor ecx, ecx
        cmovnz ax, cx
        show "CMOVNZ of 16 bits that does not move", eax
        cmovz ax, cx
        show "CMOVZ of 16 bits that moves", eax
        ret
