"""The figures that the loopback OpenRouter serves: those of the built-in archive, and vintages that a test adds.

Not here: the shapes in which they are served.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY

DayRows = list[tuple[str, int]]  # model_permaslug, tokens
VintageRow = tuple[datetime, date, str, int]  # as_of_utc, day, model_permaslug, tokens

_ALWAYS_KNOWN = datetime.min  # the archive's: one vintage, so all there is for any instant


@dataclass(frozen=True)
class Figures:
    """Every vintage of every day, whole days each."""

    vintages: dict[date, dict[datetime, DayRows]] = field(default_factory=dict)

    @property
    def last_day(self) -> date:
        return max(self.vintages)

    def with_vintages(self, rows: Iterable[VintageRow]) -> "Figures":
        """These figures and newer ones: all rows of one day and as_of are one vintage of that day."""
        vintages = {day: dict(of_day) for day, of_day in self.vintages.items()}
        added: defaultdict[tuple[date, datetime], DayRows] = defaultdict(list)
        for as_of_utc, day, slug, tokens in rows:
            added[day, as_of_utc].append((slug, tokens))
        for (day, as_of_utc), day_rows in added.items():
            vintages.setdefault(day, {})[as_of_utc] = day_rows
        return Figures(vintages)

    def of_day(self, day: date, at_utc: datetime) -> DayRows:
        """The newest vintage known at that instant, in the order of the source; empty where there is none."""
        known = [as_of_utc for as_of_utc in self.vintages.get(day, {}) if as_of_utc <= at_utc]
        return in_order_of_source(self.vintages[day][max(known)]) if known else []


def in_order_of_source(rows: Iterable[tuple[str, int]]) -> DayRows:
    """By tokens descending, then slug; `other` last."""
    return sorted(rows, key=lambda row: (row[0] == "other", -row[1], row[0]))


@cache
def recorded_figures() -> Figures:
    """What the built-in archive holds."""
    table = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet")
    columns = (table.column(name).to_pylist() for name in ("day", "model", "tokens"))
    rows = zip(*columns, strict=True)
    return Figures().with_vintages((_ALWAYS_KNOWN, day, slug, tokens) for day, slug, tokens in rows)
