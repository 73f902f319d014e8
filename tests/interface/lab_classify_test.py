#!/usr/bin/env python3
"""`ringdown lab classify` as its users see it. Arguments: the program, the document with its real output."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM, DOCUMENT = sys.argv[1:]
KEYS = {"instruction", "form", "completes", "privileged", "privileged_by", "privileged_v86", "control_sensitive",
        "behaviour_sensitive", "by_mode", "by_location", "user_sensitive", "witness", "witnesses", "robin_irvine",
        "verdict"}


def output(*arguments):
    result = subprocess.run([PROGRAM, "lab", "classify", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=PATIENCE_SECONDS, check=False, text=True)
    check(result.returncode == 0 and result.stderr == "", f"{arguments}: {result.returncode}, {result.stderr}")
    return result.stdout


text = output()
check(output("lar", "--seed", "7") == output("lar", "--seed", "7"), "a seed gives the same again")
check(max(map(len, text.splitlines())) <= 110, "tables to look at")
check(re.search(r"Found only by them:\n  none\n", text), "all of Robin and Irvine's list")
check("no known reason" not in text, "a reason for all others")
models = re.findall(r"^  (\S+) +\d+ +(\d+)  does not hold +(\d+)  does not hold$", text, re.MULTILINE)
check([name for name, _, _ in models] ==
      ["pentium4", "pentium4-nx", "pentium4-umip", "pentium4-deadline", "pentium3", "pentium-mmx", "486dx"],
      f"all models: {models}")
counts = {name: int(sensitive) for name, sensitive, _ in models}
check(counts["pentium4"] - counts["pentium4-umip"] == 5, "what UMIP closes")

# What the document shows is what is printed; it leaves lines out.
with open(DOCUMENT, encoding="utf-8") as file:
    results = file.read().split("## Results")[1].split("\n## ")[0]
shown = [line[4:] for line in results.splitlines() if line.startswith("    ") and line.strip() not in ("...", "")]
shown = [line for line in shown if not line.startswith("$ ")]
printed = {line.strip() for line in text.splitlines()}
check(len(shown) > 20, f"{len(shown)} lines of output in the document")
for line in shown:
    check(line.strip() in printed, f"the document shows: {line}")

some = json.loads(output("popf", "add", "in", "--json"))
check([row["instruction"] for row in some] == ["add", "popf", "in", "in"], f"a selection: {some}")
check(all(row.keys() == KEYS for row in some), "every object has its keys")
check([row["verdict"] for row in some] ==
      ["innocuous", "sensitive, not privileged"] + 2 * ["sensitive and privileged"], "verdicts")
check(some[1]["witness"] in output("popf"), "the text shows the witness")
print("instructions are classified by what they do")
