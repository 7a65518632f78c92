"""Recorded vintages of ../shared/data and the archive's, as days of figures, and what differs between them.

The comparison is plain Python over whole days: it shares nothing with the tables that it is held against.
"""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pyarrow.parquet
from building import shared_file

from pipeline.archive import ARCHIVE_DIRECTORY

ARCHIVE_AS_OF = datetime(2026, 10, 11, 0, 27)

Day = dict[str, int]


def seen_days() -> dict[datetime, dict[date, Day]]:
    """Whole days as they were seen, by the time they were seen; or a skip where they are not at hand."""
    seen: dict[datetime, dict[date, Day]] = defaultdict(lambda: defaultdict(dict))
    with gzip.open(shared_file("usage/vintages_2026-05-04_2026-08-21.csv.gz"), "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            seen_at = datetime.strptime(row["seen_at"], "%Y-%m-%dT%H:%M:%SZ")
            seen[seen_at][date.fromisoformat(row["date"])][row["model_permaslug"]] = int(row["total_tokens"])
    return seen


def archive_days() -> dict[date, Day]:
    days: dict[date, Day] = defaultdict(dict)
    for row in pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet").to_pylist():
        days[row["day"]][row["model"]] = row["tokens"]
    return days


def vintages_of_days(seen: dict[datetime, dict[date, Day]]) -> dict[date, dict[datetime, Day]]:
    """Every vintage of every day, the archive's among them."""
    vintages: dict[date, dict[datetime, Day]] = defaultdict(dict)
    for instant, days in {**seen, ARCHIVE_AS_OF: archive_days()}.items():
        for day, of in days.items():
            vintages[day][instant] = of
    return vintages


def differences(vintages: dict[date, dict[datetime, Day]]) -> set[tuple[Any, ...]]:
    """Every value that differs between successive vintages of a day, found by looking at each."""
    found = set()
    for day, by_instant in vintages.items():
        instants = sorted(by_instant)
        for earlier, later in pairwise(instants):
            before, after = by_instant[earlier], by_instant[later]
            for model in before.keys() | after.keys():
                if model not in before:
                    found.add((day, model, "entered", None, after[model], earlier, later))
                elif model not in after:
                    found.add((day, model, "left", before[model], None, earlier, later))
                elif before[model] != after[model]:
                    found.add((day, model, "changed", before[model], after[model], earlier, later))
    return found
