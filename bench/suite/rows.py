"""The rows of the suite: what runs how often, and what is asked of it."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Row:
    """`rounds` are those of a quick run. The targets are the largest ratios allowed; None asks for nothing."""
    name: str
    rounds: int
    target: typing.Optional[float]  # trap / qemu
    bare_target: float = 1.10  # trap / bare
    work: str = ""  # what the guest's program calls it, if not by the row's name
    parameter: int = 0  # of the work


# The time from the emulator's start to the first instruction of the guest's init that the driver hears of. It is
# measured once a run, without rounds.
BOOT = Row("boot", 0, 2.0)

# Distances of two streams: one at which no look-aside table of any usual size has one slot for both, and one at which
# every table indexed by low bits of the page number has.
NEAR = (256 + 64) << 10
FAR = 4 << 20

ROWS = (
    Row("sieve", 100, 1.5),
    Row("lz", 120, 1.5),
    Row("crc32", 200, 1.5),
    Row("quicksort", 60, 1.5),
    Row("copy", 1500, 2.0, parameter=NEAR),
    Row("string-scan", 100, 2.0, parameter=NEAR),
    Row("copy-4m-apart", 300, 0.25, work="copy", parameter=FAR),
    Row("rep-movs", 2500, 0.18, parameter=NEAR),
    Row("rep-stos", 3000, 0.25),
    Row("rep-movs-4m-apart", 500, 0.02, work="rep-movs", parameter=FAR),
    Row("pointer-chase-8m", 60, 0.5, work="pointer-chase", parameter=8 << 20),
    Row("x87-matrix", 30, 0.4),
    Row("x87-nbody", 20, 0.4),
    Row("sse2-matrix", 200, 0.7),
    Row("sse2-nbody", 120, 0.7),
    Row("syscall-int80", 300, 1.2),
    Row("syscall-sysenter", 400, 1.2),
    Row("fork-exec-wait", 80, 1.2),
    Row("page-faults", 20, 1.5, bare_target=1.20, work="touch-first", parameter=4 << 20),
    Row("mmap-churn", 15, 1.5, bare_target=1.20),
    Row("ping-pong", 30, 1.5, work="ring", parameter=2),
    Row("disk-read", 15, None, parameter=64 << 10),
    Row("disk-read-1m", 40, 1.0, work="disk-read", parameter=1 << 20),
    Row("disk-random-4k", 4, 1.0, work="disk-random", parameter=4 << 10),
    Row("disk-pio", 4, 1.0, parameter=64 << 10),
    Row("patch-and-call", 100, 0.025, parameter=16),
)
