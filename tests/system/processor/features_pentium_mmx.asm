; Instructions and bits of CR4 that model pentium-mmx has.
; Rows: bswap, xadd, cmpxchg, invlpg, wbinvd, cpuid, ud2, cmpxchg8b, rdtsc, rdmsr, wrmsr, rdpmc, mov to-control, emms
; Rows: movq mmx, pause
; Cpu: pentium-mmx
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
;   CMOV: #UD
;   FCMOV: #UD
;   FCOMI: #UD
;   NOP with an operand: #UD
;   UD2: #UD
;   WRMSR of SYSENTER_CS: #GP 0000
;   SYSENTER with no segment: #UD
;   SYSEXIT with no segment: #UD
;   Pentium III
;   FXSAVE: #UD
;   SFENCE: #UD
;   PREFETCHT0: #UD
;   CR4.OSFXSR: #GP 0000
;   MOVAPS: #UD
;   PAVGB: #UD
;   LDMXCSR: #UD
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
;   CR4 bits: 0000015f
;   end
%include "testkit.inc"
%include "features.inc"
