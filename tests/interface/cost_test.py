#!/usr/bin/env python3
"""`ringdown lab cost`: what is counted does not change from run to run, what is measured is there. Argument: the program."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM = sys.argv[1]


def lab(*arguments, status=0, **variables):
    result = subprocess.run([PROGRAM, "lab", "cost", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False, text=True,
                            env=os.environ | variables)
    check(result.returncode == status, f"{arguments}: status {result.returncode}, wanted {status}: {result.stderr}")
    return result


def measured(*arguments):
    return json.loads(lab(*arguments, "--brief", "--json").stdout)


def counts_only(rows):
    for row in rows:
        for key in ["host_seconds", "bare_host_seconds", "slowdown"]:
            del row[key]
        for cost in [*row["causes"].values(), *row["by_instruction"].values()]:
            del cost["ns"]
    return rows


with tempfile.TemporaryDirectory() as folder:
    rows = measured("pio", "dma", "page-faults")
    check([row["workload"] for row in rows if row["remedy"] == "default"] == ["pio", "dma", "page-faults"], "in order")
    for row in rows:
        check(row["traps"] == sum(cost["count"] for cost in row["causes"].values()), "causes add up to the traps")
        check(0 < row["direct_share"] < 1 and row["bare_host_seconds"] > 0 and row["slowdown"] > 0, "shares and times")
        check(row["bare_instructions"] == row["instructions"], "the bare guest does the same")
        check(any(cost["ns"] > 0 for cost in row["causes"].values()), "traps take time")
    pio, dma = (next(row for row in rows if row["workload"] == name) for name in ["pio", "dma"])
    check(pio["traps"] / pio["operations"] > 100 * dma["traps"] / dma["operations"], "DMA spares the traps")
    check(counts_only(measured("pio", "dma", "page-faults")) == counts_only(rows), "twice the same counts")

    # What boots is a guest that is named, or Debian's kernel where it was fetched to.
    boot = measured("paging")
    check({row["workload"] for row in boot} == {"boot"}, "a guest boots")
    samples = boot[0]["timeline"]["samples"]
    check(sum(sum(sample["causes"].values()) for sample in samples) == boot[0]["traps"], "the timeline has all traps")
    line = lab("boot", status=2, RINGDOWN_CACHE=folder).stderr
    check("--kernel" in line and "fetch_guests.sh" in line and line.count("\n") == 1, "how to give a kernel")

    check(os.listdir(folder) == [], "nothing is left behind")
    lab("dma", "--brief", TMPDIR=folder)
    check(os.listdir(folder) == [], "nor the scratch disk")
    check("TMPDIR" in lab("dma", status=2, TMPDIR=os.path.join(folder, "missing")).stderr, "no room for it")

table = lab("int80", "pio", "--brief").stdout
check("per call" in table and "trap-all" in table and "privileged" in table, "a table")
check(table.count("remedy") == 2 and "per sector" in table, "one for each workload")
check(max(len(line) for line in table.splitlines()) <= 120, "for a terminal")
print("costs are counted and measured")
