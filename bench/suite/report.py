"""The results as tables and as JSON."""
from suite.summary import median

# Memory that an emulator may take beyond the guest's, in MiB.
BEYOND_GUEST_TARGET_MIB = 96

VERDICTS = {True: "yes", False: "NO", None: ""}


def number(value, digits):
    return "" if value is None else f"{value:.{digits}f}"


def table(summaries, emulators):
    """A table as lists of cells, its heading first."""
    lines = [["row", *(f"{name} s" for name in emulators), "spread", "trap/qemu", "target", "holds", "trap/bare",
              "target", "holds"]]
    for summary in summaries:
        row = summary.row
        widest = max(summary.spreads.values(), default=None)
        lines.append([row.name, *(number(summary.seconds.get(name), 3) for name in emulators),
                      "" if widest is None else f"{100 * widest:.0f}%",
                      number(summary.beside_qemu, 3), number(row.target, 3), VERDICTS[summary.holds],
                      number(summary.beside_bare, 2), number(row.bare_target, 2), VERDICTS[summary.bare_holds]])
    return lines


def resources_table(resources, guest_mib):
    """Memory at its worst of all runs, MIPS in the median."""
    lines = [[f"of whole runs; the guest has {guest_mib} MiB", "peak MiB", "beyond the guest's", "target", "holds",
              "MIPS"]]
    for emulator, runs in resources.items():
        beyond = max(run["beyond_guest_mib"] for run in runs)
        lines.append([emulator, number(max(run["peak_mib"] for run in runs), 0), number(beyond, 0),
                      str(BEYOND_GUEST_TARGET_MIB), VERDICTS[beyond <= BEYOND_GUEST_TARGET_MIB],
                      number(median([run["mips"] for run in runs if "mips" in run]), 0)])
    return lines


def failure_lines(failures):
    """A line for each, without what logs say."""
    return [f"FAILED: {words.splitlines()[0]}" for words in failures.values()]


def idle_table(shares, target):
    lines = [["a waiting guest, of one processor", "share", "target", "holds"]]
    for emulator, share in shares.items():
        lines.append([emulator, f"{100 * share:.2f}%", f"{100 * target:.0f}%", VERDICTS[share <= target]])
    return lines


def as_text(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def as_markdown(lines):
    rule = ["---"] + ["---:"] * (len(lines[0]) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [lines[0], rule, *lines[1:]])


def rows_as_json(summaries, measured):
    """Each row has the medians of the emulators under their names, in seconds of CPU time."""
    return [{"name": summary.row.name, **summary.seconds, "spread": summary.spreads, "target": summary.row.target,
             "trap_qemu": summary.beside_qemu, "holds": summary.holds, "bare_target": summary.row.bare_target,
             "trap_bare": summary.beside_bare, "bare_holds": summary.bare_holds,
             "runs": {name: by_row.get(summary.row.name, []) for name, by_row in measured.items()}}
            for summary in summaries]
