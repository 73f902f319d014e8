"""The guest that every emulator boots: made by bench/make_guest, described by paths."""
import dataclasses
import pathlib
import subprocess

from suite.session import BenchError

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Without the kernel's own cipher tests, which are half of a boot; the console tells of trouble only.
PARAMETERS = "console=ttyS0 quiet cryptomgr.notests panic=-1"


@dataclasses.dataclass(frozen=True)
class Guest:
    program: str  # the bench program, which the initramfs holds as its init and which runs on a host too
    kernel: str
    initramfs: str
    disk: str
    memory_mib: int = 256


def make_guest(kernel, **settings):
    """Builds and fetches what is missing, with Debian's kernel of that name."""
    made = subprocess.run([ROOT / "bench/make_guest", kernel], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise BenchError("the guest could not be made")
    return Guest(*made.stdout.splitlines(), **settings)
