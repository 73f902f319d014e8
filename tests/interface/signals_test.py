#!/usr/bin/env python3
"""SIGTERM and SIGINT end a machine in order: what its guest wrote to the disk is in the image, and nothing else; the
terminal is as it was. Arguments: the program."""
import os
import pty
import signal
import sys
import tempfile
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import Terminal, check, linux_options

PROGRAM = sys.argv[1]
BLOCK = 64 * 1024
DISK_BLOCKS = 64
# What a terminal is like that nobody has changed.
NEW_TERMINAL = termios.tcgetattr(pty.openpty()[1])
LINE = b"written by the guest\n"


def block_of_lines():
    return (LINE * (BLOCK // len(LINE) + 1))[:BLOCK]


class Machine:
    """Linux at its shell, with a disk of its own."""

    def __init__(self, folder, number, options):
        self.number = number
        self.disk = os.path.join(folder, f"disk-{number.name}.img")
        self.stats = os.path.join(folder, f"stats-{number.name}.json")
        self.content = bytearray(os.urandom(DISK_BLOCKS * BLOCK))
        with open(self.disk, "wb") as file:
            file.write(self.content)
        self.terminal = Terminal([PROGRAM, "run", *linux_options("disk", "quiet"), "--disk", self.disk,
                                  "--serial", "stdio", "--display", "none", "--memory", "64M", "--stats", self.stats,
                                  *options])

    def shell(self, command):
        self.terminal.wait_for(b"/root # ")
        self.terminal.type(command.encode() + b"; echo status-$?\n")
        self.terminal.wait_for(b"\nstatus-0")

    def write(self, first, flags):
        self.shell(f"yes '{LINE.decode().rstrip()}' | head -c {BLOCK} | "
                   f"dd of=/dev/sda bs={BLOCK} seek={first} iflag=fullblock {flags} 2>/dev/null")
        self.content[first * BLOCK:(first + 1) * BLOCK] = block_of_lines()

    def check_end(self):
        self.terminal.wait_for(b"/root # ")
        check(termios.tcgetattr(self.terminal.descriptor) != NEW_TERMINAL, "the terminal is raw while the guest runs")
        os.kill(self.terminal.pid, self.number)
        status = self.terminal.end()
        check(status == 0, f"{self.number.name} ends the machine with status 0, got {status}")
        check(termios.tcgetattr(self.terminal.descriptor) == NEW_TERMINAL, "the terminal is as it was")
        with open(self.disk, "rb") as file:
            check(file.read() == self.content, "the image has the guest's writes and is else as it was")
        check(os.path.getsize(self.stats) > 0, "results are written")


with tempfile.TemporaryDirectory() as folder:
    machines = [Machine(folder, signal.SIGTERM, []), Machine(folder, signal.SIGINT, ["--mode", "bare"])]
    for machine in machines:
        machine.write(3, "conv=notrunc,fsync")
        machine.write(DISK_BLOCKS - 1, "oflag=direct conv=notrunc")
        machine.check_end()
print("signals end a machine in order")
