#!/usr/bin/env python3
"""The conformance table finds what it is there to find."""
import unittest

import conformance_table as conformance


def suite(**fields):
    s = conformance.Suite()
    s.add({"host": "", "cases": 10, "passed": 10, "differences": [], "rows": ["add", "sub"], **fields})
    return s


class Problems(unittest.TestCase):
    rows = ["add", "sub"]

    def problems(self, suites, written=None, known_untested=()):
        written = conformance.document(suites, self.rows) if written is None else written
        return conformance.problems(suites, self.rows, known_untested, written)

    def test_a_whole_run_has_none(self):
        self.assertEqual(self.problems({("vectors", "bare"): suite()}), [])

    def test_no_records(self):
        self.assertEqual(self.problems({}), ["no suite has written a record"])

    def test_an_unexplained_difference(self):
        self.assertIn("2 unexplained", self.problems({("vectors", "bare"): suite(passed=8)})[0])

    def test_an_explained_difference_is_none(self):
        reasons = [{"reason": "a 286", "cases": 2}]
        self.assertEqual(self.problems({("vectors", "bare"): suite(passed=8, differences=reasons)}), [])

    def test_a_row_without_a_test(self):
        self.assertIn("'sub'", self.problems({("vectors", "bare"): suite(rows=["add"])})[0])

    def test_a_row_known_to_have_no_test(self):
        self.assertEqual(self.problems({("vectors", "bare"): suite(rows=["add"])}, known_untested=["sub"]), [])

    def test_a_row_known_to_have_no_test_that_has_one(self):
        self.assertIn("'sub' is tested", self.problems({("vectors", "bare"): suite()}, known_untested=["sub"])[0])

    def test_a_row_that_is_none(self):
        self.assertIn("'mul'", self.problems({("vectors", "bare"): suite(rows=["add", "sub", "mul"])})[0])

    def test_other_figures_than_the_document(self):
        written = conformance.document({("vectors", "bare"): suite(cases=9, passed=9)}, self.rows)
        self.assertIn("other figures", self.problems({("vectors", "bare"): suite()}, written)[0])

    def test_figures_of_the_host_are_not_compared(self):
        run = {("vectors", "bare"): suite(), ("oracle", "bare"): suite(host="A")}
        other = {("vectors", "bare"): suite(), ("oracle", "bare"): suite(host="B", cases=99, passed=99)}
        self.assertEqual(self.problems(run, conformance.document(other, self.rows)), [])

    def test_parts_are_added_up(self):
        s = suite()
        s.add({"host": "", "cases": 5, "passed": 4, "differences": [{"reason": "x", "cases": 1}], "rows": ["mul"]})
        self.assertEqual((s.cases, s.passed, s.unexplained, s.rows), (15, 14, 0, {"add", "sub", "mul"}))


if __name__ == "__main__":
    unittest.main()
