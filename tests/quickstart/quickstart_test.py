#!/usr/bin/env python3
"""Drives ./quickstart as a new user would: a command, then a shell on a pseudo-terminal."""
import os
import pty
import select
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
QUICKSTART = os.path.join(ROOT, "quickstart")
# Bounds a hung guest; a healthy one answers in seconds.
PATIENCE_SECONDS = 120


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def run_command():
    result = subprocess.run([QUICKSTART, "--", "uname -s; grep -c ^processor /proc/cpuinfo; exit 7"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    check(result.stdout == b"Linux\n1\n", f"a command's output alone, got {result.stdout!r}")
    check(result.returncode == 7, f"the command's status, got {result.returncode}")


class Terminal:
    """A child on a pseudo-terminal, and everything it has printed."""

    def __init__(self, command):
        self.output = b""
        self.read_to = 0
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(command, [command])

    def wait_for(self, text):
        while text not in self.output[self.read_to:]:
            readable, _, _ = select.select([self.descriptor], [], [], PATIENCE_SECONDS)
            check(readable, f"waiting for {text!r}: nothing came; so far {self.output[-2000:]!r}")
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                data = b""
            check(data, f"waiting for {text!r}: the machine ended; so far {self.output[-2000:]!r}")
            self.output += data
        self.read_to = self.output.index(text, self.read_to) + len(text)

    def type(self, text):
        os.write(self.descriptor, text)

    def end(self):
        while True:
            try:
                if not os.read(self.descriptor, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def run_shell():
    terminal = Terminal(QUICKSTART)
    terminal.wait_for(b"/root # ")
    terminal.type(b"echo sum-$((40+2))\n")
    terminal.wait_for(b"sum-42")
    terminal.wait_for(b"/root # ")
    # Its output shows that the shell has left its line editor, where Ctrl-C would be a mere character.
    terminal.type(b"echo $((40+3))-runs; sleep 1000\n")
    terminal.wait_for(b"43-runs")
    terminal.type(b"\x03")  # Ctrl-C reaches the guest
    terminal.wait_for(b"/root # ")
    terminal.type(b"exit 0\n")
    status = terminal.end()
    check(status == 0, f"the shell's end ends the machine, got status {status}")

    terminal = Terminal(QUICKSTART)
    terminal.wait_for(b"/root # ")
    terminal.type(b"\x01x")  # Ctrl-A x quits
    terminal.end()


run_command()
run_shell()
print("quickstart runs a command and a shell")
