#!/usr/bin/env python3
"""Kills the program while a guest writes and flushes: what was flushed is on the disk, nothing else but whole sectors,
and overlays are sound. Arguments: the program, the guest's source, how many times for each kind of image."""
import os
import random
import sys
import tempfile

from images import DISK_BYTES, Writer, assemble, check_disk, content_of, image
from driving import check

PROGRAM, TIMES = os.path.abspath(sys.argv[1]), int(sys.argv[3])
SOURCE = os.path.abspath(sys.argv[2])
RANDOM = random.Random(1)


def run(disk, drive, number):
    writer = Writer(PROGRAM, ROM, ["--disk", drive])
    writer.wait_for_flushes(RANDOM.randrange(1, 60))
    # Somewhere in the rounds that have followed since.
    writer.kill()
    if disk.endswith(".rdo"):
        check("sound" in image(PROGRAM, "check", disk), f"{disk} is sound")
    check_disk(content_of(PROGRAM, disk), writer.flushed, f"{drive}, kill {number}")
    # It is used on: opening it again, for writing, changes nothing.
    image(PROGRAM, "check", *(["--repair"] if disk.endswith(".rdo") else []), disk)
    check_disk(content_of(PROGRAM, disk), writer.flushed, f"{drive}, kill {number}, opened again")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    ROM = assemble(SOURCE)
    for number in range(TIMES):
        for name in ["disk.img", "base.img"]:
            with open(name, "wb") as file:
                file.truncate(DISK_BYTES)
        if os.path.exists("o.rdo"):
            os.remove("o.rdo")
        run("o.rdo", "base.img,overlay=o.rdo", number)
        run("disk.img", "disk.img", number)
print(f"{TIMES} kills of each kind lost nothing that was flushed")
