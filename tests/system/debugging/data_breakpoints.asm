; Data breakpoints match every access that shares a byte with them, of any size and wherever it lies, also across pages:
; stores for kind 01, loads and stores for kind 11 (SDM vol. 3B, 17.2.4 and 17.2.5, table 17-2). The breakpoint is at
; DATA + 8; bit n of each mask is set if an access at DATA + n was trapped.
; QEMU 7.2 aligns neither breakpoints nor what it compares with them.
; Rows: mov, add, cmp, fld, fstp, movups, movq mmx, push, pop, pushad, popad, call, ret, enter, movsd, cmpsb, scasb
; Rows: lodsd, xlat, bt, bts, cmpxchg, cmpxchg8b, xadd, lea, prefetchnta, invlpg, verr, sgdt, bound, fnstenv, les
; Expect:
;   1 byte, writes
;   MOV, 1 00000100
;   MOV, 2 00000180
;   MOV, 4 000001e0
;   load, 1 00000000
;   load, 2 00000000
;   load, 4 00000000
;   2 bytes, writes
;   MOV, 1 00000300
;   MOV, 2 00000380
;   MOV, 4 000003e0
;   load, 1 00000000
;   load, 2 00000000
;   load, 4 00000000
;   2 bytes, accesses, odd address
;   MOV, 1 00000300
;   MOV, 2 00000380
;   MOV, 4 000003e0
;   load, 1 00000300
;   load, 2 00000380
;   load, 4 000003e0
;   4 bytes, writes
;   MOV, 1 00000f00
;   MOV, 2 00000f80
;   MOV, 4 00000fe0
;   load, 1 00000000
;   load, 2 00000000
;   load, 4 00000000
;   ADD, 4 00000fe0
;   CMP, 4 00000000
;   FSTP, 8 00000ffe
;   FLD, 8 00000000
;   FSTP, 10 00000fff
;   MOVQ, 8 00000ffe
;   MOVUPS, 16 00000fff
;   MOVUPS from memory, 16 00000000
;   4 bytes, accesses
;   MOV, 1 00000f00
;   MOV, 2 00000f80
;   MOV, 4 00000fe0
;   load, 1 00000f00
;   load, 2 00000f80
;   load, 4 00000fe0
;   ADD, 4 00000fe0
;   CMP, 4 00000fe0
;   FSTP, 8 00000ffe
;   FLD, 8 00000ffe
;   FSTP, 10 00000fff
;   MOVQ, 8 00000ffe
;   MOVUPS, 16 00000fff
;   MOVUPS from memory, 16 00000fff
;   other instructions
;   CMPXCHG, not equal 00000fe0
;   CMPXCHG8B 00000ffe
;   XADD 00000fe0
;   BT, 40 bits on 000000fe
;   BTS, 8 bits back 0000fe00
;   XLAT 00000f00
;   LODSD 00000fe0
;   MOVSD from it 00000fe0
;   MOVSD to it 00000fe0
;   SCASB 00000f00
;   CMPSB 00000fc0
;   BOUND 00000ffe
;   SGDT 00000ff8
;   FNSTENV 00000fff
;   VERR 00000f80
;   far pointer 00000ff8
;   none of them is an access
;   LEA 00000000
;   PREFETCHNTA 00000000
;   INVLPG 00000000
;   NOP 00000000
;   stacks
;   PUSH 0000fe00
;   POP 00000fe0
;   PUSHAD 0000fe00
;   POPAD 00000fff
;   CALL and RET 0000fe00
;   ENTER 0000fe00
;   the page's last bytes
;   MOV, 1 00000f00
;   MOV, 2 00000f80
;   MOV, 4 00000fe0
;   load, 1 00000f00
;   load, 2 00000f80
;   load, 4 00000fe0
;   ADD, 4 00000fe0
;   CMP, 4 00000fe0
;   FSTP, 8 00000ffe
;   FLD, 8 00000ffe
;   FSTP, 10 00000fff
;   MOVQ, 8 00000ffe
;   MOVUPS, 16 00000fff
;   MOVUPS from memory, 16 00000fff
;   the page's first byte
;   MOV, 1 00000100
;   MOV, 2 00000180
;   MOV, 4 000001e0
;   load, 1 00000000
;   load, 2 00000000
;   load, 4 00000000
;   ADD, 4 000001e0
;   CMP, 4 00000000
;   FSTP, 8 000001fe
;   FLD, 8 00000000
;   FSTP, 10 000001ff
;   MOVQ, 8 000001fe
;   MOVUPS, 16 000001ff
;   MOVUPS from memory, 16 00000000
;   REP MOVSD up to there 0000fe00
;   bits of a second breakpoint across pages
;   both: #DB at +03 dr6 0ff9
;   3 alone: #DB at +03 dr6 0ff8
;   0 alone: #DB at +03 dr6 0ff1
;   end
%include "testkit.inc"
bits 32
WRITE           equ 1
ACCESS          equ 3

        section .data
traps:          dd 0
mask:           dd 0
data:           dd 0                    ; linear address of offset 0
kept_esp:       dd 0
        section .text

; Counts from each of 16 places, which are ESI.
%macro hits 2+
        mov dword [mask], 0
        xor ebx, ebx
%%next: mov esi, [data]
        add esi, ebx
        mov dword [traps], 0
        mov [kept_esp], esp
        %2
        mov esp, [kept_esp]
        cmp dword [traps], 0
        je %%none
        bts [mask], ebx
%%none: inc ebx
        cmp ebx, 16
        jb %%next
        show %1, dword [mask]
%endmacro

; DR0 at DATA + 8 + %1, kind, length.
%macro watch 3
        mov eax, [data]
        add eax, 8 + %1
        mov dr0, eax
        mov eax, 0x402 | (%2) << 16 | ((%3) - 1) << 18
        mov dr7, eax
%endmacro
%macro sizes 0
        hits "MOV, 1", mov [esi], al
        hits "MOV, 2", mov [esi], ax
        hits "MOV, 4", mov [esi], eax
        hits "load, 1", mov al, [esi]
        hits "load, 2", mov cx, [esi]
        hits "load, 4", mov ecx, [esi]
%endmacro
%macro wide 0
        hits "ADD, 4", add [esi], eax
        hits "CMP, 4", cmp [esi], eax
        hits "FSTP, 8", call test.store8
        hits "FLD, 8", call test.load8
        hits "FSTP, 10", call test.store10
        hits "MOVQ, 8", movq [esi], mm0
        hits "MOVUPS, 16", movups [esi], xmm0
        hits "MOVUPS from memory, 16", movups xmm0, [esi]
%endmacro

test:
        mov eax, cr4
        or eax, 0x200
        mov cr4, eax
        put_gate 1, CODE0, .count, INT_GATE32
        mov dword [data], FREE_MEMORY
        log "1 byte, writes"
        watch 0, WRITE, 1
        sizes
        log "2 bytes, writes"
        watch 0, WRITE, 2
        sizes
        log "2 bytes, accesses, odd address"
        watch 1, ACCESS, 2
        sizes
        log "4 bytes, writes"
        watch 0, WRITE, 4
        sizes
        wide
        log "4 bytes, accesses"
        watch 3, ACCESS, 4
        sizes
        wide
        log "other instructions"
        hits "CMPXCHG, not equal", cmpxchg [esi], ecx
        hits "CMPXCHG8B", cmpxchg8b [esi]
        hits "XADD", xadd [esi], eax
        hits "BT, 40 bits on", call .bt
        hits "BTS, 8 bits back", call .bts
        hits "XLAT", call .xlat
        hits "LODSD", lodsd
        hits "MOVSD from it", call .movs_from
        hits "MOVSD to it", call .movs_to
        hits "SCASB", call .scas
        hits "CMPSB", call .cmps
        hits "BOUND", call .bound
        hits "SGDT", sgdt [esi]
        hits "FNSTENV", fnstenv [esi]
        hits "VERR", verr [esi]
        hits "far pointer", call .far_pointer
        log "none of them is an access"
        hits "LEA", lea eax, [esi]
        hits "PREFETCHNTA", prefetchnta [esi]
        hits "INVLPG", invlpg [esi]
        hits "NOP", db 0x0f, 0x1f, 0x06
        log "stacks"
        in_ring 3, .stacks              ; where #DB has another
        call kit_paging_on
        log "the page's last bytes"
        mov dword [data], FREE_MEMORY + 0x1000 - 12
        watch 0, ACCESS, 4
        sizes
        wide
        log "the page's first byte"
        mov dword [data], FREE_MEMORY + 0x1000 - 8
        watch 0, WRITE, 1
        sizes
        wide
        hits "REP MOVSD up to there", call .movs_up
        log "bits of a second breakpoint across pages"
        mov eax, [data]
        add eax, 4
        mov dr3, eax
        mov eax, 0x482 | 0xd0010000     ; 0: writes of a byte; 3: writes of four
        mov dr7, eax
        mov esi, [data]
        put_gate 1, CODE0, kit_stubs + 1 * KIT_STUB, INT_GATE32
        mov ecx, 0
        mov dr6, ecx
        try "both", mov [esi + 6], eax
        mov dr6, ecx
        try "3 alone", mov [esi + 4], eax
        mov dr6, ecx
        try "0 alone", mov [esi + 8], eax
        xor eax, eax
        mov dr7, eax
        ret
.count: inc dword [traps]
        iretd
.store8:
        fldz
        fstp qword [esi]
        ret
.load8: fld qword [esi]
        fstp st0
        ret
.store10:
        fldz
        fstp tword [esi]
        ret
.bt:    mov eax, 40
        bt [esi], eax
        ret
.bts:   mov eax, -8
        bts [esi], eax
        ret
.xlat:  push ebx
        mov ebx, esi
        mov al, 0
        xlatb
        pop ebx
        ret
.movs_from:
        mov edi, FREE_MEMORY + 0x800
        movsd
        ret
.movs_to:
        mov edi, esi
        mov esi, FREE_MEMORY + 0x800
        movsd
        ret
.scas:  mov edi, esi
        scasb
        ret
.cmps:  lea edi, [esi + 2]
        cmpsb
        ret
.bound: xor eax, eax
        push ebx
        push esi
        mov ebx, dr7
        mov dr7, eax
        mov dword [esi], 0
        mov dword [esi + 4], 0x7fffffff
        mov dr7, ebx
        pop esi
        bound eax, [esi]
        pop ebx
        ret
.far_pointer:
        push ebx
        mov ebx, dr7
        xor eax, eax
        mov dr7, eax
        mov dword [esi + 4], DATA0
        mov dr7, ebx
        pop ebx
        les eax, [esi]
        ret
.movs_up:
        mov ecx, 4
        lea edi, [esi - 16]
        mov esi, FREE_MEMORY + 0x800
        rep movsd
        ret
.stacks:
        hits "PUSH", call .push
        hits "POP", call .pop
        hits "PUSHAD", call .pushad
        hits "POPAD", call .popad
        hits "CALL and RET", call .call
        hits "ENTER", call .enter
        leave_ring
%macro on_stack 1+
        pop edx
        mov esp, esi
        %1
        mov esp, [kept_esp]
        jmp edx
%endmacro
.push:  on_stack push eax
.pop:   on_stack pop eax
.pushad:
        on_stack pushad
.popad: pop dword [.return_to]
        mov esp, esi
        mov [.ebx], ebx
        popad
        mov ebx, [.ebx]
        mov esp, [kept_esp]
        jmp [.return_to]
.call:  on_stack call .return
.return:
        ret
.enter: mov ebp, esi
        on_stack enter 4, 0
.return_to: dd 0
.ebx:   dd 0
