; Instructions and bits of CR4 that model pentium3 has.
; Rows: bswap, xadd, cmpxchg, invlpg, wbinvd, cpuid, ud2, cmpxchg8b, rdtsc, rdmsr, wrmsr, rdpmc, mov to-control
; Rows: fcmovb, emms, movq mmx, pause, cmovz, fcomi, nop with-operand, sysenter, sysexit, fxsave, sfence, prefetcht0
; Rows: ldmxcsr
; Cpu: pentium3
; Expect:
;   486
;   BSWAP: ok
;   XADD: ok
;   CMPXCHG: ok
;   INVLPG: ok
;   WBINVD: ok
;   CPUID: ok
;   PAUSE is NOP elsewhere: ok
;   Pentium
;   MOV from CR4: ok
;   CMPXCHG8B: ok
;   RDTSC: ok
;   RDMSR: ok
;   WRMSR: ok
;   RSM outside SMM: #UD
;   MMX
;   EMMS: ok
;   MOVQ: ok
;   RDPMC: ok
;   P6
;   CMOV: ok
;   FCMOV: ok
;   FCOMI: ok
;   NOP with an operand: ok
;   UD2: #UD
;   WRMSR of SYSENTER_CS: ok
;   SYSENTER with no segment: #GP 0000
;   SYSEXIT with no segment: #GP 0000
;   Pentium III
;   FXSAVE: ok
;   SFENCE: ok
;   PREFETCHT0: ok
;   CR4.OSFXSR: ok
;   MOVAPS: ok
;   PAVGB: ok
;   LDMXCSR: ok
;   Pentium 4
;   MOVAPD: #UD
;   PADDQ of MMX: #UD
;   LFENCE: #UD
;   MFENCE: #UD
;   CLFLUSH: #UD
;   MOVNTI: #UD
;   later
;   MOVDDUP: #UD
;   LDDQU: #UD
;   FISTTP: #UD
;   MONITOR: #UD
;   MWAIT: #UD
;   PSHUFB: #UD
;   POPCNT: #UD
;   CRC32: #UD
;   SYSCALL: #UD
;   VMCALL: #UD
;   XGETBV: #UD
;   RDTSCP: #UD
;   RDRAND: #UD
;   MOVBE: #UD
;   VADDPS: #UD
;   3DNow!: #UD
;   FEMMS: #UD
;   CR4 bits: 000007ff
;   end
%include "testkit.inc"
%include "features.inc"
