"""What the snapshot store holds, as whoever fetches or launches something has to know it.

Not here: whether the published file was made from it (up_to_date.py), nor which weeks that changes (run_job.py).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables, select_sql
from warehouse.home import Home
from warehouse.ingesting import load_parsed
from warehouse.parsers import USAGE, kind_of
from warehouse.snapshots import Snapshot, SnapshotStore, snapshots_to_arrow


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
    with connect(":memory:") as connection:
        create_tables(connection, [CONTRACTS["raw.snapshots"]])
        connection.register("listed", snapshots_to_arrow(usage))
        connection.execute("INSERT INTO raw.snapshots BY NAME SELECT * FROM listed")
        load_parsed(connection, store, USAGE, only={one.snapshot_id for one in usage})
        judged_days = select_sql(CONTRACTS["staging.snapshot_days"])
        rows = connection.execute(f"SELECT DISTINCT date FROM ({judged_days}) WHERE status = 'staged'").fetchall()
    return {row[0] for row in rows}
