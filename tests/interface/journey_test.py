#!/usr/bin/env python3
"""`ringdown lab journey`: tables, JSON and drawings of its own guest's calls, and the journey that never comes.
Argument: the program."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM = sys.argv[1]
KINDS = ["int80", "sysenter", "page-fault"]


def lab(*arguments, status=0):
    result = subprocess.run([PROGRAM, "lab", "journey", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False, text=True)
    check(result.returncode == status, f"{arguments}: status {result.returncode}, wanted {status}: {result.stderr}")
    check((result.stderr == "") == (status == 0), f"{arguments}: {result.stderr}")
    return result.stdout if status == 0 else result.stderr


def without_times(journeys):
    for journey in journeys:
        for owner in [journey, *journey["crossings"]]:
            for key in [key for key in owner if key.startswith("host_ns")]:
                owner[key] = 0
    return journeys


every = json.loads(lab("--json"))
check([journey["kind"] for journey in every] == KINDS, "all kinds, in order")
for journey in every:
    crossings = journey["crossings"]
    check(crossings[0]["from"] == "application" and crossings[0]["virtual_ring_before"] == 3, "it begins at ring 3")
    check(crossings[-1]["to"] == "application" and crossings[-1]["virtual_ring_after"] == 3, "it ends at ring 3")
    check(crossings[0]["to"] == "kernel" and crossings[0]["physical_ring_after"] == 1, "it leads to ring 1")
    check(sum(crossing["instructions_since"] for crossing in crossings) < journey["instructions"], "some trap")
check(without_times(json.loads(lab("--json"))) == without_times(every), "twice the same")

table = lab("int80", "--ring", "3")
check("delivered vector 80h" in table and "crossings for" in table, "a table with its sum")
check(max(len(line) for line in table.splitlines()) <= 120, "a table for a terminal")
check(" 3 -> 3 " in table, "the kernel at ring 3")

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "journey.svg")
    check(lab("sysenter", "page-fault", "--cold", "--svg", path) == "", "the drawing is a file")
    texts = [element.text for element in ElementTree.parse(path).iter() if element.tag.endswith("}text")]
    check("sysenter" in texts and "sysexit" in texts, "instructions stand in it")
    check("guest kernel" in texts and any("physical ring 1" in text for text in texts), "so do the lanes")

line = lab("sysenter", "--within", "30K", status=3)
check("sysenter" in line and "30000 instructions" in line and "--within" in line, "what never came is named")
line = lab("--skip", "5K", "--json", status=3)
check(line.count("\n") == 3 and "64, all of which --skip 5000" in line, "each of them")
line = lab("int80", "paging", status=3)
check("none at ring 3" in line, "a guest without applications")
line = lab("sysenter", "sysenter-kernel", "--cold", status=3)
check("none came back" in line, "a call that does not return")
print("journeys are followed and told")
