"""What the snapshot store holds, as schedules and sensors have to know it before they launch anything.

Not here: whether the published file was made from it (up_to_date.py), nor which weeks that changes (run_job.py).
"""

from datetime import date, datetime, timedelta

import pyarrow.compute

from warehouse.errors import SnapshotCorrupted, SnapshotUnreadable
from warehouse.home import Home
from warehouse.parsers import API_FORMAT, EXPORT_FORMAT, USAGE_ARCHIVE_FORMAT, parse_usage
from warehouse.snapshots import Snapshot, SnapshotStore

_USAGE_FORMATS = frozenset({API_FORMAT, EXPORT_FORMAT, USAGE_ARCHIVE_FORMAT})


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
    is_over_at = datetime.combine(day + timedelta(days=1), datetime.min.time())
    stated_later = [
        snapshot
        for snapshot in store.snapshots()
        if snapshot.origin.format in _USAGE_FORMATS and snapshot.origin.as_of_utc >= is_over_at
    ]
    return any(_speaks_of(store, snapshot, day) for snapshot in stated_later)


def _speaks_of(store: SnapshotStore, snapshot: Snapshot, day: date) -> bool:
    try:
        rows = parse_usage(store.read(snapshot), snapshot.origin.format)
    except (SnapshotCorrupted, SnapshotUnreadable):
        return False  # the run that meets it says so, by name
    return day.isoformat() in pyarrow.compute.unique(rows["date_text"]).to_pylist()
