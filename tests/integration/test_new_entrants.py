"""`weekly.new_entrants`: first times in a day's top 50, variants together, as the figures are stated now."""

from datetime import datetime

import duckdb
from building import build_tables, full_weeks, put_rows, query, references, up_to, week

from warehouse.home import Home


def entrants(connection: duckdb.DuckDBPyConnection, home: Home, **given: object) -> list[tuple]:
    build_tables(connection, home, reference_tables=references(), tables=up_to("weekly.new_entrants"), **given)
    return query(
        connection,
        "SELECT week_start, base_permaslug, tokens, is_only_free FROM weekly.new_entrants "
        "WHERE base_permaslug NOT LIKE 'openai/small%' ORDER BY ALL",
    )


def test_a_model_enters_once_whatever_its_variant(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    rows = full_weeks([week(0)], {"qwen/old": 900})
    rows += full_weeks([week(1)], {"qwen/old": 900, "qwen/new:free": 800})
    rows += full_weeks([week(2)], {"qwen/old:free": 900, "qwen/new": 800, "qwen/newer": 700, "qwen/newer:free": 600})
    put_rows(home, rows)
    assert entrants(connection, home) == [
        (week(1), "qwen/new", 5600, True),
        (week(2), "qwen/newer", 9100, False),
    ]


def test_whoever_is_there_on_the_first_day_is_no_entrant(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/old": 900}))
    assert entrants(connection, home) == []


def test_a_first_time_that_was_restated_away_is_none(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0), week(1)], {"qwen/late": 900}), as_of=datetime(2026, 2, 1))
    put_rows(home, full_weeks([week(0)]) + full_weeks([week(1)], {"qwen/late": 900}), as_of=datetime(2026, 2, 2))
    assert entrants(connection, home) == [(week(1), "qwen/late", 6300, False)]


def test_it_does_not_depend_on_which_weeks_are_built(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0), week(1)], {"qwen/old": 900}))
    assert entrants(connection, home, weeks=[week(1)]) == []
