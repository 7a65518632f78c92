"""The weekly SQL as small input and expected output: populations, shares, bounds, ranks, changes, overtakes."""

from datetime import date, datetime

import duckdb
import pytest
from building import MONDAY, build_tables, days_of, lab, put_rows, query, references, up_to, week

from warehouse.home import Home

LABS = [lab("cn", "CN"), lab("us", "US"), lab("fr", "FR"), lab("zz", "ZZ")]
TABLES = up_to("weekly.overtakes", "weekly.weeks")
Weeks = dict[int, dict[str, int]]


def build(
    connection: duckdb.DuckDBPyConnection, home: Home, weeks: Weeks, missing_days: dict[int, int] | None = None
) -> None:
    """Builds weeks from tokens a day by slug, the same on each day; of a week, the last `missing_days` are left out."""
    rows = [
        (day, slug, tokens)
        for number, figures in weeks.items()
        for day in days_of(week(number))[: 7 - (missing_days or {}).get(number, 0)]
        for slug, tokens in figures.items()
    ]
    put_rows(home, rows)
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)


def totals(connection: duckdb.DuckDBPyConnection, population: str, columns: str, table: str = "country") -> list[tuple]:
    of = "country_code" if table == "country" else "lab"
    return query(
        connection,
        f"SELECT {of}, {columns} FROM weekly.{table}_tokens WHERE population = ? AND policy = 'lab_home' "
        f"AND knowledge = 'as_known_now' ORDER BY week_start, {of}",
        [population],
    )


def overtakes(connection: duckdb.DuckDBPyConnection, columns: str, population: str = "ranked") -> list[tuple]:
    return query(
        connection,
        f"SELECT {columns} FROM weekly.overtakes WHERE population = ? AND policy = 'lab_home' "
        "AND knowledge = 'as_known_now' AND entity_kind = 'country' ORDER BY week_start, leader, overtaken",
        [population],
    )


def test_top_9_is_the_nine_largest_rows_with_ties_by_slug(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    tied = {f"us/tied-{letter}": 5 for letter in "dcba"}
    larger = {f"us/large-{number}": 10 + number for number in range(7)}
    build(connection, home, {0: {**tied, **larger, "other": 1000}})
    top_9 = query(connection, "SELECT model_permaslug FROM weekly.model_tokens WHERE is_top_9 ORDER BY rank")
    assert [row[0] for row in top_9] == [f"us/large-{number}" for number in reversed(range(7))] + [
        "us/tied-a",
        "us/tied-b",
    ]


def test_fewer_than_nine_rows_are_all_in_top_9_and_other_is_not(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    build(connection, home, {0: {"us/a": 1, "other": 100}})
    assert query(connection, "SELECT model_permaslug, rank, is_top_9 FROM weekly.model_tokens ORDER BY 1") == [
        ("other", None, False),
        ("us/a", 1, True),
    ]


def test_top_9_is_formed_over_the_week_not_the_day(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    steady = {f"us/steady-{number}": 10 for number in range(9)}
    rows = [(day, slug, tokens) for day in days_of(MONDAY) for slug, tokens in steady.items()]
    put_rows(home, [*rows, (MONDAY, "cn/one-day", 69), (MONDAY, "cn/one-big-day", 71)])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)
    top_9 = {row[0] for row in query(connection, "SELECT model_permaslug FROM weekly.model_tokens WHERE is_top_9")}
    assert top_9 == {"cn/one-big-day", *(f"us/steady-{number}" for number in range(8))}


def test_variants_and_cloaked_slugs_stay_rows_of_their_own(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "us/a:free": 3, "us/a-20260101": 4}})
    assert query(connection, "SELECT model_permaslug, tokens, rank FROM weekly.model_tokens ORDER BY rank") == [
        ("us/a-20260101", 28, 1),
        ("us/a:free", 21, 2),
        ("us/a", 14, 3),
    ]


def test_populations_are_top_9_then_all_named_rows_then_other_too(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    named = {f"us/{number}": 10 for number in range(9)}
    build(connection, home, {0: {**named, "cn/tenth": 1, "other": 4}})
    assert totals(connection, "top_9", "tokens, population_tokens") == [("US", 630, 630)]
    assert totals(connection, "ranked", "tokens, population_tokens") == [("CN", 7, 637), ("US", 630, 637)]
    assert totals(connection, "platform", "tokens, population_tokens") == [("CN", 7, 665), ("US", 630, 665)]


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        ("ranked", [("CN", 0.5, 0.5, 0.7), ("US", 0.3, 0.3, 0.5), ("ZZ", 0.2, 0.2, 0.2)]),
        ("platform", [("CN", 0.25, 0.25, 0.85), ("US", 0.15, 0.15, 0.75), ("ZZ", 0.1, 0.1, 0.6)]),
    ],
)
def test_share_bounds_add_the_unknown_and_on_platform_other(
    connection: duckdb.DuckDBPyConnection, home: Home, population: str, expected: list
) -> None:
    build(connection, home, {0: {"cn/a": 50, "us/a": 30, "unlisted/a": 20, "other": 100}})
    found = totals(connection, population, "share, share_low, share_high")
    assert [row[0] for row in found] == [row[0] for row in expected]
    assert [row[1:] for row in found] == [pytest.approx(row[1:]) for row in expected]
    labs = totals(connection, population, "share, share_low, share_high", "lab")
    assert sorted(row[1:] for row in labs) == sorted(row[1:] for row in found)


def test_labs_of_unknown_country_are_known_labs(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"zz/a": 20, "unlisted/a": 30}})
    assert totals(connection, "ranked", "tokens, rank, share_high", "lab") == [
        ("Lab zz", 140, 1, 1.0),
        ("unknown", 210, None, 0.6),
    ]


def test_ranks_go_by_tokens_then_name_and_leave_the_unknown_out(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    build(connection, home, {0: {"us/a": 5, "fr/a": 5, "cn/a": 1, "zz/a": 100, "other": 200}})
    assert totals(connection, "platform", "rank") == [("CN", 3), ("FR", 1), ("US", 2), ("ZZ", None)]


def test_platform_share_and_model_days(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "us/a", 6), (MONDAY, "other", 2), (days_of(MONDAY)[1], "cn/a", 8)])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)
    assert query(
        connection,
        "SELECT model_permaslug, platform_share, model_days, days_observed, is_complete_week FROM weekly.model_tokens "
        "ORDER BY 1",
    ) == [("cn/a", 0.5, 1, 2, False), ("other", 0.125, 1, 2, False), ("us/a", 0.375, 1, 2, False)]


def test_weeks_name_their_missing_days_and_newest_as_of(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    days = days_of(MONDAY)
    put_rows(home, [(day, "us/a", 1) for day in days[:3] + days[4:6]], datetime(2026, 2, 1))
    put_rows(home, [(days[0], "us/a", 2)], datetime(2026, 2, 3))
    put_rows(home, [(day, "us/a", 1) for day in days_of(week(2))], datetime(2026, 2, 2))
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)
    assert query(connection, "FROM weekly.weeks ORDER BY week_start") == [
        (week(0), date(2026, 1, 11), 5, "2026-01-08, 2026-01-11", False, datetime(2026, 2, 3)),
        (week(2), date(2026, 1, 25), 7, None, True, datetime(2026, 2, 2)),
    ]


# --- changes ---


CHANGES = "week_start, tokens_change_1w, tokens_change_2w, tokens_change_4w"


@pytest.mark.parametrize(
    ("view", "where"),
    [
        ("country", "country_code = 'US' AND population = 'ranked'"),
        ("lab", "lab = 'Lab us' AND population = 'ranked'"),
        ("model", "model_permaslug = 'us/a'"),
    ],
)
def test_changes_reach_back_exactly_1_2_and_4_weeks(
    connection: duckdb.DuckDBPyConnection, home: Home, view: str, where: str
) -> None:
    build(connection, home, {number: {"us/a": tokens} for number, tokens in enumerate([8, 4, 2, 4, 6])})
    definition = "" if view == "model" else " AND policy = 'lab_home' AND knowledge = 'as_known_now'"
    rows = query(connection, f"SELECT {CHANGES} FROM weekly.{view}_token_changes WHERE {where}{definition} ORDER BY 1")
    assert rows == [
        (week(0), None, None, None),
        (week(1), -0.5, None, None),
        (week(2), -0.5, -0.75, None),
        (week(3), 1.0, 0.0, None),
        (week(4), 0.5, 2.0, -0.25),
    ]


def changes_of(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return query(
        connection,
        "SELECT week_start, tokens_change_1w, tokens_change_2w FROM weekly.country_token_changes "
        "WHERE country_code = 'US' AND population = 'ranked' AND policy = 'lab_home' AND knowledge = 'as_known_now' "
        "ORDER BY week_start",
    )


def test_a_change_that_touches_an_incomplete_week_is_empty(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {number: {"us/a": 4} for number in range(4)}, missing_days={1: 1})
    assert changes_of(connection) == [
        (week(0), None, None),
        (week(1), None, None),
        (week(2), None, 0.0),
        (week(3), 0.0, None),
    ]


def test_a_change_over_an_absent_week_is_empty(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 4}, 1: {"cn/a": 1}, 2: {"us/a": 8}, 4: {"us/a": 4}})
    assert changes_of(connection) == [(week(0), None, None), (week(2), None, 1.0), (week(4), None, -0.5)]


def test_a_change_from_zero_tokens_is_empty(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 0}, 1: {"us/a": 4}})
    assert changes_of(connection) == [(week(0), None, None), (week(1), None, None)]


# --- overtakes ---


def test_the_week_in_which_the_leader_changes(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "cn/a": 1}, 1: {"us/a": 2, "cn/a": 3}, 2: {"us/a": 1, "cn/a": 3}})
    assert overtakes(connection, "week_start, leader, overtaken, leader_tokens, overtaken_tokens, is_first") == [
        (week(1), "CN", "US", 21, 14, True)
    ]


def test_the_first_week_is_no_overtake(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "cn/a": 1}})
    assert overtakes(connection, "week_start") == []


def test_an_absent_country_has_no_tokens(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"cn/a": 1}, 1: {"us/a": 1}, 2: {"cn/a": 2}})
    assert overtakes(connection, "week_start, leader, leader_tokens, overtaken_tokens") == [
        (week(1), "US", 7, 0),
        (week(2), "CN", 14, 0),
    ]


def test_a_tie_keeps_the_leader(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    figures = [(2, 1), (2, 2), (2, 1), (2, 2), (2, 3), (3, 3), (4, 3)]
    build(connection, home, {number: {"us/a": us, "cn/a": cn} for number, (us, cn) in enumerate(figures)})
    assert overtakes(connection, "week_start, leader") == [(week(4), "CN"), (week(6), "US")]


def test_first_is_who_has_led_in_no_earlier_week(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    figures = [(2, 1), (1, 2), (2, 1), (1, 2), (2, 1)]
    build(connection, home, {number: {"us/a": us, "cn/a": cn} for number, (us, cn) in enumerate(figures)})
    assert overtakes(connection, "week_start, leader, is_first") == [
        (week(1), "CN", True),
        (week(2), "US", False),
        (week(3), "CN", False),
        (week(4), "US", False),
    ]


def test_the_unknown_take_no_part(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 5, "unlisted/a": 1}, 1: {"us/a": 1, "unlisted/a": 5}})
    assert query(connection, "SELECT count(*) FROM weekly.overtakes") == [(0,)]


@pytest.mark.parametrize(
    ("cn", "unknown", "other", "population", "is_certain"),
    [
        (9, 0, 0, "ranked", True),
        (9, 3, 0, "ranked", True),
        (9, 4, 0, "ranked", False),
        (9, 5, 0, "ranked", False),
        (9, 0, 100, "ranked", True),
        (9, 0, 100, "platform", False),
        (9, 1, 2, "platform", True),
        (9, 2, 2, "platform", False),
    ],
)
def test_an_overtake_is_certain_only_beyond_what_is_undecided(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    cn: int,
    unknown: int,
    other: int,
    population: str,
    is_certain: bool,
) -> None:
    build(
        connection,
        home,
        {0: {"us/a": 5, "cn/a": 1}, 1: {"us/a": 5, "cn/a": cn, "unlisted/a": unknown, "other": other}},
    )
    assert overtakes(connection, "leader, is_certain", population) == [("CN", is_certain)]
    assert query(
        connection,
        "SELECT leader, is_certain FROM main.china_and_us WHERE population = ? AND week_start = ?",
        [population, week(1)],
    ) == [("CN", is_certain)]


def test_an_overtake_in_an_incomplete_week_is_flagged(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "cn/a": 1}, 1: {"us/a": 1, "cn/a": 2}}, missing_days={1: 2})
    assert overtakes(connection, "week_start, is_complete_week") == [(week(1), False)]


def test_labs_overtake_each_other_too(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "cn/a": 1}, 1: {"us/a": 1, "cn/a": 2}})
    assert query(
        connection,
        "SELECT DISTINCT week_start, leader, overtaken FROM weekly.overtakes WHERE entity_kind = 'lab'",
    ) == [(week(1), "Lab cn", "Lab us")]


def test_views_of_main_show_the_headline_definition(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build(connection, home, {0: {"us/a": 2, "cn/a": 1, "other": 7}})
    assert query(connection, "SELECT country_code, tokens FROM main.countries WHERE population = 'platform'") == [
        ("US", 14),
        ("CN", 7),
    ]
    assert query(connection, "SELECT lab, tokens FROM main.labs WHERE population = 'ranked'") == [
        ("Lab us", 14),
        ("Lab cn", 7),
    ]
    assert query(connection, "SELECT model_permaslug, rank FROM main.models") == [("us/a", 1), ("cn/a", 2)]
    assert query(connection, "SELECT week_start, is_held_back FROM main.weeks") == [(week(0), False)]
    assert query(
        connection, "SELECT leader, cn_tokens, us_tokens FROM main.china_and_us WHERE population = 'top_9'"
    ) == [("US", 7, 14)]
