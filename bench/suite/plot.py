"""Plots as SVG: ratios of rows as bars, and costs over sizes as lines."""
import math
from xml.sax.saxutils import escape

from suite.scaling import SERIES

COLOURS = {"trap": "#b5442b", "bare": "#3b6ea5", "qemu": "#777777", "bochs": "#c9a227"}
FONT = 'font-family="sans-serif" font-size="12"'
GLYPH = 8  # pixels of a digit, at most
GAP = 6  # pixels between a bar or mark and its number


def text(x, y, words, anchor="start", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def line(x1, y1, x2, y2, colour, width=1.0, more=""):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}" {more}/>')


def document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" {FONT}>\n<rect width="{width}" height="{height}" fill="white"/>\n'
            + "\n".join(parts) + "\n</svg>\n")


class LogScale:
    """Maps values between two powers of ten to a range of pixels."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start = start
        self.end = end

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def powers(self):
        return [10.0 ** exponent for exponent in range(self.low, self.high + 1)]


def place_of_number(words, bar, mark):
    """Where a number begins that stands behind its bar: behind the target's mark too, if it would be on that."""
    width = GLYPH * len(words)
    covered = mark is not None and bar < mark < bar + GAP + width
    return (mark if covered else bar) + GAP


def ratios(summaries):
    """A bar for each row: CPU time of trap beside QEMU's on a logarithmic scale, and a mark at the row's target."""
    rows = [summary for summary in summaries if summary.beside_qemu is not None]
    if not rows:
        return document(400, 40, [text(10, 25, "nothing was measured in both trap and qemu")])
    left, top, pitch, width = 170, 50, 22, 860
    values = [s.beside_qemu for s in rows] + [s.row.target for s in rows if s.row.target] + [1.0]
    scale = LogScale(values, left, width - 60)
    bottom = top + pitch * len(rows)
    parts = [text(left, 22, "Ringdown (trap) beside QEMU: ratio of CPU time, less is better; | is the target",
                  more='font-weight="bold"')]
    for power in scale.powers():
        parts += [line(scale(power), top - 4, scale(power), bottom, "#dddddd"),
                  text(scale(power), top - 8, f"{power:.9g}", "middle")]
    for i, summary in enumerate(rows):
        y = top + pitch * i
        end, one = scale(summary.beside_qemu), scale(1.0)
        mark = scale(summary.row.target) if summary.row.target else None
        words = f"{summary.beside_qemu:.3g}"
        colour = {True: "#4c8c4a", False: COLOURS["trap"], None: "#999999"}[summary.holds]
        parts += [text(left - 8, y + 15, summary.row.name, "end"),
                  f'<rect x="{min(end, one):.1f}" y="{y + 4}" width="{abs(end - one):.1f}" height="{pitch - 8}" '
                  f'fill="{colour}"/>',
                  text(place_of_number(words, max(end, one), mark), y + 15, words)]
        if mark:
            parts.append(line(mark, y + 1, mark, y + pitch - 1, "black", 2.5))
    parts.append(line(scale(1.0), top - 4, scale(1.0), bottom, "black"))
    return document(width, bottom + 20, parts)


def scaling_panel(series, measured, x, y, width, height):
    """One series: the cost of an operation over the size, both logarithmic, a line for each emulator."""
    sizes = [parameter / series.per_unit for parameter in series.parameters]
    costs = {emulator: [(size, cost) for size, cost in zip(sizes, series.nanoseconds(seconds)) if cost]
             for emulator, seconds in measured.items()}
    across = LogScale(sizes, x, x + width)
    up = LogScale([cost for of_one in costs.values() for _, cost in of_one] or [1], y + height, y)
    parts = [text(x, y - 12, f"{series.name}: ns over {series.unit}", more='font-weight="bold"')]
    for power in up.powers():
        parts += [line(x, up(power), x + width, up(power), "#dddddd"),
                  text(x - 6, up(power) + 4, f"{power:.9g}", "end")]
    for power in across.powers():
        parts += [line(across(power), y, across(power), y + height, "#eeeeee"),
                  text(across(power), y + height + 16, f"{power:.9g}", "middle")]
    for emulator, of_one in costs.items():
        colour = COLOURS.get(emulator, "black")
        points = " ".join(f"{across(size):.1f},{up(cost):.1f}" for size, cost in of_one)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return parts


def scaling(measured):
    """All series as panels, two in a row, with a legend."""
    width, height, panel_width, panel_height = 900, 640, 340, 210
    parts = []
    for i, series in enumerate(SERIES):
        parts += scaling_panel(series, measured, 70 + i % 2 * 440, 50 + i // 2 * 290, panel_width, panel_height)
    for i, emulator in enumerate(measured):
        colour = COLOURS.get(emulator, "black")
        parts += [line(70 + 120 * i, height - 30, 100 + 120 * i, height - 30, colour, 3),
                  text(106 + 120 * i, height - 26, emulator)]
    return document(width, height, parts)
