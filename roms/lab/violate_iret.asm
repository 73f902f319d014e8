; The first interrupt of a kernel, and its IRET back. At an outer ring the frame's CS, which has RPL 0, is that of an
; inner ring, to which nothing may return.
%include "lab/kernel.inc"
%include "lab/timer.inc"

test:
        call catch_faults
        call start_timer
        say "timer: waiting for the first tick"
        expect_tick
        sti
        call pass_time
        cli
        say_count "ticks:", [jiffies]
        shut_down
