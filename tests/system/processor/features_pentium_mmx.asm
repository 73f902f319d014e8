; Instructions and bits of CR4 that model pentium-mmx has.
; Rows: bswap, xadd, cmpxchg, invlpg, wbinvd, cpuid, ud2, cmpxchg8b, rdtsc, rdmsr, wrmsr, rdpmc, mov to-control, emms
; Rows: movq mmx, pause
; Cpu: pentium-mmx
; Expect:
;   486: BSWAP, XADD, CMPXCHG, INVLPG, WBINVD, CPUID, PAUSE is NOP elsewhere: ok ok ok ok ok ok ok
;   Pentium: MOV from CR4, CMPXCHG8B, RDTSC, RDMSR, WRMSR, RSM outside SMM: ok ok ok ok ok #UD
;   MMX: EMMS, MOVQ, RDPMC: ok ok ok
;   P6: CMOV, FCMOV, FCOMI, NOP with an operand, UD2, WRMSR of SYSENTER_CS: #UD #UD #UD #UD #UD #GP 0000
;   SYSENTER with no segment, SYSEXIT with no segment: #UD #UD
;   Pentium III: FXSAVE, SFENCE, PREFETCHT0, CR4.OSFXSR, MOVAPS, PAVGB, LDMXCSR: #UD #UD #UD #GP 0000 #UD #UD #UD
;   Pentium 4: MOVAPD, PADDQ of MMX, LFENCE, MFENCE, CLFLUSH, MOVNTI: #UD #UD #UD #UD #UD #UD
;   later: MOVDDUP, LDDQU, FISTTP, MONITOR, MWAIT, PSHUFB, POPCNT, CRC32, SYSCALL, VMCALL: #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD
;   XGETBV, RDTSCP, RDRAND, MOVBE, VADDPS, 3DNow!, FEMMS: #UD #UD #UD #UD #UD #UD #UD
;   CR4 bits: 0000015f
;   end
%include "testkit.inc"
%include "features.inc"
