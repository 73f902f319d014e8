#!/usr/bin/env python3
"""ssh into a guest as docs/network.md shows it: a command, a file each way, the cable pulled and plugged in again, the
machine's end. Arguments: the program, the adapter's model."""
import re
import subprocess
import sys

from guest import check_capture, in_own_folder
from servers import content
from driving import PATIENCE_SECONDS, Terminal, check, linux_options

PROGRAM, MODEL = sys.argv[1:]
BYTES = 300_000
# Neither this user's settings, keys and known hosts, nor the system's.
SSH = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
       "-o", "IdentityFile=none", "-o", "LogLevel=ERROR", "root@localhost", "-p"]


def start():
    """The machine on a terminal, its guest's prompt there, and the port that leads in."""
    machine = Terminal([PROGRAM, "run", *linux_options("ssh", "ringdown.net=dhcp"), "--display", "none", "--no-reboot",
                        "--serial", "stdio", "--nic", MODEL, "--net", "user", "--forward", "tcp:0:22",
                        "--pcap", "traffic.pcap"])
    notice = machine.wait_for(b" leads to the guest")
    machine.wait_for(b"'exit' ends the machine")
    return machine, re.search(rb":(\d+)$", notice)[1].decode()


def work():
    machine, port = start()

    def ssh(command, data=b""):
        return subprocess.run([*SSH, port, command], input=data, capture_output=True, timeout=PATIENCE_SECONDS,
                              check=False)

    result = ssh("uname -m; exit 7")
    check((result.returncode, result.stdout) == (7, b"i686\n"), f"a command: {result}")
    data = content(BYTES, 4)
    result = ssh("cat >/tmp/data", data)
    check(result.returncode == 0, f"a file to the guest: {result}")
    machine.open_console()
    machine.console("link 1 off")
    machine.wait_for(b"Link is Down")
    machine.type(b"link 1 on\r")
    machine.wait_for(b"Link is Up")
    result = ssh("cat /tmp/data")
    check(result.stdout == data, f"the file comes back: {result.returncode} {result.stderr}")
    ssh("poweroff -f")
    check(machine.end() == 0, "the machine ends well")
    check_capture("traffic.pcap", ("tcp.srcport == 22 && tcp.len > 0", BYTES // 1460))


in_own_folder(work)
print(f"ssh leads into a guest through {MODEL}")
