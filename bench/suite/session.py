"""One run of the bench program: the conversation with it, and the clock that is read between its lines."""
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time

# A guest that says nothing for so long has hung.
PATIENCE_SECONDS = 300
TAIL_BYTES = 1500


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
    """Talks to the bench program over a stream; `pid` is the process whose CPU time counts."""

    def __init__(self, name, pid, receive, send, log):
        self.name = name
        self.pid = pid
        self.receive = receive
        self.send = send
        self.log = log
        self.pending = b""

    def fail(self, what):
        raise BenchError(f"{self.name}: {what}{self.log()}")

    def line(self, waiting_for):
        """The next line, and the clock as it came."""
        while b"\n" not in self.pending:
            readable, _, _ = select.select([self.receive], [], [], PATIENCE_SECONDS)
            if not readable:
                self.fail(f"no {waiting_for} for {PATIENCE_SECONDS} s")
            data = os.read(self.receive, 4096)
            if not data:
                self.fail(f"it ended before {waiting_for}")
            self.pending += data
        seconds = cpu_seconds(self.pid)
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
        """Waits for the program; returns (CPUID's signature, ECX, EDX as text, seconds since the process began)."""
        return self.expect("@ready")

    def run(self, row, rounds):
        """Runs a row; returns its checksum and seconds."""
        work = row.work or row.name
        os.write(self.send, f"run {work} {rounds} {row.parameter}\n".encode())
        _, begin = self.expect(f"@begin {work}")
        os.write(self.send, b"\n")
        words, end = self.expect(f"@end {work}")
        if len(words) != 1:
            self.fail(f"'@end {work}' without a checksum")
        return words[0], end - begin


def peak_mib(pid):
    """The most memory that the process has had resident."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def run_native(guest, work):
    """Calls work(session) with the bench program on this host; returns as run_emulator does."""
    with subprocess.Popen([guest.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, "BENCH_DISK": guest.disk}) as process:
        session = Session("native", process.pid, process.stdout.fileno(), process.stdin.fileno(), lambda: "")
        work(session)
        return peak_mib(process.pid), None


def accept(listener, process, fail):
    """The emulator's connection, or a failure if it ends first."""
    listener.settimeout(0.1)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return listener.accept()[0]
        except TimeoutError:
            if process.poll() is not None:
                fail(f"it ended with status {process.returncode} before the guest ran")
    return fail(f"it did not connect its serial line for {PATIENCE_SECONDS} s")


def run_emulator(emulator, guest, work):
    """Boots the guest and calls work(session); returns peak memory in MiB and the emulator's own statistics."""
    with tempfile.TemporaryDirectory(prefix="ringdown-bench-") as name:
        folder = pathlib.Path(name)

        def tail():
            texts = [(folder / log).read_text(encoding="latin-1") if (folder / log).exists() else ""
                     for log in ("console.log", "errors.log")]
            return "".join(f"\n{text.strip()[-TAIL_BYTES:]}" for text in texts if text.strip())

        def fail(what):
            raise BenchError(f"{emulator.name}: {what}{tail()}")

        with socket.socket(socket.AF_UNIX) as listener, open(folder / "errors.log", "wb") as errors:
            listener.bind(str(folder / "line"))
            listener.listen(1)
            with subprocess.Popen(emulator.command(guest, folder, folder / "line"), stdin=subprocess.DEVNULL,
                                  stdout=errors, stderr=errors) as process:
                try:
                    with accept(listener, process, fail) as line:
                        work(Session(emulator.name, process.pid, line.fileno(), line.fileno(), tail))
                    peak = peak_mib(process.pid)
                    process.terminate()
                    process.wait(timeout=PATIENCE_SECONDS)
                finally:
                    process.kill()
        stats = folder / "stats.json"
        return peak, json.loads(stats.read_text(encoding="utf-8")) if stats.exists() else None
