"""Who serves what at what price, from a few endpoints: staging, its row accounting, and the tables made from it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from building import (
    build_tables,
    catalogue_model,
    endpoint,
    full_weeks,
    lab,
    origin,
    put_catalogue,
    put_endpoints,
    put_providers,
    put_rows,
    query,
    references,
    up_to,
    week,
)

from checks.run import validate_candidate
from warehouse.home import Home
from warehouse.parsers import ENDPOINTS_FORMAT, PROVIDERS_FORMAT
from warehouse.snapshots import SnapshotStore

LOOK = datetime(2026, 1, 8)
CHEAP, DEAR = {"prompt": "0.000001", "completion": "0.000004"}, {"prompt": "0.000003", "completion": "0.000005"}
FILM = {"prompt": "0", "completion": "0", "display_pricing": [{"kind": "unit", "price": "0.05"}]}
REFERENCES = references(labs=[lab("qwen", "CN"), lab("openai", "US")])
TABLES = up_to("prices.provider_prices", "prices.who_serves", "staging.providers", "staging.catalogue_statements")


def build(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    build_tables(connection, home, reference_tables=REFERENCES, tables=TABLES)


def statements(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return query(connection, "SELECT subject, row_number, status, reason FROM staging.serving_statements ORDER BY ALL")


def test_usage_staging_is_not_disturbed(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)]))
    put_endpoints(home, "qwen/a", [endpoint("cheap", CHEAP)], LOOK)
    put_providers(home, {"cheap": "CN"}, LOOK)
    build(connection, home)
    assert query(connection, "SELECT DISTINCT status FROM staging.snapshot_days") == [("staged",)]
    assert query(connection, "SELECT count(*) FROM staging.catalogue_statements") == [(0,)]
    assert [row[:3] for row in statements(connection)] == [("endpoint", 1, "staged"), ("provider", 1, "staged")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (endpoint("x", {"prompt": "-0.5", "completion": "1"}), "row 2: input price is negative: -500000"),
        (endpoint("x", {"prompt": "much"}), "row 2: input price is not a number: much"),
        (endpoint("x", {"prompt": "9999"}), "row 2: input price does not fit 18 digits with 9 decimals: 9999000000"),
        (endpoint("x", "free"), "row 2: input price is not a number: pricing of another shape"),
        (endpoint("x", CHEAP) | {"tag": None}, "row 2: tag is not provider or provider/suffix: missing"),
        (endpoint("x", CHEAP, provider_name=None), "row 2: provider_name is missing"),
        (endpoint("x", CHEAP, status="up"), "row 2: status is not a whole number: up"),
        (endpoint("x", CHEAP, context_length=1.5), "row 2: context length is not a whole number: 1.5"),
        (endpoint("x", CHEAP, uptime_last_30m=101), "row 2: uptime is not 0 to 100 per cent: 101"),
        (endpoint("x", CHEAP | {"discount": -1}), "row 2: discount is not 0 to 1: -1"),
        (
            endpoint("x", CHEAP | {"overrides": [{"min_prompt_tokens": 5, "prompt": p} for p in ("1", "2")]}),
            "row 2: two prices for one kind: input 5",
        ),
    ],
)
def test_a_bad_endpoint_is_quarantined_alone_by_row_and_rule(
    connection: duckdb.DuckDBPyConnection, home: Home, bad: dict, reason: str
) -> None:
    put_endpoints(home, "qwen/a", [endpoint("good", CHEAP), bad], LOOK)
    build(connection, home)
    assert statements(connection) == [("endpoint", 1, "staged", None), ("endpoint", 2, "quarantined", reason)]
    assert query(connection, "SELECT DISTINCT endpoint_tag FROM staging.endpoint_prices") == [("good",)]
    [folder] = home.quarantine.glob("*-staging.serving_statements")
    assert reason in (folder / "reasons.json").read_text()
    assert query(connection, f"SELECT DISTINCT row_number FROM '{folder / 'raw_rows.parquet'}'") == [(2,)]


def test_bad_providers_and_unreadable_bodies_are_quarantined(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_providers(home, {"good": "US", "bad": "Mars", "two words": None}, LOOK)
    for body_format in (ENDPOINTS_FORMAT, PROVIDERS_FORMAT):
        SnapshotStore(home).put(b'{"data": 7}', origin(LOOK, body_format=body_format, source=body_format))
    build(connection, home)
    assert statements(connection) == [
        ("endpoint", None, "quarantined", "the JSON has no object under `data`"),
        ("provider", 1, "staged", None),
        ("provider", 2, "quarantined", "row 2: headquarters is no country code: Mars"),
        ("provider", 3, "quarantined", "row 3: slug is not one word: two words"),
        ("provider", None, "quarantined", "the JSON has no list of objects under `data`"),
    ]
    assert query(connection, "SELECT provider_slug, headquarters_country_code FROM staging.providers") == [
        ("good", "US")
    ]


def test_a_newest_answer_that_cannot_be_read_keeps_no_figures_back(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    body = b'{"data": {"id": "openai/gpt-5", "name": "x"}}'
    SnapshotStore(home).put(body, origin(LOOK, body_format=ENDPOINTS_FORMAT, source="openrouter-endpoints"))
    put_providers(home, {"good": "US"}, LOOK)
    reports = build_tables(connection, home, tables=up_to("staging.providers"), validate=validate_candidate)
    assert {name: report.failed for name, report in reports.items() if report.failed} == {}
    results = [result for report in reports.values() for result in report.results]
    warned = {result.check_name for result in results if result.outcome != "passed"}
    assert warned == {"no_statement_is_quarantined", "newest_snapshots_can_be_read"}


def test_one_instant_stated_twice_counts_once_and_otherwise_is_quarantined(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    for seconds, pricing in enumerate((CHEAP, CHEAP | {"discount": 0}, DEAR)):
        put_endpoints(home, "qwen/a", [endpoint("cheap", pricing)], LOOK, LOOK + timedelta(seconds=seconds))
    build(connection, home)
    assert sorted(row[2] for row in statements(connection)) == ["quarantined", "repeated", "staged"]
    assert query(
        connection, "SELECT usd_per_million_tokens FROM staging.endpoint_prices WHERE price_kind = 'input'"
    ) == [(Decimal(1),)]


def test_prices_by_provider_and_who_serves_whose_models(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0), week(1), week(5)], {"qwen/a-0101": 3000}))
    put_catalogue(home, [catalogue_model("qwen/a", "qwen/a-0101", **CHEAP)], LOOK)
    put_providers(home, {"cheap": "CN", "dear": "US", "nowhere": None}, LOOK - timedelta(days=1))
    served = [
        endpoint("cheap/fast", CHEAP),
        endpoint("dear", DEAR),
        endpoint("dear-turbo", {"prompt": "0.000002"}, provider_name="Dear"),
        endpoint("nowhere", {"prompt": "-1"}),
        endpoint("unlisted", FILM),
    ]
    put_endpoints(home, "qwen/a", served, LOOK)
    put_endpoints(home, "~qwen/latest", served, LOOK)
    # never in a day's top 50, so counted for its author; and served by nobody any more at the second look
    put_endpoints(home, "openai/tiny", [endpoint("cheap", DEAR)], LOOK)
    put_endpoints(home, "openai/tiny", [], LOOK + timedelta(days=7))
    build(connection, home)
    asked = query(
        connection,
        "SELECT week_start, provider_country_code, endpoints, cheapest_usd_per_million_tokens, cheapest_provider_slug, "
        "median_usd_per_million_tokens, model_permaslug, home_country_code FROM prices.provider_prices "
        "WHERE model_id = 'qwen/a' AND price_kind = 'input' AND week_start = ? ORDER BY ALL",
        [week(0)],
    )
    of_model = ("qwen/a-0101", "CN")
    assert asked == [
        (week(0), "CN", 1, Decimal(1), "cheap", Decimal(1), *of_model),
        (week(0), "US", 2, Decimal(2), "dear-turbo", Decimal("2.5"), *of_model),
        (week(0), "any", 3, Decimal(1), "cheap", Decimal(2), *of_model),
    ]
    # carried 28 days at most; who is served by nobody has no price
    assert query(connection, "SELECT DISTINCT week_start, model_id FROM prices.provider_prices ORDER BY ALL") == [
        (week(0), "openai/tiny"),
        (week(0), "qwen/a"),
        (week(1), "qwen/a"),
    ]
    assert query(connection, "FROM prices.who_serves ORDER BY ALL") == [
        (date(2026, 1, 8), "CN", "CN", 1, 1, 1),
        (date(2026, 1, 8), "CN", "US", 1, 2, 2),
        (date(2026, 1, 8), "CN", "ZZ", 1, 2, 2),
        (date(2026, 1, 8), "US", "CN", 1, 1, 1),
    ]
    assert query(
        connection,
        "SELECT endpoint_tag, price_state FROM staging.endpoint_prices WHERE price_state <> 'priced' AND NOT is_alias "
        "ORDER BY ALL",
    ) == [("nowhere", "varies"), ("unlisted", "priced_otherwise")]


def test_a_free_variant_is_free_and_not_priced_otherwise(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_endpoints(home, "qwen/a:free", [endpoint("cheap", {"prompt": "0", "completion": "0", "image": "0"})], LOOK)
    build(connection, home)
    assert query(connection, "SELECT price_kind, usd_per_million_tokens FROM staging.endpoint_prices ORDER BY ALL") == [
        ("input", Decimal(0)),
        ("output", Decimal(0)),
    ]
