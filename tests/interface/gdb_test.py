#!/usr/bin/env python3
"""Debian's gdb debugs the real program: a boot sector through real mode, protected mode and paging, and a running Linux
kernel, under the monitor and bare. Arguments: the program, tests/interface/debug_guest.asm."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import Terminal, check, linux_options, wait_until

PROGRAM, GUEST_SOURCE = sys.argv[1:3]
MODES = ["trap", "bare"]


class Gdb:
    """A gdb at its prompt, connected to a machine that says where it waits."""

    PROMPT = b"(gdb) "

    def __init__(self, machine, symbols=None):
        machine.wait_for(b"target remote 127.0.0.1:")
        port = machine.wait_for(b"\r\n").decode().strip()
        self.terminal = Terminal(["gdb", "-nx", "-q", *([symbols] if symbols else [])], {"TERM": "dumb"})
        self.terminal.wait_for(self.PROMPT)
        for setting in ["pagination off", "confirm off", "width 0"]:
            self.command(f"set {setting}")
        self.command(f"target remote 127.0.0.1:{port}")

    def start(self, command):
        self.terminal.type(command.encode() + b"\n")
        self.terminal.wait_for(command.encode() + b"\r\n")

    def answer(self):
        return self.terminal.wait_for(self.PROMPT).decode().replace("\r\n", "\n")

    def command(self, command):
        self.start(command)
        return self.answer()

    def expect(self, command, *texts):
        answer = self.command(command)
        for text in texts:
            check(text in answer,
                  f"gdb '{command}' says {text!r}, got {answer!r}; all: {self.terminal.output.decode()}")

    def value(self, expression):
        """A number that gdb prints."""
        answer = self.command(f"output/x {expression}")
        check(re.fullmatch("0x[0-9a-f]+", answer), f"gdb prints the number {expression}, got {answer!r}")
        return int(answer, 16)

    def expect_values(self, **values):
        for register, value in values.items():
            got = self.value(f"${register}")
            check(got == value, f"${register} is {value:#x}, got {got:#x}")

    def end(self):
        self.terminal.type(b"quit\n")
        self.terminal.end()


def build_guest(folder):
    """The boot sector with symbols, and as a disk."""
    path = {kind: os.path.join(folder, f"debug_guest.{kind}") for kind in ("o", "elf", "img")}
    for command in (["nasm", "-f", "elf32", "-o", path["o"], GUEST_SOURCE],
                    ["ld", "-m", "elf_i386", "-Ttext", "0x7c00", "-e", "start", "-o", path["elf"], path["o"]],
                    ["objcopy", "-O", "binary", path["elf"], path["img"]]):
        subprocess.run(command, check=True)
    return path["elf"], path["img"]


def start_machine(mode, options):
    return Terminal([PROGRAM, "run", "--mode", mode, "--display", "none", "--gdb", "0", "--memory", "64M", *options])


def debug_boot_sector(mode, symbols, disk):
    machine = start_machine(mode, ["--disk", f"{disk},readonly", "--paused", "--stats", "/dev/null"])
    gdb = Gdb(machine, symbols)
    # The reset vector (Intel SDM vol. 3A, 9.1.4).
    gdb.expect_values(cs=0xf000, cs_base=0xffff0000, eip=0xfff0, cr0=0x60000010, cpl=0)

    gdb.expect("x/1xb $cs_base+$eip", "0xfffffff0:\t0xea")
    gdb.expect("monitor disassemble", "fffffff0  ea5be000f0            jmp far 0xF000:0xE05B")

    # Real mode: a breakpoint, registers, single steps.
    gdb.expect("break *0x7c00", "Breakpoint 1 at 0x7c00")
    gdb.expect("continue", "Breakpoint 1, 0x00007c00 in start ()")
    gdb.expect_values(cs=0, cs_base=0, cr0=0x10)
    gdb.expect("x/2xb 0x7c00", "0xfa", "0x31")
    gdb.command("set $eax = 0xabcd5678")
    gdb.expect("stepi", "0x00007c01")
    gdb.expect("stepi", "0x00007c03")
    gdb.expect_values(eax=0xabcd0000, eip=0x7c03)
    gdb.command("set $ebx = 0")
    gdb.command("set {int}0x500 = 0x12345678")
    gdb.expect("x/4xb 0x500", "0x78\t0x56\t0x34\t0x12")

    # Protected mode, in the same session.
    gdb.expect("hbreak *&in_protected_mode", "Hardware assisted breakpoint 2")
    gdb.expect("continue", "Breakpoint 2, 0x00007c1f in in_protected_mode ()")
    gdb.expect_values(cs=8, cr0=0x11, ebx=0x1234, cpl=0, cr3=0)
    gdb.expect("print $eflags", "[ PF IOPL=0 ]")

    # Paging: linear addresses are translated by the guest's tables.
    gdb.expect("hbreak *((char *)&function + 0xc0000000)", "Hardware assisted breakpoint 3")
    gdb.expect("continue", "Breakpoint 3, 0xc0007c84")
    gdb.expect_values(cr0=0x80000011, cr3=0x10000, cr4=0x10, eax=21)
    gdb.expect("x/1xw 0xc0000500", "0x12345678")
    gdb.expect("x/1xw 0x80000000", "Cannot access memory")
    # Below the stack pointer stands where the call came from.
    gdb.expect("x/1xw $esp", "0xc0007c82")
    gdb.expect("stepi", "0xc0007c87")
    gdb.expect_values(edx=42)
    gdb.command("delete")

    # Watchpoints.
    gdb.expect("watch *(int *)((char *)&counter + 0xc0000000)", "Hardware watchpoint 4")
    gdb.expect("continue", "Old value = 1\n", "New value = 2\n", "0xc0007c78")
    gdb.expect("rwatch *(int *)((char *)&value + 0xc0000000)", "Hardware read watchpoint 5")
    gdb.expect("continue", "Hardware read watchpoint 5", "Value = 21\n", "0xc0007c7d")
    gdb.command("delete 4")
    gdb.expect("continue", "Hardware read watchpoint 5", "Value = 21\n", "0xc0007c7d")
    gdb.expect_values(edx=42)
    gdb.command("delete")
    gdb.expect("awatch *((char *)&counter + 0xc0000001)", "Hardware access (read/write) watchpoint 6")
    gdb.expect("continue", "Hardware access (read/write) watchpoint 6", "0xc0007c78")
    gdb.command("delete")
    # What the guest computes with comes from the debugger.
    gdb.command("set {int}((char *)&value + 0xc0000000) = 50")
    gdb.expect("tbreak *((char *)&function + 0xc0000003)", "Temporary breakpoint 7")
    gdb.expect("continue", "Temporary breakpoint 7, 0xc0007c87")
    gdb.expect_values(edx=100)

    # Without breakpoints it runs until it is interrupted, and goes on after that.
    counter = "*(unsigned *)((char *)&counter + 0xc0000000)"
    counted = gdb.value(counter)

    def runs_until_interrupted():
        gdb.start("continue")
        gdb.terminal.wait_for(b"Continuing.")
        gdb.terminal.type(b"\x03")
        answer = gdb.answer()
        check("SIGINT" in answer, f"Ctrl-C stops a running machine, got {answer!r}")
        return gdb.value(counter) > counted  # Ctrl-C may have come before its first instruction
    wait_until(runs_until_interrupted, "the machine runs until Ctrl-C")
    gdb.expect("monitor registers", "CR0", "80000011")
    gdb.expect("kill", "killed")
    gdb.end()
    status = machine.end()
    check(status == 0, f"gdb's kill ends the machine, got {status}")


def debug_linux(mode):
    machine = start_machine(mode, [*linux_options(parameters="quiet"), "--serial", "stdio"])
    gdb = Gdb(machine)
    gdb.start("continue")
    machine.wait_for(b"/root # ")
    machine.type(b"grep -m 1 -w __ia32_sys_newuname /proc/kallsyms\n")
    machine.wait_for(b"kallsyms\r\n")
    address = int(machine.wait_for(b" T __ia32_sys_newuname").decode(), 16)

    gdb.terminal.type(b"\x03")
    check("SIGINT" in gdb.answer(), "Ctrl-C stops the kernel")
    check(gdb.value("$cr0") & 0x80000001 == 0x80000001, "the kernel has paging on")
    gdb.command(f"hbreak *{address:#x}")
    gdb.start("continue")
    machine.wait_for(b"/root # ")
    machine.type(b"uname -s\n")
    check(f"Breakpoint 1, 0x{address:08x}" in gdb.answer(), "the breakpoint in the kernel is hit")
    gdb.expect_values(eip=address, cpl=0)
    check(gdb.value("$cs") & 3 == 0, "the kernel believes in ring 0")
    check(gdb.value("*(unsigned *)$esp") >= 0xc0000000, "the stack holds a return address of the kernel")
    code = gdb.command(f"x/8xb {address:#x}")
    # The kernel fills a structure in its own memory, then copies it to the caller.
    gdb.expect("tbreak **(unsigned *)$esp", "Temporary breakpoint 2")
    gdb.expect("continue", "Temporary breakpoint 2")
    check(gdb.value("$eax") == 0, "uname succeeds")
    check(gdb.command(f"x/8xb {address:#x}") == code, "no guest byte has changed")
    gdb.expect("detach", "detached")
    machine.wait_for(b"Linux\r\n")
    machine.wait_for(b"/root # ")
    machine.type(b"exit 5\n")
    status = machine.end()
    check(status == 5, f"the guest runs to its end, got {status}")
    gdb.end()


with tempfile.TemporaryDirectory() as folder:
    symbols, disk = build_guest(folder)
    for mode in MODES:
        debug_boot_sector(mode, symbols, disk)
        debug_linux(mode)
print("gdb debugs the machine in both modes")
