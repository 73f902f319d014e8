#!/usr/bin/env python3
"""iPXE, with drivers of its own, loads a kernel, an initramfs and a file, of which the kernel's guest tells the sum.
Arguments: the program, the adapter's model, and 'iso' (Debian's iPXE from its CD; 3,000,000 bytes by HTTP) or 'rom'
(from the adapter's expansion ROM; its script and 700,000 bytes by TFTP, whose blocks go one by one)."""
import hashlib
import os
import sys

from guest import GATEWAY, KERNEL, check_capture, in_own_folder, initramfs, kernel_parameters, Machine
from servers import HttpServer, content
from driving import check

PROGRAM, MODEL, WAY = sys.argv[1:]
ISO = "/usr/lib/ipxe/ipxe.iso"
# Eleven million bytes at 10 Mbit/s take 10 seconds of the guest's time, and minutes of a loaded host's.
PATIENCE_SECONDS = 600
PAYLOAD_BYTES = {"iso": 3_000_000, "rom": 700_000}[WAY]
SCRIPT = "sha256sum /payload\n"
MENU = """#!ipxe
kernel {web}/vmlinuz {parameters}
initrd {web}/initrd
initrd {payload} /payload mode=0644
boot
"""


def boot(payload, options, files):
    """Boots `files`; `options` are those of the run beside its adapter, and `payload` is where it comes from."""
    with HttpServer(files) as server:
        web = f"http://{GATEWAY}:{server.port}"
        menu = MENU.format(web=web, payload=payload.format(web=web), parameters=kernel_parameters()).encode()
        files["/boot.ipxe"] = menu
        if os.path.isdir("tftp"):
            with open("tftp/boot.ipxe", "wb") as file:
                file.write(menu)
        with Machine(PROGRAM, ["--nic", MODEL, "--net", "user", "--pcap", "traffic.pcap",
                               *(option.format(web=web) for option in options)]) as machine:
            return machine.end(patience=PATIENCE_SECONDS)


def work():
    with open(KERNEL, "rb") as file:
        files = {"/vmlinuz": file.read(), "/initrd": initramfs("plain", SCRIPT)}
    payload = content(PAYLOAD_BYTES, 1)
    if WAY == "iso":
        files["/payload"] = payload
        output = boot("{web}/payload", ["--cdrom", ISO, "--boot", "cdrom", "--bootfile", "{web}/boot.ipxe"], files)
    else:
        os.mkdir("tftp")
        with open("tftp/payload", "wb") as file:
            file.write(payload)
        output = boot(f"tftp://{GATEWAY}/payload",
                      ["--boot", "network", "--tftp", "tftp", "--bootfile", "boot.ipxe"], files)
    expected = hashlib.sha256(payload).hexdigest()
    check(output.split() == [expected, "/payload"], f"the payload's sum is {expected}: {output}")
    # A block of TFTP has at most 1468 bytes, a segment of TCP 1460.
    check_capture("traffic.pcap", ("tcp.len > 0", len(files["/vmlinuz"]) // 1460),
                  *([("udp.srcport == 69", PAYLOAD_BYTES // 1468)] if WAY == "rom" else []))


in_own_folder(work)
print(f"iPXE has loaded everything through {MODEL}")
