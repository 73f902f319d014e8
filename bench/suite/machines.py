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
ENDING_SECONDS = 30  # from the signal that ends an emulator
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


def listen(family, folder):
    """A socket that listens, and its address as emulators are told it."""
    listener = socket.socket(family)
    listener.bind(str(folder / "line") if family == socket.AF_UNIX else ("127.0.0.1", 0))
    listener.listen(1)
    address = listener.getsockname()
    return listener, address if family == socket.AF_UNIX else f"{address[0]}:{address[1]}"


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


def resources_of(process, guest, session):
    """CPU time and memory after the last row."""
    try:
        return cpu_seconds(process.pid), peak_memory_of(process.pid, guest.memory_mib)
    except (OSError, LookupError):
        return session.fail("it ended by itself")


def end(process, emulator):
    process.send_signal(emulator.ended_by)
    try:
        process.wait(timeout=ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        raise BenchError(f"{emulator.name}: it was killed, as it had not ended {ENDING_SECONDS} s after "
                         f"{emulator.ended_by.name}") from None


def run_emulator(emulator, guest, work):
    """Boots the guest and calls work(session); returns the peak of memory, and MIPS of the whole run where the emulator
    counts instructions."""
    with tempfile.TemporaryDirectory(prefix="ringdown-bench-") as name:
        folder = pathlib.Path(name)
        listener, address = listen(emulator.line_family, folder)
        with listener, open(folder / MESSAGES, "wb") as errors, \
                subprocess.Popen(emulator.command(guest, folder, address), stdin=subprocess.DEVNULL,
                                 stdout=errors, stderr=errors, env={**os.environ, **emulator.environment}) as process:
            try:
                with accept(listener, process, emulator.name, lambda: log_tail(folder)) as line:
                    session = Session(emulator.name, line.fileno(), line.fileno(), lambda: cpu_seconds(process.pid),
                                      lambda: log_tail(folder))
                    work(session)
                    seconds, resources = resources_of(process, guest, session)
                end(process, emulator)
            finally:
                process.kill()
        statistics = folder / STATISTICS
        if statistics.exists():
            retired = json.loads(statistics.read_text(encoding="utf-8"))["instructions"]["total"]
            resources["mips"] = retired / seconds / 1e6
        return resources
