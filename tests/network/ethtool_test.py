#!/usr/bin/env python3
"""Debian's e1000 driver under ethtool: self-tests, EEPROM, statistics, rings of several sizes, and its offloads turned
off and on in turn while files go both ways. Arguments: the program, the model, and options of the program."""
import sys

from guest import GATEWAY, Guest, check_capture, in_own_folder
from servers import HttpServer, content
from driving import check

PROGRAM, MODEL, *OPTIONS = sys.argv[1:]
MAC = "52:54:00:ab:cd:ef"
BYTES = 200_000
# The driver leaves the segmentation of the 82543GC alone, and knows its rings up to 256 (its e1000_probe).
SEGMENTS = MODEL != "e1000-82543gc"
FEATURES = ("rx", "tx", "sg", *(["tso"] if SEGMENTS else []), "rxvlan")
RINGS = (80, 4096 if SEGMENTS else 256)
# Those of which the driver lets ethtool set the interrupts' throttling (its e1000_get_coalesce).
THROTTLED = {"e1000-82545em"}

SCRIPT = """
get_lease eth0

# both_ways NAME: a file comes and goes.
both_ways() {{
  fetch /tmp/data {server} /data
  send /tmp/data {server} "/$1"
}}

# The address lies where the EEPROM begins.
ethtool -e eth0 offset 0 length 6 raw on | hexdump -e '5/1 "%02x:" 1/1 "%02x\\n"'
both_ways first
for feature in {features}; do
  for state in off on; do
    check ethtool -K eth0 $feature $state
    wait_for_link eth0
    both_ways $feature.$state
  done
done
for size in {rings}; do
  check ethtool -G eth0 rx $size tx $size
  wait_for_link eth0
  both_ways ring.$size
done
[ {throttled} = no ] || check ethtool -C eth0 rx-usecs 125
both_ways throttled
check ethtool -s eth0 speed 100 duplex full autoneg off
wait_for_link eth0
[ "$(cat /sys/class/net/eth0/speed)" = 100 ] || fail 'the speed is not as asked'
both_ways fast
check ethtool -s eth0 autoneg on
wait_for_link eth0
ethtool -t eth0 online || fail 'the online self-test'
ethtool -t eth0 offline || fail 'the offline self-test'
wait_for_link eth0
both_ways last
ethtool -S eth0 | grep -v ': 0$'
"""


def check_statistics(output):
    counters = dict(line.strip().split(": ") for line in output.splitlines() if line.startswith("     "))
    counters = {name: int(value) for name, value in counters.items() if value.isdigit()}
    # The driver reads them every other second, and loses what it has not read when it resets the adapter.
    for name in ("rx_bytes", "tx_bytes"):
        check(counters.get(name, 0) > BYTES, f"{name}: {counters}")
    for name in ("rx_csum_offload_good", *(["tx_tcp_seg_good"] if SEGMENTS else [])):
        check(counters.get(name, 0) > 0, f"{name} counts: {counters}")
    bad = {name for name in counters if "error" in name or "fail" in name or "timeout" in name}
    check(not bad, f"errors: {counters}")


def work():
    data = content(BYTES, 2)
    sent = ["first", *(f"{feature}.{state}" for feature in FEATURES for state in ("off", "on")),
            *(f"ring.{size}" for size in RINGS), "throttled", "fast", "last"]
    with HttpServer({"/data": data}) as server:
        script = SCRIPT.format(server=f"{GATEWAY} {server.port}", features=" ".join(FEATURES),
                               rings=" ".join(map(str, RINGS)), throttled="yes" if MODEL in THROTTLED else "no")
        with Guest(PROGRAM, ["--nic", f"{MODEL},mac={MAC}", "--net", "user", "--pcap", "traffic.pcap", *OPTIONS],
                   script, ramdisk="network-tools") as guest:
            output = guest.end()
    check(MAC in output, f"the EEPROM has the address: {output}")
    check(output.count("The test result is PASS") == 2, f"both self-tests pass: {output}")
    for name in sent:
        check(server.taken.get(f"/{name}") == data, f"{name}: the data came back as it was sent")
    check_statistics(output)
    check_capture("traffic.pcap", ("tcp.len > 0", 2 * len(sent) * BYTES // 1460))


in_own_folder(work)
print(f"{MODEL}: ethtool is content")
