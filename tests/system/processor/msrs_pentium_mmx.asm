; Model-specific registers of model pentium-mmx: which there are, and which values they take. After a write that is
; refused the register is as it was; EDX and EAX stay where there is no register.
; Rows: rdmsr, wrmsr, rdpmc, rdtsc
; Cpu: pentium-mmx
; Expect:
;   0, 1: machine checks of the Pentium: ok ok
;   10: TSC: ok
;   11 to 13: counters of the Pentium: ok ok ok
;   17, 1B, 2A, 2C: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   79: microcode, 8B: its signature: #GP 0000 #GP 0000
;   C1, C2, 186, 187: counters of the P6: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   FE: MTRR capabilities: #GP 0000
;   174 to 176: SYSENTER: #GP 0000 #GP 0000 #GP 0000
;   179, 17A, 17B: machine checks: #GP 0000 #GP 0000 #GP 0000
;   1A0: miscellaneous enables, 1D9: debug: #GP 0000 #GP 0000
;   200, 20F, 210: variable MTRRs: #GP 0000 #GP 0000 #GP 0000
;   250, 258, 259, 268, 26F, 270: fixed MTRRs: #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   277: PAT, 2FF: default type: #GP 0000 #GP 0000
;   300, 311: counters of the Pentium 4: #GP 0000 #GP 0000
;   400: a machine check's bank: #GP 0000
;   C0000080: EFER, C0000081, C0000100: #GP 0000 #GP 0000 #GP 0000
;   none: #GP 0000 #GP 0000 #GP 0000 #GP 0000
;   none: #GP 0000
;   read-only: platform: #GP 0000
;   read-only: MTRR capabilities: #GP 0000
;   read-only: machine checks' capabilities: #GP 0000
;   APIC base, a reserved bit: #GP 0000
;   SYSENTER_EIP: #GP 0000
;   reads 00000000 12345678
;   variable MTRR, base: #GP 0000
;   reads 00000000 10000006
;   mask: #GP 0000
;   reads 0000000f ff000800
;   base with a reserved type: #GP 0000
;   reads 00000000 20000002
;   base with a reserved bit: #GP 0000
;   reads 00000000 20000106
;   mask beyond the addresses: #GP 0000
;   reads 00000010 ff000800
;   default type: #GP 0000
;   reads 00000000 00000c06
;   reserved type: #GP 0000
;   reads 00000000 00000c03
;   reserved bit: #GP 0000
;   reads 00000000 00001c06
;   fixed MTRR: #GP 0000
;   reads 06050401 00060606
;   reserved type: #GP 0000
;   reads 06060606 06060603
;   PAT: #GP 0000
;   reads 00070406 07060504
;   reserved type: #GP 0000
;   reads 02070406 07060504
;   TSC: ok
;   its upper half 00000000
;   EFER: #GP 0000
;   reads 00000000 00000800
;   EFER, a reserved bit: #GP 0000
;   reads 00000000 00000801
;   RDPMC: ok ok #GP 0000 #GP 0000 #GP 0000
;   of half the counter: #GP 0000 #GP 0000 #GP 0000
;   end
%include "testkit.inc"
%include "msrs.inc"
