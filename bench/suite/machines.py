"""Starts the bench program, on this host or in an emulator's guest, for one conversation."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time

from suite.emulators import CONSOLE, STATISTICS
from suite.memory import peak_memory_of
from suite.session import PATIENCE_SECONDS, BenchError, Session, cpu_seconds

MESSAGES = "messages.log"  # what the emulator itself prints
LOG_TAIL_BYTES = 1500


def run_native(guest, work):
    """Calls work(session) with the bench program on this host."""
    with subprocess.Popen([guest.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, "BENCH_DISK": guest.disk}) as process:
        work(Session("native", process.stdout.fileno(), process.stdin.fileno(), lambda: cpu_seconds(process.pid),
                     lambda: ""))


def log_tail(folder):
    """The ends of the guest's console and of the emulator's own messages, each on lines of its own."""
    texts = [(folder / name).read_text(encoding="latin-1").strip() for name in (CONSOLE, MESSAGES)
             if (folder / name).exists()]
    return "".join(f"\n{text[-LOG_TAIL_BYTES:]}" for text in texts if text)


def accept(listener, process, name, log):
    """The emulator's connection, or a failure if it ends first."""
    listener.settimeout(0.1)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return listener.accept()[0]
        except TimeoutError:
            if process.poll() is not None:
                raise BenchError(f"{name}: it ended with status {process.returncode} before the guest ran"
                                 f"{log()}") from None
    raise BenchError(f"{name}: it did not connect its serial line for {PATIENCE_SECONDS} s{log()}")


def run_emulator(emulator, guest, work):
    """Boots the guest and calls work(session); returns the peak of memory, and MIPS of the whole run where the emulator
    counts instructions."""
    with tempfile.TemporaryDirectory(prefix="ringdown-bench-") as name, socket.socket(socket.AF_UNIX) as listener:
        folder = pathlib.Path(name)
        listener.bind(str(folder / "line"))
        listener.listen(1)
        with open(folder / MESSAGES, "wb") as errors, \
                subprocess.Popen(emulator.command(guest, folder, folder / "line"), stdin=subprocess.DEVNULL,
                                 stdout=errors, stderr=errors) as process:
            try:
                with accept(listener, process, emulator.name, lambda: log_tail(folder)) as line:
                    work(Session(emulator.name, line.fileno(), line.fileno(), lambda: cpu_seconds(process.pid),
                                 lambda: log_tail(folder)))
                    seconds = cpu_seconds(process.pid)
                    resources = peak_memory_of(process.pid, guest.memory_mib)
                process.terminate()
                process.wait(timeout=PATIENCE_SECONDS)
            finally:
                process.kill()
        statistics = folder / STATISTICS
        if statistics.exists():
            retired = json.loads(statistics.read_text(encoding="utf-8"))["instructions"]["total"]
            resources["mips"] = retired / seconds / 1e6
        return resources
