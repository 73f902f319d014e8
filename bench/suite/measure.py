"""Runs rows in emulators and keeps what came out."""
import errno

from suite.machines import run_emulator, run_native
from suite.rows import BOOT
from suite.session import BenchError


class Measurement:
    """What all runs so far have given, by emulator. `rows` are pairs of a row and its rounds."""

    def __init__(self, guest, rows):
        self.guest = guest
        self.rows = rows
        self.seconds = {}  # by emulator and row: of each run
        self.checksums = {}  # of the run on this host, by row
        self.features = {}  # CPUID's leaf 1 by emulator: signature, ECX, EDX
        self.resources = {}  # by emulator: what run_emulator returned of each run
        self.failures = {}  # by emulator: what went wrong

    def take_reference(self):
        """Runs the rows on this host: every later run must give the same checksums. False if the host runs no 32-bit
        programs of x86; then the first emulator's checksums are what the others are compared with."""
        def run_all(session):
            session.ready()
            for row, rounds in self.rows:
                if row is not BOOT:
                    self.checksums[row.name], _ = session.run(row, rounds)

        try:
            run_native(self.guest, run_all)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            return False
        return True

    def run(self, emulator):
        """One boot, and one run of all rows. What was measured before a failure stays."""
        try:
            resources = run_emulator(emulator, self.guest, self.measure)
            self.resources.setdefault(emulator.name, []).append(resources)
        except BenchError as error:
            self.failures[emulator.name] = str(error)

    def measure(self, session):
        seconds = self.seconds.setdefault(session.name, {})
        self.features[session.name], boot = session.ready()
        for row, rounds in self.rows:
            took = boot if row is BOOT else self.run_checked(session, row, rounds)
            seconds.setdefault(row.name, []).append(took)

    def run_checked(self, session, row, rounds):
        checksum, took = session.run(row, rounds)
        expected = self.checksums.setdefault(row.name, checksum)
        if checksum != expected:
            session.fail(f"it has the checksum {checksum}, it should be {expected}")
        return took
