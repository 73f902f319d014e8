; Reads or writes blocks of a virtio block device (VIRTIO 1.2, 5.2).
%include "lab/io_blocks.inc"
%include "lab/io_virtio.inc"

VIRTIO_BLK      equ 0x10011af4
FLUSH           equ 1 << 9              ; a feature: without it each write would have to reach the disk, as no IDE disk's does
READ            equ 0                   ; types of requests
WRITE           equ 1

QUEUE           equ DRIVER_DATA
REQUESTS        equ RINGS + 0x20000     ; 32 bytes each: type, reserved, sector; status
REQUEST         equ 32
REQUEST_STATUS  equ 16
CHAIN           equ 3                   ; descriptors of a request

        section .text
device_start:
        virtio_start VIRTIO_BLK, FLUSH
        virtio_queue QUEUE, 0, RINGS
        mov edi, [ebp + QUEUE_TABLE]
        mov esi, REQUESTS
        mov ebx, BUFFERS
        xor edx, edx
        mov ecx, CHAINED
        cmp byte [WORK], OUTWARD
        mov eax, READ
        je .write
        or ecx, FOR_DEVICE
        jmp .request
.write: mov eax, WRITE
.request:
        mov [esi], eax
        push eax
        lea eax, [edx + 1]
        put_virtio_descriptor edi, esi, REQUEST_STATUS, CHAINED, ax
        inc eax
        put_virtio_descriptor edi + 16, ebx, BLOCK, cx, ax
        lea eax, [esi + REQUEST_STATUS]
        put_virtio_descriptor edi + 32, eax, 1, FOR_DEVICE, 0
        pop eax
        add edi, CHAIN * 16
        add esi, REQUEST
        add ebx, BLOCK
        add edx, CHAIN
        cmp edx, CHAIN * MOST_BLOCKS
        jb .request
        virtio_run
        ret

device_transfer:
        mov ebp, QUEUE
        expect ecx
        mov eax, ecx
        call virtio_interrupt_at
        mov edi, REQUESTS
        mov edx, [unit]
        xor eax, eax
        push ecx
.request:
        mov esi, edx
        sector_of_block esi
        mov [edi + 8], esi
        mov byte [edi + REQUEST_STATUS], 0xff
        call virtio_add
        inc edx
        add edi, REQUEST
        add eax, CHAIN
        loop .request
        call virtio_publish
        call await_work
        pop ecx
        mov edi, REQUESTS
.status:
        cmp byte [edi + REQUEST_STATUS], 0
        jne .failed
        add edi, REQUEST
        loop .status
        ret
.failed:
        complain "the disk reports an error"

device_interrupt:
        virtio_acknowledge
        mov ebp, QUEUE
.used:  call virtio_used
        jz .end
        dec dword [outstanding]
        jmp .used
.end:   ret
