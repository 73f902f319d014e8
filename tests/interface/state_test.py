#!/usr/bin/env python3
"""Saves, restores, records and replays whole runs through the command line, and looks at their counters.
Arguments: the program."""
import base64
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, Terminal, check, linux_options, wait_until

PROGRAM = sys.argv[1]
COMMAND = "for i in 1 2 3; do ls -lR /etc /proc/self | wc; sleep 0.05; done; exit 7"
MEMORY = ["-m", "128M"]
BOOT = [*MEMORY, *linux_options(parameters="ringdown.run=" + base64.b64encode(COMMAND.encode()).decode())]
OF_THE_HOST = ["host_seconds", "busy_seconds", "mips"]
# What a restore continues. The rest of the counters tell of caches that begin empty.
CONTINUED = ["total", "stale_segment", "physical_cpl", "virtual_cpl"]


def run(options, expected):
    """Runs the program and returns its error lines."""
    result = subprocess.run([PROGRAM, "run", "--display", "none", *options], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    errors = result.stderr.decode()
    check(result.returncode == expected, f"{options}: status {result.returncode}, {errors}")
    return errors


class Run:
    """A run that began at power-on or at a saved state: the guest's console and output, and the counters."""

    def __init__(self, name, options, expected=7):
        lines = [f"{name}.console", f"{name}.output"]
        run([*options, "--serial", f"file:{lines[0]}", "--serial", f"file:{lines[1]}", "--stats", f"{name}.json"],
            expected)
        self.lines = []
        for line in lines:
            with open(line, "rb") as file:
                self.lines.append(file.read())
        with open(f"{name}.json", encoding="utf-8") as file:
            self.statistics = json.load(file)

    def without(self, *keys):
        return {key: value for key, value in self.statistics.items() if key not in [*OF_THE_HOST, *keys]}


def check_types(statistics):
    """The keys that everybody may rely on, and what they hold."""
    def is_count(value):
        return isinstance(value, int) and value >= 0

    def is_number(value):
        return isinstance(value, (int, float)) and value >= 0

    for group, keys in [("instructions", ["total", "direct", "emulated", "stale_segment"]), ("traps", ["total"]),
                        ("shadow", ["fills", "syncs", "hidden_faults", "true_faults", "write_protect_traps",
                                    "root_switches"]),
                        ("tlb", ["misses", "flushes", "page_invalidations"]),
                        ("blocks", ["decoded", "invalidated", "splits"]), ("interrupts", ["external"])]:
        for key in keys:
            check(is_count(statistics[group][key]), f"{group}.{key} is a count")
    for key in ["physical_cpl", "virtual_cpl"]:
        rings = statistics["instructions"][key]
        check(len(rings) == 4 and all(map(is_count, rings)), f"{key} has four counts")
    for table in [statistics["traps"]["by_cause"], statistics["traps"]["by_instruction"], statistics["devices"]]:
        check(table and all(map(is_count, table.values())), "counts by name")
    check(is_number(statistics["host_seconds"]) and is_number(statistics["mips"]), "the host's time is measured")
    check(statistics["mode"] == "trap", "mode")
    check(statistics["exit"] == {"reason": "exit", "status": 7}, "exit")


def check_promises(statistics):
    """The sums that hold, and what a deprivileged Linux must show."""
    check_types(statistics)
    instructions, shadow = statistics["instructions"], statistics["shadow"]
    total = instructions["total"]
    check(instructions["direct"] + instructions["emulated"] == total, "direct + emulated = total")
    check(sum(instructions["physical_cpl"]) == total, "every instruction has a physical ring")
    check(sum(instructions["virtual_cpl"]) == total, "every instruction has a virtual ring")
    check(instructions["physical_cpl"][0] == 0, "nothing ran at physical ring 0")
    check(instructions["virtual_cpl"][0] > total / 2 and instructions["virtual_cpl"][3] > 0, "kernel and processes")
    check(instructions["direct"] >= 0.97 * total, "nearly everything ran directly")
    check(sum(statistics["traps"]["by_cause"].values()) == statistics["traps"]["total"], "every trap has a cause")
    check(shadow["write_protect_traps"] > 0 and shadow["syncs"] > 0, "page tables are followed")
    check(statistics["interrupts"]["external"] == sum(statistics["interrupts"]["by_vector"].values()), "interrupts")


def check_audits(reference):
    """The shadow is right all the time, and looking at it changes nothing."""
    audited = Run("audited", [*BOOT, "--audit-shadow", "20M"])
    check(audited.statistics["shadow"]["audits"] >= audited.statistics["instructions"]["total"] // 20_000_000,
          "the whole boot was audited")
    audited.statistics["shadow"]["audits"] = 0
    check(audited.without("blocks") == reference.without("blocks"), "an audited run is the same run")
    ring3 = ["--deprivilege", "ring3"]
    Run("ring3", [*BOOT, *ring3, "--audit-shadow", "20M", "--stop-after", str(LATE), "--save-state", "ring3.state"], 0)
    for options in [ring3, []]:
        name = "ring3" if options else "late"
        dense = Run("dense", [*BOOT, *options, "--load-state", f"{name}.state", "--audit-shadow", "200K"])
        check(dense.statistics["shadow"]["audits"] > 100, "the processes were audited densely")
        check(dense.statistics["instructions"]["total"] == reference.statistics["instructions"]["total"],
              "they ended as ever")


def check_restored(reference, name, stop):
    """Stops at an instruction, goes on in another process, and ends as the run that was not stopped."""
    first = Run(name, [*BOOT, "--stop-after", str(stop), "--save-state", f"{name}.state"], 0)
    check(first.statistics["instructions"]["total"] == stop, f"it stopped at {stop}")
    second = Run(f"{name}.rest", [*BOOT, "--load-state", f"{name}.state"])
    for whole, begun, ended in zip(reference.lines, first.lines, second.lines):
        check(begun + ended == whole, f"the guest says the same when stopped after {stop} instructions")
    for key in ["devices", "interrupts", "guest_seconds", "exit"]:
        check(second.statistics[key] == reference.statistics[key], f"{key} when stopped after {stop} instructions")
    for key in CONTINUED:
        check(second.statistics["instructions"][key] == reference.statistics["instructions"][key],
              f"instructions.{key} when stopped after {stop} instructions")


def one_line(options, *parts):
    errors = run(options, 2)
    check(errors.count("\n") == 1 and all(part in errors for part in parts), f"one line with {parts}, got {errors!r}")


def check_bad_states():
    """Damaged and foreign states are refused before anything runs."""
    small = ["-m", "48M", "--serial", "none"]
    run([*small, "--stop-after", "3M", "--save-state", "small.state"], 0)
    with open("small.state", "rb") as file:
        state = file.read()
    for place in [0, 9, 13, 16, 24, 40, len(state) // 3, len(state) // 2, len(state) - 1]:
        with open("bad.state", "wb") as file:
            file.write(state[:place] + bytes([state[place] ^ 1]) + state[place + 1:])
        one_line([*small, "--load-state", "bad.state"], "bad.state: ")
        with open("bad.state", "wb") as file:
            file.write(state[:place])
        one_line([*small, "--load-state", "bad.state"], "bad.state: ")
    one_line([*small, "--load-state", PROGRAM], "not a Ringdown state file")
    one_line(["-m", "32M", "--serial", "none", "--load-state", "small.state"], "--memory: 48M", "32M")
    one_line([*small, "--mode", "bare", "--load-state", "small.state"], "--mode: trap", "bare")
    one_line([*small, *linux_options(), "--load-state", "small.state"], "--kernel", "none")
    with open("disk.img", "wb") as file:
        file.truncate(1 << 20)
    one_line([*small, "disk.img", "--load-state", "small.state"], "unit 0: none", "a disk")


def check_failing_save():
    """A save that the host cannot finish leaves the old file alone and no half of a new one."""
    with open("kept.state", "wb") as file:
        file.write(b"an older state")
    machine = subprocess.Popen([PROGRAM, "run", "--display", "none", *MEMORY, *linux_options(), "--serial", "none",
                                "--stop-after", "400M", "--save-state", "kept.state"],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               restore_signals=False)  # a file that grows too large gives an error, no signal
    wait_until(lambda: b"guest-memory" in open(f"/proc/{machine.pid}/maps", "rb").read(), "the machine is built")
    resource.prlimit(machine.pid, resource.RLIMIT_FSIZE, (1000, 1000))
    errors = machine.communicate(timeout=PATIENCE_SECONDS)[1]
    check(machine.returncode == 1, f"the host's failure has status 1, got {machine.returncode}")
    check(errors.count(b"\n") == 1 and b"kept.state: " in errors, f"one line names the file, got {errors!r}")
    check(not [name for name in os.listdir() if name.endswith(".part")], "no half file stays")
    with open("kept.state", "rb") as file:
        check(file.read() == b"an older state", "the older state stays")


def check_replay():
    """A session that a person typed, in the host's time, comes again without it."""
    shell = [*MEMORY, *linux_options()]
    terminal = Terminal([PROGRAM, "run", *shell, "--serial", "stdio", "--display", "none", "--record", "typed.record",
                         "--stats", "typed.json"])
    for line in [b"echo sum-$((40+2))", b"ls -l /proc | wc; sleep 0.3", b"cat /proc/uptime", b"exit 5"]:
        terminal.wait_for(b"/root # ")
        terminal.type(line[:3])
        terminal.type(line[3:] + b"\n")
    check(terminal.end() == 5, "the shell's status ends the machine")
    with open("typed.json", encoding="utf-8") as file:
        recorded = json.load(file)
    run([*shell, "--serial", "file:replayed.console", "--replay", "typed.record", "--stats", "replayed.json"], 5)
    with open("replayed.json", encoding="utf-8") as file:
        replayed = json.load(file)
    # Slices end elsewhere when the host's time sets them, and that cuts blocks.
    for key in [*OF_THE_HOST, "blocks"]:
        del recorded[key], replayed[key]
    check(recorded == replayed, "the counters of the replay")
    with open("replayed.console", "rb") as file:
        said = file.read()
    check(said in terminal.output, "the guest says the same again")
    with open("typed.record", "rb") as file:
        record = file.read()
    for content in [record[:-1], record[:len(record) // 2] + b"?" + record[len(record) // 2 + 1:], record[:15], b"", b"?"]:
        with open("bad.record", "wb") as file:
            file.write(content)
        one_line([*shell, "--serial", "none", "--replay", "bad.record"], "bad.record: ")


seed = os.environ.get("RINGDOWN_SEED") or str(random.SystemRandom().getrandbits(32))
print(f"RINGDOWN_SEED={seed}")
generator = random.Random(int(seed))
with tempfile.TemporaryDirectory() as folder:
    PROGRAM = os.path.abspath(PROGRAM)
    os.chdir(folder)
    whole_run = Run("whole", BOOT)
    check_promises(whole_run.statistics)
    END = whole_run.statistics["instructions"]["total"]
    LATE = END - 30_000_000
    check_restored(whole_run, "early", generator.randrange(1, END))
    check_restored(whole_run, "late", generator.randrange(LATE - 20_000_000, LATE))
    check_audits(whole_run)
    check_bad_states()
    check_failing_save()
    check_replay()
print("states, audits, counters and recordings hold")
