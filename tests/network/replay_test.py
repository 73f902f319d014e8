#!/usr/bin/env python3
"""A run with network traffic, recorded and replayed with no network there: the same words, the same frames, the same
final state. The log tells of each frame.
Arguments: the program, the adapter's model."""
import sys

from guest import GATEWAY, Guest, frames, in_own_folder
from servers import HttpServer, content
from driving import check

PROGRAM, MODEL = sys.argv[1:]
BYTES = 300_000

SCRIPT = """
get_lease eth0
check ping -q -c 2 -W 5 {gateway}
fetch /tmp/data {gateway} {port} /data
send /tmp/data {gateway} {port} /back
ip address show eth0
cat /proc/uptime /proc/interrupts
md5sum /tmp/data
"""


def read(name):
    with open(name, "rb") as file:
        return file.read()


def run(name, script, options):
    options = ["--nic", MODEL, "--save-state", f"{name}.state", "--pcap", f"{name}.pcap", *options]
    with Guest(PROGRAM, options, script, name=name) as guest:
        output = guest.end()
    state, capture = (read(f"{name}.{kind}") for kind in ("state", "pcap"))
    # Behind it, the counters of blocks depend on where a run stops for its inputs.
    return output, guest.text("console"), state[:state.rindex(b"CNTR")], capture, guest.messages


def work():
    data = content(BYTES, 3)
    with HttpServer({"/data": data}) as server:
        script = SCRIPT.format(gateway=GATEWAY, port=server.port)
        *recorded, _ = run("recorded", script, ["--net", "user", "--record", "network.record"])
        check(server.taken.get("/back") == data, "the data came back as it was sent")
        server.taken.clear()
        *replayed, log = run("replayed", script,
                             ["--net", "user", "--replay", "network.record", "--log", "network"])
    check(not server.taken, "a replay sends nothing")
    for what, first, second in zip(("output", "console", "state", "capture"), recorded, replayed):
        check(first == second, f"the {what} of the replay")
    logged = [line for line in log.splitlines() if "network 1 sends" in line or "network 1 receives" in line]
    check(len(logged) == len(frames("replayed.pcap", "frame")), f"a line for each frame:\n{log[-2000:]}")


in_own_folder(work)
print(f"{MODEL}: the replay ends as the run did")
