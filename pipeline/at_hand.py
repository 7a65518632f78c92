"""What the snapshot store holds, as whoever fetches or launches something has to know it.

Not here: whether the published file was made from it (up_to_date.py), nor which weeks that changes (run_job.py).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from warehouse.from_raw import staged_days
from warehouse.home import Home
from warehouse.parsers import USAGE, kind_of
from warehouse.snapshots import Snapshot, SnapshotStore


def missing_days(home: Home, days: Collection[date]) -> list[date]:
    """Those of the days that are not known, in order.

    Only snapshots of after the first of them are read: asked about yesterday or last week, these are few.
    """
    store = SnapshotStore(home)
    first_over = datetime.combine(min(days), datetime.min.time()) + timedelta(days=1)
    return sorted(set(days) - known_days(store, [s for s in store.snapshots() if s.origin.as_of_utc >= first_over]))


def known_days(store: SnapshotStore, snapshots: Iterable[Snapshot]) -> set[date]:
    """The days that one of the snapshots of usage states so that staging takes it: over by then, and not quarantined.

    Judged by the very SELECT of staging, in memory. A snapshot that is damaged or cannot be read knows none: the run
    that meets it says so, by name.
    """
    usage = [one for one in snapshots if kind_of(one.origin.format) == USAGE and store.is_whole(one)]
    with staged_days(store, usage) as connection:
        return {row[0] for row in connection.execute("SELECT date FROM staging.newest_vintages").fetchall()}
