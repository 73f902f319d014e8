#!/usr/bin/env python3
"""A guest with hardly any memory left: its driver must find buffers, drop frames or wait, and everything arrives.
Arguments: the program, the adapter's model."""
import hashlib
import sys

from guest import GATEWAY, Guest, in_own_folder
from servers import HttpServer, content
from driving import check

PROGRAM, MODEL = sys.argv[1:]
BYTES = 400_000
CONNECTIONS = 12
LEFT_KIB = 5000

SCRIPT = """
get_lease eth0
available=$(sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)
head -c $((available - {left}))k /dev/zero >/tmp/fill
for i in $(seq {connections}); do
  wget -q -O - http://{gateway}:{port}/data/$i | md5sum &
done
wait
for i in $(seq {connections}); do
  (send /bin/busybox {gateway} {port} /back/$i) &
done
wait
sed -n 's/^MemAvailable/& now/p' /proc/meminfo
"""


def work():
    files = {f"/data/{i}": content(BYTES, i) for i in range(1, CONNECTIONS + 1)}
    with HttpServer(files) as server:
        script = SCRIPT.format(left=LEFT_KIB, connections=CONNECTIONS, gateway=GATEWAY, port=server.port)
        with Guest(PROGRAM, ["--nic", MODEL, "--net", "user"], script, memory="64M") as guest:
            output = guest.end()
    sums = {line.split()[0] for line in output.splitlines() if line.endswith(" -")}
    check(sums == {hashlib.md5(data).hexdigest() for data in files.values()}, f"all sums are right: {output}")
    check(len(server.taken) == CONNECTIONS and len(set(server.taken.values())) == 1, "what was sent is all the same")


in_own_folder(work)
print(f"{MODEL}: works with little memory")
