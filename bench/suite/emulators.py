"""One small adapter for each emulator: the command that boots the guest with its console in a file and its second
serial line connected to a socket that listens."""
import shutil
import signal
import socket
import subprocess

from suite.guest import PARAMETERS, ROOT

# Files in the folder of a run.
CONSOLE = "console.log"
STATISTICS = "statistics.json"  # of emulators that count what they do


class Emulator:
    """What those have in common that need nothing else."""
    name: str
    hint: str  # how to get it
    line_family = socket.AF_UNIX  # of the socket to which the serial line connects
    environment = {}  # variables beside this process's own
    ended_by = signal.SIGTERM


class Ringdown(Emulator):
    """Ringdown in one of its modes."""
    default_program = ROOT / "build/release/frontend/ringdown"
    hint = "build it: cmake --preset release && cmake --build build/release --target ringdown"

    def __init__(self, program, mode, clock):
        self.program = program
        self.name = mode
        self.mode = mode
        self.clock = clock

    def available(self):
        return self.program.exists()

    def version(self):
        describe = ["git", "-C", self.program.parent, "describe", "--always", "--dirty"]
        commit = subprocess.run(describe, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        return f"Ringdown {commit.stdout.strip()}"

    def command(self, guest, folder, line):
        return [self.program, "run", "--mode", self.mode, "--clock", self.clock,
                "--memory", f"{guest.memory_mib}M", "--display", "none",
                "--kernel", guest.kernel, "--initrd", guest.initramfs, "--append", PARAMETERS,
                "--disk", f"{guest.disk},readonly", "--no-reboot", "--stats", folder / STATISTICS,
                "--serial", f"file:{folder / CONSOLE}", "--serial", f"unix:{line}"]


class Qemu(Emulator):
    """Debian's QEMU, with the features of Ringdown's default processor as far as it has them."""
    name = "qemu"
    program = "qemu-system-i386"
    hint = "apt-get install qemu-system-x86"
    cpu = "pentium3,family=15,model=2,stepping=9,sse2=on,clflush=on,ss=on,hypervisor=off"

    def available(self):
        return shutil.which(self.program) is not None

    def version(self):
        answer = subprocess.run([self.program, "--version"], stdout=subprocess.PIPE, text=True, check=False)
        return answer.stdout.splitlines()[0]

    def command(self, guest, folder, line):
        return [self.program, "-accel", "tcg,thread=single", "-cpu", self.cpu, "-m", str(guest.memory_mib),
                "-net", "none", "-display", "none", "-kernel", guest.kernel, "-initrd", guest.initramfs,
                "-append", PARAMETERS, "-drive", f"file={guest.disk},format=raw,if=ide,snapshot=on", "-no-reboot",
                "-serial", f"file:{folder / CONSOLE}", "-serial", f"unix:{line}"]
