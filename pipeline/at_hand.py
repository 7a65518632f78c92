"""What the snapshot store holds, as whoever fetches or launches something has to know it.

Not here: whether the published file was made from it (up_to_date.py), nor which weeks that changes (run_job.py).
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pyarrow.compute

from warehouse.errors import SnapshotCorrupted, SnapshotUnreadable
from warehouse.home import Home
from warehouse.parsers import USAGE, kind_of, parse_usage
from warehouse.snapshots import Snapshot, SnapshotStore


def newest_fetch_utc(home: Home) -> datetime | None:
    """When something was last fetched. Files that a person gave, and the built-in archive, were not fetched."""
    return max(
        (s.origin.fetched_at_utc for s in SnapshotStore(home).snapshots() if s.origin.http_status is not None),
        default=None,
    )


def has_whole_day(home: Home, day: date) -> bool:
    """Whether some snapshot has figures of the day, stated after it was over. Whether they are any good, a run says.

    Only snapshots of after that day are read: asked about yesterday, these are few.
    """
    store = SnapshotStore(home)
    return day in known_days(store, [one for one in store.snapshots() if one.origin.as_of_utc >= _end_of(day)])


def known_days(store: SnapshotStore, snapshots: Iterable[Snapshot]) -> set[date]:
    """The days that were over when one of the snapshots of usage stated them. Whether they are any good, a run says.

    A snapshot that is damaged or cannot be read knows none: the run that meets it says so, by name.
    """
    days: set[date] = set()
    for snapshot in snapshots:
        if kind_of(snapshot.origin.format) != USAGE:
            continue
        try:
            rows = parse_usage(store.read(snapshot), snapshot.origin.format)
        except (SnapshotCorrupted, SnapshotUnreadable):
            continue
        stated = map(_day, pyarrow.compute.unique(rows["date_text"]).to_pylist())
        days |= {day for day in stated if day is not None and _end_of(day) <= snapshot.origin.as_of_utc}
    return days


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
