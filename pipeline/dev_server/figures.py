"""The figures that the loopback OpenRouter serves: those of the built-in archive, vintages that a test adds, and
invented days for whoever tries out the live path.

Not here: the shapes in which they are served.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

import pyarrow.parquet

from pipeline.archive import ARCHIVE_DIRECTORY

DayRows = list[tuple[str, int]]  # model_permaslug, tokens
VintageRow = tuple[datetime, date, str, int]  # as_of_utc, day, model_permaslug, tokens

_DAY = timedelta(days=1)
_ALWAYS_KNOWN = datetime.min  # the archive's: one vintage, so all there is for any instant


@dataclass(frozen=True)
class Figures:
    """Every vintage of every day, whole days each."""

    vintages: dict[date, dict[datetime, DayRows]] = field(default_factory=dict)
    first_invented_day: date | None = None

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
        return Figures(vintages, self.first_invented_day)

    def with_invented_days(self, last_day: date) -> "Figures":
        """These figures and more days, to `last_day`: each repeats the last recorded one of its weekday."""
        days = [self.last_day + number * _DAY for number in range(1, (last_day - self.last_day).days + 1)]
        if not days:
            return self
        rows = (
            (datetime(day.year, day.month, day.day) + _DAY, day, slug, tokens)
            for number, day in enumerate(days)
            for slug, tokens in self.of_day(self.last_day - (6 - number % 7) * _DAY, datetime.max)
        )
        return Figures(self.with_vintages(rows).vintages, days[0])

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


def end_of_first_new_week() -> date:
    """The Sunday of the first week that the built-in archive has no day of."""
    last_day = recorded_figures().last_day
    return last_day + (13 - last_day.weekday()) * _DAY
