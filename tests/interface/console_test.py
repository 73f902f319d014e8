#!/usr/bin/env python3
"""The console on a terminal whose guest is a running Linux: each command, each escape key. Arguments: the program."""
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import CONSOLE_PROMPT, Terminal, check, linux_options

PROGRAM = sys.argv[1]
# The shell asks the terminal where its cursor is.
SHELL = b"/root # \x1b[6n"
# An address of the kernel's code: where its image was loaded, without relocation.
KERNEL = "c1000000"


def start(*options):
    return Terminal([PROGRAM, "run", *linux_options(parameters="quiet nokaslr"), "--serial", "stdio",
                     "--display", "none", "--memory", "64M", *options])


def expect(answer, pattern, what):
    match = re.search(pattern, answer, re.MULTILINE)
    check(match, f"{what}: no {pattern!r} in {answer!r}")
    return match


def check_escape_keys(machine):
    machine.wait_for(SHELL)
    machine.type(b"\x01h")
    for key in b"xbcta":
        machine.wait_for(b"\r\nCtrl-A %c  " % key)
    # Ctrl-A goes to the beginning of the shell's line.
    machine.type(b"cho from-$((40+2))\x01ae\r")
    machine.wait_for(b"from-42")
    machine.wait_for(SHELL)
    # Ctrl-C is the guest's. A process that has written something has left the shell's signal handlers behind.
    machine.type(b"sh -c 'echo $((40+3))-runs; exec sleep 1000'\r")
    machine.wait_for(b"43-runs")
    machine.type(b"\x03")
    machine.wait_for(SHELL)
    machine.type(b"echo status-$?\r")
    machine.wait_for(b"status-130")
    machine.wait_for(SHELL)
    # A break on the line is the magic SysRq key; one that means nothing prints help.
    machine.type(b"echo 1 >/proc/sys/kernel/sysrq\r")
    machine.wait_for(SHELL)
    machine.type(b"sh -c 'echo $((40+6))-waits; exec cat'\r")
    machine.wait_for(b"46-waits")
    machine.type(b"\x01b?")
    machine.wait_for(b"sysrq: HELP : ")
    machine.type(b"\x03")
    machine.wait_for(SHELL)


def check_views(machine, bare):
    console = machine.console
    help_text = console("help")
    for command in ["help", "registers", "disassemble", "memory", "walk", "paging", "traps", "policy", "screen", "pause",
                    "continue", "step", "speed", "save", "quit"]:
        expect(help_text, f"^{command} ", "help lists the commands")
    check(console("speed") == "unlimited\n", "the speed at the start")
    check(console("speed 486-66") == "486-66, 52.8 million instructions per second\n", "another one")
    check(console("speed turbo") == "turbo, 486-66 held back\n", "turbo")
    check(console("speed unlimited") == "unlimited\n", "and back")
    position = expect(console("pause"), r"^Paused after (\d+) instructions at ([0-9a-f]{8})  [0-9a-f]{2}", "pause")
    registers = console("registers")
    expect(registers, f"^EIP {position[2]}  ", "the registers of the place where it stands")
    if bare:
        expect(registers, r"^CPL +[03]$", "bare has one privilege")
    else:
        expect(registers, r"^ +virtual +physical$", "two columns")
        columns = expect(registers, r"^CPL +(\d) +(\d)( \*)?$", "both privileges")
        check(columns.groups() in [("0", "1", " *"), ("3", "3", None)], f"ring 0 is rung down: {columns[0]!r}")
        expect(registers, r"^IDTR +[0-9a-f]{8} limit 07ff +[0-9a-f]{8} limit [0-9a-f]{4} \*$", "the monitor's IDT")
    expect(console("disassemble"), rf"^{position[2]}  (.*\n){{10}}$", "ten instructions from there")
    check(console("pause").endswith(console(f"disassemble {position[2]} 1")), "a paused machine stands still")
    dump = console(f"memory {KERNEL} 20")
    expect(dump, rf"^{KERNEL}  ([0-9a-f]{{2}} ){{16}} .{{16}}\n{KERNEL[:-2]}10  ([0-9a-f]{{2}} ){{4}} +.{{4}}$",
           "two lines of bytes")
    first = expect(dump, rf"^{KERNEL}  ([0-9a-f]{{2}}) ", "bytes")[1]
    expect(console(f"disassemble 0x{KERNEL} 2"), rf"^{KERNEL}  {first}.*\n.*\n$", "code where memory has its bytes")
    walk = console(f"walk {KERNEL}")
    expect(walk, r"^directory entry at [0-9a-f]{8}: [0-9a-f]{8} present", "the guest's entry")
    expect(walk, f"^linear {KERNEL} is guest-physical 01000000", "the kernel maps its memory at C0000000")
    expect(console("walk 0"), "^not present: page fault$", "nothing is at 0")
    paging = console(f"paging {KERNEL}")
    expect(paging, r"^root +guest +paging 32-bit, CR3 [0-9a-f]{8}, WP 1$", "the root")
    expect(paging, r"^directory entry +guest +at [0-9a-f]{8}: [0-9a-f]{8} present", "the guest's entry")
    expect(paging, r"^page +guest +guest-physical 01000000: supervisor, ", "where the page is")
    expect(paging, r"^ +host +frame 1000, RAM, not write-protected$", "code is no table")
    expect(console("paging 0"), r"^page +guest +not present: page fault$", "nothing is at 0")
    if bare:
        expect(paging, "^bare: ", "no shadow")
        expect(console("paging stats"), "^bare: ", "no counters")
        expect(console("paging frames"), "^bare: ", "no protection")
        expect(console("traps"), "^bare: ", "no traps")
        expect(console("policy"), "^bare: ", "no policy")
        return
    expect(walk, "^shadow: ", "the shadow's entry")
    check_paging(console, paging)
    traps = console("traps")
    for name in ["sensitive", "privileged", "hidden_fault", "write_protect"]:
        check(int(expect(traps, rf"^ *(\d+)  {name} ", "traps")[1]) > 1000, f"Linux made many {name} traps: {traps}")
    expect(traps, r"^ +\d+  cli$", "traps by instruction")
    expect(console("policy"), "^let through: nothing$", "the policy at the start")
    expect(console("policy popf,sgdt"), "^let through: popf sgdt$", "a changed policy")
    expect(console("policy smsw through"), "^let through: popf smsw sgdt$", "one more")
    expect(console("policy popf trap"), "^let through: smsw sgdt$", "one less")
    expect(console("policy none"), "^let through: nothing$", "and back")


def check_paging(console, paging):
    """The shadow of a kernel, from three sides."""
    expect(paging, r"^ +shadow +entry \d+ of shadow page directory \d+: to shadow page table \d+; ", "the shadow's entry")
    expect(paging, r"^ +host +frame [0-9a-f]+, RAM, write-protected: page directory$", "the guest's directory")
    frames = console("paging frames")
    listed = re.findall(r"^([0-9a-f]{8})  frame [0-9a-f]+ +([a-z ,]+?)(, \d+ shadow entries present)?$", frames, re.MULTILINE)
    expect(frames, rf"^{len(listed)} guest frames are write-protected\.$", "their number")
    kinds = {kind for _, uses, _ in listed for kind in uses.split(", ")}
    check(kinds == {"page table", "page directory", "descriptor table"}, f"kinds of frames: {kinds}")
    root = expect(paging, r"CR3 ([0-9a-f]{8})", "the root")[1]
    check(root[:5] + "000" in [frame for frame, uses, _ in listed if "page directory" in uses], "the root is protected")
    statistics = console("paging stats")
    expect(statistics, "^technique: shadow$", "the technique")
    for what in ["entries filled", "hidden faults", "stores to write-protected frames", "root switches",
                 "shadow page directories", "shadow page tables", "entries present", "KiB of host memory"]:
        check(int(expect(statistics, rf"^ *(\d+)  {what}$", "counters")[1]) > 0, f"Linux makes {what}: {statistics}")


def check_mistakes(machine):
    for line, text in [("bogus", "'bogus'"), ("s", "'s' is screen or step"), ("memory", "Use: memory ADDRESS [COUNT]"),
                       ("memory 0 1 2", "Use: memory"), ("memory xyz", "hexadecimal"), ("memory 0 ten", "decimal"),
                       ("memory 100000000", "hexadecimal"), ("memory f0000000 1", "not readable"),
                       ("paging", "Use: paging ADDRESS|stats|frames"), ("paging xyz", "hexadecimal"),
                       ("walk", "Use: walk ADDRESS"), ("walk zz", "hexadecimal"), ("disassemble 0 -1", "decimal"),
                       ("step 0", "decimal"), ("step many", "decimal"), ("step 99999999999999999999", "decimal"),
                       ("speed 486-100", "486-66"), ("save", "Use: save FILE"),
                       ("save /missing/file", "/missing/file"), ("pause now", "Use: pause"),
                       ("registers eax", "Use: registers"), ("policy bogus", "'bogus'"),
                       ("policy pofp through", "did you mean 'popf'"), ("policy popf thru", "policy popf through"),
                       ("screen /missing/a.png", "a.png"), ("eject ide0", "ide0 is no drive"),
                       ("insert ide9 a.iso", "ide9 is no drive"), ("insert ide2", "Use: insert DRIVE FILE")]:
        answer = machine.console(line)
        one_line = answer.count("\n") == 1 and answer.endswith("\n")
        check(one_line and text in answer, f"'{line}' gives one line with {text!r}: {answer!r}")
    check(machine.console("   ") == "", "an empty line does nothing")
    machine.type(b"nonsense\x15regi\x1b[A\x1b[24;80Rx\x7fsters\r")
    machine.wait_for(b"EIP ")
    machine.wait_for(CONSOLE_PROMPT)


def check_running(machine):
    before = int(expect(machine.console("pause"), r"after (\d+)", "pause")[1])
    for count in [1, 5]:
        machine.console(f"step {count}" if count > 1 else "step")
        machine.wait_for(b"Stepped after %d instructions at " % (before + count))
        machine.wait_for(CONSOLE_PROMPT)
        before += count
    check(machine.console("continue") == "Running.\n", "continue")
    machine.type(b"\x01t")
    machine.wait_for(b"speed: unlimited")
    machine.type(b"\x01c")
    machine.type(b"echo again-$((40+4))\r")
    machine.wait_for(b"again-44")
    machine.wait_for(SHELL)
    machine.open_console()


def check_state(machine, folder):
    """The machine goes on from the file that the console saved."""
    state = os.path.join(folder, "console.state")
    machine.console("pause")
    check(machine.console(f"save {state}") == f"Saved to {state}.\n", "save")
    machine.type(b"quit\r")
    status = machine.end()
    check(status == 0, f"quit ends the machine, got {status}")
    machine = start("--load-state", state)
    machine.type(b"echo restored-$((40+5))\r")
    machine.wait_for(b"restored-45")
    machine.type(b"\x01x")
    status = machine.end()
    check(status == 0, f"Ctrl-A x ends the machine, got {status}")


with tempfile.TemporaryDirectory() as folder:
    trap, bare = start(), start("--mode", "bare")
    check_escape_keys(trap)
    trap.open_console()
    check_views(trap, False)
    check_mistakes(trap)
    check_running(trap)
    check_state(trap, folder)
    bare.wait_for(SHELL)
    bare.open_console()
    check_views(bare, True)
    bare.type(b"quit\r")
    check(bare.end() == 0, "quit ends the machine")
print("the console and the escape keys do what they say")
