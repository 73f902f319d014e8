#!/usr/bin/env python3
"""`ringdown lab table` and `ringdown lab silicon` as their users see them. Argument: the program."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM = sys.argv[1]
KEYS = {"instruction", "class", "ring", "operands", "bare", "through", "trap", "verdict", "explanation"}


def lab(*arguments):
    return subprocess.run([PROGRAM, "lab", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False, text=True)


def output(*arguments):
    result = lab(*arguments)
    check(result.returncode == 0 and result.stderr == "", f"{arguments}: {result.returncode}, {result.stderr}")
    return result.stdout


rows = json.loads(output("table", "--json"))
check(all(KEYS <= row.keys() for row in rows), "every row has its keys")
check({row["ring"] for row in rows} == {1, 3}, "rings are numbers")
check({row["verdict"] for row in rows} == {"silent", "trapped", "no witness"}, "verdicts")
check(all(row["trap"] == row["bare"] for row in rows), "all rows are mended")
check(output("table", "--markdown").count("\n") == len(rows) + 2, "a line for each row")

popf = json.loads(output("table", "popf", "--ring", "1", "--json"))
check(popf == [row for row in rows if row["instruction"] == "POPF" and row["ring"] == 1], "a selection")

text = output("table", "--umip")
check("5: SGDT, SIDT, SLDT, SMSW, STR\n" in text.split("CR4.UMIP")[1], "what UMIP closes")
check(max(map(len, text.splitlines())) <= 120, "a table to look at")

host = lab("silicon", "--json")
if host.returncode == 0:
    check(all("host" in row and "emulated" in row for row in json.loads(host.stdout)), "the host's rows")
else:
    check(host.returncode == 2 and host.stdout == "" and host.stderr.count("\n") == 1, "one line says why not")
    check(host.stderr.startswith("ringdown: lab silicon: "), host.stderr)
print("the table is printed in all its forms")
