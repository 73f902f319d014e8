#!/usr/bin/env python3
"""A boot loader that knows the adapter by PXE alone (PXE 2.1, UNDI and UDP services), PXELINUX, loads a kernel and an
initramfs by TFTP through iPXE's ROM. Arguments: the program, the adapter's model."""
import os
import shutil
import sys

from guest import GATEWAY, KERNEL, check_capture, in_own_folder, initramfs, kernel_parameters, Machine
from driving import check

PROGRAM, MODEL = sys.argv[1:]
LOADER = ("/usr/lib/PXELINUX/pxelinux.0", "/usr/lib/syslinux/modules/bios/ldlinux.c32")
MENU = """DEFAULT linux
LABEL linux
 KERNEL vmlinuz
 INITRD initrd
 APPEND {parameters}
"""


def work():
    os.makedirs("tftp/pxelinux.cfg")
    for file in LOADER:
        shutil.copy(file, "tftp")
    shutil.copy(KERNEL, "tftp/vmlinuz")
    with open("tftp/initrd", "wb") as file:
        file.write(initramfs("plain", "uname -m\n"))
    with open("tftp/pxelinux.cfg/default", "w", encoding="ascii") as file:
        file.write(MENU.format(parameters=kernel_parameters()))
    with Machine(PROGRAM, ["--nic", MODEL, "--net", "user", "--boot", "network", "--tftp", "tftp",
                           "--bootfile", "pxelinux.0", "--pcap", "traffic.pcap"]) as machine:
        output = machine.end()
    check(output == "i686\n", f"the guest runs: {output}")
    # PXELINUX asks for blocks of 1408 bytes.
    check_capture("traffic.pcap", (f"ip.src == {GATEWAY} && udp.length > 1408", os.path.getsize(KERNEL) // 1408))


in_own_folder(work)
print(f"PXELINUX has booted Linux through {MODEL}")
