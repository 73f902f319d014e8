"""What a guest costs that waits for input."""
import time

from suite.machines import run_emulator
from suite.rows import ROWS

# From its last word on the guest settles before its rest is measured.
SETTLING_SECONDS = 5
RESTING_SECONDS = 20
TARGET = 0.03  # of one processor of the host


def idle_share(emulator, guest):
    """Boots the guest, which then reads from its serial line; the part of one processor that it takes."""
    shares = []

    def rest(session):
        session.ready()
        session.run(ROWS[0], 1)  # has ended when the guest has loaded its modules too
        time.sleep(SETTLING_SECONDS)
        begin, started = session.seconds(), time.monotonic()
        time.sleep(RESTING_SECONDS)
        shares.append((session.seconds() - begin) / (time.monotonic() - started))

    run_emulator(emulator, guest, rest)
    return shares[0]
