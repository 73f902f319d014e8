"""What one operation costs as there is more of what it works on."""
import dataclasses
import typing

from suite.rows import Row
from suite.report import number
from suite.summary import median, ratio

PAGE_BYTES = 4096
MIB = 1 << 20
# The guest of these rows touches 1 GiB and has some left for itself.
MEMORY_MIB = 1536


@dataclasses.dataclass(frozen=True)
class Series:
    """One kind of work at several sizes. `operations` are at least so many in each measurement; a round does
    `per_round(parameter)` of them."""
    name: str
    work: str
    unit: str
    parameters: typing.Tuple[int, ...]
    per_unit: int  # a size in units is its parameter divided by this
    operations: int
    per_round: typing.Callable[[int], int]

    def rows(self):
        """A row and its rounds for each size."""
        return [(Row(f"{self.name}: {parameter // self.per_unit} {self.unit}", 1, None, work=self.work,
                     parameter=parameter), self.rounds(parameter)) for parameter in self.parameters]

    def rounds(self, parameter):
        return -(-self.operations // self.per_round(parameter))

    def nanoseconds(self, seconds):
        """Median cost of one operation at each size, from one emulator's seconds by row; None where there are none."""
        medians = [(median(seconds.get(row.name)), rounds) for row, rounds in self.rows()]
        return [middle and 1e9 * middle / (rounds * self.per_round(parameter))
                for (middle, rounds), parameter in zip(medians, self.parameters)]


def pages(parameter):
    return parameter // PAGE_BYTES


SIZES = tuple(size * MIB for size in (1, 4, 16, 64, 256, 1024))

SERIES = (
    Series("message to the next process", "ring", "processes", (1, 2, 4, 8, 16, 32, 64), 1, 192 * 30, lambda _: 192),
    Series("first touch of a page", "touch-first", "MiB", SIZES, MIB, 1 << 15, pages),
    Series("touch of a page again", "touch-again", "MiB", SIZES, MIB, 1 << 20, pages),
    Series("call of a block", "call-blocks", "blocks", (10, 100, 1000, 10_000, 100_000), 1, 2_000_000, lambda _: 1000),
)


def table(measured):
    """One line for each series and emulator: nanoseconds of an operation at each size, and their growth."""
    lines = []
    for series in SERIES:
        sizes = [str(parameter // series.per_unit) for parameter in series.parameters]
        lines.append([f"{series.name}, ns; {series.unit}:", *sizes, "last/first"])
        for emulator, seconds in measured.items():
            costs = series.nanoseconds(seconds)
            lines.append([f"  {emulator}", *(number(cost, 0) for cost in costs), number(ratio(costs[-1], costs[0]), 2)])
    width = max(len(line) for line in lines)
    return [line[:-1] + [""] * (width - len(line)) + line[-1:] for line in lines]


def as_json(measured):
    return [{"name": series.name, "unit": series.unit,
             "sizes": [parameter // series.per_unit for parameter in series.parameters],
             "nanoseconds": {emulator: series.nanoseconds(seconds) for emulator, seconds in measured.items()}}
            for series in SERIES]
