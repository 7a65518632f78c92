"""The built-in archive against independent copies of the source in ../shared/data, where that exists."""

import csv
import gzip
import hashlib
import json
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest
from building import build_tables, put_archive, put_body, put_rows, query, shared_file, up_to

from pipeline.archive import ARCHIVE_DIRECTORY
from warehouse.home import Home
from warehouse.parsers import EXPORT_FORMAT, parse_usage

HISTORY = "usage/rankings_daily_2025-01-01_2026-10-09.csv.gz"
VINTAGES = "usage/vintages_2026-05-04_2026-08-21.csv.gz"
EXPORT = "exports/rankings-daily_2026-10-08.csv"
STAGING = up_to("staging.model_day_tokens")


def read_csv(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def archive_rows() -> set[tuple[str, str, int]]:
    table = pyarrow.parquet.read_table(ARCHIVE_DIRECTORY / "usage.parquet")
    return {(str(row["day"]), row["model"], row["tokens"]) for row in table.to_pylist()}


def test_the_archive_is_what_its_description_says() -> None:
    said = json.loads((ARCHIVE_DIRECTORY / "usage.json").read_text())
    body = (ARCHIVE_DIRECTORY / "usage.parquet").read_bytes()
    rows = archive_rows()
    days = {row[0] for row in rows}
    assert (said["sha256"], said["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert (said["rows"], said["days"], said["tokens"]) == (len(rows), len(days), sum(row[2] for row in rows))
    assert (said["first_day"], said["last_day"]) == (min(days), max(days))


def test_the_archive_equals_the_public_history_row_by_row() -> None:
    history = read_csv(shared_file(HISTORY))
    assert len(history) == 32_895
    assert {(row["date"], row["model_permaslug"], int(row["total_tokens"])) for row in history} == archive_rows()


@pytest.fixture(scope="module")
def vintage_days() -> dict[datetime, list[tuple]]:
    """Whole days as they were seen, by the time they were seen."""
    seen = defaultdict(list)
    for row in read_csv(shared_file(VINTAGES)):
        seen[datetime.strptime(row["seen_at"], "%Y-%m-%dT%H:%M:%SZ")].append(
            (row["date"], row["model_permaslug"], int(row["total_tokens"]))
        )
    return dict(seen)


def test_vintages_replay_and_the_archive_is_the_newest_of_each_day(
    connection: duckdb.DuckDBPyConnection, home: Home, vintage_days: dict[datetime, list[tuple]]
) -> None:
    for seen_at, rows in reversed(vintage_days.items()):
        put_rows(home, rows, as_of=seen_at)
    put_archive(home)
    build_tables(connection, home, tables=STAGING)
    assert query(connection, "SELECT DISTINCT status FROM staging.snapshot_days") == [("staged",)]
    [(observations, days)] = query(
        connection,
        "SELECT count(*), count(DISTINCT date) FROM staging.snapshot_days WHERE as_of_utc < '2026-10-11'",
    )
    assert (observations, days) == (135, 110)
    staged = query(connection, "SELECT CAST(date AS VARCHAR), model_permaslug, tokens FROM staging.model_day_tokens")
    assert set(staged) == archive_rows()


def test_without_the_archive_the_last_seen_vintage_of_each_day_wins(
    connection: duckdb.DuckDBPyConnection, home: Home, vintage_days: dict[datetime, list[tuple]]
) -> None:
    last_seen: dict[str, tuple[datetime, set]] = {}
    for seen_at, rows in vintage_days.items():
        put_rows(home, rows, as_of=seen_at)
        for day in {row[0] for row in rows}:
            if day not in last_seen or seen_at > last_seen[day][0]:
                last_seen[day] = (seen_at, {row for row in rows if row[0] == day})
    build_tables(connection, home, tables=STAGING)
    staged = query(connection, "SELECT CAST(date AS VARCHAR), model_permaslug, tokens FROM staging.model_day_tokens")
    assert set(staged) == {row for _, rows in last_seen.values() for row in rows}


def test_the_export_has_its_published_hash_and_row_count() -> None:
    body = shared_file(EXPORT).read_bytes()
    manifest = json.loads(shared_file(EXPORT.replace(".csv", ".manifest.json")).read_text())
    published = manifest["files"]["csv"]
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (published["sha256"], published["bytes"])
    assert parse_usage(body, EXPORT_FORMAT).num_rows == manifest["row_count"] == 1530


def test_the_export_agrees_with_the_archive_but_for_five_restated_values(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    body = shared_file(EXPORT).read_bytes()
    put_archive(home)
    put_body(home, body, as_of=datetime(2026, 10, 8, 1, 46, 15), body_format=EXPORT_FORMAT)
    build_tables(connection, home, tables=STAGING)
    differing = query(
        connection,
        "SELECT date, model_permaslug FROM staging.model_day_token_vintages "
        "WHERE date BETWEEN '2026-09-08' AND '2026-10-07' "
        "GROUP BY ALL HAVING count(DISTINCT tokens) > 1 OR count(*) <> 2 ORDER BY model_permaslug",
    )
    assert differing == [
        (date(2026, 10, 7), slug)
        for slug in (
            "deepseek/deepseek-v4-flash-20260423",
            "deepseek/deepseek-v4-flash-20260731",
            "google/gemma-4-31b-it-20260402",
            "moonshotai/kimi-k3-20260715",
            "other",
        )
    ]
    assert query(
        connection,
        "SELECT raw_tokens FROM staging.snapshot_days WHERE date = '2026-10-07' ORDER BY as_of_utc",
    ) == [(25_120_908_105_361,), (25_121_204_185_746,)]


def test_an_export_of_the_archives_figures_is_the_published_file_to_the_byte(
    built_archive: duckdb.DuckDBPyConnection,
) -> None:
    """29 of its 30 days; the last one was restated since."""
    published = shared_file(EXPORT).read_bytes()
    rows = query(
        built_archive,
        "SELECT date, model_permaslug, tokens, rank_of_day, sum(tokens) OVER (PARTITION BY date) "
        "FROM staging.model_day_tokens WHERE date BETWEEN '2026-09-08' AND '2026-10-06' "
        "ORDER BY date, row_kind = 'other', tokens DESC, model_permaslug",
    )
    lines = ["date,model_permaslug,rank,total_tokens,share_of_daily_tokens"]
    lines += [
        f"{day},{slug},{rank or ''},{tokens},{tokens / int(day_sum)!r}" for day, slug, tokens, rank, day_sum in rows
    ]
    rebuilt = "".join(f"{line}\r\n" for line in lines).encode()
    assert published.startswith(rebuilt)
    assert len(published.splitlines()) - len(lines) == 51
