; Instructions that read and write memory raise the fault of a write, before they change a register, flags or memory:
; in a page that is absent and in one that is read-only, at ring 3, and at ring 0 with CR0.WP. The cells of a line:
; absent, read-only. QEMU 7.2 raises the fault of a read where the page is absent.
; Rows: add, adc, sub, sbb, and, or, xor, not, neg, inc, dec, shl, shr, sar, rol, ror, rcl, rcr, shld, shrd, bts, btr
; Rows: btc, xchg, xadd, cmpxchg, cmpxchg8b, setz, pop, movsb, stosd, fstp, fist, fnstcw, fnstsw, movq mmx, movaps
; Rows: stmxcsr, mov, mov from-segment, sgdt, sidt, smsw, sldt, str, insb
; Expect:
;   ring 3
;   MOV: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   MOV of a byte: #PF 0006 cr2 00027103 #PF 0007 cr2 00028103
;   MOV FS: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   ADD: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   ADC: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SUB: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SBB: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   AND: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   OR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   XOR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   NOT: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   NEG: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   INC: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   DEC: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SHL by 0: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SHR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SAR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   ROL: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   ROR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   RCL: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   RCR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SHLD: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SHRD: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   BTS: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   BTR of an immediate: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   BTC, behind the operand: #PF 0006 cr2 000270fc #PF 0007 cr2 000280fc
;   XCHG: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   XADD: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   CMPXCHG, equal: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   CMPXCHG, not equal: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   CMPXCHG8B: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SETZ: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   POP: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   MOVSB: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   STOSD: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   INSB: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   FSTP: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   FIST: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   FNSTCW: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   FNSTSW: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   MOVQ: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   MOVAPS: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   STMXCSR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SGDT: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SIDT: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SMSW: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   SLDT: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   STR: #PF 0006 cr2 00027100 #PF 0007 cr2 00028100
;   ring 0
;   MOV: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   MOV of a byte: #PF 0002 cr2 00027103 #PF 0003 cr2 00028103
;   MOV FS: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   ADD: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   ADC: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SUB: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SBB: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   AND: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   OR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   XOR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   NOT: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   NEG: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   INC: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   DEC: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SHL by 0: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SHR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SAR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   ROL: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   ROR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   RCL: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   RCR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SHLD: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SHRD: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   BTS: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   BTR of an immediate: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   BTC, behind the operand: #PF 0002 cr2 000270fc #PF 0003 cr2 000280fc
;   XCHG: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   XADD: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   CMPXCHG, equal: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   CMPXCHG, not equal: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   CMPXCHG8B: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SETZ: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   POP: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   MOVSB: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   STOSD: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   INSB: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   FSTP: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   FIST: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   FNSTCW: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   FNSTSW: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   MOVQ: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   MOVAPS: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   STMXCSR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SGDT: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SIDT: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SMSW: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   SLDT: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   STR: #PF 0002 cr2 00027100 #PF 0003 cr2 00028100
;   end
%include "testkit.inc"
ABSENT          equ FREE_MEMORY + 0x1000
READ_ONLY       equ FREE_MEMORY + 0x2000
VALUE           equ 5
ARITHMETIC      equ CF | PF | AF | ZF | SF | OF

; EBX and EDI point to the operand; EAX equals it, so that CMPXCHG would store.
%macro write 2+
        row %1, ":"
        mov ebx, ABSENT + 0x100
        write_to %2
        mov ebx, READ_ONLY + 0x100
        write_to %2
        row_end
%endmacro
%macro write_to 1+
        mov [good_esp], esp
        mov edi, ebx
        mov esi, source
        mov eax, VALUE
        mov edx, 0
        mov ecx, 3
        push dword 2 | IOPL(3) | ARITHMETIC
        popfd
        keep_registers
        cell %1
        mov esp, [good_esp]
        call compare
%endmacro

%macro all_writes 0
        write "MOV", mov [ebx], ecx
        write "MOV of a byte", mov [ebx + 3], cl
        write "MOV FS", mov [ebx], fs
        write "ADD", add [ebx], ecx
        write "ADC", adc byte [ebx], 0
        write "SUB", sub [ebx], cx
        write "SBB", lock sbb [ebx], ecx
        write "AND", and dword [ebx], -1
        write "OR", or dword [ebx], 0
        write "XOR", lock xor byte [ebx], 0
        write "NOT", not dword [ebx]
        write "NEG", neg word [ebx]
        write "INC", inc dword [ebx]
        write "DEC", lock dec byte [ebx]
        write "SHL by 0", shl dword [ebx], 0
        write "SHR", shr dword [ebx], 1
        write "SAR", sar word [ebx], cl
        write "ROL", rol byte [ebx], cl
        write "ROR", ror dword [ebx], 5
        write "RCL", rcl dword [ebx], cl
        write "RCR", rcr byte [ebx], 1
        write "SHLD", shld [ebx], eax, cl
        write "SHRD", shrd [ebx], ax, 2
        write "BTS", bts [ebx], ecx
        write "BTR of an immediate", btr dword [ebx], 7
        write "BTC, behind the operand", btc [ebx - 4], eax
        write "XCHG", xchg [ebx], ecx
        write "XADD", xadd [ebx], eax
        write "CMPXCHG, equal", cmpxchg [ebx], ecx
        write "CMPXCHG, not equal", cmpxchg [ebx], dx
        write "CMPXCHG8B", lock cmpxchg8b [ebx]
        write "SETZ", setz [ebx]
        write "POP", pop dword [ebx]
        write "MOVSB", movsb
        write "STOSD", stosd
        write "INSB", insb
        write "FSTP", fstp tword [ebx]
        write "FIST", fist dword [ebx]
        write "FNSTCW", fnstcw [ebx]
        write "FNSTSW", fnstsw [ebx]
        write "MOVQ", movq [ebx], mm0
        write "MOVAPS", movaps [ebx], xmm0
        write "STMXCSR", stmxcsr [ebx]
        write "SGDT", sgdt [ebx]
        write "SIDT", sidt [ebx]
        write "SMSW", smsw [ebx]
        write "SLDT", sldt [ebx]
        write "STR", str [ebx]
%endmacro

        section .data
good_esp:       dd 0
source:         dd 0x12345678

        section .text
bits 32
test:
        mov dword [READ_ONLY + 0x100], VALUE
        call kit_paging_on
        mov dword [PTE(ABSENT)], 0
        mov dword [PTE(READ_ONLY)], READ_ONLY | 5
        mov eax, cr3
        mov cr3, eax
        mov eax, cr4
        or eax, 3 << 9                  ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, cr0
        or eax, 1 << 16                 ; WP
        mov cr0, eax
        in_ring 3, .user, 2 | IOPL(3)
        log "ring 0"
        all_writes
        ret
.user:  log "ring 3"
        all_writes
        leave_ring

compare:
        push eax
        call kit_registers_kept
        jne .changed
        mov eax, [last_eflags]
        and eax, ARITHMETIC
        cmp eax, ARITHMETIC
        jne .changed
        cmp dword [READ_ONLY + 0x100], VALUE
        je .same
.changed:
        log " CHANGED"
.same:  pop eax
        ret
