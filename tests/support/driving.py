"""Drives the program from tests, on pseudo-terminals. Everything waits for events, never for time."""
import os
import pty
import select
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CACHE = os.environ.get("RINGDOWN_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ringdown")
# Bounds a hung guest; a healthy one answers in seconds.
PATIENCE_SECONDS = 120
CONSOLE_PROMPT = b"(ringdown) "


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def wait_until(condition, what):
    """Asks again and again until the condition gives something true, and returns that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        result = condition()
        if result:
            return result
        check(time.monotonic() < deadline, f"waited in vain until {what() if callable(what) else what}")
        time.sleep(0.05)


def linux_options(initramfs="plain", parameters=""):
    """Boots Debian's kernel to a shell on the first serial port."""
    return ["--kernel", os.path.join(CACHE, "guests", "linux-686", "vmlinuz"),
            "--initrd", os.path.join(CACHE, "initramfs", f"{initramfs}.cpio"),
            "--append", f"console=ttyS0 cryptomgr.notests panic=-1 {parameters}"]


class Terminal:
    """A child on a pseudo-terminal, and everything it has printed."""

    def __init__(self, command, environment=None):
        self.output = b""
        self.read_to = 0
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm", **(environment or {})})

    def read_more(self, what="waiting for more"):
        """Waits for more output; false at its end."""
        readable, _, _ = select.select([self.descriptor], [], [], PATIENCE_SECONDS)
        check(readable, f"{what}: nothing came; so far {self.output[-2000:]!r}")
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            data = b""
        self.output += data
        return bool(data)

    def wait_for(self, text):
        """Waits for text behind what the last call found; returns what stands between the two."""
        while text not in self.output[self.read_to:]:
            check(self.read_more(f"waiting for {text!r}"),
                  f"waiting for {text!r}: the machine ended; so far {self.output[-2000:]!r}")
        start = self.read_to
        found = self.output.index(text, start)
        self.read_to = found + len(text)
        return self.output[start:found]

    def type(self, text):
        os.write(self.descriptor, text)

    def open_console(self):
        self.type(b"\x01c")
        self.wait_for(CONSOLE_PROMPT)

    def console(self, command):
        """Gives the machine's console a command and returns the answer."""
        self.type(command.encode() + b"\r")
        self.wait_for(command.encode() + b"\r\n")
        return self.wait_for(CONSOLE_PROMPT).decode().replace("\r\n", "\n")

    def end(self):
        """Waits for the child's end and returns its status."""
        while self.read_more():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
