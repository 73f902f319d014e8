#!/usr/bin/env python3
"""Chooses few of many fuzz inputs that together reach every edge of the code that all of them reach.

minimize_corpus.py FUZZ_PROGRAM FROM_FOLDER TO_FOLDER

libFuzzer's own -merge=1 also keeps an input for each new count of an edge, many times more files; but its control file
says which inputs were the first to reach an edge. Of those this chooses greedily.
"""
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


MAXIMUM_LENGTH = 320


def merge(program, control, *options):
    subprocess.run([program, "-detect_leaks=0", "-rss_limit_mb=2048", f"-merge_control_file={control}", *options],
                   check=True, stderr=subprocess.DEVNULL)
    return Path(control).read_text(encoding="utf-8").splitlines()


def first_to_reach(program, folder):
    """The inputs that reached an edge first, shorter ones having gone before longer ones."""
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch, "into")
        into.mkdir()
        lines = merge(program, Path(scratch, "control"), "-merge=1", f"-max_len={MAXIMUM_LENGTH}", into, folder)
    files = lines[2:2 + int(lines[0])]
    new_edges = (line.split()[1:] for line in lines if line.startswith("COV "))
    return [Path(files[int(index)]) for index, *edges in new_edges if edges]


def edges_of(program, file):
    """All the edges that one input reaches, as the inner step of libFuzzer's merge writes them down."""
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as control:
        control.write(f"1\n0\n{file}\n")
        control.flush()
        lines = merge(program, control.name, "-merge_inner=1", f"-max_len={MAXIMUM_LENGTH}")
    features = next(line.split()[2:] for line in lines if line.startswith("FT "))
    counts_of_an_edge = 8
    return {int(feature) // counts_of_an_edge for feature in features}


def choose(reached):
    """Greedily: the input that adds most for its length."""
    missing = set().union(*reached.values())
    chosen = []
    while missing:
        best = max(reached, key=lambda file: (len(reached[file] & missing) / (file.stat().st_size + 64), file.name))
        missing -= reached.pop(best)
        chosen.append(best)
    return chosen


def main():
    program, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    chosen = choose({file: edges_of(program, file) for file in first_to_reach(program, source)})
    target.mkdir(parents=True, exist_ok=True)
    for file in chosen:
        shutil.copyfile(file, target / hashlib.sha1(file.read_bytes()).hexdigest()[:16])
    size = sum(file.stat().st_size for file in chosen)
    print(f"{len(chosen)} inputs, {size} bytes")


if __name__ == "__main__":
    main()
