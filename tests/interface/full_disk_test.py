#!/usr/bin/env python3
"""A file system without room, for real: the guest's writes fail, what it flushed is there, images are sound, and with
room again the guest goes on. Arguments: the program, the guest's source."""
import os
import subprocess
import sys
import tempfile

from images import DISK_BYTES, Writer, assemble, check_disk, content_of, image
from driving import check

PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
IN_NAMESPACE = "RINGDOWN_OWN_MOUNTS"
SKIPPED = 77
# An image, or the changes of an overlay, are twice as large in the end as the room that ROOM - FILLER leaves.
ROOM = 4 << 20
FILLER = 3 << 20


def enter_namespace():
    """Runs this test again where it may mount: as root, or as an own user namespace's."""
    for options in [["--mount"], ["--mount", "--map-root-user"]]:
        mount = subprocess.run(["unshare", *options, "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL)
        if mount.returncode == 0:
            os.environ[IN_NAMESPACE] = "yes"
            os.execvp("unshare", ["unshare", *options, sys.executable, *sys.argv])
    print("SKIPPED: nothing can be mounted here, neither as root nor in a user namespace. The test of disk images "
          "(image_test.py) has a limit on the size of files in a full disk's place.")
    sys.exit(SKIPPED)


def make_full(name):
    """A file system of `ROOM` bytes, most of them taken by the file "filler"."""
    os.mkdir(name)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", name], check=True)
    with open(os.path.join(name, "filler"), "wb") as file:
        file.write(bytes(FILLER))


def run_out_of_room(folder, disk, drive):
    def check_what_is_left(writer, when):
        image(PROGRAM, "check", disk)
        check_disk(content_of(PROGRAM, disk), writer.flushed, f"{drive} {when}", writer.refused)

    writer = Writer(PROGRAM, ROM, ["--disk", drive])
    writer.wait_for("refused ")
    for _ in range(10):
        writer.wait_for("flush")  # "flushed", or "flush refused" where that needs room too
    writer.kill()
    check_what_is_left(writer, "on a full disk")
    last = max(writer.refused | {writer.flushed})
    # There is room again while the next guest runs; its further rounds are told from the first guest's.
    writer = Writer(PROGRAM, ROM, ["--disk", drive])
    writer.wait_for("refused ")
    os.remove(os.path.join(folder, "filler"))
    writer.wait_for_flushes(2)
    refused = set(writer.refused)
    while writer.flushed <= 2 * last:
        writer.wait_for_flushes(1)
    writer.stop()
    check(writer.refused == refused, f"{drive}: with room nothing is refused: {sorted(writer.refused - refused)[:5]}")
    check_what_is_left(writer, "with room again")


if IN_NAMESPACE not in os.environ:
    enter_namespace()
with tempfile.TemporaryDirectory() as work:
    os.chdir(work)
    ROM = assemble(SOURCE)
    try:
        make_full("raw")
        with open("raw/disk.img", "wb") as disk_image:
            disk_image.truncate(DISK_BYTES)
        run_out_of_room("raw", "raw/disk.img", "raw/disk.img")
        make_full("overlay")
        with open("base.img", "wb") as base:
            base.truncate(DISK_BYTES)
        run_out_of_room("overlay", "overlay/disk.rdo", "base.img,overlay=overlay/disk.rdo")
    finally:
        for mounted in ["raw", "overlay"]:
            subprocess.run(["umount", mounted], stderr=subprocess.DEVNULL)
print("a full disk costs what did not fit, and nothing that was flushed")
