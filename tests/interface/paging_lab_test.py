#!/usr/bin/env python3
"""`ringdown lab paging`: its own guest on three techniques, a guest of the user's on two, as a table and as JSON.
Arguments: the program, a ROM that works on page tables."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM, ROM = sys.argv[1:]


def lab(*arguments):
    result = subprocess.run([PROGRAM, "lab", "paging", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=True, text=True)
    check(result.stderr == "", f"nothing to complain of: {result.stderr}")
    return result.stdout


def check_rows(rows, techniques):
    check([row["technique"] for row in rows] == techniques, f"{techniques} in order")
    for row in rows:
        check(row["agrees"] and row["checksum"] == rows[0]["checksum"], f"{row['technique']} agrees")
        check(0 < row["would_not_exit_under_vtx"] <= row["exits"], "exits are divided")
        check(row["exit"]["reason"] == "exit", "the guest ends by itself")


check_rows(json.loads(lab("--json")), ["shadow", "nested", "direct"])
check_rows(json.loads(lab("--json", "--", "--firmware", ROM, "-m", "16M")), ["shadow", "nested"])
table = lab("--", "--firmware", ROM).splitlines()
check(len(table) == 3 and [line.split()[0] for line in table] == ["technique", "shadow", "nested"], "a table")
print("the laboratory runs the same on all techniques")
