; Instructions and bits of CR4 that model pentium3 has.
; Rows: bswap, xadd, cmpxchg, invlpg, wbinvd, cpuid, ud2, cmpxchg8b, rdtsc, rdmsr, wrmsr, rdpmc, mov to-control
; Rows: fcmovb, emms, movq mmx, pause, cmovz, fcomi, nop with-operand, sysenter, sysexit, fxsave, sfence, prefetcht0
; Rows: ldmxcsr
; Cpu: pentium3
; Expect:
;   486: BSWAP, XADD, CMPXCHG, INVLPG, WBINVD, CPUID, PAUSE is NOP elsewhere: ok ok ok ok ok ok ok
;   Pentium: MOV from CR4, CMPXCHG8B, RDTSC, RDMSR, WRMSR, RSM outside SMM: ok ok ok ok ok #UD
;   MMX: EMMS, MOVQ, RDPMC: ok ok ok
;   P6: CMOV, FCMOV, FCOMI, NOP with an operand, UD2, WRMSR of SYSENTER_CS: ok ok ok ok #UD ok
;   SYSENTER with no segment, SYSEXIT with no segment: #GP 0000 #GP 0000
;   Pentium III: FXSAVE, SFENCE, PREFETCHT0, CR4.OSFXSR, MOVAPS, PAVGB, LDMXCSR: ok ok ok ok ok ok ok
;   Pentium 4: MOVAPD, PADDQ of MMX, LFENCE, MFENCE, CLFLUSH, MOVNTI: #UD #UD #UD #UD #UD #UD
;   later: MOVDDUP, LDDQU, FISTTP, MONITOR, MWAIT, PSHUFB, POPCNT, CRC32, SYSCALL, VMCALL: #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD
;   XGETBV, RDTSCP, RDRAND, MOVBE, VADDPS, 3DNow!, FEMMS: #UD #UD #UD #UD #UD #UD #UD
;   CR4 bits: 000007ff
;   end
%include "testkit.inc"
%include "features.inc"
