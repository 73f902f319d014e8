"""The conversation with the bench program, and the clock that is read between its lines."""
import os
import select
import signal
import time

# A guest that says nothing for so long has hung.
PATIENCE_SECONDS = 300


class BenchError(Exception):
    """A run that went wrong; the text is for the user."""


def cpu_seconds(pid):
    """The CPU time that all threads of a child process have used. It stands still while its clock is read: that of a
    running thread is as old as the last timer tick."""
    os.kill(pid, signal.SIGSTOP)
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    try:
        return time.clock_gettime((~pid << 3) | 2)  # the clock that clock_getcpuclockid names
    finally:
        os.kill(pid, signal.SIGCONT)


class Session:
    """Talks to the bench program over a stream. `seconds` gives the CPU time so far, `log` what else the emulator has
    printed."""

    def __init__(self, name, receive, send, seconds, log):
        self.name = name
        self.receive = receive
        self.send = send
        self.seconds = seconds
        self.log = log
        self.pending = b""
        self.row = None  # that runs, or ran last

    def fail(self, what):
        where = f"{self.name}, row {self.row.name}" if self.row else self.name
        raise BenchError(f"{where}: {what}{self.log()}")

    def read(self):
        """What has come; nothing at the end."""
        try:
            return os.read(self.receive, 4096)
        except ConnectionError:
            return b""

    def write(self, words):
        try:
            os.write(self.send, words)
        except ConnectionError:
            self.fail("it ended before it was told what to run")

    def line(self, waiting_for):
        """The next line, and the clock as it came."""
        while b"\n" not in self.pending:
            readable, _, _ = select.select([self.receive], [], [], PATIENCE_SECONDS)
            if not readable:
                self.fail(f"no {waiting_for} for {PATIENCE_SECONDS} s")
            data = self.read()
            if not data:
                self.fail(f"it ended before {waiting_for}")
            self.pending += data
        try:
            seconds = self.seconds()
        except OSError:
            self.fail(f"it ended with {waiting_for}")
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode("latin-1").strip(), seconds

    def expect(self, marker):
        """Waits for a line `MARKER WORD...`; returns the words and the clock."""
        line, seconds = self.line(f"'{marker}'")
        if line.startswith("@error "):
            self.fail(f"the bench program says: {line[len('@error '):]}")
        if line != marker and not line.startswith(marker + " "):
            self.fail(f"expected '{marker}' but got '{line}'")
        return line[len(marker):].split(), seconds

    def ready(self):
        """Waits for the program; returns CPUID's signature, ECX and EDX as text, and the clock."""
        return self.expect("@ready")

    def run(self, row, rounds):
        """Runs a row; returns its checksum and seconds."""
        self.row = row
        work = row.work or row.name
        self.write(f"run {work} {rounds} {row.parameter}\n".encode())
        _, begin = self.expect(f"@begin {work}")
        self.write(b"\n")
        words, end = self.expect(f"@end {work}")
        if len(words) != 1:
            self.fail(f"'@end {work}' without a checksum")
        return words[0], end - begin
