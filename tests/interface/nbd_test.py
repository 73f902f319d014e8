#!/usr/bin/env python3
"""Disks on NBD servers: nbdkit with its filters, and qemu-nbd with a qcow2; servers that refuse, die and return.
Arguments: the program, the guest's source."""
import os
import signal
import subprocess
import sys
import tempfile

from images import DISK_BYTES, SECTOR, SECTORS, Server, Writer, assemble, check_disk, content_of, image, nbdkit
from driving import check

PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def empty_disk(name):
    with open(name, "wb") as file:
        file.truncate(DISK_BYTES)


def content(name):
    with open(name, "rb") as file:
        return file.read()


def a_disk_like_any_other():
    empty_disk("disk.img")
    with nbdkit("file", "disk.img"):
        check("nbd" in image(PROGRAM, "info", Server.URI), "info names the kind")
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        writer.wait_for_flushes(20)
        writer.stop()
        check_disk(content("disk.img"), writer.flushed, "a file through nbdkit")
        check_disk(content_of(PROGRAM, Server.URI), writer.flushed, "the same, read through nbdkit")


def requests_of_the_servers_sizes():
    empty_disk("disk.img")
    with nbdkit("--filter=blocksize-policy", "file", "disk.img", "blocksize-minimum=4096", "blocksize-preferred=4096",
                "blocksize-maximum=8192", "blocksize-error-policy=error"):
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        writer.wait_for_flushes(10)
        check(not [line for line in writer.lines if "refused" in line], f"all requests fit: {writer.lines}")
        writer.stop()
        check_disk(content("disk.img"), writer.flushed, "blocks of 4 KiB, requests up to 8 KiB")
    with nbdkit("memory", "1000001"):
        check(f"({1000001 // SECTOR} sectors)" in image(PROGRAM, "info", Server.URI), "a part of a sector is left out")
    with nbdkit("memory", "511"):
        check("no disk: 511 bytes" in image(PROGRAM, "info", Server.URI, status=2), "less than a sector is no disk")


def servers_that_refuse():
    empty_disk("disk.img")
    with nbdkit("--readonly", "file", "disk.img"):
        result = subprocess.run([PROGRAM, "run", "--display", "none", "--disk", Server.URI], capture_output=True)
        check(result.returncode == 2 and b",readonly" in result.stderr, f"no writing: {result.stderr}")
        writer = Writer(PROGRAM, ROM, ["--snapshot", "--disk", Server.URI])
        writer.wait_for_flushes(3)
        writer.stop()
    check(content("disk.img") == bytes(DISK_BYTES), "a snapshot changes nothing")
    with open("fail", "wb"):
        pass
    with nbdkit("--filter=error", "file", "disk.img", "error=ENOSPC", "error-pwrite-rate=100%", "error-file=fail"):
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        writer.wait_for("refused ")
        os.remove("fail")
        # Errors end with their cause.
        writer.wait_for_flushes(5)
        writer.stop()


def a_server_that_dies_and_returns():
    empty_disk("disk.img")
    with nbdkit("file", "disk.img") as server:
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        for _ in range(3):
            writer.wait_for_flushes(5)
            server.kill()
            writer.wait_for("ringdown: nbd+unix")
            check("is gone" in writer.lines[-1], writer.lines[-1])
            server.start()
        writer.wait_for_flushes(10)
        check(not [line for line in writer.lines if "refused" in line], "the guest has not noticed")
        writer.stop()
        check_disk(content("disk.img"), writer.flushed, "a server that died")

        # It does not return: errors for the guest, and then it does.
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI + ",reconnect=0"])
        writer.wait_for_flushes(1)
        server.kill()
        writer.wait_for("refused ")
        server.start()
        writer.wait_for_flushes(2)
        writer.stop()


def a_machine_ends_although_its_server_hangs():
    empty_disk("disk.img")
    with nbdkit("file", "disk.img") as server:
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        writer.wait_for_flushes(1)
        server.process.send_signal(signal.SIGSTOP)
        writer.process.terminate()
        writer.process.wait(timeout=60)


def a_qcow2_by_qemu():
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "disk.qcow2", str(DISK_BYTES)], check=True)
    check("a qcow2 image" in image(PROGRAM, "info", "disk.qcow2", status=2), "a qcow2 is no raw image")
    with Server("qemu-nbd", "--format=qcow2", "--persistent", "--socket", os.path.abspath("nbd.socket"),
                "disk.qcow2"):
        writer = Writer(PROGRAM, ROM, ["--disk", Server.URI])
        writer.wait_for_flushes(20)
        writer.stop()
        check_disk(content_of(PROGRAM, Server.URI), writer.flushed, "a qcow2")
        # An overlay of it, as of any image.
        image(PROGRAM, "create", "o.rdo", "--base", Server.URI)
        check(f"({SECTORS} sectors)" in image(PROGRAM, "info", "o.rdo"), "an overlay over NBD")
    compared = subprocess.run(["qemu-img", "compare", "-f", "raw", "-F", "qcow2", "content.img", "disk.qcow2"],
                              capture_output=True)
    check(compared.returncode == 0, f"QEMU sees the same: {compared.stdout}")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    ROM = assemble(SOURCE)
    a_disk_like_any_other()
    requests_of_the_servers_sizes()
    servers_that_refuse()
    a_server_that_dies_and_returns()
    a_machine_ends_although_its_server_hangs()
    a_qcow2_by_qemu()
print("disks on servers are like others")
