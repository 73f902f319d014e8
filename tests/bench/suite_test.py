#!/usr/bin/env python3
"""What the bench suite makes of markers, seconds and sizes."""
import os
import signal
import socket
import subprocess
import sys
import unittest
import unittest.mock
import xml.etree.ElementTree

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")
sys.path.insert(0, BENCH)
from suite import machines, plot, report, scaling
from suite.emulators import Emulator
from suite.environment import different_features
from suite.guest import Guest
from suite.measure import Measurement
from suite.memory import peak_memory
from suite.rows import BOOT, ROWS, Row
from suite.session import BenchError, Session
from suite.summary import summarize


class Conversation(unittest.TestCase):
    """A session with a bench program whose lines are all there from the start."""
    row = Row("far", 5, None, work="copy", parameter=7)

    def session(self, lines):
        receive, guest_sends = os.pipe()
        self.guest_receives, send = os.pipe()
        os.write(guest_sends, lines)
        os.close(guest_sends)
        for descriptor in (receive, self.guest_receives, send):
            self.addCleanup(os.close, descriptor)
        clock = iter(range(10, 100, 10))
        return Session("guest", receive, send, lambda: next(clock), lambda: "\nlast words")

    def test_a_row(self):
        session = self.session(b"@begin copy\n@end copy 0badcafe\n")
        self.assertEqual(session.run(self.row, 5), ("0badcafe", 10))
        self.assertEqual(os.read(self.guest_receives, 100), b"run copy 5 7\n\n")

    def test_the_opening_line(self):
        self.assertEqual(self.session(b"@ready 0f29 00 0f8b\r\n").ready(), (["0f29", "00", "0f8b"], 10))

    def failure(self, lines):
        with self.assertRaises(BenchError) as caught:
            self.session(lines).run(self.row, 5)
        return str(caught.exception)

    def test_an_end_too_soon(self):
        self.assertEqual(self.failure(b"@begin copy\n@end co"), "guest, row far: it ended before '@end copy'\nlast words")

    def test_an_error(self):
        self.assertIn("says: no disk", self.failure(b"@error no disk\n"))

    def test_another_line(self):
        self.assertIn("expected '@end copy' but got '@end copying 1'", self.failure(b"@begin copy\n@end copying 1\n"))

    def test_no_checksum(self):
        self.assertIn("without a checksum", self.failure(b"@begin copy\n@end copy\n"))


class Scripted(Emulator):
    """A program that answers as a guest does, until something happens to it."""
    program = """
import os, signal, socket, sys
name, line, trouble = sys.argv[1:]
if trouble == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
family, address = (socket.AF_UNIX, line) if line.startswith("/") else (socket.AF_INET, ("127.0.0.1", int(line[10:])))
with socket.socket(family) as connection:
    connection.connect(address)
    stream = connection.makefile("rw")
    def say(words):
        stream.write(words + "\\n")
        stream.flush()
    say("@ready 1 2 3")
    for command in iter(stream.readline, ""):
        work = command.split()[1]
        if work == trouble:
            print("something broke", file=sys.stderr)
            sys.exit(1)
        say("@begin " + work)
        stream.readline()
        say("@end " + work + " cafe")
    signal.pause()
"""

    def __init__(self, trouble, line_family=socket.AF_UNIX, ended_by=signal.SIGTERM):
        self.name = "scripted"
        self.trouble = trouble
        self.line_family = line_family
        self.ended_by = ended_by

    def command(self, guest, folder, line):
        return [sys.executable, "-c", self.program, self.name, line, self.trouble]


class Runs(unittest.TestCase):
    def measured(self, emulator):
        rows = [(Row("copy", 1, None), 1), (Row("copy-far", 1, None, work="far"), 1)]
        measurement = Measurement(Guest("", "", "", ""), rows)
        measurement.run(emulator)
        return measurement

    def test_nothing_happens(self):
        for family in (socket.AF_UNIX, socket.AF_INET):
            measurement = self.measured(Scripted("", family))
            self.assertEqual(measurement.failures, {})
            self.assertEqual({row: len(runs) for row, runs in measurement.seconds["scripted"].items()},
                             {"copy": 1, "copy-far": 1})
            self.assertEqual(len(measurement.resources["scripted"]), 1)

    def test_rows_before_the_one_it_died_in_are_kept(self):
        measurement = self.measured(Scripted("far"))
        self.assertEqual(list(measurement.seconds["scripted"]), ["copy"])
        self.assertEqual(report.failure_lines(measurement.failures),
                         ["FAILED: scripted, row copy-far: it ended before '@begin far'"])
        self.assertIn("\nsomething broke", measurement.failures["scripted"])
        summaries = summarize([row for row, _ in measurement.rows], measurement.seconds)
        self.assertEqual([line[1] != "" for line in report.table(summaries, ["scripted"])], [True, True, False])
        self.assertEqual(len(report.resources_table(measurement.resources, 256)), 1)

    def test_one_that_does_not_end_is_killed(self):
        with unittest.mock.patch.object(machines, "ENDING_SECONDS", 0.1):
            measurement = self.measured(Scripted("deaf"))
            self.assertEqual(report.failure_lines(measurement.failures),
                             ["FAILED: scripted: it was killed, as it had not ended 0.1 s after SIGTERM"])
            self.assertEqual(list(measurement.seconds["scripted"]), ["copy", "copy-far"])
        self.assertEqual(self.measured(Scripted("deaf", ended_by=signal.SIGKILL)).failures, {})


class NetworkOptions(unittest.TestCase):
    def complaint(self, *options):
        """The one line that bench/network writes when it cannot begin."""
        program = os.path.join(BENCH, "network")
        result = subprocess.run([sys.executable, program, *options], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1), result)
        return result.stderr

    def test_mistakes_have_remedies(self):
        self.assertIn("choose from e1000, virtio", self.complaint("--nics", "e1000,ne3200"))
        self.assertIn("no number from 1", self.complaint("--runs", "0"))
        self.assertIn("build it", self.complaint("--ringdown", "/nowhere/ringdown"))


class Summaries(unittest.TestCase):
    row = Row("copy", 1, 2.0)

    def summary(self, **seconds):
        return summarize([self.row], {name: {"copy": values} for name, values in seconds.items()})[0]

    def test_medians_spreads_and_ratios(self):
        summary = self.summary(trap=[3.0, 1.0, 2.0], bare=[2.0], qemu=[1.0, 1.0])
        self.assertEqual(summary.seconds, {"trap": 2.0, "bare": 2.0, "qemu": 1.0})
        self.assertEqual(summary.spreads, {"trap": 1.0, "bare": 0.0, "qemu": 0.0})
        self.assertEqual((summary.beside_qemu, summary.beside_bare), (2.0, 1.0))
        self.assertEqual((summary.holds, summary.bare_holds), (True, True))

    def test_targets_that_do_not_hold(self):
        summary = self.summary(trap=[2.1], bare=[1.9], qemu=[1.0])
        self.assertEqual((summary.holds, summary.bare_holds), (False, False))

    def test_an_emulator_that_is_absent(self):
        summary = self.summary(trap=[2.0])
        self.assertEqual((summary.beside_qemu, summary.beside_bare, summary.holds), (None, None, None))

    def test_reports(self):
        summaries = [self.summary(trap=[1.0], bare=[0.5], qemu=[2.0])]
        lines = report.table(summaries, ["trap", "bare", "qemu"])
        self.assertEqual(lines[1], ["copy", "1.000", "0.500", "2.000", "0%", "0.500", "2.000", "yes", "2.00", "1.10",
                                    "NO"])
        self.assertEqual(len(report.as_text(lines).splitlines()), 2)
        self.assertTrue(report.as_markdown(lines).splitlines()[1].startswith("| --- | ---: |"))
        row = report.rows_as_json(summaries, {"trap": {"copy": [1.0]}})[0]
        self.assertEqual([row[name] for name in ("name", "trap", "bare", "qemu")], ["copy", 1.0, 0.5, 2.0])

    def test_resources(self):
        runs = [{"peak_mib": 300, "beyond_guest_mib": 90, "mips": 100}, {"peak_mib": 310, "beyond_guest_mib": 97}]
        self.assertEqual(report.resources_table({"trap": runs}, 256)[1], ["trap", "310", "97", "96", "NO", "100"])


class Memory(unittest.TestCase):
    def test_the_mapping_of_the_guests_size_is_the_guests(self):
        status = "Name: x\nVmHWM:\t  204800 kB\n"
        smaps = "Size: 1024 kB\nRss: 512 kB\nSize: 65792 kB\nRss: 51200 kB\nSize: 131072 kB\nRss: 10 kB\n"
        self.assertEqual(peak_memory(status, smaps, 64), {"peak_mib": 200, "beyond_guest_mib": 150})


class Features(unittest.TestCase):
    def test_only_what_differs_is_named(self):
        self.assertIsNone(different_features({"trap": ["1", "2", "3"], "qemu": ["1", "2", "3"]}))
        self.assertIsNone(different_features({"trap": ["1", "2", "3"]}))
        different = different_features({"bare": ["1", "2", "3"], "qemu": ["1", "2", "4"]})
        self.assertTrue(different.endswith(": EDX 3 and 4"), different)


class Scaling(unittest.TestCase):
    series = scaling.SERIES[0]

    def test_cost_of_an_operation(self):
        rows = self.series.rows()
        seconds = {row.name: [rounds * self.series.per_round(row.parameter) * 5e-9] for row, rounds in rows}
        for cost in self.series.nanoseconds(seconds):
            self.assertAlmostEqual(cost, 5)

    def test_sizes_that_are_missing(self):
        first = self.series.rows()[0][0].name
        lines = scaling.table({"trap": {first: [1.0]}, "qemu": {}})
        self.assertEqual([cell != "" for cell in lines[1][1:4]], [True, False, False])
        self.assertEqual(lines[2][-1], "")
        self.assertIn("</svg>", plot.scaling({"trap": {first: [1.0]}, "qemu": {}}))

    def test_small_sizes_are_repeated(self):
        for series in scaling.SERIES:
            for parameter in series.parameters:
                self.assertGreaterEqual(series.rounds(parameter) * series.per_round(parameter), series.operations)


class Plots(unittest.TestCase):
    def shapes(self, svg, kind):
        return list(xml.etree.ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{kind}"))

    def test_a_bar_for_each_row(self):
        rows = (BOOT, *ROWS)
        measured = {name: {row.name: [seconds] for row in rows} for name, seconds in (("trap", 0.3), ("qemu", 2.0))}
        self.assertEqual(len(self.shapes(plot.ratios(summarize(rows, measured)), "rect")), 1 + len(rows))

    def test_no_number_is_under_its_targets_mark(self):
        rows = [Row(str(target), 1, target) for target in (0.5, 1.0, 1.1, 1.5, 2.0, 4.0)]
        for seconds in (0.3, 0.9, 1.0, 1.4, 1.9):
            measured = {"trap": {row.name: [seconds] for row in rows}, "qemu": {row.name: [1.0] for row in rows}}
            svg = plot.ratios(summarize(rows, measured))
            numbers = [shape for shape in self.shapes(svg, "text") if shape.text == f"{seconds:.3g}"][-len(rows):]
            marks = [shape for shape in self.shapes(svg, "line") if shape.get("stroke-width") == "2.5"]
            for number, mark in zip(numbers, marks):
                begin, at = float(number.get("x")), float(mark.get("x1"))
                self.assertFalse(begin - 1 < at < begin + plot.GLYPH * len(number.text), (seconds, begin, at))

    def test_nothing_to_compare(self):
        self.assertEqual(len(self.shapes(plot.ratios([]), "text")), 1)

    def test_a_line_for_each_emulator_and_series(self):
        measured = {name: {row.name: [1.0] for series in scaling.SERIES for row, _ in series.rows()}
                    for name in ("trap", "qemu")}
        self.assertEqual(len(self.shapes(plot.scaling(measured), "polyline")), 2 * len(scaling.SERIES))


if __name__ == "__main__":
    unittest.main()
