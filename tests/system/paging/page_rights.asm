; Rights of directory and table entries, by privilege and CR0.WP: #PF error codes, CR2, accessed and dirty bits.
; A line names P/W/U of the directory entry and of the table entry (as a number), and shows the error codes of a read
; and of a write (ff: no fault), then the bits set by each: 1 A in the directory, 2 A and 4 D in the table.
; Rows: mov, invlpg, mov to-control
; Expect:
;   supervisor 0/0 00020000
;   supervisor 0/1 00020000
;   supervisor 0/3 00020000
;   supervisor 0/5 00020000
;   supervisor 0/7 00020000
;   supervisor 1/0 00020000
;   supervisor 1/1 ffff0307
;   supervisor 1/3 ffff0307
;   supervisor 1/5 ffff0307
;   supervisor 1/7 ffff0307
;   supervisor 3/0 00020000
;   supervisor 3/1 ffff0307
;   supervisor 3/3 ffff0307
;   supervisor 3/5 ffff0307
;   supervisor 3/7 ffff0307
;   supervisor 5/0 00020000
;   supervisor 5/1 ffff0307
;   supervisor 5/3 ffff0307
;   supervisor 5/5 ffff0307
;   supervisor 5/7 ffff0307
;   supervisor 7/0 00020000
;   supervisor 7/1 ffff0307
;   supervisor 7/3 ffff0307
;   supervisor 7/5 ffff0307
;   supervisor 7/7 ffff0307
;   supervisor, WP 0/0 00020000
;   supervisor, WP 0/1 00020000
;   supervisor, WP 0/3 00020000
;   supervisor, WP 0/5 00020000
;   supervisor, WP 0/7 00020000
;   supervisor, WP 1/0 00020000
;   supervisor, WP 1/1 ff030300
;   supervisor, WP 1/3 ff030300
;   supervisor, WP 1/5 ff030300
;   supervisor, WP 1/7 ff030300
;   supervisor, WP 3/0 00020000
;   supervisor, WP 3/1 ff030300
;   supervisor, WP 3/3 ffff0307
;   supervisor, WP 3/5 ff030300
;   supervisor, WP 3/7 ffff0307
;   supervisor, WP 5/0 00020000
;   supervisor, WP 5/1 ff030300
;   supervisor, WP 5/3 ff030300
;   supervisor, WP 5/5 ff030300
;   supervisor, WP 5/7 ff030300
;   supervisor, WP 7/0 00020000
;   supervisor, WP 7/1 ff030300
;   supervisor, WP 7/3 ffff0307
;   supervisor, WP 7/5 ff030300
;   supervisor, WP 7/7 ffff0307
;   user, WP 0/0 04060000
;   user, WP 0/1 04060000
;   user, WP 0/3 04060000
;   user, WP 0/5 04060000
;   user, WP 0/7 04060000
;   user, WP 1/0 04060000
;   user, WP 1/1 05070000
;   user, WP 1/3 05070000
;   user, WP 1/5 05070000
;   user, WP 1/7 05070000
;   user, WP 3/0 04060000
;   user, WP 3/1 05070000
;   user, WP 3/3 05070000
;   user, WP 3/5 05070000
;   user, WP 3/7 05070000
;   user, WP 5/0 04060000
;   user, WP 5/1 05070000
;   user, WP 5/3 05070000
;   user, WP 5/5 ff070300
;   user, WP 5/7 ff070300
;   user, WP 7/0 04060000
;   user, WP 7/1 05070000
;   user, WP 7/3 05070000
;   user, WP 7/5 ff070300
;   user, WP 7/7 ffff0307
;   user 0/0 04060000
;   user 0/1 04060000
;   user 0/3 04060000
;   user 0/5 04060000
;   user 0/7 04060000
;   user 1/0 04060000
;   user 1/1 05070000
;   user 1/3 05070000
;   user 1/5 05070000
;   user 1/7 05070000
;   user 3/0 04060000
;   user 3/1 05070000
;   user 3/3 05070000
;   user 3/5 05070000
;   user 3/7 05070000
;   user 5/0 04060000
;   user 5/1 05070000
;   user 5/3 05070000
;   user 5/5 ff070300
;   user 5/7 ff070300
;   user 7/0 04060000
;   user 7/1 05070000
;   user 7/3 05070000
;   user 7/5 ff070300
;   user 7/7 ffff0307
;   wrong CR2 00000000
;   written in spite of a fault 00000000
;   end
%include "testkit.inc"
TABLE           equ FREE_MEMORY
TARGET          equ FREE_MEMORY + 0x1000
LINEAR          equ 0x400123
DIRECTORY_ENTRY equ PAGE_DIRECTORY + 4
WP              equ 1 << 16

        section .data
access_read:    dd 0                    ; the procedures of the privilege under test
access_write:   dd 0
directory_rights: dd 0
table_rights:   dd 0
wrong_cr2:      dd 0
written_by_fault: dd 0

%macro all_rights 1
%assign d 0
%rep 5
%assign t 0
%rep 5
%assign directory (d ? d * 2 - 1 : 0)   ; 0, 1, 3, 5, 7
%assign table (t ? t * 2 - 1 : 0)
%defstr rights %[directory]/%[table]
%strcat line %1, " ", rights
        mov dword [directory_rights], directory
        mov dword [table_rights], table
        call measure
        show line, eax
%assign t t + 1
%endrep
%assign d d + 1
%endrep
%endmacro

        section .text
bits 32
test:
        call kit_paging_on
        mov dword [access_read], read_here
        mov dword [access_write], write_here
        all_rights "supervisor"
        mov eax, cr0
        or eax, WP
        mov cr0, eax
        all_rights "supervisor, WP"
        mov dword [access_read], read_as_user
        mov dword [access_write], write_as_user
        all_rights "user, WP"
        mov eax, cr0
        and eax, ~WP
        mov cr0, eax
        all_rights "user"
        show "wrong CR2", [wrong_cr2]
        show "written in spite of a fault", [written_by_fault]
        ret

; EAX: what a read and a write do.
measure:
        call set_entries
        call [access_read]
        call code_of_access
        shl eax, 24
        mov ebx, eax
        call bits_set
        shl eax, 8
        or ebx, eax
        call set_entries
        mov dword [TARGET + 0x123], 0
        call [access_write]
        call code_of_access
        cmp eax, 0xff
        je .written
        mov ecx, [TARGET + 0x123]
        or [written_by_fault], ecx
.written:
        shl eax, 16
        or ebx, eax
        call bits_set
        or eax, ebx
        ret

set_entries:
        mov eax, [directory_rights]
        or eax, TABLE
        mov [DIRECTORY_ENTRY], eax
        mov eax, [table_rights]
        or eax, TARGET
        mov [TABLE], eax
        invlpg [LINEAR]
        ret

code_of_access:
        mov eax, [last_vector]
        cmp eax, NO_EXCEPTION
        je .known
        mov eax, [last_error]
        cmp dword [last_cr2], LINEAR
        je .known
        inc dword [wrong_cr2]
.known: ret

bits_set:
        xor eax, eax
        bt dword [DIRECTORY_ENTRY], 5
        adc eax, 0
        mov ecx, [TABLE]
        shr ecx, 4
        and ecx, 6
        or eax, ecx
        ret

read_here:
        try_silently mov eax, [LINEAR]
        ret
write_here:
        try_silently mov dword [LINEAR], 1
        ret
read_as_user:
        in_ring 3, .user
        ret
.user:  try_silently mov eax, [LINEAR]
        leave_ring
write_as_user:
        in_ring 3, .user
        ret
.user:  try_silently mov dword [LINEAR], 1
        leave_ring
