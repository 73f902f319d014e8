"""Bochs: it boots no kernel by itself, so ISOLINUX does from a CD; its serial line reaches TCP ports only."""
import os
import shutil
import signal
import socket
import subprocess

from suite.emulators import CONSOLE, Emulator
from suite.guest import PARAMETERS

ISOLINUX = ("/usr/lib/ISOLINUX/isolinux.bin", "/usr/lib/syslinux/modules/bios/ldlinux.c32")
SECTOR_BYTES, SECTORS, HEADS = 512, 63, 16


class Bochs(Emulator):
    """Debian's Bochs as a Pentium 4. It comes with its debugger, which is told to run on, and which keeps SIGTERM."""
    name = "bochs"
    hint = "apt-get install bochs bochsbios vgabios bochs-term isolinux syslinux-common xorriso"
    line_family = socket.AF_INET
    environment = {"TERM": "xterm"}  # its display, though there is no terminal
    ended_by = signal.SIGKILL

    def available(self):
        return bool(shutil.which("bochs") and shutil.which("xorriso")) and all(map(os.path.exists, ISOLINUX))

    def version(self):
        query = ["dpkg-query", "-W", "-f", "Bochs ${Version}", "bochs"]
        return subprocess.run(query, stdout=subprocess.PIPE, text=True, check=False).stdout

    def command(self, guest, folder, line):
        self.make_cd(guest, folder)
        disk = folder / "disk.img"  # Bochs locks a disk by a file beside it
        disk.symlink_to(guest.disk)
        cylinders = os.path.getsize(guest.disk) // (SECTOR_BYTES * SECTORS * HEADS)
        (folder / "configuration").write_text(
            f"megs: {guest.memory_mib}\nromimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
            "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\ndisplay_library: term\n"
            "cpu: model=p4_willamette, ips=100000000\nclock: sync=none\n"
            f"log: {folder}/bochs.log\npanic: action=fatal\nboot: cdrom\n"
            f"com1: enabled=1, mode=file, dev={folder / CONSOLE}\ncom2: enabled=1, mode=socket-client, dev={line}\n"
            f"ata0-master: type=disk, path={disk}, mode=volatile, cylinders={cylinders}, heads={HEADS}, "
            f"spt={SECTORS}\nata1-master: type=cdrom, path={folder}/cd.iso, status=inserted\n", encoding="ascii")
        (folder / "commands").write_text("c\nq\n", encoding="ascii")
        return ["bochs", "-q", "-f", folder / "configuration", "-rc", folder / "commands"]

    @staticmethod
    def make_cd(guest, folder):
        tree = folder / "cd"
        tree.mkdir()
        for file in ISOLINUX:
            shutil.copy(file, tree)
        shutil.copy(guest.kernel, tree / "vmlinuz")
        shutil.copy(guest.initramfs, tree / "initrd")
        (tree / "isolinux.cfg").write_text(f"default linux\nlabel linux\n  kernel /vmlinuz\n  initrd /initrd\n"
                                           f"  append {PARAMETERS}\n", encoding="ascii")
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", folder / "cd.iso", "-b", "isolinux.bin", "-c",
                        "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", tree], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
