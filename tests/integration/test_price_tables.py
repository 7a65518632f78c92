"""The SQL of the prices layer as small input and expected output: names, spans, weeks, averages, suspicions."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from building import (
    MODEL_TOKENS,
    PRICE_STAGING,
    build_tables,
    catalogue_model,
    days_of,
    lab,
    listed,
    put_catalogue,
    put_prices,
    put_rows,
    query,
    references,
    removed,
    week,
)
from runbook import runbook_says

from assets.table_assets import _failure_text
from checks.measures import measures_sql
from checks.run import validate_candidate
from warehouse.contracts import CONTRACTS, Contract
from warehouse.database import connect, create_tables
from warehouse.home import Home
from warehouse.ingesting import differing_prices, unreviewed_prices
from warehouse.results import CheckResult

WEEK_PRICES = [
    *PRICE_STAGING,
    *MODEL_TOKENS,
    "prices.model_names",
    "prices.model_prices",
    "prices.model_week_prices",
]
LABS = [lab("cn", "CN"), lab("us", "US")]
# week(0) is 2026-01-05 to 2026-01-11
WEEK_END = datetime(2026, 1, 12)
SECOND = timedelta(seconds=1)

Connection = duckdb.DuckDBPyConnection


def at(day: int, month: int = 1) -> datetime:
    return datetime(2026, month, day)


def correction(model: str, rule: str, action: str, source: str = "test-complete", **columns: object) -> dict:
    return {"source": source, "model_id": model, "rule": rule, "action": action, "reason": "A test.", **columns}


# --- spans ---


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
    build_tables(connection, home, reference_tables=references(**given), tables=[*PRICE_STAGING, "prices.model_prices"])
    return query(
        connection,
        "SELECT valid_from_utc, valid_to_utc, last_seen_utc, usd_per_million_tokens, ended_by FROM prices.model_prices "
        "WHERE model_id = ? AND over_prompt_tokens = 0 AND price_kind = 'output' ORDER BY valid_from_utc",
        [model],
    )


def priced(day: int, price: object, model: str = "us/a") -> list:
    return listed(at(day), model, output=price)


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


# --- names ---


def names(connection: Connection, home: Home, slugs: list[str], **given: list) -> list[tuple]:
    """Permaslug, id, first and last day and method of each pair, of models with the given names in the usage data."""
    put_rows(home, [(date(2026, 1, 5), slug, 10) for slug in slugs])
    tables = [*PRICE_STAGING, *MODEL_TOKENS, "prices.model_names"]
    build_tables(connection, home, reference_tables=references(labs=LABS, **given), tables=tables)
    return query(
        connection,
        "SELECT model_permaslug, model_id, valid_from, valid_to, method FROM prices.model_names ORDER BY ALL",
    )


ALWAYS = (date(2025, 1, 1), None)


def test_equal_names_are_one_model(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(5, 1), priced(5, 1, "us/b")], "test-sparse")
    assert names(connection, home, ["us/a", "us/a-20260101"]) == [("us/a", "us/a", *ALWAYS, "same")]


def test_the_catalogue_says_which_dated_model_an_id_names(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-20260101", prompt="0")], at(5))
    assert names(connection, home, ["us/a", "us/a-20260101"]) == [("us/a-20260101", "us/a", *ALWAYS, "catalogue")]


def test_a_reviewed_pair_stands_before_the_rules(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-20260101", prompt="0")], at(5))
    put_prices(home, [priced(5, 1, "us/b")], "test-sparse")
    reviewed = [
        {"model_permaslug": "us/c", "model_id": "us/a", "valid_from": None, "reason": "Read."},
        {"model_permaslug": "us/b-0105", "model_id": "us/b", "valid_from": date(2026, 1, 5), "reason": "Read."},
    ]
    assert names(connection, home, ["us/a-20260101", "us/b", "us/b-0105", "us/c"], model_names=reviewed) == [
        ("us/b", "us/b", date(2025, 1, 1), date(2026, 1, 5), "same"),
        ("us/b-0105", "us/b", date(2026, 1, 5), None, "reference"),
        ("us/c", "us/a", *ALWAYS, "reference"),
    ]


def test_a_variant_pairs_with_the_same_variant_of_the_id(connection: Connection, home: Home) -> None:
    stated = [catalogue_model("us/a", "us/a-1", prompt="0.1"), catalogue_model("us/a:free", "us/a-1", prompt="0")]
    put_catalogue(home, stated, at(5))
    put_prices(home, [priced(5, 1, "us/b"), priced(5, 0, "us/b:free"), priced(5, 1, "us/c")], "test-sparse")
    assert names(connection, home, ["us/a-1", "us/a-1:free", "us/a-1:beta", "us/b", "us/b:free", "us/c:free"]) == [
        ("us/a-1", "us/a", *ALWAYS, "catalogue"),
        ("us/a-1:free", "us/a:free", *ALWAYS, "catalogue"),
        ("us/b", "us/b", *ALWAYS, "same"),
        ("us/b:free", "us/b:free", *ALWAYS, "same"),
    ]


def test_a_single_variant_can_be_paired_by_hand(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(5, 0, "us/a-old:free")], "test-sparse")
    reviewed = {"model_permaslug": "us/a:free", "model_id": "us/a-old:free", "valid_from": None, "reason": "Read."}
    assert names(connection, home, ["us/a", "us/a:free"], model_names=[reviewed]) == [
        ("us/a:free", "us/a-old:free", *ALWAYS, "reference")
    ]


def test_reviewed_days_part_two_models_of_one_id(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(5, 1)], "test-sparse")
    reviewed = [
        {"model_permaslug": "us/a-1", "model_id": "us/a", "valid_from": None, "valid_to": date(2026, 1, 8)},
        {"model_permaslug": "us/a-2", "model_id": "us/a", "valid_from": date(2026, 1, 8)},
    ]
    reviewed = [row | {"reason": "Read."} for row in reviewed]
    assert names(connection, home, ["us/a-1", "us/a-2"], model_names=reviewed) == [
        ("us/a-1", "us/a", date(2025, 1, 1), date(2026, 1, 8), "reference"),
        ("us/a-2", "us/a", date(2026, 1, 8), None, "reference"),
    ]


def test_two_observations_of_the_catalogue_part_two_models_of_one_id(connection: Connection, home: Home) -> None:
    for day, slug in [(5, "us/a-1"), (6, "us/a-1"), (8, "us/a-2"), (9, "us/a-2")]:
        put_catalogue(home, [catalogue_model("us/a", slug, prompt="0")], at(day))
    assert names(connection, home, ["us/a-1", "us/a-2"]) == [
        ("us/a-1", "us/a", date(2025, 1, 1), date(2026, 1, 8), "catalogue"),
        ("us/a-2", "us/a", date(2026, 1, 8), None, "catalogue"),
    ]


def test_an_id_that_goes_back_names_the_earlier_model_again(connection: Connection, home: Home) -> None:
    for day, slug in [(5, "us/a-1"), (8, "us/a-2"), (10, "us/a-1")]:
        put_catalogue(home, [catalogue_model("us/a", slug, prompt="0")], at(day))
    assert names(connection, home, ["us/a-1", "us/a-2"]) == [
        ("us/a-1", "us/a", date(2025, 1, 1), date(2026, 1, 8), "catalogue"),
        ("us/a-1", "us/a", date(2026, 1, 10), None, "catalogue"),
        ("us/a-2", "us/a", date(2026, 1, 8), date(2026, 1, 10), "catalogue"),
    ]


def test_a_variant_may_name_another_model_than_its_base(connection: Connection, home: Home) -> None:
    stated = [catalogue_model("us/a", "us/a-1", prompt="0.1"), catalogue_model("us/a:free", "us/a-2", prompt="0")]
    put_catalogue(home, stated, at(5))
    assert names(connection, home, ["us/a-1", "us/a-1:free", "us/a-2", "us/a-2:free"]) == [
        ("us/a-1", "us/a", *ALWAYS, "catalogue"),
        ("us/a-2:free", "us/a:free", *ALWAYS, "catalogue"),
    ]


def test_an_alias_names_no_model(connection: Connection, home: Home) -> None:
    put_catalogue(
        home, [catalogue_model("~us/latest", "us/a-1", prompt="0"), catalogue_model("us/b", prompt="0")], at(5)
    )
    assert names(connection, home, ["us/a-1", "us/b", "~us/latest"]) == [("us/b", "us/b", *ALWAYS, "catalogue")]


# --- weeks ---


def build_week(connection: Connection, home: Home, tokens: dict[str, int], tables: list[str] = WEEK_PRICES) -> None:
    """The tables, with the given tokens on each day of week 0."""
    put_rows(home, [(day, slug, amount) for day in days_of(week(0)) for slug, amount in tokens.items()])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=tables)


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


BEFORE = datetime(2025, 12, 1)
AFTER = datetime(2026, 1, 20)
OTHER = priced(6, 9, "us/b")


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


# --- averages ---


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
        build_week(connection, home, tokens, [*WEEK_PRICES, *tables])
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
    build_week(connection, home, {"us/a": 10, "us/b": 5}, [*WEEK_PRICES, "prices.week_coverage"])
    assert query(
        connection,
        "SELECT ever_priced_tokens FROM prices.week_coverage WHERE source = 'any' AND population = 'ranked'",
    ) == [(35,)]


def test_what_was_ever_priced_was_so_under_the_name_it_had(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-1", completion="0.000001")], at(5))
    put_catalogue(home, [catalogue_model("us/a", "us/a-2", completion="0.000001")], at(13))
    build_week(connection, home, {"us/a-2": 10}, [*WEEK_PRICES, "prices.week_coverage"])
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
    tables = [*WEEK_PRICES, "prices.country_week_prices", "prices.comparisons"]
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
    build_week(connection, home, {"us/a": 10}, [*WEEK_PRICES, "prices.unmatched_models"])
    assert query(connection, "SELECT model_permaslug, is_within_price_history FROM prices.unmatched_models") == [
        ("us/a", False)
    ]


# --- suspicions ---


def suspicions(connection: Connection, home: Home, **given: list) -> list[tuple]:
    """Model, day, rule, stated price and action."""
    build_tables(connection, home, reference_tables=references(**given), tables=[*PRICE_STAGING, "prices.suspicions"])
    return query(
        connection,
        "SELECT model_id, observed_at_utc, rule, stated_usd_per_million_tokens, action FROM prices.suspicions "
        "ORDER BY model_id, observed_at_utc, rule",
    )


# what is stated of one model, each time on the next day, and the rules that point at it
ODDITIES: list[tuple[list[dict], list[str]]] = [
    ([{"output": "0.0000012"}], ["per_token"]),
    ([{"output": "0.001"}], []),
    ([{"output": "1000.01"}], ["above_ceiling"]),
    ([{"output": 1000}], []),
    ([{"output": 0}], ["zero_on_paid"]),
    ([{"output": 0}, {"output": 0}, {"output": 1}, {"output": 0}], ["zero_on_paid", "zero_on_paid"]),
    ([{"output": 1, "cache_read": 0}], []),
    ([{"output": 1}, {"output": 11}], ["tenfold_jump"]),
    ([{"output": 11}, {"output": 1}], ["tenfold_jump"]),
    ([{"output": 1}, {"output": 10}], []),
    ([{"output": 1}, {"output": 0}, {"output": 11}], ["zero_on_paid", "tenfold_jump"]),
    ([{"output": 1}, {}], ["listed_without_price"]),
    ([{"image": 1}], ["listed_without_price"]),
    ([{"output": "varies"}], []),
    ([{"status": "removed"}], []),
]


def test_a_rule_points_at_odd_statements(connection: Connection, home: Home) -> None:
    statements = [
        listed(at(5 + day), f"us/{number:02}", **said)
        for number, (days, _) in enumerate(ODDITIES)
        for day, said in enumerate(days)
    ]
    others = [priced(5, 0, "us/a:free"), priced(5, 1, "us%2Fa"), removed(at(5), "us%2Fb")]
    put_prices(home, [*statements, *others], "test-changes")
    found = suspicions(connection, home)
    by_model = [[row[2] for row in found if row[0] == f"us/{number:02}"] for number in range(len(ODDITIES))]
    assert by_model == [rules for _, rules in ODDITIES]
    assert [row[:3] for row in found if not row[0].startswith("us/0") and not row[0].startswith("us/1")] == [
        ("us%2Fa", at(5), "percent_encoded_name")
    ]
    assert {row[4] for row in found} == {None}


def test_an_odd_price_that_blocks_is_told_with_file_and_rule(connection: Connection, home: Home) -> None:
    def validate_suspicions(candidate: Connection, contract: Contract) -> list[CheckResult]:
        return validate_candidate(candidate, contract) if contract.name == "prices.suspicions" else []

    put_prices(home, [priced(5, "0.0000012")], "test-changes")
    reports = build_tables(
        connection,
        home,
        validate=validate_suspicions,
        reference_tables=references(),
        tables=[*PRICE_STAGING, "prices.suspicions"],
    )
    report = reports["prices.suspicions"]
    causes = unreviewed_prices(connection, [])
    told = _failure_text(CONTRACTS["prices.suspicions"], report.failed, report, causes)
    runbook_says("price-jump", "blocked", told)


def test_sources_disagree_where_one_is_three_times_what_the_other_said_lately(
    connection: Connection, home: Home
) -> None:
    said = {  # by the one source on the 1st, by the other on a later day, and whether that is odd
        "us/dearer": (1, 6, "3.1", True),
        "us/cheaper": (1, 6, "0.3", True),
        "us/three-times": (1, 6, "3", False),
        "us/in-time": (1, 28, "9", True),
        "us/too-late": (1, 29, "9", False),
    }
    put_prices(home, [priced(1, first, model) for model, (first, _, _, _) in said.items()], "test-sparse")
    put_prices(home, [priced(day, price, model) for model, (_, day, price, _) in said.items()], "test-changes")
    suspicions(connection, home)
    assert query(
        connection,
        "SELECT model_id, compared_with FROM prices.suspicions WHERE rule = 'sources_disagree' "
        "AND source = 'test-sparse' ORDER BY model_id",
    ) == [
        ("us/cheaper", "test-changes says 0.3 on 2026-01-06"),
        ("us/dearer", "test-changes says 3.1 on 2026-01-06"),
        ("us/in-time", "test-changes says 9.0 on 2026-01-28"),
    ]


def test_genai_prices_disagrees_where_it_dates_another_price_for_that_instant(
    connection: Connection, home: Home
) -> None:
    said = {  # on the 5th, and whether it is more than 5 % off the 2 that holds then
        "us/far": ("2.2", True),
        "us/near": ("2.1", False),
        "us/free-of-charge": (0, True),
    }
    put_prices(home, [priced(5, price, model) for model, (price, _) in said.items()], "test-changes")
    held = [(None, date(2026, 1, 5), 9), (date(2026, 1, 5), date(2026, 1, 6), 2), (date(2026, 1, 6), None, 9)]
    dated = [
        {
            "model_id": model,
            "provider": provider,
            "price_kind": "output",
            "valid_from": valid_from,
            "valid_to": valid_to,
            "usd_per_million_tokens": str(usd + is_makers),  # makers' prices are another source's business
            "seen_on": date(2026, 1, 6),
        }
        for model in said
        for provider, is_makers in (("openrouter", 0), ("maker", 50))
        for valid_from, valid_to, usd in held
    ]
    found = suspicions(connection, home, genai_prices=dated)
    disagreeing = [row[0] for row in found if row[2] == "genai_prices_disagree"]
    assert disagreeing == sorted(model for model, (_, is_odd) in said.items() if is_odd)


def genai_price(**columns: object) -> dict[str, object]:
    return {
        "model_id": "us/a",
        "provider": "openrouter",
        "price_kind": "output",
        "usd_per_million_tokens": "2",
        "seen_on": date(2026, 1, 1),
    } | columns


@pytest.mark.parametrize(
    ("seen_at", "is_odd"), [(datetime(2026, 1, 28, 23), True), (datetime(2026, 1, 29), False)], ids=str
)
def test_a_price_that_genai_prices_has_no_end_for_holds_28_days_past_its_newest_day(
    connection: Connection, home: Home, seen_at: datetime, is_odd: bool
) -> None:
    put_prices(home, [listed(seen_at, "us/a", output=3)])
    assert len(suspicions(connection, home, genai_prices=[genai_price()])) == is_odd
    assert len(cross_checks(connection, home, genai_price())) == is_odd


def cross_checks(connection: Connection, home: Home, *theirs: dict[str, object]) -> list[tuple]:
    """Ours, theirs, and the instant at which both were seen."""
    tables = [*PRICE_STAGING, "prices.model_prices", "prices.cross_checks"]
    build_tables(connection, home, reference_tables=references(genai_prices=list(theirs)), tables=tables)
    return query(
        connection,
        "SELECT usd_per_million_tokens, other_usd_per_million_tokens, compared_at_utc FROM prices.cross_checks "
        "ORDER BY ALL",
    )


def test_a_price_is_compared_only_with_what_held_when_it_was_seen(connection: Connection, home: Home) -> None:
    """Seen before and after they had another price: nobody saw ours meanwhile."""
    put_prices(home, [priced(5, 2), priced(6, 2), priced(20, 2), priced(21, 2)])
    bounds = [date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 15), None]
    theirs = [
        genai_price(valid_from=start, valid_to=end, usd_per_million_tokens=usd)
        for start, end, usd in zip(bounds, bounds[1:], ("2", "9", "3"), strict=False)
    ]
    assert cross_checks(connection, home, *theirs) == [(2, 2, at(5)), (2, 3, at(20))]
    differing = "us/a, 2026-01-20T00:00:00Z: output 2 USD per million in test-complete, 3 of openrouter in genai-prices"
    assert differing_prices(connection) == [differing]


@pytest.mark.parametrize("model", ["us/a", "us%2Fa", "us/bare", "us/other"])
def test_what_is_stated_again_is_odd_once(connection: Connection, home: Home, model: str) -> None:
    """However often the same catalogue is fetched."""
    said: dict[str, object] = {} if model == "us/bare" else {"output": "2000" if model == "us/a" else "1"}
    put_prices(home, [listed(at(day), model, **said) for day in range(5, 11)])
    put_prices(home, [priced(day, 9, "us/other") for day in range(4, 9)], "test-sparse")
    found = suspicions(connection, home, genai_prices=[genai_price()])
    days = [row[1] for row in found if row[0] == model and (model != "us/other" or row[3] == 1)]
    rules = {row[2] for row in found if row[0] == model}
    assert len(days) == len(rules) == (2 if model == "us/a" else 1)
    assert set(days) == {at(5)}


def test_what_a_correction_no_longer_covers_is_odd_again(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(day, 2000) for day in range(5, 11)])
    covered = correction("us/a", "above_ceiling", "accept", observed_from_utc=at(6), observed_to_utc=at(8))
    found = suspicions(connection, home, price_corrections=[covered])
    assert [(row[1], row[4]) for row in found] == [(at(5), None), (at(6), "accept")]
    ended = covered | {"observed_from_utc": None}
    found = suspicions(connection, home, price_corrections=[ended])
    assert [(row[1], row[4]) for row in found] == [(at(5), "accept"), (at(8), None)]


def test_a_record_of_changes_is_not_held_against_what_others_say_long_after_it_ended(
    connection: Connection, home: Home
) -> None:
    put_prices(home, [priced(1, 1), priced(3, 5, "us/b")], "test-changes")
    put_prices(home, [listed(at(30), "us/a", output=9), listed(at(3, 2), "us/a", output=9)], "test-sparse")
    assert [row[1] for row in suspicions(connection, home)] == [at(1)]
    put_prices(home, [priced(1, 1, "us/c"), listed(at(3, 2), "us/c", output=9)], "test-sparse")
    put_prices(home, [priced(1, 1, "us/c")], "test-changes")
    assert [row[0] for row in suspicions(connection, home)] == ["us/a"]


def test_a_suspicion_is_met_by_the_correction_of_its_rule_and_time(connection: Connection, home: Home) -> None:
    put_prices(home, [priced(5, 0), priced(6, 1), priced(7, 0), priced(7, 0, "us/b")], "test-changes")
    corrections = [
        correction("us/a", "zero_on_paid", "ignore", "test-changes", observed_from_utc=at(5), observed_to_utc=at(7)),
        correction("us/b", "per_token", "ignore", "test-changes"),
    ]
    assert suspicions(connection, home, price_corrections=corrections) == [
        ("us/a", at(5), "zero_on_paid", 0, "ignore"),
        ("us/a", at(7), "zero_on_paid", 0, None),
        ("us/b", at(7), "zero_on_paid", 0, None),
    ]


@pytest.mark.parametrize(("at_zero", "dead"), [(at(5), 0), (at(9), 1)])
def test_a_correction_that_meets_no_suspicion_is_dead(
    connection: Connection, home: Home, at_zero: datetime, dead: int
) -> None:
    put_prices(home, [listed(at_zero, "us/a", output=0)])
    corrections = [correction("us/a", "zero_on_paid", "ignore", observed_to_utc=at(7))]
    suspicions(connection, home, price_corrections=corrections)
    connection.execute("CREATE TEMP TABLE candidate AS FROM prices.suspicions")
    measures = connection.execute(measures_sql(CONTRACTS["prices.suspicions"], by_week=False)).df()
    assert measures["dead_corrections"].tolist() == [dead]
