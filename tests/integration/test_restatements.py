"""Restatements: what differs between successive vintages of a day, and the day that must not shrink unseen."""

from datetime import datetime, timedelta

import duckdb
import pytest
from building import build_tables, days_of, full_day, full_weeks, put_rows, query, up_to, week

from checks.run import validate_candidate
from warehouse.home import Home
from warehouse.ingesting import shrunken_days
from warehouse.writing import BuildReport

STAGED = "staging.model_day_tokens"
TABLES = up_to(STAGED, "weekly.restatements")
DAY = days_of(week(0))[2]
FIRST = datetime(2026, 2, 1)
SECOND, THIRD = FIRST + timedelta(days=1), FIRST + timedelta(days=2)


def restatements(connection: duckdb.DuckDBPyConnection, home: Home) -> list[tuple]:
    build_tables(connection, home, tables=TABLES)
    return query(
        connection,
        "SELECT model_permaslug, restatement_kind, tokens_before, tokens_after, tokens_change, relative_change, "
        "earlier_as_of_utc, later_as_of_utc FROM weekly.restatements ORDER BY later_as_of_utc, model_permaslug",
    )


def test_values_change_enter_and_leave(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(DAY, "a/same", 7), (DAY, "a/changed", 100), (DAY, "a/left", 5), (DAY, "other", 0)], FIRST)
    put_rows(home, [(DAY, "a/same", 7), (DAY, "a/changed", 150), (DAY, "a/new", 6), (DAY, "other", 1)], SECOND)
    assert restatements(connection, home) == [
        ("a/changed", "changed", 100, 150, 50, 0.5, FIRST, SECOND),
        ("a/left", "left", 5, None, -5, None, FIRST, SECOND),
        ("a/new", "entered", None, 6, 6, None, FIRST, SECOND),
        ("other", "changed", 0, 1, 1, None, FIRST, SECOND),
    ]
    assert query(
        connection, "SELECT week_start, row_kind FROM weekly.restatements WHERE model_permaslug = 'other'"
    ) == [(week(0), "other")]
    [day] = query(
        connection,
        "SELECT date, week_start, earlier_as_of_utc, later_as_of_utc, rows_changed, rows_entered, rows_left, "
        "tokens_before, tokens_after, round(relative_change, 6) FROM main.restated_days",
    )
    assert day == (DAY, week(0), FIRST, SECOND, 2, 1, 1, 112, 164, 0.464286)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_each_vintage_is_compared_with_the_one_before_it_whenever_it_came(
    connection: duckdb.DuckDBPyConnection, home: Home, order: tuple[int, ...]
) -> None:
    vintages = [(1, FIRST), (2, SECOND), (1, THIRD)]
    for number in order:
        tokens, as_of = vintages[number]
        put_rows(home, [(DAY, "a/x", tokens)], as_of, fetched_at=THIRD + timedelta(hours=order.index(number)))
    assert [row[2:4] + row[6:] for row in restatements(connection, home)] == [
        (1, 2, FIRST, SECOND),
        (2, 1, SECOND, THIRD),
    ]


def test_a_repeated_vintage_restates_nothing(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(DAY, "a/x", 1)], FIRST)
    put_rows(home, [(DAY, "a/x", 1), (DAY + timedelta(days=1), "a/x", 9)], SECOND)
    put_rows(home, [(DAY, "a/x", 2)], THIRD)
    assert [row[2:4] + row[6:] for row in restatements(connection, home)] == [(1, 2, SECOND, THIRD)]


def test_days_that_were_not_staged_take_no_part(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(DAY, "a/x", 1)], FIRST)
    put_rows(home, [(DAY, "a/x", -2)], SECOND)
    put_rows(home, [(DAY, "a/x", 3)], datetime.combine(DAY, datetime.min.time()) + timedelta(hours=9))
    assert restatements(connection, home) == []


class TestShrinking:
    """A week is published whole; then one of its days comes back with far fewer tokens."""

    @pytest.fixture
    def whole_week(self, connection: duckdb.DuckDBPyConnection, home: Home) -> duckdb.DuckDBPyConnection:
        put_rows(home, full_weeks([week(0), week(1)], {"qwen/a": 10_000}), FIRST)
        assert not self.build(connection, home).failed
        return connection

    def build(self, connection: duckdb.DuckDBPyConnection, home: Home) -> BuildReport:
        return build_tables(connection, home, tables=TABLES, validate=validate_candidate)[STAGED]

    def shrink(self, home: Home, as_of: datetime, tokens: int = 5_000) -> None:
        put_rows(home, full_day(DAY, {"qwen/a": tokens}), as_of)

    def stored(self, connection: duckdb.DuckDBPyConnection) -> int:
        [(tokens,)] = query(
            connection, f"SELECT tokens FROM {STAGED} WHERE date = ? AND model_permaslug = 'qwen/a'", [DAY]
        )
        return tokens

    def test_it_is_held_back_and_the_week_keeps_its_rows(
        self, whole_week: duckdb.DuckDBPyConnection, home: Home
    ) -> None:
        self.shrink(home, SECOND)
        failed = self.build(whole_week, home).failed
        assert {start: [result.check_name for result in results] for start, results in failed.items()} == {
            week(0): ["restated_days_keep_their_tokens"]
        }
        assert self.stored(whole_week) == 10_000
        [told] = shrunken_days(whole_week, [week(0)])
        assert told.startswith(f"{DAY}: 9,224 tokens in snapshot test-source/20260202T000000Z-")
        assert "after 14,224 in test-source/20260201T000000Z-" in told
        assert shrunken_days(whole_week, [week(1)]) == []

    def test_repeating_it_does_not_bring_it_in(self, whole_week: duckdb.DuckDBPyConnection, home: Home) -> None:
        for days in range(1, 7):
            self.shrink(home, FIRST + timedelta(days=days), tokens=5_000 + days)
            assert set(self.build(whole_week, home).failed) == {week(0)}
        assert self.stored(whole_week) == 10_000

    def test_what_the_source_stands_by_for_a_week_counts(
        self, whole_week: duckdb.DuckDBPyConnection, home: Home
    ) -> None:
        self.shrink(home, SECOND)
        self.shrink(home, SECOND + timedelta(days=7), tokens=5_001)
        assert not self.build(whole_week, home).failed
        assert self.stored(whole_week) == 5_001

    def test_what_is_made_good_counts_at_once(self, whole_week: duckdb.DuckDBPyConnection, home: Home) -> None:
        self.shrink(home, SECOND)
        self.shrink(home, THIRD, tokens=9_990)
        assert not self.build(whole_week, home).failed
        assert self.stored(whole_week) == 9_990

    def test_a_small_loss_is_shown_but_not_held_back(self, whole_week: duckdb.DuckDBPyConnection, home: Home) -> None:
        self.shrink(home, SECOND, tokens=8_000)
        report = self.build(whole_week, home)
        assert not report.failed
        warned = [result for result in report.results if result.outcome == "warned"]
        assert [(result.check_name, result.week_start) for result in warned] == [("restatements_are_small", week(0))]
        assert warned[0].observed_value == pytest.approx(2_000 / 14_224)
