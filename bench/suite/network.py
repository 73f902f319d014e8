"""A Linux guest at a user network in each emulator: what its adapter's traffic with this host costs."""
import base64
import dataclasses
import json
import pathlib
import socket
import subprocess
import time

from suite.emulators import Qemu, Ringdown
from suite.guest import PARAMETERS, ROOT, make_guest
from suite.machines import run_emulator
from suite.rows import Row
from suite.session import BenchError

MIB = 1 << 20
GATEWAY = "10.0.2.2"
SETTLING_SECONDS = 5
RESTING_SECONDS = 10

# The rows of each adapter.
DIRECTIONS = ("send", "receive")
SPEED = "{}, Mbit/s"
COST = "{}, CPU seconds for 100 MB"
PING = "ping, microseconds"
PING_COST = "ping, microseconds of CPU time"
IDLE = "at rest, % of a processor"

# Speaks to the driver as the program of bench/run does (suite/session.py).
SCRIPT = """PATH=/sbin:/bin
cd /sys/class/net
if [ -e eth0 ]; then
ip link set eth0 up
until [ "$(cat eth0/carrier)" = 1 ]; do sleep 0.1; done
ip address add 10.0.2.15/24 dev eth0
ping -c 1 GATEWAY >/dev/null
fi
exec 3</dev/ttyS1
echo @ready 0 0 0
while read -r _ work rounds port <&3; do
echo @begin $work
read -r _ <&3
case $work in
send) iperf3 -c GATEWAY -p $port -n ${rounds}M;;
receive) iperf3 -R -c GATEWAY -p $port -n ${rounds}M;;
ping) ping -A -q -c $rounds GATEWAY;;
esac >/tmp/log 2>&1 && echo @end $work done || echo @error $(tail -n 2 /tmp/log)
done
""".replace("GATEWAY", GATEWAY)


@dataclasses.dataclass(frozen=True)
class Nic:
    name: str  # of --nic
    qemu: str  # what QEMU calls it
    mebibytes: int  # each way
    target: float = 0  # Mbit/s each way
    pings: int = 2000


NICS = (
    Nic("e1000", "e1000", 128, 200),
    Nic("virtio", "virtio-net-pci", 256, 400),
    Nic("pcnet", "pcnet", 8),
    Nic("rtl8029", "ne2k_pci", 8),
)


def parameters():
    return f"{PARAMETERS} ringdown.run={base64.b64encode(SCRIPT.encode()).decode()}"


class RingdownWithNic(Ringdown):
    def __init__(self, program, nic):
        super().__init__(program, "trap", "realtime")
        self.nic = nic

    def command(self, guest, folder, line):
        command = [parameters() if word == PARAMETERS else word for word in super().command(guest, folder, line)]
        return command + (["--nic", self.nic.name, "--net", "user"] if self.nic else [])


class QemuWithNic(Qemu):
    def __init__(self, nic):
        self.nic = nic

    def command(self, guest, folder, line):
        command = [parameters() if word == PARAMETERS else word for word in super().command(guest, folder, line)]
        if self.nic:
            at = command.index("-net")
            command[at:at + 2] = ["-nic", f"user,model={self.nic.qemu}"]
        return command


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_listener(server, port):
    listening = f":{port:04X} 00000000:0000 0A "
    while server.poll() is None and listening not in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii"):
        time.sleep(0.01)


def transfer(session, direction, mebibytes):
    """Mbit/s and CPU seconds per 100 MB."""
    port = free_port()
    with subprocess.Popen(["iperf3", "--server", "--one-off", "--json", "--bind", "127.0.0.1", "--port", str(port)],
                          stdout=subprocess.PIPE) as server:
        try:
            wait_for_listener(server, port)
            _, cpu = session.run(Row(direction, 1, None, parameter=port), mebibytes)
            figures = json.loads(server.communicate(timeout=30)[0])["end"]
        finally:
            server.kill()
    counted = figures["sum_received" if direction == "send" else "sum_sent"]
    return counted["bits_per_second"] / 1e6, cpu / (mebibytes * MIB / 1e8)


def ping(session, count):
    """Microseconds of a round trip, and of CPU time."""
    begin = time.monotonic()
    _, cpu = session.run(Row("ping", 1, None), count)
    return (time.monotonic() - begin) / count * 1e6, cpu / count * 1e6


def idle_share(session):
    time.sleep(SETTLING_SECONDS)
    begin, started = session.seconds(), time.monotonic()
    time.sleep(RESTING_SECONDS)
    return (session.seconds() - begin) / (time.monotonic() - started)


def measure(emulator, guest, nic, idle):
    """What one boot of the guest gives, by the row's name."""
    results = {}

    def work(session):
        session.ready()
        if nic:
            for direction in DIRECTIONS:
                results[SPEED.format(direction)], results[COST.format(direction)] = transfer(
                    session, direction, nic.mebibytes)
            results[PING], results[PING_COST] = ping(session, nic.pings)
        if idle:
            results[IDLE] = 100 * idle_share(session)

    run_emulator(emulator, guest, work)
    return results


def network_guest():
    """The guest of bench/run with iperf3 and the adapters' drivers in the place of the bench program."""
    script = ". scripts/lib.sh; need_packages iperf3; scripts/make_initramfs.sh --tree network-tools network-tools " \
             "linux-686 \"${NETWORK_MODULES[@]}\""
    made = subprocess.run(["bash", "-euc", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        raise BenchError("the guest could not be made")
    return dataclasses.replace(make_guest("linux-686"), initramfs=made.stdout.strip())
