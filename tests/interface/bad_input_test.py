#!/usr/bin/env python3
"""A user's mistakes: each gives one line that names the file or option and a remedy, status 2, and changes no file.
Arguments: the program."""
import gzip
import hashlib
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import CACHE, PATIENCE_SECONDS, check

PROGRAM = sys.argv[1]
KERNEL = os.path.join(CACHE, "guests", "linux-686", "vmlinuz")
# What a run would write. Those that exist already must keep their content.
OUTPUTS = [["--stats", "stats.json"], ["--save-state", "old.state"], ["--record", "new.record"],
           ["--paging-trace", "trace.jsonl"], ["--paging-report", "page.html"], ["--debugcon=file:debug.log"], ["--serial", "file:old.serial"],
           ["--serial", "file:new.serial"]]
# Permissions say nothing to root, unless it gives up the right to pass them by.
AS_USER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
MEBIBYTE = 1 << 20


def write(name, content):
    with open(name, "wb") as file:
        file.write(content)


def make_files():
    """The current folder gets the files that the table names."""
    write("good.img", b"\0" * MEBIBYTE)
    write("odd.img", b"\0" * (MEBIBYTE + 1))
    write("empty", b"")
    write("noise", hashlib.sha512(b"noise").digest() * 1024)
    write("protected.img", b"\0" * MEBIBYTE)
    os.chmod("protected.img", 0o444)
    write("secret", b"\0" * MEBIBYTE)
    os.chmod("secret", 0)
    with open(KERNEL, "rb") as kernel:
        head = kernel.read(100_000)
    write("cut.bzimage", head)
    write("cut.gz", gzip.compress(head)[:5000])
    write("broken.gz", gzip.compress(bytes(MEBIBYTE))[:-6] + b"wrong!")
    write("old.state", b"an old state")
    write("old.serial", b"old output")
    write("unknown.config", b"memory = 64M\nno-such-option = 1\n")
    write("nonsense.config", b"this is no option\n")
    write("value.config", b"memory = lots\n")
    write("section.config", b"[machine]\nmemory = 64M\n")
    os.mkdir("folder")
    os.mkdir("closed")
    os.chmod("closed", 0o555)
    os.mkfifo("pipe")


# Arguments, and what the line must contain.
MISTAKES = [
    # Disks and CDs.
    (["--disk", "missing.img"], ["missing.img", "check the name"]),
    (["missing.img"], ["missing.img"]),
    (["folder/missing/disk.img"], ["folder/missing/disk.img"]),
    (["--cdrom", ""], ["ringdown: --cdrom: the name is empty"]),
    (["--cdrom", "missing.iso"], ["missing.iso"]),
    (["--disk", "folder"], ["folder"]),
    (["--cdrom", "folder"], ["folder"]),
    (["--cdrom", "none,unit=4"], ["--cdrom", "unit"]),
    (["--cdrom", "none,readonly"], ["--cdrom", "readonly"]),
    (["--disk", "odd.img"], ["odd.img", "512"]),
    (["--disk", "odd.img,readonly"], ["odd.img", "512"]),
    (["--disk", "empty"], ["empty"]),
    (["--cdrom", "empty"], ["empty"]),
    (["--disk", "/dev/null"], ["/dev/null"]),
    (["--disk", "pipe,readonly"], ["pipe"]),
    (["--disk", "protected.img"], ["protected.img", "readonly"]),
    (["--disk", "secret"], ["secret"]),
    (["--disk", "secret,readonly"], ["secret"]),
    (["--disk", "good.img/x"], ["good.img/x"]),
    (["--disk", ""], ["--disk"]),
    (["--disk", ",readonly"], ["--disk"]),
    (["--disk", "good.img,unit=4"], ["unit"]),
    (["--disk", "good.img,unit="], ["unit"]),
    (["--disk", "good.img,bus=scsi"], ["bus=", "virtio"]),
    (["--disk", "good.img,bus=virtio,unit=2", "--disk", "good.img,bus=virtio,unit=2"], ["unit 2"]),
    (["--disk", "good.img,bus=virtio"] + 4 * ["--disk", "good.img,bus=virtio"], ["--disk", "virtio", "leave some out"]),
    (["--cdrom", "good.img,bus=virtio"], ["--cdrom", "bus=virtio"]),
    (["--disk-latency", "5"], ["--disk-latency", "5ms"]),
    (["--disk-latency", "11s"], ["--disk-latency"]),
    (["--disk-latency", "-1us"], ["--disk-latency"]),
    (["--disk", "good.img,format=qcow2"], ["format=raw"]),
    (["--disk", "good.img,writable"], ["writable"]),
    (["--disk", "good.img,overlay="], ["overlay"]),
    (["--disk", "good.img,reconnect=soon"], ["reconnect"]),
    (["--disk", "good.img", "--overlay", "good.img"], ["good.img", "name another file"]),
    (["--disk", "good.img", "--overlay", "odd.img"], ["odd.img"]),
    (["--disk", "good.img", "--overlay", "missing/o.rdo"], ["missing/o.rdo"]),
    (["--overlay", "o.rdo"], ["--overlay", "--disk"]),
    (["--disk", "good.img,overlay=a.rdo", "--overlay", "b.rdo"], ["--overlay", "keep one"]),
    (["--disk", "cut.gz"], ["cut.gz"]),
    (["--disk", "cut.gz,readonly"], ["cut.gz", "damaged gzip"]),
    (["--disk", "nbd://127.0.0.1:1/x"], ["nbd://127.0.0.1:1/x", "check the address"]),
    (["--disk", "nbd+unix:///?socket=missing"], ["nbd+unix:///?socket=missing", "check the address"]),
    (["--disk", "good.img,unit=1", "--disk", "good.img,unit=1"], ["unit 1"]),
    (["--disk", "good.img", "--cdrom", "missing.iso"], ["missing.iso"]),
    (["a", "b", "c", "d", "e"], ["four"]),
    (["--boot", "network"], ["--boot network", "--net user"]),
    (["--boot", "network,tape"], ["--boot network,tape", "disk"]),
    (["--net", "user", "--nic", "e1000,rom=off", "--boot", "network"], ["--boot network", "rtl8029"]),
    (["--nic", "ne2000", "--boot", "network"], ["--boot network", "rtl8029"]),
    (["--boot", "floppy,floppy"], ["--boot floppy,floppy", "disk"]),
    (["--floppy", "missing.img"], ["missing.img", "check the name"]),
    (["--floppy", "folder"], ["folder"]),
    (["--floppy", ""], ["--floppy"]),
    (["--floppy", "good.img"], ["--floppy good.img", "1.44 MB"]),
    (["--floppy", "odd.img"], ["odd.img", "512"]),
    (["--floppy", "good.img,writable"], ["writable", "readonly"]),
    (["--floppy", "none", "--floppy", "none", "--floppy", "none"], ["--floppy", "two"]),
    # Network adapters.
    (["--nic", ""], ["--nic", "e1000"]),
    (["--nic", "ne3200"], ["--nic ne3200", "pcnet"]),
    (["--nic", "e1000,mac=1:2:3:4:5:6"], ["--nic", "mac", "52:54:00:12:34:56"]),
    (["--nic", "e1000,mac=01:00:5e:00:00:01"], ["--nic", "even"]),
    (["--nic", "e1000,rom="], ["--nic", "name a file"]),
    (["--nic", "e1000,irq=5"], ["--nic", "leave them out"]),
    (["--nic", "ne2000,port=0x301"], ["--nic", "0x300"]),
    (["--nic", "ne2000,irq=14"], ["--nic", "irq="]),
    (["--nic", "ne2000,rom=good.img"], ["--nic", "rtl8029"]),
    (["--nic", "ne2000", "--nic", "ne2000,port=0x320"], ["--nic ne2000", "irq="]),
    (["--nic", "e1000,speed=10"], ["speed=10"]),
    (["--nic", "e1000,mac=52:54:00:00:00:01", "--nic", "pcnet,mac=52:54:00:00:00:01"], ["--nic", "mac="]),
    (["--net", "user"] * 5, ["--net", "at most 4"]),
    (["--net", "bridge"], ["--net bridge", "user"]),
    (["--net", "tap:"], ["--net tap:", "tap0"]),
    (["--net", "tap:a-name-that-is-too-long"], ["--net tap:", "15 characters"]),
    (["--net", "socket:127.0.0.1:1234"], ["--net socket:", "listen="]),
    (["--net", "socket:listen=1234"], ["--net socket:", "HOST:PORT"]),
    (["--net", "socket:listen=unix:"], ["--net socket:", "path"]),
    (["--net", "user", "--forward", "2222:22"], ["--forward 2222:22", "tcp"]),
    (["--net", "user", "--forward", "tcp:2222"], ["--forward tcp:2222", "guest's port"]),
    (["--net", "user", "--forward", "tcp:nowhere:2222:22"], ["--forward", "nowhere"]),
    (["--net", "user", "--forward", "tcp:99999:22"], ["--forward"]),
    (["--net", "user", "--forward", "tcp:2222:22:22"], ["--forward"]),
    *[(["--net", "tap:tap0", *option], [option[0], "--net user"]) for option in
      [["--forward", "tcp:2222:22"], ["--restrict"], ["--tftp", "folder"], ["--bootfile", "x"]]],
    (["--net", "user", "--tftp", "missing"], ["--tftp missing", "check the name"]),
    (["--net", "user", "--tftp", "good.img"], ["--tftp good.img"]),
    (["--pcap", "new.pcap"], ["--pcap", "--net user"]),
    (["--net", "user", "--pcap", "a.pcap", "--pcap", "b.pcap"], ["--pcap", "leave some out"]),
    (["--net", "user", "--pcap", ""], ["--pcap"]),
    # Kernels.
    (["--kernel", "missing"], ["missing"]),
    (["--kernel", "folder"], ["folder"]),
    (["--kernel", "empty"], ["empty"]),
    (["--kernel", "/dev/null"], ["/dev/null"]),
    (["--kernel", "noise"], ["noise"]),
    (["--kernel", "good.img"], ["good.img"]),
    (["--kernel", "cut.bzimage"], ["cut.bzimage"]),
    (["--kernel", "cut.gz"], ["cut.gz"]),
    (["--kernel", "broken.gz"], ["broken.gz"]),
    (["--kernel", "secret"], ["secret"]),
    *[([option, ""], [option]) for option in
      ["--kernel", "--initrd", "--cdrom", "--firmware", "--config", "--stats", "--save-state", "--load-state",
       "--record", "--replay", "--paging-trace", "--paging-report"]],
    (["--kernel", KERNEL, "--initrd", "missing"], ["missing"]),
    (["--kernel", KERNEL, "--initrd", "folder"], ["folder"]),
    (["--kernel", KERNEL, "--initrd", KERNEL, "--memory", "8M"], ["--memory"]),
    (["--kernel", KERNEL, "--append", "x" * 5000], ["--append"]),
    (["--initrd", "good.img"], ["--initrd", "--kernel"]),
    (["--append", "quiet"], ["--append", "--kernel"]),
    (["--firmware", "missing.bin"], ["missing.bin"]),
    (["--firmware", "folder"], ["folder"]),
    (["--firmware", "empty"], ["empty"]),
    (["--firmware", "odd.img"], ["odd.img"]),
    # Options and values.
    (["--no-such-option"], ["--no-such-option", "--help"]),
    (["--memor", "64M"], ["--memor"]),
    (["-z"], ["-z"]),
    (["--memory", "64M", "--memory", "32M"], ["--memory", "more than once"]),
    (["--no-reboot=yes"], ["--no-reboot"]),
    *[(["--memory", size], [f"--memory {size}", "3.5G"]) for size in
      ["", "0", "-1", "1e9", "256Q", "18446744073709551616", "18446744073709551615G", "1023K", "3585M", "4G", "many",
       "0x100", "1.M", "1.2345G", " 64M", "64 M", "64MB", "nan"]],
    (["--memory", "1025.5K"], ["--memory", "4K"]),
    (["--cpu", "z80"], ["z80", "--cpu list"]),
    (["--mode", "fast"], ["--mode fast", "trap or bare"]),
    (["--acpi", "maybe"], ["--acpi maybe", "on or off"]),
    (["--apic", "none"], ["--apic none", "on or off"]),
    (["--deprivilege", "ring2"], ["ring2", "ring1 or ring3"]),
    (["--paging", "flat"], ["--paging flat", "shadow or nested or direct"]),
    (["--paging", "nested", "--deprivilege", "ring3"], ["--paging nested", "--deprivilege ring3"]),
    (["--paging", "nested", "--mode", "bare"], ["--paging", "--mode bare"]),
    (["--let-through", "popf,nonsense"], ["nonsense"]),
    (["--let-through", "popf", "--mode", "bare"], ["--let-through", "--mode bare"]),
    (["--shadow-sync", "never"], ["--shadow-sync never", "strict or lazy or auto"]),
    (["--shadow-sync", "lazy", "--mode", "bare"], ["--shadow-sync", "--mode bare"]),
    (["--shadow-memory", "16M", "--paging", "nested"], ["--shadow-memory", "--paging"]),
    (["--shadow-memory", "100K"], ["--shadow-memory 100K", "1M"]),
    (["--break-shadow", "cpu:3"], ["--break-shadow cpu:3", "drop-sync:N"]),
    (["--break-shadow", "drop-sync:0"], ["--break-shadow drop-sync: 0"]),
    (["--break-shadow", "stale-tlb:1", "--mode", "bare"], ["--break-shadow", "--mode bare"]),
    (["--audit-shadow", "1M", "--mode", "bare"], ["--audit-shadow", "--mode bare"]),
    (["--audit-shadow", "0"], ["--audit-shadow 0"]),
    (["--paging-trace", "new.jsonl", "--mode", "bare"], ["--paging-trace", "--mode bare"]),
    (["--paging-trace", "new.jsonl", "--paging", "nested"], ["--paging-trace", "--paging nested"]),
    (["--paging-report", "new.html", "--mode", "bare"], ["--paging-report", "--mode bare"]),
    (["--paging-report", "new.html", "--paging", "nested"], ["--paging-report", "--paging nested"]),
    (["--clock", "wall"], ["--clock wall"]),
    (["--speed", "0"], ["--speed 0"]),
    (["--speed", "fast"], ["--speed fast"]),
    (["--speed", "1e3"], ["--speed 1e3"]),
    (["--speed", "486-100"], ["--speed 486-100", "486-66", "unlimited"]),
    (["--turbo"], ["--turbo", "--speed"]),
    (["--missed-ticks", "lose"], ["--missed-ticks lose", "slew or drop or burst"]),
    (["--hpet", "maybe"], ["--hpet maybe", "on or off"]),
    (["--rtc", "yesterday"], ["--rtc yesterday"]),
    (["--rtc", "1999-13-01T00:00:00"], ["--rtc"]),
    (["--rtc", "1999-02-30T00:00:00"], ["--rtc"]),
    (["--stop-after", "0"], ["--stop-after"]),
    (["--stop-after", "-5"], ["--stop-after"]),
    (["--stop-after", "99999999999999999999"], ["--stop-after"]),
    (["--log", "nonsense"], ["--log", "nonsense"]),
    (["--display", "vga"], ["--display vga", "terminal"]),
    (["--config", "missing.config"], ["missing.config"]),
    (["--config", "folder"], ["folder"]),
    (["--config", "unknown.config"], ["unknown.config", "no-such-option"]),
    (["--config", "nonsense.config"], ["nonsense.config", "this is no option"]),
    (["--config", "value.config"], ["lots"]),
    (["--config", "section.config"], ["section.config", "machine"]),
    # Lines and outputs.
    (["--serial", "nonsense"], ["--serial nonsense", "stdio"]),
    (["--serial", "file:"], ["--serial file:"]),
    (["--serial", "file:folder"], ["folder"]),
    (["--serial", "file:missing/out"], ["missing"]),
    (["--serial", "tcp:localhost"], ["tcp:localhost"]),
    (["--serial", "tcp:localhost:0"], ["tcp:localhost:0"]),
    (["--serial", "tcp:localhost:65536"], ["65536"]),
    (["--serial", "tcp:localhost:1"], ["tcp:localhost:1"]),
    (["--serial", "unix:"], ["unix:"]),
    (["--serial", "unix:missing.socket"], ["missing.socket"]),
    (["--serial", "unix:missing/socket,server"], ["missing/socket"]),
    (["--serial", "unix:good.img,server"], ["good.img"]),
    (["--serial", "unix:" + "x" * 200], ["too long"]),
    (["--serial", "file:old.serial", "--serial", "tcp:localhost:1"], ["tcp:localhost:1"]),
    (["--serial", "file:new.serial", "--serial", "unix:missing.socket"], ["missing.socket"]),
    (["--serial", "stdio", "--serial", "stdio"], ["stdio"]),
    (["--serial", "none"] * 5, ["--serial", "four"]),
    (["--serial", "stdio", "--display", "terminal"], ["--display terminal"]),
    (["--display", "terminal"], ["--display terminal", "--display none"]),
    (["--display", "sdl"], ["--display sdl", "--display none"]),
    (["--stats", "missing/stats.json"], ["--stats", "missing"]),
    (["--stats", "folder"], ["--stats", "folder"]),
    (["--stats", "closed/stats.json"], ["--stats", "closed"]),
    (["--save-state", "folder"], ["--save-state", "folder"]),
    (["--record", "protected.img"], ["--record", "protected.img"]),
    (["--paging-trace", "missing/trace"], ["--paging-trace", "missing"]),
    (["--paging-report", "missing/page"], ["--paging-report", "missing"]),
    (["--debugcon=file:missing/log"], ["--debugcon", "missing"]),
    (["--debugcon=printer"], ["--debugcon=printer"]),
    (["--debugcon="], ["--debugcon"]),
    # A file that is read, or written by another option, is no output.
    (["--disk", "good.img", "--stats", "good.img"], ["--stats good.img", "--disk good.img"]),
    (["--cdrom", "good.img", "--save-state", "folder/../good.img"], ["--save-state", "--cdrom good.img"]),
    (["--kernel", KERNEL, "--record", KERNEL], [f"--record {KERNEL}", "--kernel"]),
    (["--stats", "new", "--serial", "file:./new"], ["file:./new", "--stats new"]),
    (["--serial", "file:new", "--serial", "file:new"], ["file:new"]),
    (["--record", "r", "--replay", "s"], ["--record", "--replay"]),
    (["--replay", "missing.record"], ["missing.record"]),
    (["--replay", "noise"], ["noise"]),
    (["--load-state", "missing.state"], ["missing.state"]),
    (["--load-state", "folder"], ["folder"]),
    (["--gdb", "host.example:1234"], ["--gdb"]),
    (["--gdb", "port"], ["--gdb"]),
    (["--gdb", "70000"], ["--gdb"]),
    (["--paused"], ["--paused", "--gdb"]),
]
COMMANDS = [
    (["run", "--memory"], ["--memory"]),
    (["start"], ["start", "ringdown run"]),
    (["lab"], ["lab", "lists the experiments"]),
    (["lab", "tlb"], ["lab tlb", "lists the experiments"]),
    (["lab", "pagign"], ["lab pagign", "did you mean 'paging'?"]),
    (["lab", "report"], ["lab report", "-o", "name the file"]),
    (["lab", "report", "-o"], ["-o", "its value is missing"]),
    (["lab", "report", "-o", "missing/page.html"], ["-o missing/page.html", "create it"]),
    (["lab", "report", "-o", "folder"], ["-o folder", "name a file"]),
    (["lab", "report", "-o", "new.html", "--sections", "pagign"], ["--sections pagign", "did you mean 'paging'?"]),
    (["lab", "report", "-o", "new.html", "--", "good.img"], ["lab report", "leave the options of a run out"]),
    (["lab", "silicon", "--jsn"], ["--jsn", "lists its options"]),
    (["lab", "silicon", "--", "good.img"], ["good.img", "no guest"]),
    (["lab", "table", "pofp"], ["lab table: pofp", "did you mean 'popf'"]),
    (["lab", "table", "--ring", "2"], ["--ring 2", "name one"]),
    (["lab", "table", "--json", "--markdown"], ["--json", "--markdown"]),
    (["lab", "table", "--umpi"], ["--umpi", "lists its options"]),
    (["lab", "table", "--", "good.img"], ["good.img", "guest of its own"]),
    (["lab", "lockstep"], ["lab lockstep", "the guest is missing"]),
    (["lab", "lockstep", "pagin"], ["lab lockstep: pagin", "did you mean 'paging'"]),
    (["lab", "lockstep", "paging", "popf-kernel"], ["popf-kernel", "one guest"]),
    (["lab", "lockstep", "paging", "--", "good.img"], ["paging", "leave one out"]),
    (["lab", "lockstep", "--every", "none", "paging"], ["--every none"]),
    (["lab", "lockstep", "--within", "0", "paging"], ["--within 0"]),
    (["lab", "lockstep", "--ring", "2", "paging"], ["--ring 2", "1 or 3"]),
    (["lab", "lockstep", "--paging", "none", "paging"], ["--paging none"]),
    (["lab", "lockstep", "--paging", "direct", "paging"], ["--paging direct"]),
    (["lab", "lockstep", "--shadow-sync", "none", "paging"], ["--shadow-sync none"]),
    (["lab", "lockstep", "--", "--let-through", "popf"], ["lab lockstep", "--let-through"]),
    (["lab", "lockstep", "--", "--mode", "bare"], ["lab lockstep", "--mode"]),
    (["lab", "lockstep", "--", "--firmware", "missing.bin"], ["missing.bin"]),
    (["lab", "lockstep", "--", "--kernel", "missing"], ["missing"]),
    (["lab", "classify", "popff"], ["popff", "did you mean 'popf'"]),
    (["lab", "classify", "--cpu", "z80"], ["--cpu z80", "--cpu list"]),
    (["lab", "classify", "--cases", "0"], ["--cases 0", "choose 1 to"]),
    (["lab", "classify", "--seed", "one"], ["--seed"]),
    (["lab", "classify", "--seed", "-1"], ["--seed -1", "choose 0 to"]),
    (["lab", "classify", "--", "disk.img"], ["disk.img", "there is no guest"]),
    (["lab", "violate"], ["lab violate", "the instruction is missing"]),
    (["lab", "violate", "popf"], ["lab violate", "the guest is missing"]),
    (["lab", "violate", "pofp", "popf-kernel"], ["pofp", "did you mean 'popf'"]),
    (["lab", "violate", "popf,", "popf-kernel"], ["''", "--let-through list"]),
    (["lab", "violate", "cli", "popf-kernel"], ["'cli'", "--let-through list"]),
    (["lab", "violate", "popf", "pofp-kernel"], ["pofp-kernel", "did you mean 'popf-kernel'"]),
    (["lab", "violate", "popf", "popf-kernel", "paging"], ["paging", "one guest"]),
    (["lab", "violate", "popf", "popf-kernel", "--within", "x"], ["--within x"]),
    (["lab", "violate", "popf", "--", "--let-through", "popf"], ["lab violate", "--let-through"]),
    (["lab", "paging", "--jsn"], ["--jsn", "behind '--'"]),
    (["lab", "paging", "--json", "--report", "new.html"], ["--json", "--report"]),
    (["lab", "paging", "--", "missing.img,readonly"], ["missing.img"]),
    (["lab", "paging", "--", "--firmware", "missing.bin"], ["missing.bin"]),
    (["lab", "paging", "--", "--kernel", "missing"], ["missing"]),
    (["lab", "paging", "--", "--memory", "none"], ["--memory none"]),
    (["lab", "paging", "--", "--paging", "direct"], ["lab paging", "--paging"]),
    (["lab", "paging", "--", "--serial=stdio"], ["lab paging", "--serial=stdio"]),
    (["lab", "paging", "--", "good.img,readonly", "--deprivilege", "ring3", "--stop-after", "1000"], ["--deprivilege ring3"]),
    (["lab", "paging", "--report"], ["--report", "its value is missing"]),
    (["lab", "paging", "--report=", "--", "good.img"], ["--report", "equal sign"]),
    (["lab", "paging", "--report", "new.html", "--report", "b.html", "--", "good.img"], ["--report", "more than once"]),
    (["lab", "paging", "--report", "missing/new.html"], ["report missing/new.html", "create it"]),
    (["lab", "paging", "--report", "new.html", "good.img"], ["good.img", "behind '--'"]),
    (["lab", "paging", "--report", "new.html", "--", "missing.img"], ["missing.img"]),
    (["lab", "paging", "--report", "new.html", "--", "good.img", "--mode", "bare"], ["report", "--mode bare"]),
    (["lab", "paging", "--report", "missing/new.html", "--", "good.img"], ["report missing/new.html", "create it"]),
    (["lab", "cost", "syscalls"], ["syscalls", "lists both"]),
    (["lab", "cost", "int81"], ["int81", "did you mean 'int80'?"]),
    (["lab", "cost", "paging", "system-calls"], ["system-calls", "leave one out"]),
    (["lab", "cost", "--repeat", "0"], ["--repeat"]),
    (["lab", "cost", "--repeat", "1M"], ["--repeat 1000000", "at most"]),
    (["lab", "cost", "int80", "--", "good.img,readonly"], ["'boot'"]),
    (["lab", "cost", "--", "good.img,readonly", "--paging", "nested"], ["lab cost", "--paging"]),
    (["lab", "cost", "--", "--kernel", "missing"], ["missing"]),
    (["lab", "io", "ide-dmi"], ["ide-dmi", "did you mean 'ide-dma'?"]),
    (["lab", "io", "floppy"], ["floppy", "no such device", "lists them"]),
    (["lab", "io", "--packets", "0"], ["lab io: --packets"]),
    (["lab", "io", "--blocks", "2M"], ["--blocks 2000000", "at most 1000000"]),
    (["lab", "io", "--batch", "33"], ["--batch 33", "at most 32"]),
    (["lab", "io", "--batch"], ["--batch", "its value is missing"]),
    (["lab", "io", "--", "good.img"], ["lab io: good.img", "leave out"]),
    (["lab", "journey", "sysentr"], ["sysentr", "did you mean 'sysenter'?"]),
    (["lab", "journey", "system-call"], ["system-call", "did you mean 'system-calls'?"]),
    (["lab", "journey", "int80", "paging", "system-calls"], ["system-calls", "leave one out"]),
    (["lab", "journey", "paging", "--", "good.img"], ["paging", "leave one out"]),
    (["lab", "journey", "--ring", "2"], ["--ring 2", "1 or 3"]),
    (["lab", "journey", "--cold", "--skip", "3"], ["--cold", "--skip"]),
    (["lab", "journey", "--skip", "few"], ["--skip few"]),
    (["lab", "journey", "--within", "0"], ["--within"]),
    (["lab", "journey", "--json", "--svg", "new.svg"], ["--json", "--svg"]),
    (["lab", "journey", "--svg", "missing/new.svg"], ["--svg missing/new.svg", "create it"]),
    (["lab", "journey", "--svg", "good.img", "--", "good.img"], ["--svg good.img", "--disk good.img"]),
    (["lab", "journey", "--", "good.img", "--mode", "bare"], ["lab journey", "--mode"]),
    (["lab", "journey", "--", "missing.img"], ["missing.img"]),
    (["lab", "journey", "--ring", "3", "--", "good.img", "--paging", "nested"], ["--paging nested", "ring3"]),
    (["--run"], ["--run"]),
    (["Run"], ["Run"]),
]


def arguments_of(mistake):
    """The mistake, and all outputs that it does not name itself."""
    given = {word.split("=")[0] for word in mistake}
    if "--replay" in given:
        given.add("--record")  # the two exclude each other
    if {"bare", "nested"} & set(mistake):
        given |= {"--paging-trace", "--paging-report"}
    # A mistake that goes unnoticed shall show soon.
    others = [*OUTPUTS, ["--stop-after", "1000"]]
    return ["run", *mistake, *[word for other in others if other[0].split("=")[0] not in given for word in other]]


def run(arguments, **variables):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")} | variables
    return subprocess.run([*AS_USER, PROGRAM, *arguments], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_SECONDS)


def folder_content():
    content = {}
    for folder, _, names in os.walk("."):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content[path] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return content


def faults_of(result, expected, before):
    """What is wrong with how the program took a mistake."""
    if result.returncode != 2:
        yield f"status {result.returncode}"
    if result.stdout:
        yield f"standard output {result.stdout!r}"
    if result.stderr.count("\n") != 1 or not (result.stderr.startswith("ringdown: ") and result.stderr.endswith("\n")):
        yield "not one line"
    for text in expected:
        if text not in result.stderr:
            yield f"does not name {text!r}"
    after = folder_content()
    if after != before:
        yield f"changed {sorted(set(after.items()) ^ set(before.items()))}"


def check_mistakes(table):
    bad = 0
    for arguments, expected in table:
        before = folder_content()
        result = run(arguments)
        faults = list(faults_of(result, expected, before))
        if faults:
            bad += 1
            print(f"ringdown {' '.join(arguments)}: {'; '.join(faults)}: {result.stderr!r}")
    check(bad == 0, f"{bad} of {len(table)} mistakes are not taken as promised")


def check_outputs_are_written():
    """The same outputs with nothing wrong: so the mistakes were what kept them from being written."""
    before = folder_content()
    result = run(arguments_of(["--disk", "good.img"]))
    check(result.returncode == 0, f"a run without a mistake: {result.stderr}")
    changed = {name for name, _ in set(folder_content().items()) ^ set(before.items())}
    check(changed == {"./stats.json", "./old.state", "./new.record", "./trace.jsonl", "./page.html", "./debug.log",
                      "./old.serial", "./new.serial"},
          f"a run without a mistake writes all outputs, got {changed}")


with tempfile.TemporaryDirectory() as folder, socket.socket() as taken:
    os.chdir(folder)
    make_files()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    occupied = [(["--gdb", str(port)], [str(port)]),
                (["--serial", "file:old.serial", "--serial", f"tcp:127.0.0.1:{port},server"], [str(port)])]
    check_mistakes([(arguments_of(mistake), expected) for mistake, expected in MISTAKES + occupied] + COMMANDS)
    before = folder_content()
    result = run(arguments_of(["--display", "sdl"]), DISPLAY=":65000")
    faults = list(faults_of(result, ["--display sdl", "--display none"], before))
    check(not faults, f"a display that does not answer: {'; '.join(faults)}: {result.stderr!r}")
    check_outputs_are_written()
    os.chdir("/")
print("every mistake gives its line and changes nothing")
