#!/usr/bin/env python3
"""Drives ./quickstart as a new user would: a command, then a shell on a pseudo-terminal."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, ROOT, Terminal, check

QUICKSTART = os.path.join(ROOT, "quickstart")


def run_command():
    result = subprocess.run([QUICKSTART, "--", "uname -s; grep -c ^processor /proc/cpuinfo; exit 7"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    check(result.stdout == b"Linux\n1\n", f"a command's output alone, got {result.stdout!r}")
    check(result.returncode == 7, f"the command's status, got {result.returncode}")


def run_shell():
    terminal = Terminal([QUICKSTART])
    terminal.wait_for(b"/root # ")
    terminal.type(b"echo sum-$((40+2))\n")
    terminal.wait_for(b"sum-42")
    terminal.wait_for(b"/root # ")
    terminal.type(b"ping -c 1 10.0.2.2\n")
    terminal.wait_for(b"1 packets received")
    terminal.wait_for(b"/root # ")
    # A process that has written something has left the shell's line editor and signal handlers behind.
    terminal.type(b"sh -c 'echo $((40+3))-runs; exec sleep 1000'\n")
    terminal.wait_for(b"43-runs")
    terminal.type(b"\x03")  # Ctrl-C reaches the guest
    terminal.wait_for(b"/root # ")
    terminal.type(b"exit 0\n")
    status = terminal.end()
    check(status == 0, f"the shell's end ends the machine, got status {status}")

    terminal = Terminal([QUICKSTART])
    terminal.wait_for(b"/root # ")
    terminal.type(b"\x01x")  # Ctrl-A x quits
    terminal.end()


run_command()
run_shell()
print("quickstart runs a command and a shell")
