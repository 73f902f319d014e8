#!/usr/bin/env python3
"""`ringdown lab io`: devices do the same work, and trap for it as often as they must. Argument: the program."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import PATIENCE_SECONDS, check

PROGRAM = sys.argv[1]
SMALL = ["--packets", "64", "--blocks", "64"]
KEYS = ["device", "work", "traps", "units", "seconds"]
# Each traps less for the same work than the next one.
ORDERS = [["virtio-net", "e1000", "ne2000"], ["virtio-net", "pcnet", "rtl8029"], ["virtio-blk", "ide-dma", "ide-pio"]]
# Of a unit, where each goes through a port.
WORDS = {"ide-pio": 2048, "ne2000": 750, "rtl8029": 750}


def lab(*arguments, status=0, **variables):
    result = subprocess.run([PROGRAM, "lab", "io", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS, check=False, text=True,
                            env=os.environ | variables)
    check(result.returncode == status, f"{arguments}: status {result.returncode}, wanted {status}: {result.stderr}")
    return result


def measured(*arguments):
    return json.loads(lab(*SMALL, *arguments, "--json").stdout)


def counts(rows):
    return [{key: row[key] for key in KEYS if key != "seconds"} for row in rows]


def by_work(rows):
    works = {}
    for row in rows:
        works.setdefault(row["work"], {})[row["device"]] = row["traps"] / row["units"]
    return works


def check_rows(rows):
    for row in rows:
        check(list(row) == KEYS, f"the keys of a row: {list(row)}")
        check(row["units"] == 64 and row["traps"] > 0 and row["seconds"] >= 0, f"its numbers: {row}")
        check(any(row["work"] == f"{verb} 64 {unit}, {batch} at a time" for batch in ["one", "32"]
                  for verb, unit in [("send", "packets of 1,500 bytes"), ("receive", "packets of 1,500 bytes"),
                                     ("read", "blocks of 4 KiB"), ("write", "blocks of 4 KiB")]), f"its work: {row}")


def check_order(rows):
    works = by_work(rows)
    for order in ORDERS:
        compared = [work for work, devices in works.items() if order[0] in devices]
        check(len(compared) == 4, f"{order[0]} does two kinds of work, in two sizes of batches: {compared}")
        for work in compared:
            for fewer, more in zip(order, order[1:]):
                check(works[work][fewer] < works[work][more], f"{work}: {fewer} traps less than {more}: {works[work]}")
    for work, devices in works.items():
        for device, traps in devices.items():
            words = WORDS.get(device, 0)
            check(words < traps, f"{work}: {device}: each word is a trap: {traps}")
            check(words != 0 or traps < 30, f"{work}: {device}: no word is a trap: {traps}")


def check_batches(rows):
    """A batch costs a virtqueue what one of it costs; a device that takes one at a time gains nothing."""
    works = by_work(rows)
    for work, devices in works.items():
        if "32 at a time" not in work:
            continue
        alone = works[work.replace("32 at a time", "one at a time")]
        for device, traps in devices.items():
            if device.startswith("virtio-"):
                check(traps * 20 < alone[device], f"{work}: {device}: {traps}, alone {alone[device]}")
            if device in WORDS or device == "ide-dma":
                check(abs(traps - alone[device]) < 0.1, f"{work}: {device}: {traps}, alone {alone[device]}")


def check_table():
    table = lab(*SMALL, "ide-dma", "ide-pio", "--batch", "4").stdout
    check(max(len(line) for line in table.splitlines()) <= 120, "for a terminal")
    check(table.count("per block") == 2 and "4 at a time" in table and "packet" not in table, "what was asked for alone")
    rows = [line.split() for line in table.splitlines() if line.startswith("  ide-")]
    check([row[0] for row in rows] == ["ide-dma", "ide-pio"] * 2, "the devices in the order of the words")
    for _, traps, each, *split, under_vtx, _ in rows:
        check(abs(int(traps) / 64 - float(each)) < 0.01, "traps by unit")
        check(abs(sum(map(float, split)) - float(each)) < 0.03, f"the columns add up: {each}, {split}")
        check(0 < float(under_vtx) < float(each), "fewer with hardware's help")


with tempfile.TemporaryDirectory() as folder:
    rows = measured()
    check_rows(rows)
    check_order(rows)
    check_batches(rows)
    check(counts(measured()) == counts(rows), "twice the same counts")
    check_table()
    check(len(measured("ide-dma", "ide-dma", "--batch", "32")) == 2, "a device that is named twice is measured once")
    lab("ide-dma", "--blocks", "1", TMPDIR=folder)
    check(os.listdir(folder) == [], "no disk is left behind")
    check("TMPDIR" in lab("ide-dma", status=2, TMPDIR=os.path.join(folder, "missing")).stderr, "no room for it")
print("devices are compared")
