"""The history of each price as small input and expected output: since when it holds, until when, and what ends it.

Not here: which statements are staged (test_price_staging.py), what is odd about them (test_price_suspicions.py).
"""

from decimal import Decimal

import pytest
from building import build_tables, listed, put_prices, query, references, removed, up_to
from price_tables import Connection, at, correction, priced

from warehouse.home import Home


def spans(
    connection: Connection,
    home: Home,
    statements: list,
    source: str = "test-complete",
    model: str = "us/a",
    **given: list,
) -> list[tuple]:
    """From, to, last seen, price and end of each span of the model's base prices."""
    put_prices(home, statements, source)
    build_tables(connection, home, reference_tables=references(**given), tables=up_to("prices.model_prices"))
    return query(
        connection,
        "SELECT valid_from_utc, valid_to_utc, last_seen_utc, usd_per_million_tokens, ended_by FROM prices.model_prices "
        "WHERE model_id = ? AND over_prompt_tokens = 0 AND price_kind = 'output' ORDER BY valid_from_utc",
        [model],
    )


@pytest.mark.parametrize("source", ["test-complete", "test-sparse"])
def test_a_price_holds_until_another_is_seen(connection: Connection, home: Home, source: str) -> None:
    statements = [priced(day, price) for day, price in [(1, 1), (2, "1.0"), (4, 2), (5, 1)]]
    assert spans(connection, home, statements, source) == [
        (at(1), at(4), at(2), 1, "change"),
        (at(4), at(5), at(4), 2, "change"),
        (at(5), None, at(5), 1, None),
    ]


def test_absence_from_a_complete_source_is_a_delisting(connection: Connection, home: Home) -> None:
    others = [priced(day, 9, "us/b") for day in (1, 2, 3, 4)]
    assert spans(connection, home, [priced(1, 1), priced(3, 1), *others]) == [
        (at(1), at(2), at(1), 1, "delisting"),
        (at(3), at(4), at(3), 1, "delisting"),
    ]


def test_absence_from_a_sparse_source_says_nothing(connection: Connection, home: Home) -> None:
    statements = [priced(1, 1), priced(2, 9, "us/b"), priced(3, 1), priced(4, 9, "us/b")]
    assert spans(connection, home, statements, "test-sparse") == [(at(1), None, at(3), 1, None)]


def test_absence_from_a_record_of_changes_is_no_change_and_removal_is(connection: Connection, home: Home) -> None:
    statements = [priced(1, 1), priced(2, 9, "us/b"), removed(at(3), "us/a"), priced(4, 9, "us/c"), priced(5, 1)]
    assert spans(connection, home, statements, "test-changes") == [
        (at(1), at(3), at(2), 1, "delisting"),
        (at(5), None, at(5), 1, None),
    ]


@pytest.mark.parametrize(("source", "last"), [("test-complete", 1), ("test-changes", 4), ("test-sparse", 1)])
def test_only_a_record_of_changes_sees_a_price_when_it_says_nothing(
    connection: Connection, home: Home, source: str, last: int
) -> None:
    [(_, _, last_seen, _, _)] = spans(connection, home, [priced(1, 1), priced(4, 9, "us/b")], source)
    assert last_seen == at(last)


@pytest.mark.parametrize("source", ["test-complete", "test-changes", "test-sparse"])
def test_a_price_that_goes_while_the_model_stays_ends_without_a_price(
    connection: Connection, home: Home, source: str
) -> None:
    statements = [listed(at(1), "us/a", output=1, input=3), listed(at(2), "us/a", input=3), listed(at(3), "us/a")]
    assert spans(connection, home, statements, source) == [(at(1), at(2), at(1), 1, "no_price")]
    assert query(connection, "SELECT valid_to_utc, ended_by FROM prices.model_prices WHERE price_kind = 'input'") == [
        (at(3), "no_price")
    ]


def test_a_price_that_varies_is_a_span_without_a_figure(connection: Connection, home: Home) -> None:
    assert spans(connection, home, [priced(1, 1), priced(2, "varies"), priced(3, "varies"), priced(4, 1)]) == [
        (at(1), at(2), at(1), 1, "change"),
        (at(2), at(4), at(3), None, "change"),
        (at(4), None, at(4), 1, None),
    ]
    assert query(connection, "SELECT price_state FROM prices.model_prices ORDER BY valid_from_utc") == [
        ("priced",),
        ("varies",),
        ("priced",),
    ]


def test_each_tier_is_a_series_of_its_own(connection: Connection, home: Home) -> None:
    tiers = [{200_000: {"output": 2}}, {200_000: {"output": 3}}, {}]
    statements = [listed(at(day), "us/a", tier, output=1) for day, tier in enumerate(tiers, 1)]
    assert spans(connection, home, statements) == [(at(1), None, at(3), 1, None)]
    assert query(
        connection,
        "SELECT valid_from_utc, valid_to_utc, usd_per_million_tokens, ended_by FROM prices.model_prices "
        "WHERE over_prompt_tokens = 200000 ORDER BY valid_from_utc",
    ) == [(at(1), at(2), 2, "change"), (at(2), at(3), 3, "no_price")]


def test_an_observation_with_a_rejected_statement_deduces_no_absence(connection: Connection, home: Home) -> None:
    others = [priced(day, 9, "us/b") for day in (1, 2)]
    statements = [priced(1, 1), priced(1, 5, "us/c"), priced(2, -1), *others]
    assert spans(connection, home, statements) == [(at(1), None, at(1), 1, None)]
    assert spans(connection, home, [priced(3, 9, "us/b")]) == [(at(1), at(3), at(1), 1, "delisting")]
    assert query(connection, "SELECT valid_to_utc FROM prices.model_prices WHERE model_id = 'us/c'") == [(at(3),)]


def test_a_rejected_statement_of_no_readable_instant_deduces_no_absence(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(1, 1), priced(1, 9, "us/b")])
    put_prices(home, [[priced(2, 1)[0] | {"observed_at": "2026-01-02"}], priced(2, 9, "us/b")], as_of=at(2))
    assert spans(connection, home, [priced(1, 1)]) == [(at(1), None, at(1), 1, None)]


def test_an_ignored_statement_counts_as_listed_without_a_price(connection: Connection, home: Home) -> None:
    statements = [priced(day, price) for day, price in [(1, 1), (2, 0), (3, 0), (4, 1)]] + [
        priced(day, 0, "us/b") for day in (1, 2, 3, 4)
    ]
    ignored = correction("us/a", "zero_on_paid", "ignore", observed_from_utc=at(2), observed_to_utc=at(4))
    assert spans(connection, home, statements, price_corrections=[ignored]) == [
        (at(1), at(2), at(1), 1, "no_price"),
        (at(4), None, at(4), 1, None),
    ]
    assert query(connection, "SELECT usd_per_million_tokens FROM prices.model_prices WHERE model_id = 'us/b'") == [(0,)]


def test_prices_per_token_are_brought_to_a_million_while_they_are_wrong(connection: Connection, home: Home) -> None:
    per_token = correction("us/a", "per_token", "times_million", observed_to_utc=at(3))
    statements = [priced(1, "0.0000012"), priced(2, "0.0000015"), priced(3, "1.5")]
    assert spans(connection, home, statements, price_corrections=[per_token]) == [
        (at(1), at(2), at(1), Decimal("1.2"), "change"),
        (at(2), None, at(3), Decimal("1.5"), None),
    ]
    assert query(connection, "SELECT min(usd_per_million_tokens) FROM staging.catalogue_prices") == [
        (Decimal("0.000001200"),)
    ]


def test_an_accepted_oddity_changes_nothing_nor_does_the_correction_of_another_source(
    connection: Connection, home: Home
) -> None:
    corrections = [
        correction("us/a", "zero_on_paid", "accept"),
        correction("us/a", "per_token", "ignore", "test-sparse"),
    ]
    assert spans(connection, home, [priced(1, 0)], price_corrections=corrections) == [(at(1), None, at(1), 0, None)]
