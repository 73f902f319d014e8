; What a task switch loads from the new task's TSS and saves in the old one's, with 32 and 16 bits: general registers,
; segment registers and LDTR; the rest of a TSS stays as it was.
; Rows: jmp far, sldt
; Expect:
;   TSS of 32 bits: a001a000 a003a002 a005a004 a007a006 a009a008 a00ba00a a00da00c a00fa00e a011a010 00000002 a015a014 a017a016 a019a018
;   second half: a01ba01a a01da01c a01fa01e a021a020 a023a022 a0250020 a0270008 a0290010 a02b0030 a02d0043 a02f000c a0310080 a033fffe
;   new task, general: a015a014 a017a016 a019a018 a01ba01a a01da01c a01fa01e a021a020 a023a022
;   new task, segments: 00080020 00300010 000c0043 00000080
;   TSS of 32 bits: a001a000 a003a002 a005a004 a007a006 a009a008 a00ba00a a00da00c a00fa00e 00000000 00000083 50505050 51515151 52525252
;   second half: 53535353 54545454 55555555 56565656 57575757 a0250010 a0270008 a0290010 a02b0030 a02d0010 a02f0020 a0310080 a033fffe
;   resumed, general: 10101010 11111111 12121212 13131313 0002fff8 15151515 16161616 17171717
;   resumed, segments: 00080043 00100010 00300020 00000000
;   TSS of 16 bits: a001a000 a003a002 a005a004 a007a006 a0090002 a00ba00a a00da00c a00fa00e 000ca010 00600008 00800030
;   new task, general: 0000a009 0000a00a 0000a00b 0000a00c 0000a00d 0000a00e 0000a00f 0000a010
;   new task, segments: 0008000c 00300060 00000000 00000080
;   TSS of 16 bits: a001a000 a003a002 a005a004 0000a006 50500083 52525151 54545353 56565555 00105757 00600008 00800030
;   resumed, general: 10101010 11111111 12121212 13131313 0002fff8 15151515 16161616 17171717
;   resumed, segments: 00080043 00100010 00300020 00000000
;   end
%include "testkit.inc"
%include "tasks.inc"
; SDM volume 3, 7.2.1 and 7.6. The TSS is shown, then the registers of the task that it starts (EAX, ECX, EDX, EBX, ESP,
; EBP, ESI, EDI; ES, CS, SS, DS, FS, GS and LDTR), the TSS behind the switch away from that task, which has changed
; them, and the registers of the task that is resumed. A TSS of 16 bits has no FS and GS (they become null), and does
; not define the upper halves of general registers, which are not shown. EIP is shown before it is set, and then less
; what it should be.
LDT2            equ TESTED
IN_LDT2         equ 0x0c                ; a flat data segment
%macro set_registers 1                  ; AL, of all bytes but the last of EAX; not ESP
  %assign value (%1) * 0x01010101
        mov eax, value
        mov ecx, value + 0x01010101
        mov edx, value + 0x02020202
        mov ebx, value + 0x03030303
        mov ebp, value + 0x05050505
        mov esi, value + 0x06060606
        mov edi, value + 0x07070707
%endmacro
%macro set_selectors 3                  ; ES, FS, GS
        mov eax, %1
        mov es, ax
        mov eax, %2
        mov fs, ax
        mov eax, %3
        mov gs, ax
%endmacro
%macro note_registers 0
        mov [seen], eax
        mov [seen + 4], ecx
        mov [seen + 8], edx
        mov [seen + 12], ebx
        mov [seen + 16], esp
        mov [seen + 20], ebp
        mov [seen + 24], esi
        mov [seen + 28], edi
        mov [seen + 32], es
        mov [seen + 34], cs
        mov [seen + 36], ss
        mov [seen + 38], ds
        mov [seen + 40], fs
        mov [seen + 42], gs
        sldt [seen + 44]
%endmacro
%macro show_dwords 3                    ; name, address, number
        row %1, ":"
        mov esi, %2
        mov ecx, %3
        call show_memory
        row_end
%endmacro
%macro show_seen 1                      ; name
        show_dwords {%1, ", general"}, seen, 8
        show_dwords {%1, ", segments"}, seen + 32, 4
%endmacro
%macro pattern 1                        ; bytes of TASK_TSS
        mov edi, TASK_TSS
        mov ecx, (%1) / 2
        mov eax, 0xa000
%%next: stosw
        inc eax
        loop %%next
%endmacro
bits 32
test:
        put_descriptor LDT2, LDT, 0xff, LDT_ACCESS, 0
        put_ldt_descriptor IN_LDT2, 0, 0xfffff, DATA_RW, FLAT
        task 32, new_task
        pattern TSS32_SIZE
        mov dword [TASK_TSS + TSS32_EFLAGS], 2
        mov word [TASK_TSS + TSS32_ES], DATA1 & ~3
        mov word [TASK_TSS + TSS32_CS], CODE0
        mov word [TASK_TSS + TSS32_SS], DATA0
        mov word [TASK_TSS + TSS32_DS], DATA2 & ~3
        mov word [TASK_TSS + TSS32_FS], DATA3
        mov word [TASK_TSS + TSS32_GS], IN_LDT2
        mov word [TASK_TSS + TSS32_LDT], LDT2
        mov word [TASK_TSS + TSS32_T], 0xfffe
        show_dwords "TSS of 32 bits", TASK_TSS, 13
        show_dwords "second half", TASK_TSS + 52, 13
        mov dword [TASK_TSS + TSS32_EIP], new_task
        mov dword [mask], 0xffffffff
        call .switch
        sub dword [TASK_TSS + TSS32_EIP], new_task_left
        show_dwords "TSS of 32 bits", TASK_TSS, 13
        show_dwords "second half", TASK_TSS + 52, 13
        show_seen "resumed"

        task 16, new_task
        pattern TSS16_SIZE
        mov word [TASK_TSS + TSS16_FLAGS], 2
        mov word [TASK_TSS + TSS16_ES], IN_LDT2
        mov word [TASK_TSS + TSS16_CS], CODE0
        mov word [TASK_TSS + TSS16_SS], DATA16
        mov word [TASK_TSS + TSS16_DS], DATA2 & ~3
        mov word [TASK_TSS + TSS16_LDT], LDT2
        show_dwords "TSS of 16 bits", TASK_TSS, 11
        mov word [TASK_TSS + TSS16_IP], new_task
        mov dword [mask], 0xffff
        call .switch
        sub word [TASK_TSS + TSS16_IP], new_task_left
        show_dwords "TSS of 16 bits", TASK_TSS, 11
        mov dword [mask], 0xffffffff
        show_seen "resumed"
        ret
.switch:
        set_selectors DATA3, DATA1 & ~3, DATA2 & ~3
        set_registers 0x10
        jmp TASK:0
        note_registers
        mov ax, DATA0
        mov es, ax
        ret
new_task:
        note_registers
        mov esp, TASK_STACK
        show_seen "new task"
        set_selectors DATA0, DATA0, DATA1 & ~3
        set_registers 0x50
        push dword SF | CF | 2
        popfd
        mov esp, 0x54545454
        jmp TSS_SELECTOR:0
new_task_left:
; ECX doublewords at ESI, under `mask`.
show_memory:
        mov eax, [esi]
        cmp esi, seen + 32
        jae .whole
        and eax, [mask]
.whole: cell_value eax
        add esi, 4
        loop show_memory
        ret
        section .data
mask:   dd 0
seen:   times 12 dd 0
