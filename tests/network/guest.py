"""Linux guests on networks: their scripts, the program's options, and what they and their packets said."""
import base64
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import CACHE, PATIENCE_SECONDS, check

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL = os.path.join(CACHE, "guests", "linux-686", "vmlinuz")
# Of a user network (docs/network.md).
GATEWAY = "10.0.2.2"


def cpio_entry(name, mode, content):
    """A file in an archive of the format "newc", which the kernel unpacks behind its other initramfs."""
    name = name.encode() + b"\0"
    numbers = [0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
    entry = b"070701" + b"".join(b"%08X" % number for number in numbers) + name
    entry += bytes(-len(entry) % 4) + content
    return entry + bytes(-len(entry) % 4)


def own_file(name):
    with open(os.path.join(HERE, name), "rb") as file:
        return file.read()


def initramfs(name, script, files=()):
    """The bytes of an initramfs that scripts/make_initramfs.sh has made, with `script` as /script."""
    with open(os.path.join(CACHE, "initramfs", f"{name}.cpio"), "rb") as file:
        archive = file.read()
    archive += bytes(-len(archive) % 4)
    added = [("functions", 0o100644, own_file("guest_functions.sh")), ("lease", 0o100755, own_file("guest_lease.sh")),
             ("script", 0o100644, script.encode()), *files]
    return archive + b"".join(cpio_entry(*one) for one in added) + cpio_entry("TRAILER!!!", 0, b"")


def kernel_parameters(parameters=""):
    """Those with which the guest's init runs /script; its output goes to COM2, its status becomes the program's."""
    command = base64.b64encode(b". /functions; . /script").decode()
    return f"console=ttyS0 quiet cryptomgr.notests panic=-1 {parameters} ringdown.run={command}"


class Machine:
    """A machine that starts at once, in the current folder, and ends by itself."""

    def __init__(self, program, options, memory="128M", name="guest"):
        self.name = name
        self.messages = ""
        self.command = [program, "run", "--display", "none", "--memory", memory, "--no-reboot",
                        "--serial", f"file:{name}.console", "--serial", f"file:{name}.output", *options]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def text(self, line):
        path = f"{self.name}.{line}"
        if not os.path.exists(path):
            return ""
        with open(path, "rb") as file:
            return file.read().decode("latin-1").replace("\r", "")

    def end(self, status=0, patience=PATIENCE_SECONDS):
        """Waits until it has ended so; returns what the guest wrote to COM2. The program's own words are in
        self.messages."""
        try:
            self.messages = self.process.communicate(timeout=patience)[0].decode()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.messages = f"killed after {patience} s"
        check(self.process.returncode == status,
              f"{self.name}: status {self.process.returncode}, {self.messages}\n{self.text('output')}\n"
              f"{self.text('console')[-3000:]}")
        return self.text("output")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Guest(Machine):
    """Debian's kernel that runs `script`."""

    def __init__(self, program, options, script, ramdisk="network", parameters="", name="guest", **settings):
        with open(f"{name}.initrd", "wb") as file:
            file.write(initramfs(ramdisk, script))
        super().__init__(program, ["--kernel", KERNEL, "--initrd", f"{name}.initrd", "--append",
                                   kernel_parameters(parameters), *options], name=name, **settings)


# Linux sends a TCP checksum of 0 as ffff at times, which is as good (RFC 1071).
BAD_FRAMES = ("_ws.malformed || _ws.short || ip.checksum.status == 0 || udp.checksum.status == 0 || "
              "icmp.checksum.status == 0 || (tcp.checksum.status == 0 && tcp.checksum != 0xffff)")
TSHARK_PREFERENCES = ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE",
                      # A segment that comes again is no malformed frame.
                      "tcp.desegment_tcp_streams:FALSE")
# The tests' own files are random bytes, in which a dissector for the port would look for what is not there.
AS_BYTES = ("tcp.port==1024-65535,data", "udp.port==1024-65535,data")


def frames(capture, which):
    """Those that tshark finds by a filter, a line each."""
    options = [word for preference in TSHARK_PREFERENCES for word in ("-o", preference)]
    options += [word for rule in AS_BYTES for word in ("-d", rule)]
    result = subprocess.run(["tshark", "-n", "-r", capture, *options, "-Y", which], capture_output=True, text=True,
                            check=False)
    check(result.returncode == 0, f"tshark reads {capture}: {result.stderr}")
    return result.stdout.splitlines()


def check_capture(capture, *expectations):
    """tshark finds no frame malformed and no checksum wrong, and of each filter at least so many frames."""
    bad = frames(capture, BAD_FRAMES)
    check(not bad, f"{capture}: {len(bad)} bad frames: {bad[:5]}")
    for which, least in expectations:
        found = len(frames(capture, which))
        check(found >= least, f"{capture}: {found} frames are '{which}', expected {least}")


def in_own_folder(work):
    """Calls work() in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ringdown-network-") as folder:
        os.chdir(folder)
        try:
            work()
        finally:
            os.chdir("/")
