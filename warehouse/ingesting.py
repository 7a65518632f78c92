"""From the snapshot store to rows of text inside DuckDB: the inputs of the staging SQL; and back, what was rejected.

Not here: judging rows (sql/staging/snapshot_days.sql, catalogue_statements.sql, serving_statements.sql) or fetching
anything.
"""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse.build_inputs import fill_input
from warehouse.contracts import CONTRACTS
from warehouse.database import fetch_dicts, select_sql
from warehouse.errors import SnapshotUnreadable
from warehouse.home import Home
from warehouse.parsers import PRICES, Kind, kind_of
from warehouse.snapshots import SnapshotStore


def load_parsed(
    connection: duckdb.DuckDBPyConnection, store: SnapshotStore, kind: Kind, only: Collection[str] | None = None
) -> None:
    """Fills the kind's two temporary tables from every stored snapshot of that kind, one at a time.

    `only` names the snapshots to read; without it all are read. The one table has snapshot_id and the kind's columns,
    the other snapshot_id and reason. A price row that does not say when it was observed is as of its snapshot.
    Raises SnapshotCorrupted where a stored object is not what its name promises.
    """
    fill_input(connection, kind.rows_input)
    fill_input(connection, kind.failures_input)
    for snapshot in store.snapshots():
        if kind_of(snapshot.origin.format) != kind or (only is not None and snapshot.snapshot_id not in only):
            continue
        try:
            rows = kind.parse(store.read(snapshot), snapshot.origin.format)
        except SnapshotUnreadable as error:
            connection.execute(f"INSERT INTO {kind.failures_input} VALUES (?, ?)", [snapshot.snapshot_id, str(error)])
            continue
        connection.register("snapshot_rows", rows)
        connection.execute(f"INSERT INTO {kind.rows_input} SELECT ?, * FROM snapshot_rows", [snapshot.snapshot_id])
        connection.unregister("snapshot_rows")
        if kind == PRICES:
            connection.execute(
                "UPDATE parsed_prices SET observed_at_text = ? WHERE observed_at_text IS NULL AND snapshot_id = ?",
                [f"{snapshot.origin.as_of_utc:%Y-%m-%dT%H:%M:%SZ}", snapshot.snapshot_id],
            )


def quarantine_days(connection: duckdb.DuckDBPyConnection, home: Home) -> Path | None:
    """Writes the raw rows of quarantined days, with snapshot and reason, beside what the weekly writes reject.

    One folder a set of rejected days: staging the same snapshots again adds none. Returns it, or None.
    """
    return _quarantine(
        connection,
        home,
        "staging.snapshot_days",
        "SELECT snapshot_id, date, reason FROM staging.snapshot_days WHERE status = 'quarantined' ORDER BY ALL",
        "SELECT rows.*, days.reason FROM parsed_rows AS rows INNER JOIN staging.snapshot_days AS days "
        "ON days.snapshot_id = rows.snapshot_id AND days.status = 'quarantined' "
        "AND days.date IS NOT DISTINCT FROM "
        "CASE WHEN regexp_full_match(rows.date_text, '[0-9]{4}-[0-9]{2}-[0-9]{2}') "
        "THEN try_cast(rows.date_text AS DATE) END",
    )


def quarantine_statements(connection: duckdb.DuckDBPyConnection, home: Home) -> Path | None:
    """The same for price statements that were rejected."""
    return _quarantine(
        connection,
        home,
        "staging.catalogue_statements",
        "SELECT snapshot_id, observed_at_utc, model_id, reason FROM staging.catalogue_statements "
        "WHERE status = 'quarantined' ORDER BY ALL",
        "SELECT rows.*, statements.reason FROM parsed_prices AS rows "
        "INNER JOIN staging.catalogue_statements AS statements "
        "ON statements.snapshot_id = rows.snapshot_id AND statements.status = 'quarantined' "
        "AND statements.model_id IS NOT DISTINCT FROM rows.model_id "
        "AND (rows.observed_at_text = strftime(statements.observed_at_utc, '%Y-%m-%dT%H:%M:%SZ') "
        "OR (statements.observed_at_utc IS NULL AND NOT regexp_full_match(rows.observed_at_text, "
        "'[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z')))",
    )


def quarantine_serving(connection: duckdb.DuckDBPyConnection, home: Home) -> Path | None:
    """The same for endpoints and providers that were rejected: what was rejected, each with its reason, and the rows of
    these endpoints (a provider's row says no more than its reason)."""
    return _quarantine(
        connection,
        home,
        "staging.serving_statements",
        "SELECT snapshot_id, subject, row_number, name, reason FROM staging.serving_statements "
        "WHERE status = 'quarantined' ORDER BY ALL",
        "SELECT rows.*, statements.reason FROM parsed_endpoints AS rows "
        "INNER JOIN staging.serving_statements AS statements "
        "ON statements.snapshot_id = rows.snapshot_id AND statements.row_number = rows.row_number "
        "AND statements.subject = 'endpoint' AND statements.status = 'quarantined'",
    )


def _quarantine(
    connection: duckdb.DuckDBPyConnection, home: Home, table: str, reasons_sql: str, rows_sql: str
) -> Path | None:
    rejected = fetch_dicts(connection, reasons_sql)
    if not rejected:
        return None
    reasons = json.dumps(rejected, indent=2, default=str)
    for folder in home.quarantine.glob(f"*-{table}"):
        if (folder / "reasons.json").read_text() == reasons:
            return folder
    folder = home.quarantine / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{table}"
    folder.mkdir(parents=True)
    connection.sql(rows_sql).write_parquet(str(folder / "raw_rows.parquet"))
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


def shrunken_days(connection: duckdb.DuckDBPyConnection, weeks: Collection[date | None]) -> list[str]:
    """What stands behind weeks that were kept out because a day was restated far downwards."""
    rows = connection.execute(
        "SELECT restatements.date, tokens_after, later_snapshot_id, tokens_before, earlier_snapshot_id "
        "FROM staging.day_restatements AS restatements "
        "INNER JOIN checks.results AS results ON results.week_start = restatements.week_start "
        "AND results.check_name = 'restated_days_keep_their_tokens' AND results.outcome = 'failed' "
        "WHERE list_contains(?, restatements.week_start) AND tokens_after < tokens_before "
        "ORDER BY tokens_after / tokens_before LIMIT 5",
        [[week for week in weeks if week is not None]],
    ).fetchall()
    return [
        f"{day}: {after:,} tokens in snapshot {later}, after {before:,} in {earlier}"
        for day, after, later, before, earlier in rows
    ]


def price_rejections(connection: duckdb.DuckDBPyConnection, _: Collection[date | None]) -> list[str]:
    """Which statements of which price snapshots are rejected, by row and rule. The inputs of staging are loaded."""
    rows = connection.execute(
        f"SELECT DISTINCT snapshot_id, model_id, reason FROM ({select_sql(CONTRACTS['staging.catalogue_statements'])}) "
        "AS statements WHERE status = 'quarantined' ORDER BY ALL"
    ).fetchall()
    return [f"snapshot {snapshot}, {model or 'no readable model'}: {reason}" for snapshot, model, reason in rows]


def serving_rejections(connection: duckdb.DuckDBPyConnection, _: Collection[date | None]) -> list[str]:
    """Which endpoints and providers of which snapshots are rejected, by row and rule. The inputs are loaded."""
    rows = connection.execute(
        f"SELECT snapshot_id, subject, name, reason FROM ({select_sql(CONTRACTS['staging.serving_statements'])}) "
        "AS statements WHERE status = 'quarantined' ORDER BY ALL"
    ).fetchall()
    return [
        f"snapshot {snapshot}, {subject} {name or 'without a name'}: {reason}"
        for snapshot, subject, name, reason in rows
    ]


def unreviewed_prices(connection: duckdb.DuckDBPyConnection, _: Collection[date | None]) -> list[str]:
    """Odd prices that wait for a person's word: source, model, instant, rule and what was stated."""
    rows = connection.execute(
        "SELECT source, model_id, observed_at_utc, rule, price_kind, stated_usd_per_million_tokens "
        f"FROM ({select_sql(CONTRACTS['prices.suspicions'])}) AS suspicions WHERE action IS NULL ORDER BY ALL"
    ).fetchall()
    return [
        f"{source}, {model}, {instant:%Y-%m-%dT%H:%M:%SZ}: {rule}"
        + (f" ({kind} {stated.normalize():f} USD per million)" if stated is not None else "")
        + "; it waits for a line in warehouse/reference/price_corrections.csv"
        for source, model, instant, rule, kind, stated in rows
    ]


def differing_prices(connection: duckdb.DuckDBPyConnection, _: Collection[date | None] = ()) -> list[str]:
    """Prices more than 5 % off those of genai-prices, farthest first: model, instant, our source's price and theirs."""
    rows = connection.execute(
        "SELECT model_id, compared_at_utc, price_kind, usd_per_million_tokens, source, other_usd_per_million_tokens, "
        "other_provider FROM prices.cross_checks WHERE difference_share > 0.05 "
        "ORDER BY difference_share DESC, model_id, compared_at_utc, price_kind, source"
    ).fetchall()
    return [
        f"{model}, {instant:%Y-%m-%dT%H:%M:%SZ}: {kind} {ours.normalize():f} USD per million in {source}, "
        f"{theirs.normalize():f} of {provider} in genai-prices"
        for model, instant, kind, ours, source, theirs, provider in rows
    ]
