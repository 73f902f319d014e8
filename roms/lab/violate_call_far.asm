; A kernel that calls the BIOS's 32-bit service directory by a far CALL, as for PCI and APM. At an outer ring the pushed
; CS shows that ring, and the far RET back takes it for a return to an outer ring.
%include "lab/kernel.inc"

test:
        call catch_faults
        say "BIOS32: asking the service directory for PCI"
        mov eax, '$PCI'
        call CODE0:service_directory
        say_hex "BIOS32: PCI BIOS at", ebx
        shut_down

service_directory:
        mov ebx, 0xf0000
        retf
