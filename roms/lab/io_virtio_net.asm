; Sends or receives packets by a virtio network device (VIRTIO 1.2, 5.1).
%include "lab/io_packets.inc"
%include "lab/io_virtio.inc"

VIRTIO_NET      equ 0x10001af4

RECEIVE_QUEUE   equ DRIVER_DATA
SEND_QUEUE      equ DRIVER_DATA + QUEUE_DATA
batch           equ DRIVER_DATA + 2 * QUEUE_DATA        ; 0: nothing is being sent
HEADERS         equ RINGS + 0x20000     ; in front of each packet: no offloads
HEADER          equ 10                  ; without merged buffers

        section .text
device_start:
        virtio_start VIRTIO_NET, 0
        virtio_queue RECEIVE_QUEUE, 0, RINGS
        mov ebx, RECEIVED
        mov cl, FOR_DEVICE
        call chain_buffers
        xor eax, eax
.available:
        call virtio_add
        add eax, 2
        cmp eax, 2 * MOST_PACKETS
        jb .available
        virtio_queue SEND_QUEUE, 1, RINGS + 0x10000
        mov ebx, BUFFERS
        mov cl, 0
        call chain_buffers
        virtio_run
        mov ebp, RECEIVE_QUEUE
        mov eax, 1
        call virtio_interrupt_at
        call virtio_publish
        ret

; Chains of two descriptors: header, and a packet from EBX on. CL: their flags.
chain_buffers:
        mov edi, [ebp + QUEUE_TABLE]
        mov esi, HEADERS
        xor edx, edx
        movzx ecx, cl
.next:
        lea eax, [edx + 1]
        or ecx, CHAINED
        put_virtio_descriptor edi, esi, HEADER, cx, ax
        and ecx, ~CHAINED
        put_virtio_descriptor edi + 16, ebx, BUFFER, cx, 0
        test ecx, FOR_DEVICE
        jnz .whole
        mov dword [edi + 16 + 8], PACKET
.whole: add edi, 32
        add ebx, BUFFER
        add esi, 16
        add edx, 2
        cmp edx, 2 * MOST_PACKETS
        jb .next
        ret

device_send:
        mov ebp, SEND_QUEUE
        expect ecx
        mov [batch], ecx
        mov eax, ecx
        call virtio_interrupt_at
        xor eax, eax
.packet:
        call virtio_add
        add eax, 2
        loop .packet
        call virtio_publish
        jmp await_work

device_interrupt:
        virtio_acknowledge
        mov ebp, SEND_QUEUE
.sent:  call virtio_used
        jz .receive
        dec dword [outstanding]
        jmp .sent
.receive:
        mov ebp, RECEIVE_QUEUE
.received:
        call virtio_used
        jz .none
        mov esi, eax
        shl esi, 4
        add esi, [ebp + QUEUE_TABLE]
        mov esi, [esi + 16]             ; the chain's second descriptor
        push eax
        call take_packet
        pop eax
        call virtio_add
        jmp .received
.none:  mov eax, 1
        call virtio_interrupt_at
        call virtio_used                ; one that came before the device was told
        jz .end
        dec word [ebp + QUEUE_TAKEN]
        jmp .received
.end:   jmp virtio_publish
