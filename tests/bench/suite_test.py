#!/usr/bin/env python3
"""What the bench suite makes of markers, seconds and sizes."""
import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
from suite import plot, report, scaling
from suite.environment import different_features
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
        self.assertEqual(self.failure(b"@begin copy\n@end co"), "guest: it ended before '@end copy'\nlast words")

    def test_an_error(self):
        self.assertIn("says: no disk", self.failure(b"@error no disk\n"))

    def test_another_line(self):
        self.assertIn("expected '@end copy' but got '@end copying 1'", self.failure(b"@begin copy\n@end copying 1\n"))

    def test_no_checksum(self):
        self.assertIn("without a checksum", self.failure(b"@begin copy\n@end copy\n"))


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

    def test_nothing_to_compare(self):
        self.assertEqual(len(self.shapes(plot.ratios([]), "text")), 1)

    def test_a_line_for_each_emulator_and_series(self):
        measured = {name: {row.name: [1.0] for series in scaling.SERIES for row, _ in series.rows()}
                    for name in ("trap", "qemu")}
        self.assertEqual(len(self.shapes(plot.scaling(measured), "polyline")), 2 * len(scaling.SERIES))


if __name__ == "__main__":
    unittest.main()
