#!/usr/bin/env python3
"""Makes docs/conformance.md from the records that the test suites wrote, or checks it against them.

With --check nothing is written: the exit status is 1 if a suite has an unexplained difference, if a row of the
instruction table has no test, or if the document's figures are not those of the run. Figures that depend on the host's
processor are shown, but not compared. Rows that are known to have no test yet stand in untested_rows.txt, and fail the
check once they have one.
"""
import argparse
import json
import pathlib
import subprocess
import sys
from collections import defaultdict

INTRODUCTION = """\
# Conformance

How exactly the processor does what the manuals and real processors do. The figures are those of one run of the tests,
which check that this page still says what they find; `cmake --build build/release --target conformance_document` writes
it anew after `ctest --test-dir build/release -L 'quick|slow'`.

A *case* is a test vector, an instruction run beside the host's processor, or a line of a guest test's log. A case that
differs from what the suite expects is either explained by the rule that its reason names, one case at a time, or it
fails the run.
"""


class Suite:
    """The sum of all records of one suite in one mode."""

    def __init__(self):
        self.host = ""
        self.cases = 0
        self.passed = 0
        self.differences = defaultdict(int)
        self.rows = set()

    def add(self, record):
        self.host = self.host or record["host"]
        self.cases += record["cases"]
        self.passed += record["passed"]
        self.rows.update(record["rows"])
        for difference in record["differences"]:
            self.differences[difference["reason"]] += difference["cases"]

    @property
    def unexplained(self):
        return self.cases - self.passed - sum(self.differences.values())


def read_suites(folder):
    suites = defaultdict(Suite)
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        suites[record["suite"], record["mode"]].add(record)
    return suites


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def suites_section(suites):
    return table(
        ["suite", "mode", "cases", "as expected", "explained", "unexplained", "rows of the table"],
        [(suite, mode, f"{s.cases:,}", f"{s.passed:,}", f"{sum(s.differences.values()):,}", f"{s.unexplained:,}",
          len(s.rows)) for (suite, mode), s in sorted(suites.items())])


def differences_section(suites):
    found = defaultdict(list)
    for (suite, mode), s in sorted(suites.items()):
        for reason, cases in s.differences.items():
            found[suite, reason, cases].append(mode)
    if not found:
        return "None.\n"
    return table(["suite", "reason", "cases", "modes"],
                 [(suite, reason, f"{cases:,}", "; ".join(modes)) for (suite, reason, cases), modes in
                  sorted(found.items())])


def read_list(path):
    """The lines of a file that are neither empty nor comments."""
    lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def coverage_section(suites, rows):
    """A table with a column for each suite, in which each row of the instruction table has a mark."""
    names = sorted({suite for suite, _ in suites})
    covered = {name: set().union(*(s.rows for (suite, _), s in suites.items() if suite == name)) for name in names}
    untested = set(rows).difference(*covered.values())
    head = (f"{len(rows)} rows: " + ", ".join(f"{len(covered[name] & set(rows))} by {name}" for name in names) +
            f"; {len(untested)} by none of them (other unit and instruction tests may).\n\n")
    return head + table(["row"] + names,
                        [[row] + ["x" if row in covered[name] else "" for name in names] for row in rows])


def document(suites, rows):
    everywhere = {key: s for key, s in suites.items() if not s.host}
    here = {key: s for key, s in suites.items() if s.host}
    parts = [INTRODUCTION,
             "## Suites\n", suites_section(everywhere),
             "## Explained differences\n", differences_section(everywhere)]
    if here:
        hosts = sorted({s.host for s in here.values()})
        parts += ["## Beside the host's processor\n",
                  f"As last run on: {'; '.join(hosts)}. These figures are the host's as much as ours.\n",
                  suites_section(here), differences_section(here)]
    parts += ["## What tests each row of the instruction table\n", coverage_section(suites, rows)]
    return "\n".join(parts)


def compared_part(text):
    """What must be the same on every host."""
    return text.split("## Beside the host's processor\n")[0].split("## What tests each row")[0]


def problems(suites, rows, known_untested, written):
    """Lines that say what is wrong."""
    if not suites:
        return ["no suite has written a record"]
    found = [f"{suite}, {mode}: {s.unexplained} unexplained differences" for (suite, mode), s in sorted(suites.items())
             if s.unexplained != 0]
    tested = set().union(*(s.rows for s in suites.values()))
    found += [f"the row '{row}' has no vector, oracle case or guest test" for row in rows
              if row not in tested and row not in known_untested]
    found += [f"the row '{row}' is tested now: take it from untested_rows.txt" for row in known_untested
              if row in tested]
    found += [f"the tested row '{row}' is not in the instruction table" for row in sorted(tested - set(rows))]
    if compared_part(written).rstrip() != compared_part(document(suites, rows)).rstrip():
        found.append("docs/conformance.md has other figures than this run; build the target conformance_document")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", required=True, help="program that prints the instruction table's rows")
    parser.add_argument("--records", required=True, help="folder of the suites' records")
    parser.add_argument("--document", required=True, help="docs/conformance.md")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    rows = sorted(subprocess.run([arguments.rows], check=True, capture_output=True, text=True).stdout.splitlines())
    suites = read_suites(arguments.records)
    path = pathlib.Path(arguments.document)
    if not arguments.check:
        path.write_text(document(suites, rows), encoding="utf-8")
        return 0
    known_untested = read_list(pathlib.Path(__file__).parent / "untested_rows.txt")
    found = problems(suites, rows, known_untested, path.read_text(encoding="utf-8") if path.exists() else "")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
