"""Which stated prices are odd, which corrections meet them, and where another record says otherwise.

Not here: what a correction makes of a price (test_price_spans.py).
"""

from datetime import date, datetime

import pytest
from building import build_tables, listed, put_prices, query, references, removed, up_to
from price_tables import Connection, at, correction, priced
from runbook import runbook_says

from assets.table_assets import _failure_text
from checks.measures import measures_sql
from checks.run import validate_candidate
from warehouse.contracts import CONTRACTS, Contract
from warehouse.home import Home
from warehouse.ingesting import differing_prices, unreviewed_prices
from warehouse.results import CheckResult


def suspicions(connection: Connection, home: Home, **given: list) -> list[tuple]:
    """Model, day, rule, stated price and action."""
    build_tables(connection, home, reference_tables=references(**given), tables=up_to("prices.suspicions"))
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
        tables=up_to("prices.suspicions"),
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
    tables = up_to("prices.cross_checks")
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
