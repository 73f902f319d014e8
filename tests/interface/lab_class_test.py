#!/usr/bin/env python3
"""The class of docs/lab.md, as its reader goes through it: every command runs, and what the text shows is what comes.

In its indented blocks '$ ' begins a command, and the lines below it show what it prints (to standard output and error):
lines in their order, with '...' for any characters within a line, and a line '...' for any lines. Empty lines and how far
columns stand apart do not matter.
Arguments: the program, the document."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import CACHE, PATIENCE_SECONDS, check

PROGRAM, DOCUMENT = sys.argv[1:]
INDENT = "    "
ANYTHING = "..."
HOST_CANNOT = "ringdown: lab silicon: "  # and why


def examples(lines):
    """Each command with the lines shown below it."""
    found = []
    in_block = False
    for line in lines:
        if not line.startswith(INDENT):
            in_block = in_block and not line.strip()  # an empty line does not end a block
            continue
        text = line[len(INDENT):].rstrip()
        if text.startswith("$ "):
            found.append((text[2:], []))
            in_block = True
        elif in_block:
            if found[-1][0].endswith("\\"):
                found[-1] = (found[-1][0][:-1] + text.lstrip(), [])
            else:
                found[-1][1].append(text)
    return found


def squeeze(line):
    return re.sub(r" +", " ", line).strip()


def pattern(shown):
    parts = []
    for line in shown:
        if line.strip() == ANYTHING:
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(".*".join(re.escape(part) for part in squeeze(line).split(ANYTHING)) + r"\n")
    return re.compile("".join(parts))


def run(command, folder):
    command = command.replace("~/.cache/ringdown", CACHE)
    environment = {**os.environ, "PATH": os.path.dirname(os.path.abspath(PROGRAM)) + os.pathsep + os.environ["PATH"]}
    result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS, check=False, text=True)
    return result.stdout


def main():
    with open(DOCUMENT, encoding="utf-8") as document:
        found = examples(document.read().splitlines())
    check(len(found) >= 7, f"a class has exercises: {len(found)} commands in {DOCUMENT}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for command, shown in found:
            output = run(command, folder)
            if output.startswith(HOST_CANNOT):
                print(f"left out, since this host cannot: {output}", end="")
                continue
            lines = "".join(squeeze(line) + "\n" for line in output.splitlines() if line.strip())
            if not pattern(shown).fullmatch(lines):
                failed += 1
                print(f"$ {command}\nprinted\n{output}and not\n" + "\n".join(shown) + "\n", file=sys.stderr)
    check(failed == 0, f"{failed} of {len(found)} commands print something else than the document shows")
    print(f"{len(found)} commands print what the document shows")


main()
