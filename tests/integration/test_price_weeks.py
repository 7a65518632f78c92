"""The price in force at a week's end, or the reason why there is none, for each model, source and kind.

Not here: averages of many models (test_price_averages.py).
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from building import (
    build_tables,
    catalogue_model,
    days_of,
    listed,
    put_catalogue,
    put_prices,
    put_rows,
    query,
    references,
    removed,
    week,
)
from price_tables import AFTER, BEFORE, LABS, OTHER, SECOND, WEEK_END, WEEK_PRICES, Connection, at, build_week, priced

from checks.measures import measures_sql
from warehouse.contracts import CONTRACTS
from warehouse.home import Home


def status(connection: Connection, home: Home, slug: str = "us/a") -> tuple:
    """Status and output price of the model in week 0."""
    build_week(connection, home, {slug: 10})
    [found] = query(
        connection,
        "SELECT status, usd_per_million_tokens FROM prices.model_week_prices "
        "WHERE price_kind = 'output' AND over_prompt_tokens = 0",
    )
    return found


def status_by_source(connection: Connection, home: Home, column: str) -> list[tuple]:
    """Source and the column of the output price of us/a in week 0."""
    build_week(connection, home, {"us/a": 10})
    return query(connection, f"SELECT source, {column} FROM prices.model_week_prices ORDER BY source")


def test_a_week_has_a_price_or_the_reason_why_not(connection: Connection, home: Home) -> None:
    statements = {
        "test-complete": [
            *(priced(day, "1.10", "us/priced") for day in (6, 8)),
            *(priced(day, 0, "us/at-zero") for day in (6, 8)),
            *(priced(day, "varies", "us/router") for day in (6, 8)),
            *(listed(at(day), "us/bare") for day in (6, 8)),
            priced(6, 1, "us/gone"),
            *(priced(6, 1, "us/price-gone"), listed(at(8), "us/price-gone")),
            *(listed(AFTER, model, output=1) for model in ("us/later", "us/priced")),
        ],
        "test-changes": [
            *(priced(6, 1, "us/gone"), removed(at(8), "us/gone")),
            *(listed(at(6), "us/bare"), removed(at(8), "us/bare")),
            *(priced(6, 1, "us/price-gone"), listed(at(8), "us/price-gone")),
            listed(AFTER, "us/later", output=1),
        ],
        "test-sparse": [
            listed(BEFORE, "us/gone", output=1),
            priced(6, 9, "us/priced"),
            listed(AFTER, "us/later", output=1),
        ],
    }
    for source, rows in statements.items():
        put_prices(home, rows, source)
    models = ["priced", "at-zero", "router", "bare", "gone", "price-gone", "later", "nobody"]
    build_week(connection, home, {f"us/{model}": 10 for model in models})
    found = query(
        connection,
        "SELECT model_permaslug, source, status, usd_per_million_tokens FROM prices.model_week_prices "
        "WHERE price_kind = 'output'",
    )
    by_model = {model: {row[1][5:]: row[2:] for row in found if row[0] == f"us/{model}"} for model in models}
    assert all(len(of) == 3 for of in by_model.values())
    assert by_model["priced"]["complete"] == ("in_force", Decimal("1.1"))
    assert by_model["priced"]["sparse"] == ("in_force", 9)
    assert by_model["priced"]["changes"] == ("not_listed", None)
    assert by_model["at-zero"]["complete"] == ("in_force", 0)
    assert by_model["router"]["complete"] == ("varies", None)
    assert by_model["bare"]["complete"] == ("listed_without_price", None)
    assert by_model["bare"]["changes"] == ("delisted", None)
    assert by_model["gone"]["complete"] == ("delisted", None)
    assert by_model["gone"]["changes"] == ("delisted", None)
    assert by_model["gone"]["sparse"] == ("not_seen", None)
    assert by_model["price-gone"]["complete"] == ("listed_without_price", None)
    assert by_model["price-gone"]["changes"] == ("listed_without_price", None)
    assert by_model["later"]["complete"] == ("not_listed", None)
    assert by_model["later"]["sparse"] == ("not_observed", None)
    assert set(by_model["nobody"].values()) == {("unmatched", None)}


@pytest.mark.parametrize("seen_at", [BEFORE, AFTER], ids=["too long ago", "not yet"])
def test_a_week_in_which_the_source_did_not_look_is_not_observed(
    connection: Connection, home: Home, seen_at: datetime
) -> None:
    put_prices(home, [listed(seen_at, "us/a", output=1)])
    assert status(connection, home) == ("not_observed", None)


@pytest.mark.parametrize(
    ("statements", "expected"), [([OTHER], ("free", 0)), ([listed(BEFORE, "us/b", output=9)], ("not_observed", None))]
)
def test_a_free_variant_is_free_wherever_the_source_looked(
    connection: Connection, home: Home, statements: list, expected: tuple
) -> None:
    put_prices(home, statements)
    assert status(connection, home, "us/a:free") == expected


@pytest.mark.parametrize("before", [[], [priced(5, 1)]], ids=["never priced", "priced once"])
def test_a_model_listed_without_a_price_and_then_absent_is_delisted(
    connection: Connection, home: Home, before: list
) -> None:
    put_prices(home, [*before, listed(at(6), "us/a"), priced(8, 9, "us/b")])
    assert status(connection, home) == ("delisted", None)


@pytest.mark.parametrize("source", ["test-complete", "test-changes"])
def test_a_model_listed_again_without_a_price_is_no_longer_delisted(
    connection: Connection, home: Home, source: str
) -> None:
    gone = [priced(6, 9, "us/b")] if source == "test-complete" else [removed(at(6), "us/a")]
    put_prices(home, [priced(5, 1), *gone, listed(at(7), "us/a")], source)
    assert status(connection, home) == ("listed_without_price", None)


@pytest.mark.parametrize("price", ["0.000001", "0.000002"], ids=["at the same price", "at another price"])
def test_a_model_whose_id_names_another_by_now_is_delisted(connection: Connection, home: Home, price: str) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-1", completion="0.000001")], at(5))
    put_catalogue(home, [catalogue_model("us/a", "us/a-2", completion=price)], at(8))
    assert status(connection, home, "us/a-1") == ("delisted", None)


def test_a_price_belongs_to_the_model_that_the_id_named_then(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-1", completion="0.000001")], at(5))
    put_catalogue(home, [catalogue_model("us/a", "us/a-2", completion="0.000002")], at(13))
    put_rows(home, [(week_start, f"us/a-{n}", 1) for week_start in (week(0), week(1)) for n in (1, 2)])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=WEEK_PRICES)
    assert query(
        connection,
        "SELECT week_start, model_permaslug, usd_per_million_tokens FROM prices.model_week_prices "
        "WHERE status = 'in_force' ORDER BY ALL",
    ) == [(week(0), "us/a-1", 1), (week(1), "us/a-2", 2)]


@pytest.mark.parametrize(
    ("changed_at", "price"), [(WEEK_END - SECOND, 2), (WEEK_END, 1), (datetime(2026, 1, 5), 2)], ids=str
)
def test_the_price_of_a_week_is_that_of_its_last_instant(
    connection: Connection, home: Home, changed_at: datetime, price: int
) -> None:
    put_prices(home, [priced(1, 1), listed(changed_at, "us/a", output=2)])
    assert status(connection, home) == ("in_force", price)


@pytest.mark.parametrize(
    ("source", "others", "late"),
    [
        ("test-complete", [], "not_observed"),
        ("test-changes", [], "not_observed"),
        ("test-sparse", [OTHER], "not_seen"),
    ],
)
@pytest.mark.parametrize("too_early", [timedelta(0), SECOND], ids=["at the bound", "a second before"])
def test_a_price_is_carried_28_days(
    connection: Connection, home: Home, source: str, others: list, late: str, too_early: timedelta
) -> None:
    last = WEEK_END - timedelta(days=28) - too_early
    put_prices(home, [listed(last, "us/a", output=1), *others], source)
    assert status(connection, home)[0] == (late if too_early else "in_force")


@pytest.mark.parametrize(("source", "others"), [("test-complete", []), ("test-sparse", [OTHER])])
def test_a_price_that_is_seen_again_was_not_seen_in_between(
    connection: Connection, home: Home, source: str, others: list
) -> None:
    put_prices(home, [*(listed(day, "us/a", output=1) for day in (BEFORE, AFTER)), *others], source)
    assert status(connection, home) == ("not_seen" if others else "not_observed", None)


def test_a_week_says_when_its_price_was_last_seen_before_its_end(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(day, "us/a", output=1) for day in (at(6), at(8), AFTER)])
    put_prices(home, [priced(5, 2), OTHER, listed(AFTER, "us/b", output=9)], "test-changes")
    assert status_by_source(connection, home, "last_seen_utc") == [("test-changes", at(6)), ("test-complete", at(8))]


@pytest.mark.parametrize(("last_seen", "out_of_time"), [(at(8), 0), (AFTER, 1), (at(9), 1), (BEFORE, 1)], ids=str)
def test_the_check_knows_prices_that_were_not_seen_in_the_28_days_before_the_week_ended(
    connection: Connection, home: Home, last_seen: datetime, out_of_time: int
) -> None:
    """At the 9th nobody looked at all."""
    put_prices(home, [listed(day, "us/a", output=1) for day in (BEFORE, at(6), at(8), AFTER)])
    build_week(connection, home, {"us/a": 10})
    connection.execute("CREATE TEMP TABLE candidate AS FROM prices.model_week_prices")
    connection.execute("UPDATE candidate SET last_seen_utc = ?", [last_seen])
    measures = connection.execute(measures_sql(CONTRACTS["prices.model_week_prices"], by_week=False)).df()
    assert measures["prices_out_of_time"].tolist() == [out_of_time]


def test_an_id_that_is_seen_under_its_new_name_only_later_prices_nothing_yet(
    connection: Connection, home: Home
) -> None:
    put_prices(home, [listed(day, "us/a", output=1) for day in (at(5), AFTER)])
    put_rows(home, [(day, "us/a-2", 10) for day in days_of(week(0))])
    renamed = {"model_permaslug": "us/a-2", "model_id": "us/a", "valid_from": date(2026, 1, 8), "reason": "Read."}
    build_tables(connection, home, reference_tables=references(labs=LABS, model_names=[renamed]), tables=WEEK_PRICES)
    assert query(connection, "SELECT status FROM prices.model_week_prices") == [("not_listed",)]


def test_a_record_of_changes_carries_a_price_as_long_as_it_goes_on(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(BEFORE, "us/a", output=1), OTHER], "test-changes")
    assert status(connection, home) == ("in_force", 1)


def test_every_model_is_asked_for_in_every_source_and_kind_and_tiers_stand_where_they_are(
    connection: Connection, home: Home
) -> None:
    put_prices(home, [listed(at(6), "us/a", {200_000: {"output": 2}}, output=1, input=1, cache_read="0.1")])
    put_prices(home, [priced(6, 3)], "test-sparse")
    build_week(connection, home, {"us/a": 10, "us/b": 5, "other": 3})
    assert query(
        connection,
        "SELECT model_permaslug, source, price_kind, over_prompt_tokens, status, usd_per_million_tokens "
        "FROM prices.model_week_prices ORDER BY ALL",
    ) == [
        ("us/a", "test-complete", "cache_read", 0, "in_force", Decimal("0.1")),
        ("us/a", "test-complete", "input", 0, "in_force", 1),
        ("us/a", "test-complete", "output", 0, "in_force", 1),
        ("us/a", "test-complete", "output", 200_000, "in_force", 2),
        ("us/a", "test-sparse", "output", 0, "in_force", 3),
        ("us/b", "test-complete", "input", 0, "unmatched", None),
        ("us/b", "test-complete", "output", 0, "unmatched", None),
        ("us/b", "test-sparse", "output", 0, "unmatched", None),
    ]
