#!/usr/bin/env python3
"""Disk images as their users see them: `ringdown image`, overlays and packed disks of machines, full disks.
Arguments: the program, the guest's source."""
import gzip
import json
import os
import subprocess
import sys
import tempfile

from images import DISK_BYTES, Writer, assemble, check_disk, content_of, image
from driving import PATIENCE_SECONDS, Terminal, check

PROGRAM, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def some_disk(size=3 << 20):
    """Noise with holes."""
    return b"".join(os.urandom(50000) + bytes(150000) for _ in range(size // 200000 + 1))[:size]


def images_are_converted():
    disk = some_disk()
    write("disk.img", disk)
    for name in ["disk.img.gz", "disk.rdo", "copy.img"]:
        image(PROGRAM, "convert", "disk.img", name)
    check(gzip.decompress(read("disk.img.gz")) == disk, "gzip reads what was packed")
    check(os.stat("copy.img").st_blocks * 512 < len(disk) / 2, "zeros take no room")
    check(os.stat("disk.rdo").st_size < len(disk) / 2, "in an overlay neither")
    for name in ["disk.img.gz", "disk.rdo", "copy.img"]:
        image(PROGRAM, "convert", "--force", "--to", "raw", name, "back.img")
        check(read("back.img") == disk, f"{name} is the same disk")
        image(PROGRAM, "check", name)
    information = json.loads(image(PROGRAM, "info", "--json", "disk.rdo"))
    check(information["bytes"] == len(disk) and information["chain"][0]["kind"] == "overlay", information)
    table = bytearray(disk)
    table[446:462] = bytes([0x80, 1, 1, 0, 6, 15, 63, 9]) + (63).to_bytes(4, "little") + (1000).to_bytes(4, "little")
    table[462:510] = bytes(48)
    table[510:512] = b"\x55\xaa"
    write("parts.img", table)
    check("1: FAT16, 500 KiB at sector 63, active" in image(PROGRAM, "info", "parts.img"), "partitions are told")


def nothing_is_overwritten():
    write("disk.img", some_disk())
    write("precious", b"precious" * 64)
    write("odd", b"odd")
    cases = [
        (["create", "precious", "1M"], "--force"), (["convert", "disk.img", "precious"], "--force"),
        (["create", "precious", "--base", "disk.img"], "--force"), (["convert", "disk.img", "disk.img"], "itself"),
        (["create", "new", "--base", "new"], "its own base"), (["create", "new", "--base", "missing"], "missing"), (["create", "new", "many"], "many"),
        (["create", "new", "1000"], "1000"), (["create", "new", "9T"], "9T"), (["create", "new"], "--base"),
        (["create", "new", "1M", "--base", "disk.img"], "one of them"), (["create", "missing/new", "1M"], "missing/new"),
        (["convert", "odd", "new"], "odd"), (["convert", "missing", "new"], "missing"),
        (["convert", "disk.img", "new", "--to", "qcow2"], "--to qcow2"), (["commit", "disk.img"], "no overlay"),
        (["info", "missing"], "missing"), (["info"], "a name is missing"), (["info", "a", "b"], "one too many"),
        (["inform", "a"], "did you mean 'info'"), (["info", "--fast", "a"], "--fast"), ([], "the command is missing"),
        (["check", "--repair", "disk.img"], "--repair"), (["convert", "disk.img", "nbd://host/x"], "nbd://host/x"),
    ]
    before = {name: read(name) for name in os.listdir(".") if os.path.isfile(name)}
    for arguments, part in cases:
        text = image(PROGRAM, *arguments, status=2)
        check(part in text and text.count("\n") == 1, f"image {arguments}: {text!r} names {part}")
    after = {name: read(name) for name in os.listdir(".") if os.path.isfile(name)}
    check(before == after, f"mistakes change nothing: {set(after) ^ set(before)}")
    # What a machine uses is nobody else's.
    writer = Writer(PROGRAM, ROM, ["--disk", "disk.img"])
    writer.wait_for_flushes(1)
    check("in use" in image(PROGRAM, "create", "disk.img", "1M", "--force", status=2), "a disk in use stays")
    writer.stop()


def overlays_keep_changes():
    write("base.img", bytes(DISK_BYTES))
    writer = Writer(PROGRAM, ROM, ["--disk", "base.img", "--overlay", "o.rdo"])
    writer.wait_for_flushes(20)
    writer.stop()
    check(read("base.img") == bytes(DISK_BYTES), "the base is as it was")
    check_disk(content_of(PROGRAM, "o.rdo"), writer.flushed, "an overlay")
    before = content_of(PROGRAM, "o.rdo")
    writer = Writer(PROGRAM, ROM, ["--snapshot", "--disk", "base.img,overlay=o.rdo"])
    writer.wait_for_flushes(5)
    writer.stop()
    check(content_of(PROGRAM, "o.rdo") == before, "--snapshot throws changes away")
    write("other.img", bytes(DISK_BYTES))
    result = subprocess.run([PROGRAM, "run", "--display", "none", "--disk", "other.img,overlay=o.rdo"],
                            capture_output=True, timeout=PATIENCE_SECONDS)
    check(result.returncode == 2 and b"the overlay of base.img, not of other.img" in result.stderr, result.stderr)
    image(PROGRAM, "commit", "o.rdo")
    check(read("base.img") == before and content_of(PROGRAM, "o.rdo") == before, "a commit moves the changes")
    check("0 bytes of changes" in image(PROGRAM, "info", "o.rdo"), "and leaves none")
    # A packed disk with an overlay is like any other.
    write("base.img.gz", gzip.compress(bytes(DISK_BYTES)))
    writer = Writer(PROGRAM, ROM, ["--disk", "base.img.gz,overlay=packed.rdo"])
    writer.wait_for_flushes(5)
    writer.stop()
    check_disk(content_of(PROGRAM, "packed.rdo"), writer.flushed, "an overlay over a packed disk")


def interrupted(command, gone):
    """A command that Ctrl-C ends as soon as its progress shows."""
    terminal = Terminal([PROGRAM, "image", *command])
    terminal.wait_for(b" %")
    terminal.type(b"\x03")
    while terminal.read_more():
        pass
    check(b"interrupted" in terminal.output, f"image {command}: {terminal.output!r}")
    check(os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == 1, f"image {command}: status 1")
    for name in gone:
        check(not os.path.exists(name), f"{name} is left over")


def work_can_be_interrupted():
    size = 256 << 20
    write("large.img", os.urandom(1 << 20) * (size >> 20))
    interrupted(["convert", "large.img", "large.img.gz"], ["large.img.gz", "large.img.gz.part"])


def a_commit_is_repeated():
    write("base.img", bytes(DISK_BYTES))
    writer = Writer(PROGRAM, ROM, ["--disk", "base.img,overlay=c.rdo"])
    writer.wait_for_flushes(100)
    writer.stop()
    before = content_of(PROGRAM, "c.rdo")
    # The limit ends it in its middle.
    check("repeat the commit" in image(PROGRAM, "commit", "c.rdo", status=1, largest_file=1 << 20), "it says so")
    check(read("base.img") not in [before, bytes(DISK_BYTES)], "the base is neither")
    check("repeat 'ringdown image commit c.rdo'" in image(PROGRAM, "info", "c.rdo", status=2), "nobody uses it")
    check("repeat" in image(PROGRAM, "check", "c.rdo", status=3), "nor is it sound")
    image(PROGRAM, "commit", "c.rdo")
    check(read("base.img") == before and content_of(PROGRAM, "c.rdo") == before, "the commit is complete")


def a_full_disk():
    # Less than the guest wants to write; the limit on the size of files stands for a full disk.
    for drive in ["base.img,overlay=full.rdo", "plain.img"]:
        for name in ["base.img", "plain.img"]:
            write(name, bytes(DISK_BYTES))
        if os.path.exists("full.rdo"):
            os.remove("full.rdo")
        disk = "full.rdo" if "overlay" in drive else "plain.img"
        writer = Writer(PROGRAM, ROM, ["--disk", drive])
        writer.wait_for_flushes(1)
        writer.limit_files(1 << 20)
        writer.wait_for("refused ")
        writer.wait_for_flushes(10)
        writer.kill()
        check_disk(content_of(PROGRAM, disk), writer.flushed, f"{drive} on a full disk", writer.refused)
        image(PROGRAM, "check", disk)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    ROM = assemble(SOURCE)
    images_are_converted()
    nothing_is_overwritten()
    overlays_keep_changes()
    a_commit_is_repeated()
    a_full_disk()
    work_can_be_interrupted()
print("images are as their users want them")
