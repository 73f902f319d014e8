; Instructions and bits of CR4 that model 486dx has.
; Rows: bswap, xadd, cmpxchg, invlpg, wbinvd, cpuid, ud2
; Cpu: 486dx
; Expect:
;   486: BSWAP, XADD, CMPXCHG, INVLPG, WBINVD, CPUID, PAUSE is NOP elsewhere: ok ok ok ok ok ok ok
;   Pentium: MOV from CR4, CMPXCHG8B, RDTSC, RDMSR, WRMSR, RSM outside SMM: #UD #UD #UD #UD #UD #UD
;   MMX: EMMS, MOVQ, RDPMC: #UD #UD #UD
;   P6: CMOV, FCMOV, FCOMI, NOP with an operand, UD2, WRMSR of SYSENTER_CS: #UD #UD #UD #UD #UD #UD
;   SYSENTER with no segment, SYSEXIT with no segment: #UD #UD
;   Pentium III: FXSAVE, SFENCE, PREFETCHT0, CR4.OSFXSR, MOVAPS, PAVGB, LDMXCSR: #UD #UD #UD #UD #UD #UD #UD
;   Pentium 4: MOVAPD, PADDQ of MMX, LFENCE, MFENCE, CLFLUSH, MOVNTI: #UD #UD #UD #UD #UD #UD
;   later: MOVDDUP, LDDQU, FISTTP, MONITOR, MWAIT, PSHUFB, POPCNT, CRC32, SYSCALL, VMCALL: #UD #UD #UD #UD #UD #UD #UD #UD #UD #UD
;   XGETBV, RDTSCP, RDRAND, MOVBE, VADDPS, 3DNow!, FEMMS: #UD #UD #UD #UD #UD #UD #UD
;   CR4 bits: 00000000
;   end
%include "testkit.inc"
%include "features.inc"
