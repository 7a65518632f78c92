"""From the snapshot store to rows of text inside DuckDB: the two inputs of the staging SQL.

Not here: judging rows (sql/staging/snapshot_days.sql) or fetching anything.
"""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse.build_inputs import fill_input
from warehouse.errors import SnapshotUnreadable
from warehouse.home import Home
from warehouse.parsers import parse
from warehouse.snapshots import SnapshotStore


def load_parsed_rows(
    connection: duckdb.DuckDBPyConnection, store: SnapshotStore, only: Collection[str] | None = None
) -> None:
    """Fills the temporary tables parsed_rows and parse_failures from every stored snapshot, one body at a time.

    `only` names the snapshots to read; without it all are read.

    parsed_rows: snapshot_id, row_number, date_text, model_permaslug, tokens_text; parse_failures: snapshot_id, reason.
    Raises SnapshotCorrupted where a stored object is not what its name promises.
    """
    fill_input(connection, "parsed_rows")
    fill_input(connection, "parse_failures")
    for snapshot in store.snapshots():
        if only is not None and snapshot.snapshot_id not in only:
            continue
        try:
            rows = parse(store.read(snapshot), snapshot.origin.format)
        except SnapshotUnreadable as error:
            connection.execute("INSERT INTO parse_failures VALUES (?, ?)", [snapshot.snapshot_id, str(error)])
            continue
        connection.register("snapshot_rows", rows)
        connection.execute("INSERT INTO parsed_rows SELECT ?, * FROM snapshot_rows", [snapshot.snapshot_id])
        connection.unregister("snapshot_rows")


def quarantine_days(connection: duckdb.DuckDBPyConnection, home: Home) -> Path | None:
    """Writes the raw rows of quarantined days, with snapshot and reason, beside what the weekly writes reject.

    One folder a set of rejected days: staging the same snapshots again adds none. Returns it, or None.
    """
    days = connection.execute(
        "SELECT snapshot_id, date, reason FROM staging.snapshot_days WHERE status = 'quarantined' "
        "ORDER BY snapshot_id, date"
    ).fetchall()
    if not days:
        return None
    reasons = json.dumps(
        [{"snapshot_id": snapshot, "date": day, "reason": reason} for snapshot, day, reason in days],
        indent=2,
        default=str,
    )
    for folder in home.quarantine.glob("*-staging.snapshot_days"):
        if (folder / "reasons.json").read_text() == reasons:
            return folder
    folder = home.quarantine / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-staging.snapshot_days"
    folder.mkdir(parents=True)
    connection.sql(
        "SELECT rows.*, days.reason FROM parsed_rows AS rows INNER JOIN staging.snapshot_days AS days "
        "ON days.snapshot_id = rows.snapshot_id AND days.status = 'quarantined' "
        "AND days.date IS NOT DISTINCT FROM "
        "CASE WHEN regexp_full_match(rows.date_text, '[0-9]{4}-[0-9]{2}-[0-9]{2}') "
        "THEN try_cast(rows.date_text AS DATE) END"
    ).write_parquet(str(folder / "raw_rows.parquet"))
    (folder / "reasons.json").write_text(reasons)
    return folder


def rejections(connection: duckdb.DuckDBPyConnection, weeks: Collection[date | None]) -> list[str]:
    """Which days of which snapshots were rejected, by row and rule: of the given weeks, and of no readable day."""
    rows = connection.execute(
        "SELECT snapshot_id, date, reason FROM staging.snapshot_days "
        "WHERE status = 'quarantined' AND (week_start IS NULL OR list_contains(?, week_start)) ORDER BY ALL",
        [[week for week in weeks if week is not None]],
    ).fetchall()
    return [f"snapshot {snapshot}, {day or 'no readable day'}: {reason}" for snapshot, day, reason in rows]
