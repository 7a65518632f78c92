"""The staging SQL as small input and expected output: which days are staged, from which vintage, how slugs split."""

import json
from dataclasses import replace
from datetime import date, datetime

import duckdb
import pyarrow.parquet
import pytest
from building import MONDAY, api_body, build_tables, origin, put_body, put_rows, query, up_to

from warehouse.home import Home
from warehouse.parsers import API_FORMAT, EXPORT_FORMAT
from warehouse.snapshots import Origin, SnapshotStore

STAGING = up_to("staging.model_day_tokens")
TUESDAY = date(2026, 1, 6)
GOOD = [(MONDAY, "qwen/a", 7), (MONDAY, "other", 3)]
MAX_64 = 2**63 - 1


def stage(connection: duckdb.DuckDBPyConnection, home: Home) -> list[tuple]:
    build_tables(connection, home, tables=STAGING)
    return query(connection, "SELECT date, status, reason FROM staging.snapshot_days ORDER BY date, as_of_utc")


def staged_rows(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return query(connection, "SELECT date, model_permaslug, tokens FROM staging.model_day_tokens ORDER BY ALL")


def test_good_rows_are_staged_and_accounted_for(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    snapshot = put_rows(home, GOOD, as_of=datetime(2026, 1, 7))
    build_tables(connection, home, tables=STAGING)
    assert query(connection, "SELECT * EXCLUDE figures_hash FROM staging.snapshot_days") == [
        (snapshot.snapshot_id, MONDAY, MONDAY, datetime(2026, 1, 7), 2, 10, "staged", None)
    ]
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((MONDAY, "qwen/b", "-5"), "row 3: total_tokens is negative: -5"),
        ((MONDAY, "qwen/b", "1.0"), "row 3: total_tokens is not a whole number: 1.0"),
        ((MONDAY, "qwen/b", "1e3"), "row 3: total_tokens is not a whole number: 1e3"),
        ((MONDAY, "qwen/b", ""), "row 3: total_tokens is not a whole number: "),
        ((MONDAY, "qwen/b", " 7"), "row 3: total_tokens is not a whole number:  7"),
        ((MONDAY, "qwen/b", "True"), "row 3: total_tokens is not a whole number: True"),
        ((MONDAY, "qwen/b", None), "row 3: total_tokens is missing"),
        ((MONDAY, "qwen/b", MAX_64 + 1), "row 3: total_tokens does not fit 64 bits: 9223372036854775808"),
        ((MONDAY, None, 1), "row 3: model_permaslug is not author/model: missing"),
        ((MONDAY, "qwen", 1), "row 3: model_permaslug is not author/model: qwen"),
        ((MONDAY, "qwen/", 1), "row 3: model_permaslug is not author/model: qwen/"),
        ((MONDAY, "/b", 1), "row 3: model_permaslug is not author/model: /b"),
        ((MONDAY, "qwen/a b", 1), "row 3: model_permaslug is not author/model: qwen/a b"),
        ((MONDAY, "Other", 1), "row 3: model_permaslug is not author/model: Other"),
        ((MONDAY, "qwen/b", MAX_64), "the tokens of the day do not add up within 64 bits"),
    ],
)
def test_a_bad_row_quarantines_its_day_and_no_other(
    connection: duckdb.DuckDBPyConnection, home: Home, row: tuple, reason: str
) -> None:
    put_rows(home, [*GOOD, row, (TUESDAY, "qwen/a", 8)])
    assert stage(connection, home) == [(MONDAY, "quarantined", reason), (TUESDAY, "staged", None)]
    assert staged_rows(connection) == [(TUESDAY, "qwen/a", 8)]


def test_the_largest_64_bit_figure_is_staged(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "qwen/a", MAX_64)])
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "qwen/a", MAX_64)]


def test_two_rows_for_one_day_and_model_quarantine_the_day(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [*GOOD, (MONDAY, "qwen/a", 7)])
    assert stage(connection, home) == [
        (MONDAY, "quarantined", "row 1: two rows for one day and model: 2026-01-05 qwen/a")
    ]


@pytest.mark.parametrize("bad_date", ["2026-02-30", "2026-1-5", "05.01.2026", "", None, "2026-01-05T00:00:00Z"])
def test_an_unreadable_date_quarantines_the_whole_snapshot(
    connection: duckdb.DuckDBPyConnection, home: Home, bad_date: str | None
) -> None:
    body = json.loads(api_body([*GOOD, (TUESDAY, "qwen/a", 8)]))
    body["data"][0]["date"] = bad_date
    put_body(home, json.dumps(body).encode())
    belongs_here = "another row of this snapshot has no readable day, so it may belong to this one"
    reason = f"row 1: date is not a day written YYYY-MM-DD: {'missing' if bad_date is None else bad_date}"
    assert stage(connection, home) == [
        (MONDAY, "quarantined", belongs_here),
        (TUESDAY, "quarantined", belongs_here),
        (None, "quarantined", reason),
    ]
    assert query(connection, "SELECT count(*) FROM staging.model_day_token_vintages") == [(0,)]


def test_a_day_that_was_not_over_is_unfinished_and_unused(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [*GOOD, (TUESDAY, "qwen/a", 8)], as_of=datetime(2026, 1, 6, 23, 59, 59, 999999))
    assert stage(connection, home) == [(MONDAY, "staged", None), (TUESDAY, "unfinished", None)]
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7)]


def test_a_day_is_over_at_its_midnight(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, GOOD, as_of=datetime(2026, 1, 6))
    assert stage(connection, home) == [(MONDAY, "staged", None)]


def test_other_figures_under_the_same_as_of_quarantine_the_later_snapshot(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    as_of = datetime(2026, 1, 8)
    put_rows(home, [*GOOD, (TUESDAY, "qwen/a", 8)], as_of, fetched_at=datetime(2026, 1, 9))
    later = put_rows(home, [(MONDAY, "qwen/a", 99), (TUESDAY, "qwen/a", 8)], as_of, fetched_at=datetime(2026, 1, 10))
    stage(connection, home)
    assert query(
        connection, "SELECT snapshot_id, date, reason FROM staging.snapshot_days WHERE status = 'quarantined'"
    ) == [
        (later.snapshot_id, MONDAY, "an earlier snapshot states other figures for the same day and the same as_of"),
    ]
    assert (MONDAY, "qwen/a", 7) in staged_rows(connection)


def test_the_same_figures_under_the_same_as_of_are_no_contradiction(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, GOOD, datetime(2026, 1, 8), fetched_at=datetime(2026, 1, 9))
    put_rows(home, GOOD, datetime(2026, 1, 8), fetched_at=datetime(2026, 1, 10), body_format=EXPORT_FORMAT)
    assert stage(connection, home) == [(MONDAY, "staged", None), (MONDAY, "staged", None)]
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7)]


def test_a_broken_answer_does_not_contradict_the_good_one_fetched_after_it(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    as_of = datetime(2026, 1, 8)
    put_rows(home, [*GOOD, (MONDAY, "qwen/b", -1)], as_of, fetched_at=datetime(2026, 1, 9))
    put_rows(home, [(MONDAY, "qwen/b", 1), *GOOD], as_of, fetched_at=datetime(2026, 1, 10))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7), (MONDAY, "qwen/b", 1)]


@pytest.mark.parametrize(
    "broken", [[(MONDAY, "qwen/a", 7), ("2026-13-01", "other", 3)], [(MONDAY, "qwen/a", MAX_64), (MONDAY, "other", 3)]]
)
def test_a_snapshot_quarantined_as_a_whole_does_not_contradict_the_good_one_after_it(
    connection: duckdb.DuckDBPyConnection, home: Home, broken: list
) -> None:
    as_of = datetime(2026, 1, 8)
    put_rows(home, broken, as_of, fetched_at=datetime(2026, 1, 9))
    put_rows(home, GOOD, as_of, fetched_at=datetime(2026, 1, 10))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7)]


def test_a_body_that_cannot_be_read_is_accounted_for_with_its_reason(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, GOOD, datetime(2026, 1, 8))
    put_body(home, b'{"data": [', datetime(2026, 1, 9))
    days = stage(connection, home)
    assert days[0] == (MONDAY, "staged", None)
    assert days[1][:2] == (None, "quarantined")
    assert days[1][2].startswith("not whole JSON")
    assert staged_rows(connection) == [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7)]


def test_quarantine_keeps_every_raw_row_of_a_bad_day_with_the_reason(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [*GOOD, (MONDAY, "qwen/b", -5), (TUESDAY, "qwen/a", 8)])
    stage(connection, home)
    [folder] = home.quarantine.iterdir()
    rows = pyarrow.parquet.read_table(folder / "raw_rows.parquet").to_pylist()
    assert sorted(row["tokens_text"] for row in rows) == ["-5", "3", "7"]
    [reason] = json.loads((folder / "reasons.json").read_text())
    assert (reason["date"], reason["reason"]) == ("2026-01-05", "row 3: total_tokens is negative: -5")


# quarantine_days casts more loosely than snapshot_days.sql judges, so a half-readable day finds no day to belong to


@pytest.mark.parametrize(
    "bad_date",
    ["yesterday", "2026-1-7", "2026-01-07T00:00:00Z"],
)
def test_quarantine_keeps_the_row_whose_day_cannot_be_read(
    connection: duckdb.DuckDBPyConnection, home: Home, bad_date: str
) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 7), (bad_date, "qwen/b", 8)])
    stage(connection, home)
    [folder] = home.quarantine.iterdir()
    rows = pyarrow.parquet.read_table(folder / "raw_rows.parquet").to_pylist()
    assert sorted(row["model_permaslug"] for row in rows) == ["qwen/a", "qwen/b"]


def test_staging_the_same_snapshots_again_adds_no_second_quarantine_folder(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [(MONDAY, "qwen/b", -5)])
    stage(connection, home)
    stage(connection, home)
    assert len(list(home.quarantine.iterdir())) == 1


# --- vintages ---


def test_newest_vintage_wins_day_by_day_and_all_are_kept(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 7), (TUESDAY, "qwen/a", 8)], datetime(2026, 1, 8))
    put_rows(home, [(MONDAY, "qwen/a", 9)], datetime(2026, 1, 9))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "qwen/a", 9), (TUESDAY, "qwen/a", 8)]
    assert query(
        connection, "SELECT date, as_of_utc, tokens FROM staging.model_day_token_vintages ORDER BY date, as_of_utc"
    ) == [
        (MONDAY, datetime(2026, 1, 8), 7),
        (MONDAY, datetime(2026, 1, 9), 9),
        (TUESDAY, datetime(2026, 1, 8), 8),
    ]


def test_a_model_that_left_the_newest_vintage_is_not_carried_over(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 7), (MONDAY, "qwen/b", 6)], datetime(2026, 1, 8))
    put_rows(home, [(MONDAY, "qwen/a", 7), (MONDAY, "qwen/c", 5)], datetime(2026, 1, 9))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "qwen/a", 7), (MONDAY, "qwen/c", 5)]


def test_an_older_statement_fetched_later_does_not_win(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 9)], as_of=datetime(2026, 1, 9), fetched_at=datetime(2026, 1, 9))
    put_rows(home, [(MONDAY, "qwen/a", 7)], as_of=datetime(2026, 1, 8), fetched_at=datetime(2026, 2, 1))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "qwen/a", 9)]


def test_a_quarantined_newer_vintage_leaves_the_older_one_standing(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 7)], datetime(2026, 1, 8))
    put_rows(home, [(MONDAY, "qwen/a", -1)], datetime(2026, 1, 9))
    stage(connection, home)
    assert staged_rows(connection) == [(MONDAY, "qwen/a", 7)]


# --- slugs ---


@pytest.mark.parametrize(
    ("slug", "split"),
    [
        ("anthropic/claude-opus-4.6-20260205", ("anthropic", "claude-opus-4.6", "20260205", None)),
        ("openai/gpt-5-2025-08-07", ("openai", "gpt-5", "2025-08-07", None)),
        ("cohere/command-r-plus-08-2024", ("cohere", "command-r-plus", "08-2024", None)),
        ("qwen/qwen3-235b-a22b-07-25", ("qwen", "qwen3-235b-a22b", "07-25", None)),
        ("moonshotai/kimi-k2-0905", ("moonshotai", "kimi-k2", "0905", None)),
        ("google/gemini-2.0-flash-001", ("google", "gemini-2.0-flash", "001", None)),
        ("qwen/qwen-max", ("qwen", "qwen-max", None, None)),
        ("deepseek/deepseek-r1:free", ("deepseek", "deepseek-r1", None, "free")),
        ("deepseek/deepseek-chat-v3-0324:free", ("deepseek", "deepseek-chat-v3", "0324", "free")),
        ("neversleep/llama-3-lumimaid-8b:extended", ("neversleep", "llama-3-lumimaid-8b", None, "extended")),
        ("perplexity/pplx-embed-v1-0.6B", ("perplexity", "pplx-embed-v1-0.6B", None, None)),
        ("other", (None, None, None, None)),
    ],
)
def test_slug_is_split_for_display(connection: duckdb.DuckDBPyConnection, home: Home, slug: str, split: tuple) -> None:
    put_rows(home, [(MONDAY, slug, 7)])
    stage(connection, home)
    assert query(
        connection,
        "SELECT model_permaslug, author, model_name, date_suffix, variant FROM staging.model_day_tokens",
    ) == [(slug, *split)]


def test_rows_of_one_model_name_are_never_merged(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    slugs = ["deepseek/v4-20260423", "deepseek/v4-20260731", "deepseek/v4", "deepseek/v4:free", "DeepSeek/v4"]
    put_rows(home, [(MONDAY, slug, 7) for slug in slugs])
    stage(connection, home)
    assert {row[1] for row in staged_rows(connection)} == set(slugs)


def test_rank_of_day_goes_by_tokens_then_slug_and_leaves_other_out(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [(MONDAY, "qwen/b", 5), (MONDAY, "qwen/a", 5), (MONDAY, "qwen/c", 9), (MONDAY, "other", 99)])
    stage(connection, home)
    assert query(
        connection, "SELECT model_permaslug, row_kind, rank_of_day FROM staging.model_day_tokens ORDER BY rank_of_day"
    ) == [("qwen/c", "model", 1), ("qwen/a", "model", 2), ("qwen/b", "model", 3), ("other", "other", None)]


@pytest.mark.parametrize(
    ("day", "week_start"),
    [
        (date(2025, 1, 1), date(2024, 12, 30)),
        (date(2026, 1, 4), date(2025, 12, 29)),
        (date(2026, 1, 5), date(2026, 1, 5)),
    ],
)
def test_weeks_begin_on_monday_across_the_year_end(
    connection: duckdb.DuckDBPyConnection, home: Home, day: date, week_start: date
) -> None:
    put_rows(home, [(day, "qwen/a", 7)])
    stage(connection, home)
    assert query(connection, "SELECT week_start FROM staging.model_day_tokens") == [(week_start,)]


def asked_for(**parameters: str) -> Origin:
    return replace(origin(datetime(2026, 1, 9)), parameters=json.dumps(parameters))


@pytest.mark.parametrize(
    ("answered", "quarantined"),
    [
        (("2026-01-06", "2026-01-06"), [MONDAY]),
        (("2026-01-05", "2026-01-05"), [TUESDAY]),
        (("2026-01-05", "2026-01-06"), []),
    ],
)
def test_a_day_that_the_answer_says_it_does_not_hold_is_quarantined(
    connection: duckdb.DuckDBPyConnection, home: Home, answered: tuple[str, str], quarantined: list[date]
) -> None:
    asked = asked_for(
        start_date="2026-01-05",
        end_date="2026-01-06",
        answered_start_date=answered[0],
        answered_end_date=answered[1],
    )
    SnapshotStore(home).put(api_body([*GOOD, (TUESDAY, "qwen/a", 8)]), asked)
    reasons = {day: reason for day, _, reason in stage(connection, home) if reason}
    window = f"the day lies outside of the window that the answer says it holds: {answered[0]} to {answered[1]}"
    assert reasons == dict.fromkeys(quarantined, window)


@pytest.mark.parametrize(
    "parameters",
    [{"start_date": "2026-01-05", "end_date": "2026-01-05"}, {"snapshot_date": "2026-01-06"}],
    ids=["API", "export"],
)
def test_a_day_outside_of_what_was_asked_for_is_quarantined_and_the_rest_used(
    connection: duckdb.DuckDBPyConnection, home: Home, parameters: dict[str, str]
) -> None:
    body = api_body([(MONDAY, "qwen/a", 7), (TUESDAY, "qwen/a", 8)])
    SnapshotStore(home).put(body, asked_for(**parameters))
    [first, second] = stage(connection, home)
    assert first == (MONDAY, "staged", None)
    assert second[:2] == (TUESDAY, "quarantined")
    assert second[2].startswith("the day lies outside of the window that was asked for: ")


@pytest.mark.parametrize("body_format", [API_FORMAT, EXPORT_FORMAT])
def test_other_in_the_wrong_place_quarantines_its_day(
    connection: duckdb.DuckDBPyConnection, home: Home, body_format: str
) -> None:
    rows = [(MONDAY, "other", 3), (MONDAY, "qwen/a", 7), (TUESDAY, "qwen/a", 8), (TUESDAY, "other", 3)]
    put_rows(home, rows, body_format=body_format)
    assert stage(connection, home) == [
        (MONDAY, "quarantined", "row 1: `other` is not the last row of its day"),
        (TUESDAY, "staged", None),
    ]
