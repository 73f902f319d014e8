; Data breakpoints on a stack that an event pushes its frame to: #DB comes before the handler's first instruction. The
; frame of that #DB matches too, which would be endless: its handler is in ring 0, and the watched stack is ring 1's.
; Far calls and what they copy match as well (SDM vol. 3B, 17.2.4: every access to data).
; Each cell is a #DB: DR6 and EIP as an offset from the handler.
; QEMU 7.2 ends here.
; Rows: int, ud2, call far, ret far, iretd
; Expect:
;   INT n 0ff30000
;   UD2 0ff30002 0ff20006
;   call gate 0ff30007
;   call gate, the parameter 0ff30007
;   end
%include "testkit.inc"
%include "trace.inc"
bits 32
GATE            equ FREE | 3

%macro watched 1
        trace_with %1, 2
        mov dword [trace_origin], test.handler
%endmacro
test:
        put_gate 1, CODE0, trace_handler, INT_GATE32
        put_gate 0x40, CODE1, .handler, INT_GATE32 | DPL(3)
        put_gate 6, CODE1, .skip_two, INT_GATE32
        put_call_gate GATE, CODE1, .called, CALL_GATE32 | DPL(3), 1
        mov eax, STACK1 - 0x800 - 4     ; where ring 1's stack begins: SS as pushed
        mov dr0, eax
        mov eax, STACK1 - 0x800 - 20    ; EIP as pushed
        mov dr1, eax
        mov eax, 0x40a | 0xdd << 16
        mov dr7, eax
        in_ring 3, .ring3
        mov eax, STACK1 - 0x800 - 12    ; the copied parameter
        mov dr0, eax
        in_ring 3, .parameter
        xor eax, eax
        mov dr7, eax
        ret
.ring3: watched "INT n"
        int 0x40
        trace_end
        watched "UD2"
        ud2
        trace_end
        watched "call gate"
        push dword 0x1234
        call GATE:0
        trace_end
        leave_ring
.parameter:
        watched "call gate, the parameter"
        push dword 0x1234
        call GATE:0
        trace_end
        leave_ring
.handler:
        nop
        iretd
.skip_two:
        add dword [esp], 2
        iretd
.called:
        nop
        retf 4
