; Runs sensitive instructions, and some others, in a kernel's place, and reports what each of them showed: `lab table`.
;
; Each report is a line of the log: INSTRUCTION|operands|name of the form in the instruction table|address|what showed.
; Only the one instruction at that address is looked at. What showed is read by instructions that the experiment leaves
; to the monitor, and so is the truth wherever the guest runs.
%include "testkit.inc"
%include "testkit/pc.inc"
%include "lab/probes/reporting.inc"

bits 32
test:
        mov [home_esp], esp
%include "lab/probes/tables.inc"
%include "lab/probes/flags.inc"
%include "lab/probes/selectors.inc"
%include "lab/probes/segment_moves.inc"
%include "lab/probes/segment_loads.inc"
%include "lab/probes/transfers.inc"
%include "lab/probes/returns.inc"
%include "lab/probes/identity.inc"
%include "lab/probes/control_group.inc"
        ret
