#!/usr/bin/env python3
"""`ringdown lab lockstep` and `ringdown lab violate` as their users type them: what they print, and how they end.
Arguments: the program, the ROM of all-traps."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM, ROM = sys.argv[1:]
NO_DIFFERENCE, DIFFERENCE, NEVER_WRONG = 0, 1, 3


def lab(status, *arguments):
    result = subprocess.run([PROGRAM, "lab", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False, text=True)
    check(result.returncode == status, f"{arguments}: status {status}: {result.stdout}{result.stderr}")
    check(result.stderr == "", f"nothing to complain of: {result.stderr}")
    return result.stdout


def check_lockstep():
    for ring in ["1", "3"]:
        same = json.loads(lab(NO_DIFFERENCE, "lockstep", "--json", "--every", "1", "--ring", ring, "all-traps"))
        check(same["difference"] is None and same["end"] == "exit 0", "no difference to the end")
        check(same["comparisons"] == same["instructions"], "compared after each")
    check(lab(NO_DIFFERENCE, "lockstep", "--paging", "nested", "--within", "1M", "paging").startswith("No difference"),
          "nested paging shows none either")
    broken = ["--", "--firmware", ROM, "-m", "16M", "--break-shadow", "drop-sync:1"]
    check("0x003FE000" in lab(DIFFERENCE, "lockstep", *broken), "the stale page is named")
    difference = json.loads(lab(DIFFERENCE, "lockstep", "--json", *broken))["difference"]
    check(difference["differences"][0] == {"item": "EAX", "bare": "00000002", "trap": "00000001", "place": ""},
          "what differs")
    check(len(difference["history"]) == 16, "what ran before")


def check_violation():
    story = lab(0, "violate", "popf", "--go", "popf-kernel")
    check("the timer is dead" in story and "System halted." in story, "both stories")
    violation = json.loads(lab(0, "violate", "--json", "str", "str-kernel"))
    check(violation["differences"][0]["item"] == "EAX" and "aftermath" not in violation, "frozen, and not run on")
    check("comes to no sldt" in lab(NEVER_WRONG, "violate", "sldt", "popf-kernel"), "never reached")
    never = json.loads(lab(NEVER_WRONG, "violate", "--json", "mov-to-sreg", "pop-sreg-kernel"))
    check(never["met"] > 0 and "never got a wrong result" in never["missing"], "reached, and nothing wrong")


check_lockstep()
check_violation()
print("lockstep and violation tell what they find")
