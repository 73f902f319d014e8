"""What the tests of disk images share: the guest disk_writer.asm, what it leaves on a disk, and `ringdown image`."""
import os
import resource
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, ROOT, check, wait_until

SECTOR = 512
SECTORS = 4100
DISK_BYTES = SECTORS * SECTOR


def first_sector(number):
    """Where the guest's round `number` writes its four sectors."""
    return (number * 0x9E3779B1 & 0xFFFFFFFF) >> 20


def assemble(source):
    """The ROM of disk_writer.asm, in the current folder."""
    subprocess.run(["nasm", "-f", "bin", "-I", os.path.join(ROOT, "roms", ""), "-o", "writer.rom", source], check=True)
    return "writer.rom"


class Writer:
    """The guest, on a disk; reads its log as it comes."""

    def __init__(self, program, rom, options):
        self.flushed = 0
        self.refused = set()
        self.process = subprocess.Popen(
            [program, "run", "--firmware", rom, "--display", "none", "--memory", "4M", "--debugcon", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            # Python ignores SIGXFSZ; so that a write beyond a limit fails, it stays ignored.
            restore_signals=False)
        self.lines = []

    def limit_files(self, size):
        """From now on, writes beyond this size of a file fail, as on a full disk."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, size))

    def read_line(self):
        line = self.process.stderr.readline().decode()
        check(line, f"the guest goes on; it said {self.lines[-5:]}")
        self.note(line)
        return line.strip()

    def note(self, line):
        self.lines.append(line.strip())
        if line.startswith("flushed "):
            self.flushed = int(line.split()[1], 16)
        elif line.startswith("refused "):
            self.refused.add(int(line.split()[1], 16))

    def wait_for(self, start):
        while not self.read_line().startswith(start):
            pass

    def wait_for_flushes(self, count):
        for _ in range(count):
            self.wait_for("flushed ")

    def kill(self):
        """As a crash of the host's process does; what was logged before counts."""
        self.process.kill()
        for line in self.process.stderr.read().decode().splitlines(keepends=True):
            if line.endswith("\n"):
                self.note(line)
        self.process.wait()

    def stop(self):
        """In order."""
        self.process.terminate()
        rest = self.process.communicate(timeout=PATIENCE_SECONDS)[1].decode().splitlines()
        for line in rest:
            self.note(line)
        check(self.process.returncode == 0, f"it ends in order: {self.lines[-5:]}")


def check_disk(content, flushed, what, refused=()):
    """Each sector is of one round that wrote it, and not of one before the last that was flushed."""
    check(len(content) == DISK_BYTES, f"{what}: {len(content)} bytes")
    # A disk is written for seconds at most.
    known = {}
    for number in range(1, flushed + 1):
        if number in refused:
            continue
        for sector in range(first_sector(number), first_sector(number) + 4):
            known[sector] = number
    for sector in range(SECTORS):
        words = struct.unpack_from("<128I", content, sector * SECTOR)
        check(words == (words[0],) * 128, f"{what}: sector {sector} is of several rounds: {sorted(set(words))}")
        number = words[0]
        check(number >= known.get(sector, 0),
              f"{what}: sector {sector} is of round {number}, flushed was {known.get(sector)} (to {flushed})")
        check(number == 0 or first_sector(number) <= sector < first_sector(number) + 4,
              f"{what}: sector {sector} is of round {number}, which was elsewhere")


def image(program, *arguments, status=0, largest_file=None):
    """Runs `ringdown image` and returns what it prints. Writes beyond the size of a file that is named fail."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    result = subprocess.run([program, "image", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, restore_signals=False,
                            preexec_fn=limit if largest_file else None)
    check(result.returncode == status, f"image {arguments}: status {result.returncode}, {result.stderr.decode()}")
    return result.stdout.decode() + result.stderr.decode()


def content_of(program, name):
    """All of an image's disk."""
    if os.path.exists("content.img"):
        os.remove("content.img")
    image(program, "convert", name, "content.img")
    with open("content.img", "rb") as file:
        return file.read()


class Server:
    """An NBD server on the socket "nbd.socket" of the current folder, gone when the block is left."""
    URI = "nbd+unix:///?socket=nbd.socket"

    def __init__(self, *command):
        self.command = command
        self.start()

    def start(self):
        if os.path.exists("nbd.socket"):
            os.remove("nbd.socket")
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists("nbd.socket"), "the server has its socket")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def nbdkit(*arguments):
    return Server("nbdkit", "--foreground", "--exit-with-parent", "-U", "nbd.socket", *arguments)
