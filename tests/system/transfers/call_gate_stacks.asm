; Calls through gates to an inner ring: the frame and the parameters on the new stack, and how much room either stack
; must have.
; Rows: call far, ret far
; Expect:
;   no parameter: ok 0071 00000010 00000000 0000003b 00000001 00027000 00000043
;   one parameter: ok 0071 00000014 00000000 0000003b 00000001 00027000 00000043
;   31 parameters: ok 0071 0000008c 00000000 0000003b 00000001 00027000 00000043
;   gate of 16 bits, no parameter: ok 0071 00000008 00000000 0000003b 00000001 00007000 00000043
;   gate of 16 bits, one parameter: ok 0071 0000000a 00000000 0000003b 00000001 00007000 00000043
;   gate of 16 bits, 31 parameters: ok 0071 00000046 00000000 0000003b 00000001 00007000 00000043
;   stack of 16 bits: ok 0071 00000018 00000000 0000003b 00000001 1234fff8 00000083
;   stack of 16 bits, gate of 16 bits: ok 0071 0000000c 00000000 0000003b 00000001 0000fff8 00000083
;   24 bytes: ok 0071
;   23 bytes: #SS 0078
;   the last 24 bytes: ok 0071
;   one byte behind the limit: #SS 0078
;   gate of 16 bits, 12 bytes: ok 0071
;   gate of 16 bits, 11 bytes: #SS 0078
;   expand-down, 24 bytes: ok 0071
;   expand-down, 23 bytes: #SS 0078
;   stack of 16 bits that wraps: ok 0071
;   two doublewords below the caller's limit: ok 0071
;   less than two doublewords: #SS 0000
;   less than four words: #SS 0000
;   three words: ok 0071
;   released 0000000c
;   released, 16 bits 00000006
;   end
%include "testkit.inc"
; SDM volume 2, CALL: 16 bytes and the parameters fit into the new stack, or it is #SS with its selector; for gates of
; 16 bits 8 bytes. Parameters that the caller's stack lacks are #SS(0).
GATE            equ FREE
TARGET          equ FREE + 8
STACK           equ FREE + 16           ; ring 1's
CALLER          equ FREE + 24           ; ring 3's
BASE            equ FREE_MEMORY
PARAMETERS      equ BASE + 0x1000       ; ring 3's, as doublewords or words
%macro gate 2                           ; type, parameters
        put_call_gate GATE, TARGET, arrived, (%1) | DPL(3), %2
%endmacro
%macro calls 1                          ; name
        row %1, ":"
        mov ebp, esp
        cell call GATE | 3:0
        cmp [last_esp], ebp
        je %%kept
        cmp dword [last_vector], NO_EXCEPTION
        je %%kept
        log " (ESP has moved)"
%%kept: row_end
%endmacro
%macro room 2                           ; name, ESP1
        mov dword [TSS + 12], %2
        calls %1
%endmacro
%macro caller_limit 1                   ; arriving leaves SS in DS
        mov ax, DATA3
        mov ds, ax
        put_descriptor CALLER, 0, %1, DATA_RW | DPL(3), BITS32
        mov ax, CALLER | 3
        mov ss, ax
%endmacro
; How much was pushed, EIP as its distance from behind the CALL, CS, 1 if the parameters are the caller's, ESP, SS.
%macro frame 5                          ; name, type of the gate, parameters, SS, ESP
        gate %2, %3
        row %1, ":"
        mov eax, %4
        mov ss, ax
        mov esp, %5
        cell call GATE | 3:0
        mov eax, DATA3
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK3
        cell_value [pushed]
  %if (%2) == CALL_GATE32
        show_frame 4, %3
  %else
        show_frame 2, %3
  %endif
        row_end
%endmacro
%macro show_frame 2                     ; size of a slot, parameters
        mov eax, [try_eip]
        add eax, 7
        slot %1, 0, eax
        slot %1, 1, 0
        mov esi, copied + 2 * (%1)
        mov edi, PARAMETERS
        mov ecx, (%1) * (%2)
        xor eax, eax
        repe cmpsb
        sete al
        cell_value eax
        slot %1, 2 + (%2), 0
        slot %1, 3 + (%2), 0
%endmacro
%macro slot 3                           ; size, index, what to subtract
        mov ebx, [copied + (%1) * (%2)]
        sub ebx, %3
  %if %1 == 2
        movzx ebx, bx
  %endif
        cell_value ebx
%endmacro
bits 32
test:
        put_descriptor TARGET, 0, 0xfffff, CODE_RX | DPL(1), FLAT
        mov word [TSS + 16], STACK | 1
        in_ring 3, .frames
        in_ring 3, .rooms
        in_ring 3, .returns
        ret
.frames:
        put_descriptor STACK, 0, 0xfffff, DATA_RW | DPL(1), FLAT
        mov dword [TSS + 12], STACK1
        mov edi, PARAMETERS
        mov eax, 0x01020304
        mov ecx, 32
.parameter:
        stosd
        add eax, 0x01010101
        loop .parameter
        frame "no parameter", CALL_GATE32, 0, DATA3, PARAMETERS
        frame "one parameter", CALL_GATE32, 1, DATA3, PARAMETERS
        frame "31 parameters", CALL_GATE32, 31, DATA3, PARAMETERS
        frame "gate of 16 bits, no parameter", CALL_GATE16, 0, DATA3, PARAMETERS
        frame "gate of 16 bits, one parameter", CALL_GATE16, 1, DATA3, PARAMETERS
        frame "gate of 16 bits, 31 parameters", CALL_GATE16, 31, DATA3, PARAMETERS
        ; On a stack of 16 bits SP is the pointer, but all of ESP is saved (CALL: "Push(oldSS:oldESP)"; Bochs 2.7: SP).
        put_descriptor CALLER, PARAMETERS - 0xfff8, 0xffff, DATA_RW | DPL(3), BITS16
        frame "stack of 16 bits", CALL_GATE32, 2, CALLER | 3, 0x1234fff8
        frame "stack of 16 bits, gate of 16 bits", CALL_GATE16, 2, CALLER | 3, 0x1234fff8
        leave_ring
.rooms: mov esp, STACK3
        put_descriptor STACK, BASE, 0xff, DATA_RW | DPL(1), BITS32
        gate CALL_GATE32, 2
        room "24 bytes", 24
        room "23 bytes", 23
        room "the last 24 bytes", 0x100
        room "one byte behind the limit", 0x101
        gate CALL_GATE16, 2
        room "gate of 16 bits, 12 bytes", 12
        room "gate of 16 bits, 11 bytes", 11
        put_descriptor STACK, BASE, 0xff, DATA_DOWN_RW | DPL(1), BITS32
        gate CALL_GATE32, 2
        room "expand-down, 24 bytes", 0x118
        room "expand-down, 23 bytes", 0x117
        put_descriptor STACK, 0, 0xffff, DATA_RW | DPL(1), BITS16
        room "stack of 16 bits that wraps", 0x10000
        ; The caller's parameters.
        put_descriptor STACK, 0, 0xfffff, DATA_RW | DPL(1), FLAT
        mov dword [TSS + 12], STACK1
        gate CALL_GATE32, 2
        caller_limit STACK3 + 7
        calls "two doublewords below the caller's limit"
        caller_limit STACK3 + 6
        calls "less than two doublewords"
        gate CALL_GATE16, 4
        caller_limit STACK3 + 6
        calls "less than four words"
        gate CALL_GATE16, 3
        caller_limit STACK3 + 5
        calls "three words"
        mov ax, DATA3
        mov ss, ax
        leave_ring
        ; RETF n takes the parameters from both stacks.
.returns:
        put_descriptor STACK, 0, 0xfffff, DATA_RW | DPL(1), FLAT
        put_call_gate GATE, TARGET, returning, CALL_GATE32 | DPL(3), 3
        mov esp, PARAMETERS
        call GATE | 3:0
        sub esp, PARAMETERS
        mov eax, esp
        mov esp, STACK3
        show "released", eax
        put_call_gate GATE, TARGET, returning16, CALL_GATE16 | DPL(3), 3
        mov esp, 0xf000
        call GATE | 3:0
        sub esp, 0xf000
        mov eax, esp
        mov esp, STACK3
        show "released, 16 bits", eax
        leave_ring
returning:
        retf 12
returning16:
        o16 retf 6
arrived:
        mov esi, esp
        mov edi, copied
        mov ecx, 36
        cld
        rep movsd
        mov eax, [TSS + 12]
        sub eax, esp
        mov [pushed], eax
        arrive
        section .data
pushed: dd 0
copied: times 36 dd 0
