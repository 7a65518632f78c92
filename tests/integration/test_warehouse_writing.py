"""The one write path: what passes replaces its old rows in one transaction, what fails keeps them."""

import json
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from building import build_tables, days_of, full_weeks, lab, put_rows, query, references, up_to, week

from checks.run import validate_candidate
from warehouse import writing
from warehouse.contracts import CONTRACTS, Contract
from warehouse.errors import ContractBroken
from warehouse.home import Home
from warehouse.known_facts import facts_known_at
from warehouse.results import CheckResult
from warehouse.writing import build_weeks, build_whole

WEEKS = [week(0), week(1), week(2)]
MODEL_TOKENS = CONTRACTS["weekly.model_tokens"]
LABS = CONTRACTS["attribution.labs"]


@pytest.fixture
def built(connection: duckdb.DuckDBPyConnection, home: Home) -> duckdb.DuckDBPyConnection:
    """Three weeks of small figures, then all daily figures doubled: weekly tables are out of date."""
    put_rows(home, [(day, "us/a", 1) for week_start in WEEKS for day in days_of(week_start)])
    build_tables(connection, home, reference_tables=references(labs=[lab("us", "US")]), tables=up_to(MODEL_TOKENS.name))
    connection.execute("UPDATE attribution.model_day_tokens SET tokens = 2 * tokens")
    return connection


def fail(*weeks: date | None, outcome: str = "failed"):
    """A validator that rejects exactly these weeks."""

    def validate(_: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
        return [
            CheckResult(contract.name, week_start, "no_good", "blocking", outcome, 1.0, "0", "nothing is bad")
            for week_start in weeks
        ]

    return validate


def tokens_by_week(connection: duckdb.DuckDBPyConnection) -> dict[date, int]:
    return dict(query(connection, "SELECT week_start, sum(tokens) FROM weekly.model_tokens GROUP BY 1 ORDER BY 1"))


def labs_table(**columns: pa.Array) -> pa.Table:
    rows = facts_known_at(references(labs=[lab("qwen", "CN")]), None)["labs"]
    for name, values in columns.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows


def test_passing_weeks_are_replaced_and_reported(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    report = build_weeks(built, MODEL_TOKENS, WEEKS[:2], fail(), home)
    assert tokens_by_week(built) == {WEEKS[0]: 14, WEEKS[1]: 14, WEEKS[2]: 7}
    assert {week_start: written.rows for week_start, written in report.written.items()} == {WEEKS[0]: 1, WEEKS[1]: 1}
    assert (report.rows, report.failed, report.quarantine_path) == (2, {}, None)


def test_a_weeks_data_version_changes_with_its_figures_alone(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    first, again = (build_weeks(built, MODEL_TOKENS, WEEKS, fail(), home).written for _ in range(2))
    built.execute("UPDATE attribution.model_day_tokens SET tokens = 9 WHERE week_start = ?", [WEEKS[1]])
    changed = build_weeks(built, MODEL_TOKENS, WEEKS, fail(), home).written
    assert first == again
    assert {week_start for week_start in WEEKS if changed[week_start] != first[week_start]} == {WEEKS[1]}


def test_a_failing_week_keeps_its_rows_and_the_others_are_replaced(
    built: duckdb.DuckDBPyConnection, home: Home
) -> None:
    report = build_weeks(built, MODEL_TOKENS, WEEKS, fail(WEEKS[1]), home)
    assert tokens_by_week(built) == {WEEKS[0]: 14, WEEKS[1]: 7, WEEKS[2]: 14}
    assert set(report.written) == {WEEKS[0], WEEKS[2]}
    assert set(report.failed) == {WEEKS[1]}


def test_quarantine_holds_the_failing_weeks_rows_and_reasons(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    report = build_weeks(built, MODEL_TOKENS, WEEKS, fail(WEEKS[1]), home)
    assert report.quarantine_path is not None
    assert report.quarantine_path.parent == home.quarantine
    rows = pyarrow.parquet.read_table(report.quarantine_path / "candidate_rows.parquet").to_pylist()
    assert [(row["week_start"], row["tokens"]) for row in rows] == [(WEEKS[1], 14)]
    [reason] = json.loads((report.quarantine_path / "reasons.json").read_text())
    assert (reason["check_name"], reason["week_start"]) == ("no_good", str(WEEKS[1]))


def test_a_warning_does_not_keep_a_week_out(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    report = build_weeks(built, MODEL_TOKENS, WEEKS, fail(WEEKS[1], outcome="warned"), home)
    assert tokens_by_week(built) == dict.fromkeys(WEEKS, 14)
    assert report.failed == {}
    assert query(built, "SELECT outcome, week_start FROM checks.results WHERE outcome <> 'passed'") == [
        ("warned", WEEKS[1])
    ]


def test_results_of_weeks_not_at_hand_are_kept(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    build_weeks(built, MODEL_TOKENS, WEEKS, fail(WEEKS[0], WEEKS[1]), home)
    build_weeks(built, MODEL_TOKENS, [WEEKS[1], WEEKS[2]], fail(WEEKS[2]), home)
    assert query(built, "SELECT week_start FROM checks.results ORDER BY week_start") == [(WEEKS[0],), (WEEKS[2],)]


@pytest.mark.parametrize("no_data", [[week(9)], [week(-9), week(9)], []])
def test_a_week_without_data_is_neither_written_nor_failed(
    built: duckdb.DuckDBPyConnection, home: Home, no_data: list[date]
) -> None:
    before = tokens_by_week(built)
    report = build_weeks(built, MODEL_TOKENS, no_data, fail(), home)
    assert (report.written, report.failed, report.quarantine_path) == ({}, {}, None)
    assert tokens_by_week(built) == before


def test_a_week_whose_data_is_gone_loses_its_rows(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    built.execute("DELETE FROM attribution.model_day_tokens WHERE week_start = ?", [WEEKS[1]])
    report = build_weeks(built, MODEL_TOKENS, WEEKS, fail(), home)
    assert tokens_by_week(built) == {WEEKS[0]: 14, WEEKS[2]: 14}
    assert WEEKS[1] not in report.written


@pytest.mark.parametrize("failing", ["INSERT", "store_results"])
def test_an_error_between_delete_and_commit_leaves_the_old_rows(
    built: duckdb.DuckDBPyConnection, home: Home, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = query(built, "FROM weekly.model_tokens ORDER BY week_start")
    if failing == "INSERT":
        # a row that breaks NOT NULL once it is inserted
        without_tokens = "SELECT * REPLACE (NULL::BIGINT AS tokens) FROM weekly.model_tokens"
        monkeypatch.setattr(writing, "select_sql", lambda _: without_tokens)
        expected = duckdb.ConstraintException
    else:

        def out_of_memory(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(writing, "store_results", out_of_memory)
        expected = MemoryError
    with pytest.raises(expected):
        build_weeks(built, MODEL_TOKENS, WEEKS, fail(), home)
    assert query(built, "FROM weekly.model_tokens ORDER BY week_start") == before


def test_a_failing_whole_table_keeps_its_rows(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    report = build_whole(built, LABS, fail(None), home, labs_table())
    assert query(built, "SELECT author FROM attribution.labs") == [("us",)]
    assert (report.written, set(report.failed)) == ({}, {None})
    assert report.quarantine_path is not None
    kept = pyarrow.parquet.read_table(report.quarantine_path / "candidate_rows.parquet")
    assert kept.column("author").to_pylist() == ["qwen"]


def test_a_whole_table_is_replaced_and_its_results_too(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    build_whole(built, LABS, fail(None), home, labs_table())
    report = build_whole(built, LABS, fail(None, outcome="passed"), home, labs_table())
    assert query(built, "SELECT author FROM attribution.labs") == [("qwen",)]
    assert report.rows == 1
    assert query(built, "SELECT outcome FROM checks.results WHERE table_name = 'attribution.labs'") == [("passed",)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (labs_table().drop_columns(["note"]), "note: missing instead of VARCHAR"),
        (labs_table().append_column("stray", pa.array([1])), "stray: BIGINT instead of nothing"),
        (labs_table(valid_from=pa.array(["2025-01-01"])), "valid_from: VARCHAR instead of DATE"),
        (
            labs_table().rename_columns({"note": "notes"}),
            "note: missing instead of VARCHAR; notes: VARCHAR instead of nothing",
        ),
    ],
    ids=["missing", "extra", "wrong type", "renamed"],
)
def test_rows_without_the_contracts_columns_are_refused(
    built: duckdb.DuckDBPyConnection, home: Home, rows: pa.Table, message: str
) -> None:
    with pytest.raises(ContractBroken) as caught:
        build_whole(built, LABS, fail(), home, rows)
    assert message in str(caught.value)
    assert query(built, "SELECT author FROM attribution.labs") == [("us",)]


def test_reordered_columns_are_written_by_name(built: duckdb.DuckDBPyConnection, home: Home) -> None:
    build_whole(built, LABS, fail(), home, labs_table().select(list(reversed(LABS.column_names))))
    assert query(built, "SELECT author, lab, country_code FROM attribution.labs") == [("qwen", "Lab qwen", "CN")]


def test_a_select_without_the_contracts_columns_is_refused(
    built: duckdb.DuckDBPyConnection, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tokens_by_week(built)
    monkeypatch.setattr(writing, "select_sql", lambda _: "SELECT * EXCLUDE (tokens) FROM weekly.model_tokens")
    with pytest.raises(ContractBroken, match=r"weekly\.model_tokens.*tokens: missing instead of BIGINT"):
        build_weeks(built, MODEL_TOKENS, WEEKS, fail(), home)
    assert tokens_by_week(built) == before


def test_with_the_real_suites_one_bad_week_of_three_stays_out(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    """A day whose newest vintage lost five of its fifty rows."""
    put_rows(home, full_weeks(WEEKS, {"qwen/a": 5000}))
    build_tables(connection, home, validate=validate_candidate, tables=up_to(MODEL_TOKENS.name))
    torn = [row for row in full_weeks([WEEKS[1]], {"qwen/a": 7000}) if row[0] == WEEKS[1]]
    del torn[1:6]
    put_rows(home, [*torn, *full_weeks([WEEKS[2]], {"qwen/a": 6000})], as_of=datetime(2026, 12, 2))
    reports = build_tables(connection, home, validate=validate_candidate, tables=up_to(MODEL_TOKENS.name))
    staged = reports["staging.model_day_tokens"]
    assert set(staged.failed) == {WEEKS[1]}
    assert [result.check_name for result in staged.failed[WEEKS[1]]] == ["fifty_named_rows_a_day"]
    largest = dict(
        query(connection, "SELECT week_start, tokens FROM weekly.model_tokens WHERE model_permaslug = 'qwen/a'")
    )
    assert largest == {WEEKS[0]: 35000, WEEKS[1]: 35000, WEEKS[2]: 42000}
