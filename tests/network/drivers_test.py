#!/usr/bin/env python3
"""Debian's driver of a network adapter at work in a user network: DHCP, ping, HTTP both ways, 32 connections at once,
fragmented datagrams, the interface down and up 100 times; and what tshark thinks of it all.
Arguments: the program, the adapter's model, MiB to transfer each way; then options: 'legacy', 'bare'."""
import sys

from guest import GATEWAY, Guest, check_capture, in_own_folder
from servers import HttpServer, UdpEcho, content
from driving import check

PROGRAM, MODEL, MEBIBYTES, *OPTIONS = sys.argv[1:]
SIZE = int(float(MEBIBYTES) * (1 << 20))
CONNECTIONS = 32
PART = min(256 << 10, SIZE // 8)
DATAGRAMS = (1, 1472, 1473, 8000, 16000)
# 64 MiB each way at 10 Mbit/s take two minutes of the guest's time; a loaded host needs many times that.
PATIENCE_SECONDS = 3000
# Of all but the largest transfers.
CAPTURE = ["--pcap", "traffic.pcap"] if SIZE <= 16 << 20 else []

SCRIPT = """
get_lease eth0
check ping -q -c 3 -W 5 {gateway}
check ping -q -c 2 -W 5 -s 8000 {gateway}
fetch /tmp/data {server} /data
send /tmp/data {server} /data
rm /tmp/data
for i in $(seq {connections}); do
  (fetch /tmp/part.$i {server} /part/$i; send /tmp/part.$i {server} /part/$i) &
done
wait
rm /tmp/part.*
for bytes in {datagrams}; do echo_datagram {gateway} {echo} $bytes; done
for _ in $(seq 100); do
  ip link set eth0 down
  ip link set eth0 up
done
wait_for_link eth0
check ping -q -c 3 -W 5 {gateway}
dmesg | grep -E 'WARNING|BUG|timed out|hung' && fail 'the kernel complains'
echo done
"""


def options_of_card():
    options, parameters, ramdisk = ["--nic", MODEL, "--net", "user", *CAPTURE], "", "network-tools"
    if MODEL == "ne2000":
        # COM2, where the guest's words go, has interrupt 3.
        options[1] += ",irq=5"
        ramdisk, parameters = "isa-network", "ne.io=0x300 ne.irq=5"
    if "legacy" in OPTIONS:
        parameters = "virtio_pci.force_legacy=1"
    if "bare" in OPTIONS:
        options += ["--mode", "bare"]
    return options, parameters, ramdisk


def work():
    files = {"/data": content(SIZE, 0)}
    files.update({f"/part/{i}": content(PART, i) for i in range(1, CONNECTIONS + 1)})
    options, parameters, ramdisk = options_of_card()
    with HttpServer(files) as server, UdpEcho() as echo:
        script = SCRIPT.format(gateway=GATEWAY, server=f"{GATEWAY} {server.port}", connections=CONNECTIONS,
                               datagrams=" ".join(map(str, DATAGRAMS)), echo=echo.port)
        with Guest(PROGRAM, options, script, ramdisk=ramdisk, parameters=parameters, memory="256M") as guest:
            guest.end(patience=PATIENCE_SECONDS)
    for path, data in files.items():
        check(server.taken.get(path) == data, f"{path} came back as it was sent")
    if CAPTURE:
        check_capture(CAPTURE[1], ("tcp", 2 * SIZE // 1460), ("udp && ip.fragments", 4))


in_own_folder(work)
print(f"{MODEL}: the driver's work is done")
