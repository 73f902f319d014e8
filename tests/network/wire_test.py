#!/usr/bin/env python3
"""Two machines on one wire: files both ways, untagged and in a VLAN, jumbo frames where both adapters have them, and
nothing through a VLAN that only one of them is in. Arguments: the program, the models of the two adapters, and what to
add to the first one's options."""
import socket
import sys

from guest import Guest, check_capture, in_own_folder

PROGRAM, FIRST, SECOND, *OPTIONS = sys.argv[1:]
JUMBO = {"e1000", "e1000-82545em", "virtio"}
BYTES = 500_000

# Files in /srv tell the other machine how far this one is.
SCRIPT = """
take_address eth0 10.1.0.{me}/24
ip link add link eth0 name shared type vlan id 5
ip link add link eth0 name alone type vlan id 6{me}
take_address shared 10.5.0.{me}/24
take_address alone 10.6.0.{me}/24
mkdir /srv
head -c {bytes} /dev/urandom >/srv/data
md5sum </srv/data >/srv/sum
httpd -p 80 -h /srv

# wait_for ADDRESS FILE: until the other machine has it.
wait_for() {{
  for _ in $(seq 600); do
    ! wget -q -O /dev/null "http://$1/$2" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "no $2 at $1"
}}

# compare ADDRESS: what it sends is what it has.
compare() {{
  check wget -q -O /tmp/data "http://$1/data"
  check wget -q -O /tmp/sum "http://$1/sum"
  md5sum </tmp/data | cmp -s - /tmp/sum || fail "the file of $1 has changed on its way"
}}

wait_for 10.1.0.{peer} sum
compare 10.1.0.{peer}
compare 10.5.0.{peer}
check ping -q -c 2 -W 5 10.5.0.{peer}
! ping -q -c 1 -W 1 10.6.0.{peer} >/dev/null 2>&1 || fail 'a way through two VLANs'
if [ {mtu} -gt 1500 ]; then
  check ip link set eth0 mtu {mtu}
  wait_for_link eth0
  touch /srv/jumbo
  wait_for 10.1.0.{peer} jumbo
  check ping -q -c 2 -W 5 -s $(({mtu} - 28)) 10.1.0.{peer}
  compare 10.1.0.{peer}
fi
touch /srv/done
wait_for 10.1.0.{peer} done
touch /srv/bye
[ {me} = 1 ] || while ping -q -c 1 -W 1 10.1.0.{peer} >/dev/null 2>&1; do :; done
[ {me} = 2 ] || wait_for 10.1.0.{peer} bye
echo done
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def work():
    port = free_port()
    mtu = 9000 if {FIRST, SECOND} <= JUMBO else 1500

    def start(me, model, end, more):
        return Guest(PROGRAM, ["--nic", f"{model},mac=52:54:00:00:00:0{me}", "--net", f"socket:{end}=127.0.0.1:{port}",
                               "--pcap", f"traffic{me}.pcap", *more],
                     SCRIPT.format(me=me, peer=3 - me, bytes=BYTES, mtu=mtu), name=f"guest{me}")

    with start(1, FIRST, "listen", OPTIONS) as first, start(2, SECOND, "connect", []) as second:
        first.end()
        second.end()
    for me in (1, 2):
        check_capture(f"traffic{me}.pcap", ("vlan.id == 5 && tcp.len > 0", 2 * BYTES // 1460),
                      (f"vlan.id == 6{me} && arp", 1), *([("tcp.len > 8000", BYTES // 9000)] if mtu > 1500 else []))


in_own_folder(work)
print(f"{FIRST} and {SECOND} understand each other")
