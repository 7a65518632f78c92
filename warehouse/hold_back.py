"""Weeks held back by a person's word: they fail their checks, and the file goes on showing their last good rows."""

from datetime import UTC, date, datetime

import duckdb

from warehouse.results import CheckResult


def held_back_weeks(connection: duckdb.DuckDBPyConnection) -> frozenset[date]:
    """Weeks that are held back: once named, until they pass again."""
    return frozenset(row[0] for row in connection.execute("SELECT week_start FROM main.held_back_weeks").fetchall())


def note_held_back(
    connection: duckdb.DuckDBPyConnection, named: frozenset[date], failed: list[CheckResult]
) -> frozenset[date]:
    """Records which weeks are held back from now on, with the reason: those named, now or before, that still fail.

    Returns them. A week that passes again is held back no longer.
    """
    before = held_back_weeks(connection)
    reasons: dict[date, list[str]] = {}
    for result in failed:
        if result.week_start is not None and result.week_start in named | before:
            reasons.setdefault(result.week_start, []).append(f"{result.table_name} {result.check_name}")
    for week in before - reasons.keys():
        connection.execute("DELETE FROM main.held_back_weeks WHERE week_start = ?", [week])
    for week in sorted(reasons.keys() - before):
        connection.execute(
            "INSERT INTO main.held_back_weeks BY NAME SELECT ? AS week_start, ? AS reason, ? AS held_back_at_utc",
            [week, "; ".join(reasons[week]), datetime.now(UTC).replace(tzinfo=None)],
        )
    return frozenset(reasons)
