"""What is made of the prices of a week: averages of countries, coverage, comparisons, models without a name.

Not here: the price of one model in a week (test_price_weeks.py).
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from building import catalogue_model, listed, put_catalogue, put_prices, query, up_to, week
from price_tables import AFTER, BEFORE, OTHER, WEEK_END, Connection, at, build_week, priced

from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables
from warehouse.home import Home


@pytest.fixture(scope="module")
def averages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A week of cn/a 70 tokens at 1 and 2, cn/a:free 210, us/a 140 at 10, us/b 280 seen at 7 elsewhere, other 350.

    us/c (700) had a price long ago, xx/d (21) never.
    """
    home = Home(tmp_path_factory.mktemp("averages"))
    put_prices(home, [listed(BEFORE, "us/c", output=1)])
    put_prices(home, [listed(at(6), "cn/a", input=1, output=2), priced(6, 10)])
    put_prices(home, [priced(6, 7, "us/b")], "test-sparse")
    tables = ["prices.country_week_prices", "prices.week_coverage", "prices.comparisons", "prices.unmatched_models"]
    tokens = {"cn/a": 10, "cn/a:free": 30, "us/a": 20, "us/b": 40, "us/c": 100, "xx/d": 3, "other": 50}
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        build_week(connection, home, tokens, up_to(*tables))
        yield connection


def test_countries_are_weighted_by_all_tokens_of_their_priced_rows(averages: Connection) -> None:
    columns = (
        "tokens, priced_tokens, priced_share, free_tokens, usd_per_million_tokens, usd_per_million_tokens_without_free"
    )
    found = query(
        averages,
        f"SELECT country_code, {columns} FROM prices.country_week_prices WHERE population = 'ranked' "
        "AND source = 'test-complete' AND price_kind = 'output' ORDER BY ALL",
    )
    assert found == [
        ("CN", 280, 280, 1.0, 210, Decimal("0.5"), 2),
        ("US", 1120, 140, 0.125, 0, 10, 10),
        ("ZZ", 21, 0, 0.0, 0, None, None),
    ]
    assert query(
        averages,
        f"SELECT {columns} FROM prices.country_week_prices WHERE population = 'platform' AND country_code = 'CN' "
        "AND source = 'test-complete' AND price_kind = 'input'",
    ) == [(280, 280, 1.0, 210, Decimal("0.25"), 1)]
    assert query(
        averages,
        f"SELECT {columns} FROM prices.country_week_prices WHERE population = 'top_9' AND country_code = 'CN' "
        "AND source = 'test-sparse'",
    ) == [(280, 210, 0.75, 210, 0, None)]


@pytest.mark.parametrize(("population", "tokens"), [("ranked", 1421), ("platform", 1771)])
def test_coverage_counts_other_as_unpriced_on_platform_alone(
    averages: Connection, population: str, tokens: int
) -> None:
    found = query(
        averages,
        "SELECT source, tokens, priced_tokens, priced_share, free_tokens, usd_per_million_tokens, "
        "usd_per_million_tokens_without_free, ever_priced_tokens, ever_priced_share FROM prices.week_coverage "
        "WHERE population = ? AND price_kind = 'output' ORDER BY ALL",
        [population],
    )
    # (70 x 2 + 210 x 0 + 140 x 10) / 420, and without the free ones / 210
    of_complete = (420, 420 / tokens, 210, Decimal("3.666666667"), Decimal("7.333333333"), 1120, 1120 / tokens)
    of_sparse = (490, 490 / tokens, 210, 4, 7, 490, 490 / tokens)
    assert found == [
        ("any", tokens, 700, 700 / tokens, 210, None, None, 1400, 1400 / tokens),
        ("test-complete", tokens, *of_complete),
        ("test-sparse", tokens, *of_sparse),
    ]


def test_what_was_ever_priced_was_so_before_the_end_of_the_week(connection: Connection, home: Home) -> None:
    put_prices(home, [OTHER, listed(WEEK_END, "us/a", output=1)], "test-sparse")
    build_week(connection, home, {"us/a": 10, "us/b": 5}, up_to("prices.week_coverage"))
    assert query(
        connection,
        "SELECT ever_priced_tokens FROM prices.week_coverage WHERE source = 'any' AND population = 'ranked'",
    ) == [(35,)]


def test_what_was_ever_priced_was_so_under_the_name_it_had(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-1", completion="0.000001")], at(5))
    put_catalogue(home, [catalogue_model("us/a", "us/a-2", completion="0.000001")], at(13))
    build_week(connection, home, {"us/a-2": 10}, up_to("prices.week_coverage"))
    assert query(
        connection,
        "SELECT ever_priced_tokens FROM prices.week_coverage WHERE source = 'any' AND population = 'ranked'",
    ) == [(0,)]


def test_comparisons_are_ratios_both_ways_and_empty_against_0(averages: Connection) -> None:
    assert query(
        averages,
        "SELECT model_a, model_b, usd_per_million_tokens_a, usd_per_million_tokens_b, ratio FROM prices.comparisons "
        "WHERE source = 'test-complete' AND price_kind = 'output' ORDER BY ALL",
    ) == [
        ("cn/a", "cn/a:free", 2, 0, None),
        ("cn/a", "us/a", 2, 10, 0.2),
        ("cn/a:free", "cn/a", 0, 2, 0.0),
        ("cn/a:free", "us/a", 0, 10, 0.0),
        ("us/a", "cn/a", 10, 2, 5.0),
        ("us/a", "cn/a:free", 10, 0, None),
    ]


def test_only_the_nine_largest_are_compared_and_counted_in_top_9(connection: Connection, home: Home) -> None:
    nine = [f"us/{number}" for number in range(9)]
    put_prices(home, [priced(6, 2, model) for model in [*nine, "cn/tenth"]])
    tables = up_to("prices.country_week_prices", "prices.comparisons")
    build_week(connection, home, dict.fromkeys(nine, 10) | {"cn/tenth": 9}, tables)
    assert query(connection, "SELECT count(*), count(DISTINCT model_a), max(model_b) FROM prices.comparisons") == [
        (72, 9, "us/8")
    ]
    assert query(
        connection, "SELECT country_code, tokens FROM prices.country_week_prices WHERE population = 'top_9'"
    ) == [("US", 630)]


def test_models_without_a_name_in_any_source_are_listed_by_tokens(averages: Connection) -> None:
    assert query(averages, "FROM prices.unmatched_models ORDER BY model_permaslug") == [
        ("cn/a:free", 210, 1, week(0), week(0), 210 / 1771, True, True),
        ("xx/d", 21, 1, week(0), week(0), 21 / 1771, True, False),
    ]


def test_an_unmatched_model_of_a_time_without_prices_is_no_missing_name(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(AFTER, "us/b", output=1)])
    build_week(connection, home, {"us/a": 10}, up_to("prices.unmatched_models"))
    assert query(connection, "SELECT model_permaslug, is_within_price_history FROM prices.unmatched_models") == [
        ("us/a", False)
    ]
