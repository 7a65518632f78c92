"""Endpoints and providers as they were recorded in July 2026: figures found again in plain Python, row by row."""

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from statistics import median

import duckdb
import pytest
from building import REPOSITORY, build_tables, endpoint, origin, put_archive, put_endpoints, query, shared_file, up_to

from checks.run import validate_candidate
from warehouse.database import open_working_file
from warehouse.home import Home
from warehouse.parsers import PROVIDERS_FORMAT
from warehouse.snapshots import SnapshotStore

TABLES = up_to("prices.provider_prices", "prices.who_serves", "prices.suspicions", "prices.cross_checks")
DAYS = ("2026-07-20", "2026-07-21")
GEMINI_3_FLASH, GEMINI_3_LAUNCH = "google/gemini-3-flash-preview", datetime(2025, 12, 17, 16, 18, 56)
KINDS = {"input": "price_prompt", "output": "price_completion"}
Recorded = dict[str, list[dict[str, str]]]  # rows by model id


def recorded(day: str) -> tuple[datetime, Recorded]:
    with gzip.open(shared_file(f"endpoints/endpoints_{day}.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    of_model: Recorded = defaultdict(list)
    for row in rows:
        variant = "" if row["variant"] == "standard" else f":{row['variant']}"
        of_model[row["model_slug"] + variant].append(row)
    return datetime.fromisoformat(rows[0]["scraped_at"]).replace(tzinfo=None), of_model


def directory() -> list[dict[str, str | None]]:
    return json.loads(gzip.decompress(shared_file("providers/all_providers_2026-07-20.json.gz").read_bytes()))


def homes() -> dict[str, str]:
    """Headquarters by the slug before the slash; one slug is no entry of the directory, but its provider's name is."""
    by_slug = {str(provider["slug"]): provider.get("headquarters") or "ZZ" for provider in directory()}
    return by_slug | {"sambanova-turbo": by_slug["sambanova"]}


def as_served(row: dict[str, str]) -> dict[str, object]:
    """A recorded row as the API states an endpoint."""
    return endpoint(
        row["provider_slug"],
        json.loads(row["pricing_json"]),
        name=row["endpoint_name"],
        provider_name=row["provider_name"],
        quantization=row["quantization"],
        context_length=int(row["context_length"]) if row["context_length"] else None,
        status=int(row["status"]),
        uptime_last_30m=None,
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The built-in archive with two days of endpoints and a directory of providers, built and checked."""
    home = Home(tmp_path_factory.mktemp("served"))
    put_archive(home)
    for day in DAYS:
        at, of_model = recorded(day)
        for model_id, rows in of_model.items():
            put_endpoints(home, model_id, [as_served(row) for row in rows], at)
    said = origin(datetime(2026, 7, 20, 12), body_format=PROVIDERS_FORMAT, source="openrouter-providers")
    SnapshotStore(home).put(json.dumps({"data": directory()}).encode(), said)
    with open_working_file(home) as connection:
        reports = build_tables(connection, home, validate=validate_candidate, tables=TABLES)
        assert {name: report.failed for name, report in reports.items() if report.failed} == {}
        yield connection


def test_every_recorded_endpoint_is_staged(served: duckdb.DuckDBPyConnection) -> None:
    assert query(
        served,
        "SELECT strftime(observed_at_utc, '%Y-%m-%d'), count(*) FROM staging.serving_statements "
        "WHERE subject = 'endpoint' AND status = 'staged' GROUP BY ALL ORDER BY ALL",
    ) == [("2026-07-20", 1062), ("2026-07-21", 1071)]
    assert query(served, "SELECT count(*) FROM staging.serving_statements WHERE status <> 'staged'") == [(0,)]
    homeless = sum(1 for provider in directory() if provider.get("headquarters") is None)
    assert query(
        served, "SELECT count(*) FILTER (headquarters_country_code = 'ZZ'), count(*) FROM staging.providers"
    ) == [(homeless, len(directory()))]


def test_what_is_priced_per_piece_has_no_price_per_token(served: duckdb.DuckDBPyConnection) -> None:
    _, of_model = recorded(DAYS[0])
    per_piece = {
        model_id
        for model_id, rows in of_model.items()
        for row in rows
        if not any(price["kind"] == "token" for price in json.loads(row["pricing_json"])["display_pricing"])
        and row["price_prompt"] == row["price_completion"] == "0"
        and row["variant"] != "free"
    }
    found = query(
        served,
        "SELECT DISTINCT model_id FROM staging.endpoint_prices WHERE price_state = 'priced_otherwise' "
        "AND CAST(observed_at_utc AS DATE) = '2026-07-20'",
    )
    assert {model_id for (model_id,) in found} == per_piece
    assert {"google/veo-3.1", "black-forest-labs/flux.2-max", "cohere/rerank-v3.5"} <= per_piece


@pytest.mark.parametrize("model_id", ["minimax/minimax-m2.5", "deepseek/deepseek-v4-flash"])
@pytest.mark.parametrize("kind", KINDS)
def test_cheapest_and_median_of_well_known_models(served: duckdb.DuckDBPyConnection, model_id: str, kind: str) -> None:
    _, of_model = recorded(DAYS[-1])
    prices = [Decimal(row[KINDS[kind]]) * 1_000_000 for row in of_model[model_id]]
    assert len(prices) >= 8
    [(cheapest, middle, endpoints)] = query(
        served,
        "SELECT cheapest_usd_per_million_tokens, median_usd_per_million_tokens, endpoints FROM prices.provider_prices "
        "WHERE model_id = ? AND price_kind = ? AND provider_country_code = 'any' AND week_start = '2026-07-20'",
        [model_id, kind],
    )
    assert (cheapest, endpoints) == (min(prices), len(prices))
    assert abs(middle - median(prices)) <= Decimal("0.000000001")


def test_minimax_m2_5_by_country_of_its_providers(served: duckdb.DuckDBPyConnection) -> None:
    _, of_model = recorded(DAYS[-1])
    expected: defaultdict[str, list[Decimal]] = defaultdict(list)
    for row in of_model["minimax/minimax-m2.5"]:
        country = homes()[row["provider_slug"].split("/")[0]]
        expected[country].append(Decimal(row["price_completion"]) * 1_000_000)
    assert query(
        served,
        "SELECT provider_country_code, endpoints, cheapest_usd_per_million_tokens FROM prices.provider_prices "
        "WHERE model_id = 'minimax/minimax-m2.5' AND price_kind = 'output' AND provider_country_code <> 'any' "
        "AND week_start = '2026-07-20' ORDER BY ALL",
    ) == sorted((country, len(prices), min(prices)) for country, prices in expected.items())
    assert "SG" in expected  # where the directory has MiniMax as a provider; its lab counts for China


def test_who_serves_chinese_models(served: duckdb.DuckDBPyConnection) -> None:
    chinese = ("deepseek", "minimax", "moonshotai", "qwen", "z-ai")
    _, of_model = recorded(DAYS[0])
    expected: defaultdict[str, int] = defaultdict(int)
    for model_id, rows in of_model.items():
        if model_id.split("/")[0] in chinese:
            for row in rows:
                expected[homes()[row["provider_slug"].split("/")[0]]] += 1
    assert query(
        served,
        "SELECT provider_country_code, count(*) FROM prices.serving_endpoints WHERE home_country_code = 'CN' "
        "AND CAST(observed_at_utc AS DATE) = '2026-07-20' AND list_contains(?, split_part(model_id, '/', 1)) "
        "GROUP BY ALL ORDER BY ALL",
        [list(chinese)],
    ) == sorted(expected.items())
    # of all labs: two thirds of the endpoints of Chinese models are American
    assert query(
        served,
        "SELECT provider_country_code, models, endpoints FROM prices.who_serves "
        "WHERE home_country_code = 'CN' AND observed_on = '2026-07-20' ORDER BY endpoints DESC LIMIT 3",
    ) == [("US", 83, 295), ("SG", 93, 118), ("CN", 24, 33)]


def methodology_queries() -> list[str]:
    page = (REPOSITORY / "docs" / "methodology.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [one for one in shown.split(";") if one.strip()]


def test_the_queries_of_the_methodology_find_where_a_model_is_cheapest_and_who_serves(
    served: duckdb.DuckDBPyConnection,
) -> None:
    cheapest, who = methodology_queries()
    _, of_model = recorded(DAYS[-1])
    prices = [Decimal(row["price_completion"]) * 1_000_000 for row in of_model["minimax/minimax-m2.5"]]
    by_country = {country: rest for country, *rest in query(served, cheapest)}
    assert (by_country["any"][0], by_country["any"][3]) == (min(prices), len(prices))
    assert min(low for low, *_ in by_country.values()) == by_country["any"][0]
    assert sum(rest[3] for country, rest in by_country.items() if country != "any") == len(prices)
    days = query(served, f"SELECT observed_on, sum(endpoint_share) FROM ({who}) GROUP BY ALL ORDER BY ALL")
    assert [(str(day), round(total, 9)) for day, total in days] == [(day, 1.0) for day in DAYS]
    first_day = f"SELECT provider_country_code, endpoints FROM ({who}) WHERE observed_on = '2026-07-20' LIMIT 2"
    assert query(served, first_day) == [("US", 295), ("SG", 118)]


def test_genai_prices_agrees_with_the_makers_prices(built_archive: duckdb.DuckDBPyConnection) -> None:
    """On the built-in archive: all that both date are the same, once one error of a launch day is out."""
    assert query(built_archive, "SELECT DISTINCT source, model_id FROM prices.cross_checks ORDER BY ALL") == [
        ("models-dev-makers", "anthropic/claude-opus-4.6"),
        ("models-dev-makers", "anthropic/claude-sonnet-4.6"),
        ("models-dev-makers", "google/gemini-3-flash-preview"),
        ("models-dev-makers", "google/gemini-3-pro-preview"),
    ]
    assert query(built_archive, "SELECT count(*), max(difference_share) FROM prices.cross_checks") == [(16, 0)]


def test_the_one_price_that_genai_prices_shows_to_be_wrong(
    built_archive: duckdb.DuckDBPyConnection,
) -> None:
    assert query(
        built_archive,
        "SELECT model_id, observed_at_utc, price_kind, stated_usd_per_million_tokens, compared_with, action "
        "FROM prices.suspicions WHERE rule = 'genai_prices_disagree' ORDER BY ALL",
    ) == [
        (GEMINI_3_FLASH, GEMINI_3_LAUNCH, "input", Decimal("0.15"), "genai-prices has 0.5 of google", "ignore"),
        (GEMINI_3_FLASH, GEMINI_3_LAUNCH, "output", Decimal("0.60"), "genai-prices has 3.0 of google", "ignore"),
    ]
    # what the reason says: it is the price of another model in the same file, and was corrected within hours
    stated = (
        "SELECT DISTINCT price_kind, usd_per_million_tokens FROM staging.catalogue_prices "
        "WHERE source = 'models-dev-makers' AND model_id = ? AND observed_at_utc = ? ORDER BY ALL"
    )
    wrong = query(built_archive, stated, [GEMINI_3_FLASH, GEMINI_3_LAUNCH])
    other = ["google/gemini-2.5-flash-preview-05-20", datetime(2025, 6, 24, 20, 18, 40)]
    assert wrong == query(built_archive, stated, other)
    assert query(
        built_archive,
        "SELECT min(valid_from_utc), min(usd_per_million_tokens), max(usd_per_million_tokens) FROM prices.model_prices "
        "WHERE model_id = ? AND price_kind = 'output'",
        [GEMINI_3_FLASH],
    ) == [(datetime(2025, 12, 17, 20, 39, 42), 3, 3)]
