#!/usr/bin/env python3
"""Serial lines to pseudo-terminals, sockets and files, with a Linux guest at the other end: bytes both ways. Arguments:
the program."""
import hashlib
import os
import socket
import sys
import tempfile
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, Terminal, check, linux_options

PROGRAM = sys.argv[1]
SHELL = b"/root # "
# All byte values, so that neither end may treat any as special.
MESSAGE = bytes(range(256))
MESSAGE_SUM = hashlib.md5(MESSAGE).hexdigest().encode()


class Line:
    """The host's end of a line, whatever it is."""

    def __init__(self, send, receive):
        self.send = send
        self.receive = receive

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.receive(count - len(data))
            check(more, f"the line ended after {data!r}")
            data += more
        return data


def line_of_socket(connection):
    connection.settimeout(PATIENCE_SECONDS)
    return Line(connection.sendall, connection.recv)


def connected(family, address):
    connection = socket.socket(family)
    connection.connect(address)
    return line_of_socket(connection)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    def __init__(self, *lines):
        options = [word for line in lines for word in ("--serial", line)]
        self.terminal = Terminal([PROGRAM, "run", *linux_options(parameters="quiet"), "--display", "none",
                                  "--memory", "64M", "--serial", "stdio", *options])

    def shell(self, command):
        """Short enough for the shell to echo it as it is."""
        self.terminal.wait_for(SHELL)
        self.terminal.type(command.encode() + b"\r")
        self.terminal.wait_for(command.encode() + b"\r\n")

    def check_both_ways(self, port, line):
        device = f"/dev/ttyS{port - 1}"
        # The guest says when it listens, and sends back what it got; its checksum is for the terminal.
        self.shell(f"stty -F {device} raw -echo 115200; exec 3<>{device}")
        self.shell(f"echo ready >&3; head -c {len(MESSAGE)} <&3 >/tmp/got")
        check(line.read(6) == b"ready\n", f"the guest's greeting on port {port}")
        line.send(MESSAGE)
        self.shell("cat /tmp/got >&3; exec 3<&-; md5sum </tmp/got")
        got = line.read(len(MESSAGE))
        check(got == MESSAGE, f"port {port} brings back {got!r}")
        self.terminal.wait_for(MESSAGE_SUM)

    def end(self):
        self.terminal.wait_for(SHELL)
        self.terminal.type(b"exit 3\r")
        status = self.terminal.end()
        check(status == 3, f"the guest ends the machine, got {status}")



with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "line.socket")
    port = free_port()
    serving = Machine("pty", f"unix:{path},server", f"tcp:127.0.0.1:{port},server")
    unix_listener = socket.socket(socket.AF_UNIX)
    unix_listener.bind(path + "-2")
    unix_listener.listen()
    tcp_listener = socket.create_server(("127.0.0.1", 0))
    log = os.path.join(folder, "line.log")
    connecting = Machine(f"unix:{path}-2", f"tcp:127.0.0.1:{tcp_listener.getsockname()[1]}", f"file:{log}")

    serving.terminal.wait_for(b"serial port 2 is ")
    terminal = os.open(serving.terminal.wait_for(b"\r\n").decode(), os.O_RDWR | os.O_NOCTTY)
    tty.setraw(terminal)
    serving.check_both_ways(2, Line(lambda data: os.write(terminal, data), lambda count: os.read(terminal, count)))
    serving.check_both_ways(3, connected(socket.AF_UNIX, path))
    # One that goes makes room for the next.
    serving.check_both_ways(3, connected(socket.AF_UNIX, path))
    serving.check_both_ways(4, connected(socket.AF_INET, ("127.0.0.1", port)))
    serving.end()
    check(not os.path.exists(path), "the server's socket is removed")

    connecting.check_both_ways(2, line_of_socket(unix_listener.accept()[0]))
    connecting.check_both_ways(3, line_of_socket(tcp_listener.accept()[0]))
    connecting.shell("stty -F /dev/ttyS3 raw; seq 1 5000 >/dev/ttyS3")
    connecting.end()
    with open(log, "rb") as file:
        content = file.read()
    expected = b"".join(b"%d\n" % i for i in range(1, 5001))
    check(content == expected, f"the file has the guest's output, got {content[-100:]!r}")
print("serial lines carry bytes both ways")
