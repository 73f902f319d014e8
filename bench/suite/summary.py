"""From the seconds of single runs to medians, spreads, ratios and verdicts."""
import dataclasses
import statistics
import typing

from suite.rows import Row


def median(values):
    return statistics.median(values) if values else None


def spread(values):
    """How far apart the runs lie: the largest less the smallest, as a part of the median."""
    middle = median(values)
    return (max(values) - min(values)) / middle if middle else None


def ratio(above, below):
    return above / below if above is not None and below else None


@dataclasses.dataclass(frozen=True)
class RowSummary:
    """What all runs say of one row; `seconds` and `spreads` are by emulator."""
    row: Row
    seconds: typing.Dict[str, float]
    spreads: typing.Dict[str, float]

    @property
    def beside_qemu(self):
        return ratio(self.seconds.get("trap"), self.seconds.get("qemu"))

    @property
    def beside_bare(self):
        return ratio(self.seconds.get("trap"), self.seconds.get("bare"))

    @property
    def holds(self):
        """Whether the target beside QEMU is met; None where there is none or nothing was measured."""
        if self.row.target is None or self.beside_qemu is None:
            return None
        return self.beside_qemu <= self.row.target

    @property
    def bare_holds(self):
        return None if self.beside_bare is None else self.beside_bare <= self.row.bare_target


def summarize(rows, measured):
    """`measured` is by emulator and row name: the list of seconds."""
    summaries = []
    for row in rows:
        values = {name: by_row[row.name] for name, by_row in measured.items() if by_row.get(row.name)}
        summaries.append(RowSummary(row, {name: median(list_) for name, list_ in values.items()},
                                    {name: spread(list_) for name, list_ in values.items()}))
    return summaries
