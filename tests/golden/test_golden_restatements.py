"""What was restated, against a plain comparison of independent files in ../shared/data, where these exist."""

from datetime import date, datetime

import duckdb
import pytest
from building import build_tables, put_archive, put_body, put_rows, query, shared_file
from recorded_vintages import ARCHIVE_AS_OF, Day, differences, seen_days, vintages_of_days

from checks.run import validate_candidate
from warehouse.home import Home
from warehouse.parsers import EXPORT_FORMAT

EXPORT = "exports/rankings-daily_2026-10-08.csv"
EXPORT_AS_OF = datetime(2026, 10, 8, 1, 46, 15, 433000)
TABLES = [
    "raw.snapshots",
    "staging.snapshot_days",
    "staging.model_day_token_vintages",
    "staging.model_day_tokens",
    "weekly.restatements",
]


@pytest.fixture(scope="module")
def seen() -> dict[datetime, dict[date, Day]]:
    return seen_days()


def restatements(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return query(
        connection,
        "SELECT date, model_permaslug, restatement_kind, tokens_before, tokens_after, earlier_as_of_utc, "
        "later_as_of_utc FROM weekly.restatements ORDER BY ALL",
    )


def test_recorded_vintages_and_the_archive_are_restated_as_a_plain_comparison_finds(
    connection: duckdb.DuckDBPyConnection, home: Home, seen: dict[datetime, dict[date, Day]]
) -> None:
    for seen_at, days in seen.items():
        put_rows(
            home, [(day, model, tokens) for day, of in days.items() for model, tokens in of.items()], as_of=seen_at
        )
    put_archive(home)
    reports = build_tables(connection, home, tables=TABLES, validate=validate_candidate)
    expected = differences(vintages_of_days(seen))
    assert {row[2] for row in expected} == {"changed", "entered", "left"}
    found = restatements(connection)
    assert len(found) == len(expected)
    assert set(found) == expected

    assert not any(report.failed for report in reports.values()), "true restatements are not held back"
    large = [
        (result.week_start, round(result.observed_value or 0, 3))
        for result in reports["staging.model_day_tokens"].results
        if result.check_name == "restatements_are_small" and result.outcome == "warned"
    ]
    assert large == [(date(2026, 7, 13), 0.068)]
    [(change, entered, left)] = query(
        connection,
        "SELECT relative_change, rows_entered, rows_left FROM main.restated_days WHERE date = '2026-07-19'",
    )
    assert change == pytest.approx(0.068, abs=0.0005)
    assert entered == left > 0


@pytest.mark.parametrize("is_archive_first", [True, False])
def test_five_values_of_the_export_are_restated_in_the_archive(
    connection: duckdb.DuckDBPyConnection, home: Home, is_archive_first: bool
) -> None:
    body = shared_file(EXPORT).read_bytes()
    if is_archive_first:
        put_archive(home)
    put_body(home, body, as_of=EXPORT_AS_OF, body_format=EXPORT_FORMAT)
    if not is_archive_first:
        put_archive(home)
    build_tables(connection, home, tables=TABLES)
    found = restatements(connection)
    assert [row[:3] for row in found] == [
        (date(2026, 10, 7), model, "changed")
        for model in (
            "deepseek/deepseek-v4-flash-20260423",
            "deepseek/deepseek-v4-flash-20260731",
            "google/gemma-4-31b-it-20260402",
            "moonshotai/kimi-k3-20260715",
            "other",
        )
    ]
    assert {row[5:] for row in found} == {(EXPORT_AS_OF, ARCHIVE_AS_OF)}
    assert query(connection, "SELECT date, rows_changed, tokens_before, tokens_after FROM main.restated_days") == [
        (date(2026, 10, 7), 5, 25_120_908_105_361, 25_121_204_185_746)
    ]
