#!/usr/bin/env python3
"""A guest at a tap device in a network namespace of its own: iperf3 both ways, and ping. Without the permission for
that it says so and ends with status 77. Arguments: the program, the adapter's model."""
import json
import os
import subprocess
import sys

from guest import Guest, Machine, check_capture, in_own_folder
from driving import check

PROGRAM, MODEL = sys.argv[1:]
NOT_PERMITTED = 77
SEPARATOR = "----"
BYTES = 4_000_000
HERE, THERE = "10.9.0.1", "10.9.0.2"

SCRIPT = f"""
take_address eth0 {THERE}/24
check ping -q -c 3 -W 5 {HERE}
iperf3 -c {HERE} -n {BYTES} -J || fail 'sending'
echo {SEPARATOR}
iperf3 -c {HERE} -n {BYTES} -J -R || fail 'receiving'
"""


def into_namespace():
    """Goes on in a network namespace in which this user may do everything."""
    for options in (["--net"], ["--net", "--map-root-user"]):
        command = ["unshare", *options]
        tried = subprocess.run([*command, "ip", "tuntap", "add", "mode", "tap", "name", "tap0"],
                               stderr=subprocess.PIPE, check=False)
        if tried.returncode == 0:
            os.execvp(command[0], [*command, sys.executable, *sys.argv])
    print(f"NOT TESTED: no tap device in a network namespace is permitted here: {tried.stderr.decode().strip()}")
    sys.exit(NOT_PERMITTED)


def first_words(interface):
    """The first line that the program writes of an interface of the host."""
    with Machine(PROGRAM, ["--net", f"tap:{interface}"]) as machine:
        return machine.process.stdout.readline().decode()


def configure(*commands):
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


def work():
    configure("link set lo up", "tuntap add mode tap name tap0", f"address add {HERE}/24 dev tap0")
    check("ip link set tap0 up" in first_words("tap0"), "an interface that is down has a remedy")
    check("no tap device" in first_words("lo"), "another kind of interface is refused")
    configure("link set tap0 up")
    with subprocess.Popen(["iperf3", "--server"], stdout=subprocess.DEVNULL) as server:
        with Guest(PROGRAM, ["--nic", MODEL, "--net", "tap:tap0", "--pcap", "traffic.pcap"], SCRIPT,
                   ramdisk="network-tools", memory="192M") as guest:
            output = guest.end()
        server.kill()
    for figures in output.strip().split(SEPARATOR):
        received = json.loads(figures)["end"]["sum_received"]
        # Its receiver stops counting when its sender has nothing left to send.
        check(received["bytes"] >= BYTES / 2, f"{received}")
        print(f"{MODEL}: {received['bits_per_second'] / 1e6:.0f} Mbit/s")
    check_capture("traffic.pcap", ("tcp", 2 * BYTES // 65536))


if os.environ.get("RINGDOWN_TEST_NAMESPACE") is None:
    os.environ["RINGDOWN_TEST_NAMESPACE"] = "inside"
    into_namespace()
in_own_folder(work)
print(f"{MODEL} at a tap device: done")
