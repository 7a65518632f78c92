"""Running suites: severities, measures one row a week, and crashes that are never taken for failures or passes."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pandas as pd
import pytest
from building import build_tables, full_weeks, put_rows, up_to, week

from checks.run import measure, validate_candidate, validate_measures
from checks.suite import Expectation, Suite, between, none_of, warn_between
from checks.suites import SUITES
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables
from warehouse.errors import CheckCrashed
from warehouse.home import Home
from warehouse.results import BLOCKING, WARNING

WEEKS = [week(0), week(1), week(2)]
NOTHING_BAD = none_of("bad", "nothing_bad", "there is nothing bad")


def frame(**columns: list) -> pd.DataFrame:
    weeks = {"week_start": pd.to_datetime(pd.Series(WEEKS[: len(next(iter(columns.values())))]))}
    return pd.DataFrame(weeks | columns)


def outcomes(expectation: Expectation, measures: pd.DataFrame) -> list[tuple]:
    return [(result.week_start, result.outcome) for result in validate_measures("t", [expectation], measures)]


@pytest.mark.parametrize(
    ("expectation", "severity", "outcome"),
    [
        (between("bad", 0, 1, "name", "words"), BLOCKING, "failed"),
        (warn_between("bad", 0, 1, "name", "words"), WARNING, "warned"),
    ],
)
def test_severity_decides_between_failed_and_warned(expectation: Expectation, severity: str, outcome: str) -> None:
    results = validate_measures("t", [expectation], frame(bad=[0, 2, 1]))
    assert [(result.week_start, result.severity, result.outcome) for result in results] == [
        (WEEKS[0], severity, "passed"),
        (WEEKS[1], severity, outcome),
        (WEEKS[2], severity, "passed"),
    ]


def test_a_result_tells_what_was_observed_and_expected() -> None:
    [_, bad] = validate_measures("t", [NOTHING_BAD], frame(bad=[0, 1234]))
    assert (bad.observed_value, bad.expected) == (1234.0, "0")
    assert str(bad) == ("t, week 2026-01-12: nothing_bad failed: observed 1,234, expected 0 (there is nothing bad)")


@pytest.mark.parametrize(
    ("low", "high", "value", "outcome"),
    [
        (1, None, 0, "failed"),
        (1, None, 1, "passed"),
        (None, 5, 5, "passed"),
        (None, 5, 5.001, "failed"),
        (-0.6, 1.5, -0.61, "failed"),
        (0, 0, -1, "failed"),
    ],
)
def test_bounds_are_included(low: float | None, high: float | None, value: float, outcome: str) -> None:
    assert outcomes(between("bad", low, high, "name", "words"), frame(bad=[value])) == [(WEEKS[0], outcome)]


def test_an_empty_measure_is_no_pass() -> None:
    results = validate_measures("t", [NOTHING_BAD], frame(bad=[None, 0.0]))
    assert [(result.observed_value, result.outcome) for result in results] == [(None, "failed"), (0.0, "passed")]


def test_a_measure_that_may_be_empty_passes_where_there_is_nothing_to_compare_with() -> None:
    change = between("bad", 0, 1, "change", "words", may_be_empty=True)
    results = validate_measures("t", [change], frame(bad=[None, 2.0]))
    assert [result.outcome for result in results] == ["passed", "failed"]


def test_two_checks_of_one_measure_keep_their_own_results() -> None:
    checks = [between("bad", 0, 1, "narrow", "words"), between("bad", 0, 9, "wide", "words")]
    results = validate_measures("t", checks, frame(bad=[5]))
    assert {result.check_name: result.outcome for result in results} == {"narrow": "failed", "wide": "passed"}


def test_no_weeks_give_no_results() -> None:
    assert validate_measures("t", [NOTHING_BAD], frame(bad=[])) == []


def test_a_whole_table_has_a_result_without_week() -> None:
    measures = pd.DataFrame({"week_start": [None], "bad": [1]})
    assert outcomes(NOTHING_BAD, measures) == [(None, "failed")]


@pytest.mark.parametrize(
    ("expectation", "measures"),
    [
        (none_of("no_such_measure", "crashing", "words"), frame(bad=[0])),
        (none_of("bad", "crashing", "words"), frame(bad=["text"])),
    ],
    ids=["unknown measure", "text instead of a number"],
)
def test_a_crashing_check_is_an_error_of_its_own_kind(expectation: Expectation, measures: pd.DataFrame) -> None:
    with pytest.raises(CheckCrashed, match="The check crashing on t crashed") as caught:
        validate_measures("t", [expectation], measures)
    assert "this says nothing about the data" in str(caught.value)


def test_a_crash_in_a_tables_suite_reaches_the_caller(
    connection: duckdb.DuckDBPyConnection, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = Suite("weekly.weeks", [none_of("no_such_measure", "crashing", "words")])
    monkeypatch.setitem(SUITES, "weekly.weeks", crashing)
    put_rows(home, full_weeks(WEEKS[:1]))
    build_tables(connection, home, tables=up_to("weekly.weeks"))
    with pytest.raises(CheckCrashed, match=r"The check crashing on weekly\.weeks crashed"):
        build_tables(connection, home, validate=validate_candidate, tables=["weekly.weeks"])
    assert connection.execute("SELECT count(*) FROM weekly.weeks").fetchall() == [(1,)]


@pytest.mark.parametrize("table", [name for name, suite in SUITES.items() if suite.is_by_week and name in CONTRACTS])
def test_measures_have_one_row_a_week_however_many_rows_there_are(
    spoiled: duckdb.DuckDBPyConnection, table: str
) -> None:
    spoiled.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table}")
    measures = measure(spoiled, CONTRACTS[table], by_week=True)
    assert [as_date(value) for value in measures["week_start"]] == WEEKS


@pytest.fixture(scope="module")
def nothing_stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables as they are before a snapshot is stored, and the facts at hand."""
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        build_tables(connection, Home(tmp_path_factory.mktemp("nothing_stored")), tables=["raw.snapshots"])
        yield connection


@pytest.mark.parametrize("table", [name for name, suite in SUITES.items() if not suite.is_by_week])
def test_a_whole_tables_measures_are_one_row_even_without_rows(
    nothing_stored: duckdb.DuckDBPyConnection, table: str
) -> None:
    nothing_stored.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS FROM {table} LIMIT 0")
    assert len(measure(nothing_stored, CONTRACTS[table], by_week=False)) == 1


def as_date(value: pd.Timestamp | date) -> date:
    return value.date() if isinstance(value, pd.Timestamp) else value
