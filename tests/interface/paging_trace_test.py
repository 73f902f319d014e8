#!/usr/bin/env python3
"""--paging-trace of guests that store to their page tables in many ways: every line is what the documentation says,
counts agree with --stats, runs repeat, and a full disk does not stop the guest. Arguments: the program, ROM images."""
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM, *ROMS = sys.argv[1:]
COMMON = ["tick", "event"]
TABLE = {"table": int, "level": int, "physical": str}
ENTRY = {"table": int, "level": int, "slot": int}
STORE = {"level": int, "slot": int, "physical": str, "guest": str}
FAULT = {"linear": str, "error_code": int, "access": str}
# The keys that an event must have, and their types.
EVENTS = {
    "make": TABLE, "drop": TABLE, "evict": TABLE, "protect": TABLE, "release": TABLE, "activate": {**TABLE, "gib": int},
    "fill": ENTRY, "sync": ENTRY, "withhold": ENTRY, "grant": ENTRY, "break": ENTRY, "store": STORE, "mark": STORE,
    "hidden-fault": {**FAULT, "physical": str, "cause": str}, "true-fault": FAULT,
    "root-switch": {"physical": str, "cr3": str, "old_cr3": str, "paging": str, "write_protect": bool,
                    "page_size_extension": bool, "no_execute": bool},
}
OPTIONAL = ["direct", "linear", "physical", "guest", "old", "new", "side"]


def run(*options, status=0):
    result = subprocess.run([PROGRAM, "run", "--display", "none", "--clock", "instructions", *options],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            timeout=PATIENCE_SECONDS)
    check(result.returncode == status, f"{options}: status {result.returncode}, {result.stderr}")
    return result.stderr


def check_line(event):
    known = EVENTS[event["event"]]
    for key, kind in known.items():
        check(type(event.get(key)) is kind, f"{key} of {event}")
    for key in event:
        check(key in COMMON or key in known or key in OPTIONAL, f"{key} is documented: {event}")
    for key in ["linear", "physical", "guest", "cr3"]:
        check(key not in event or event[key].startswith("0x") and int(event[key], 16) >= 0, f"{key} of {event}")


def check_counts(events, statistics):
    counts = collections.Counter(event["event"] for event in events)
    causes = collections.Counter(event.get("cause") for event in events)
    leaves = sum(event["event"] == "fill" and event["level"] == 1 for event in events)
    counters = statistics["shadow"]
    for what, counter in [(leaves, "fills"), (counts["sync"], "syncs"), (counts["true-fault"], "true_faults"),
                          (counts["root-switch"], "root_switches"), (causes["missing"], "hidden_faults"),
                          (causes["protected"], "write_protect_traps"), (causes["device"], "device_accesses")]:
        check(what == counters[counter], f"{what} events, but shadow.{counter} is {counters[counter]}")
    check(counts["make"] - counts["drop"] >= 0, "what is dropped was made")
    check(all(a["tick"] <= b["tick"] for a, b in zip(events, events[1:])), "in order")


def check_protection(events):
    """A present entry of a protected frame has no write rights."""
    guarded, seen = set(), 0
    for event in events:
        page = int(event["physical"], 16) >> 12 if "physical" in event else None
        if event["event"] == "protect":
            guarded.add(page)
        elif event["event"] == "release":
            guarded.discard(page)
        elif event.get("level") == 1 and event.get("new") and int(event["new"]["page"], 16) in guarded:
            check("w" not in event["new"]["rights"], f"no write right to a table: {event}")
            seen += 1
    check(seen > 0, "tables that the guest maps were seen")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for rom in ROMS:
        run("--firmware", rom, "--paging-trace", "trace", "--stats", "stats")
        with open("trace", encoding="utf-8") as file:
            header, *events = map(json.loads, file)
        check(header["format"] == "ringdown-paging-trace" and header["version"] == 1, f"header {header}")
        check(header["machine"] == {"memory": 256 << 20, "cpu": "pentium4", "mode": "trap", "deprivilege": "ring1",
                                    "technique": "shadow", "sync": "auto"}, f"header {header}")
        for event in events:
            check_line(event)
        with open("stats", encoding="utf-8") as file:
            check_counts(events, json.load(file))
        check_protection(events)
        for again in [["--single-instruction-blocks"], ["--deprivilege", "ring1"]]:
            run("--firmware", rom, "--paging-trace", "again", *again)
            with open("trace", "rb") as one, open("again", "rb") as other:
                check(one.read() == other.read(), f"{again} gives the same trace")
        errors = run("--firmware", rom, "--paging-trace", "/dev/full", "--stats", "stats", status=1)
        check(errors.count("\n") == 1 and "--paging-trace /dev/full" in errors and "incomplete" in errors,
              f"one line about the full disk: {errors!r}")
        with open("stats", encoding="utf-8") as file:
            check(json.load(file)["exit"]["reason"] == "exit", "the guest came to its end")
        run("--firmware", rom, "--deprivilege", "ring3", "--paging-trace", "ring3")
        with open("ring3", encoding="utf-8") as file:
            sides = {json.loads(line).get("side") for line in list(file)[1:]}
        check({"kernel", "user"} <= sides, f"both sides have tables: {sides}")
print("the trace tells what the shadow does")
