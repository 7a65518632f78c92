"""Which model of the usage data an id of a price source names, by which method, and since when.

Not here: what the named model's price in a week is (test_price_weeks.py).
"""

from datetime import date

from building import (
    build_tables,
    catalogue_model,
    put_catalogue,
    put_prices,
    put_rows,
    query,
    references,
    up_to,
)
from price_tables import LABS, Connection, at, priced

from warehouse.home import Home


def names(connection: Connection, home: Home, slugs: list[str], **given: list) -> list[tuple]:
    """Permaslug, id, first and last day and method of each pair, of models with the given names in the usage data."""
    put_rows(home, [(date(2026, 1, 5), slug, 10) for slug in slugs])
    tables = up_to("prices.model_names")
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
