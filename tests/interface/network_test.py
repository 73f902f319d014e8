#!/usr/bin/env python3
"""Network options as users type them: adapters, booting from the network, captures that tshark reads, recordings,
forwards, the console. Arguments: the program."""
import json
import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, Terminal, check

PROGRAM = sys.argv[1]
BOOT_STATUS = 21
# mov dx, 501h / mov al, 21 / out dx, al / hlt / jmp: what the network boots ends the machine with that status.
BOOT_FILE = bytes([0xba, 0x01, 0x05, 0xb0, BOOT_STATUS, 0xee, 0xf4, 0xeb, 0xfd]).ljust(512, b"\0")
QUIET = ["--display", "none", "--memory", "16M"]


def run(*options, patience=PATIENCE_SECONDS):
    return subprocess.run([PROGRAM, "run", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=patience, check=False)


def tshark(capture, *arguments):
    result = subprocess.run(["tshark", "-r", capture, *arguments], capture_output=True, text=True, check=False,
                            timeout=PATIENCE_SECONDS)
    check(result.returncode == 0, f"tshark {arguments}: {result.stderr}")
    return result.stdout.splitlines()


def check_list():
    listed = run("--nic", "list").stdout
    for model in ["e1000", "e1000-82543gc", "e1000-82545em", "ne2000", "rtl8029", "pcnet", "virtio"]:
        check(any(line.startswith(model + " ") for line in listed.splitlines()), f"--nic list has no {model}: {listed}")


def check_network_boot(model):
    """DHCP and TFTP by iPXE's own driver; the same again from the recording, without a network."""
    os.makedirs("tftp", exist_ok=True)
    with open("tftp/boot.0", "wb") as file:
        file.write(BOOT_FILE)
    common = ["--nic", model, "--net", "user", "--boot", "network", "--tftp", "tftp", "--bootfile", "boot.0",
              "--rtc", "2000-01-01T00:00:00", *QUIET]
    live = run(*common, "--pcap", "live.pcap", "--stats", "live.json", "--record", "boot.input")
    check(live.returncode == BOOT_STATUS, f"booting {model} from the network: {live.returncode} {live.stderr}")
    frames = tshark("live.pcap", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "frame.time_epoch")
    check(any(f.startswith("DHCP\t") for f in frames) and any(f.startswith("TFTP\t") for f in frames), f"{frames}")
    check(all(946684800 <= float(f.split("\t")[1]) < 946684800 + 600 for f in frames), f"times: {frames[:3]}")
    malformed = tshark("live.pcap", "-Y", "_ws.malformed")
    check(not malformed, f"malformed: {malformed}")
    with open("live.json") as file:
        adapter, = json.load(file)["network"]
    check((adapter["adapter"], adapter["net"]) == (model, "user"), f"{adapter}")
    check(adapter["sent"]["frames"] + adapter["received"]["frames"] == len(frames), f"{adapter}, {len(frames)} frames")
    check(adapter["sent"]["lost"] == adapter["received"]["lost"] == 0, f"{adapter}")
    again = run(*common, "--pcap", "again.pcap", "--replay", "boot.input")
    check(again.returncode == BOOT_STATUS, f"replaying {model}: {again.returncode} {again.stderr}")
    with open("live.pcap", "rb") as one, open("again.pcap", "rb") as other:
        check(one.read() == other.read(), f"{model}: the replay's capture is another")


def check_taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--net", "user", "--forward", f"tcp:{port}:22", "--pcap", "untouched.pcap", *QUIET)
    lines = result.stderr.splitlines()
    check(result.returncode == 2 and len(lines) == 1, f"a port that is taken: {result}")
    check(f"--forward tcp:{port}:22" in lines[0] and "choose another port" in lines[0], lines[0])
    check(not os.path.exists("untouched.pcap"), "a run that does not begin creates no capture")


def check_missing_tap():
    """Not even root makes an interface by a slip of the pen."""
    result = run("--net", "tap:ringdown9", *QUIET)
    lines = result.stderr.splitlines()
    check(result.returncode == 2 and len(lines) == 1, f"a tap device that is none: {result}")
    check("--net tap:ringdown9" in lines[0] and "ip tuntap add dev ringdown9" in lines[0], lines[0])


def check_console():
    machine = Terminal([PROGRAM, "run", "--net", "none", "--nic", "ne2000", "--net", "user", "--forward", "tcp:0:22",
                        "--serial", "stdio", "--display", "none", "--memory", "16M"])
    machine.wait_for(b"leads to the guest")
    machine.open_console()
    view = machine.console("network")
    check("network 1: ne2000 with mac=52:54:00:12:34:56 on none: sent 0 frames" in view, view)
    check("network 2: e1000 with mac=52:54:00:12:34:57 on user: sent 0 frames" in view, view)
    check("is no adapter" in machine.console("link 3 on"), "there is no third adapter")
    check("neither on nor off" in machine.console("link 1 up"), "up is neither on nor off")
    check(machine.console("link 2 off") == "", "pulling a cable says nothing")
    machine.type(b"quit\r")
    check(machine.end() == 0, "the machine ends")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_list()
        # Their ROMs are made for others and renamed.
        for model in ["e1000-82543gc", "rtl8029"]:
            check_network_boot(model)
        check_taken_port()
        check_missing_tap()
        check_console()
    print("networks are as the options say")


main()
