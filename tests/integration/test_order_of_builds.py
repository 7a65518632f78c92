"""Weeks may be built one by one, in ranges or all at once, in any order and twice: the same tables come out."""

import random
from datetime import date, datetime, timedelta

import building
import dagster as dg
import pytest
from building import LONG_AFTER, full_day, week
from job_runs import run_job

from warehouse.database import fetch_one
from warehouse.editions import HASHED_CONTRACTS, open_published, read_edition
from warehouse.hashing import row_hash_sql
from warehouse.home import Home

WEEKS = [week(number) for number in range(4)]
SPANS = [(first, last) for first in WEEKS for last in WEEKS if first <= last]


def put_snapshots(home: Home) -> None:
    """Leads that change, a day that is missing, an unknown author, a variant, one day restated later; and prices."""
    rng = random.Random(7)
    rows = []
    for number, monday in enumerate(WEEKS):
        for day in building.days_of(monday):
            tokens = {
                "openai/gpt-5": 9_000 + rng.randrange(500),
                "deepseek/deepseek-v3": 8_000 + 700 * number + rng.randrange(500),
                "deepseek/deepseek-v3:free": 700,
                "nobody-knows/model-x": 1_500,
            }
            if day != WEEKS[2] + timedelta(days=3):
                rows += full_day(day, tokens)
    building.put_rows(home, rows)
    restated = full_day(
        WEEKS[1], {"openai/gpt-5": 9_900, "deepseek/deepseek-v3": 8_800, "mistralai/mistral-large": 400}
    )
    building.put_rows(home, restated, LONG_AFTER + timedelta(days=1))
    prices = [
        building.listed(datetime(2026, 1, 8), "openai/gpt-5", input=2, output=12),
        building.listed(datetime(2026, 1, 8), "deepseek/deepseek-v3", input="0.5", output=1),
        building.listed(datetime(2026, 1, 20), "openai/gpt-5", input=1, output=6),
    ]
    building.put_prices(home, prices, "openrouter-catalogue")


def figures(home: Home) -> dict[str, str]:
    """A hash of every published table, and of all of them."""
    with open_published(home) as published:
        hashes = {
            contract.name: fetch_one(published, f"SELECT {row_hash_sql(contract)} FROM {contract.name}")[0]
            for contract in HASHED_CONTRACTS
        }
        return hashes | {"content_hash": read_edition(published).content_hash}


@pytest.fixture(scope="module")
def single_pass(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = Home(tmp_path_factory.mktemp("single_pass") / "home")
    put_snapshots(home)
    build(home, [(WEEKS[0], WEEKS[-1])])
    with open_published(home) as published:
        compared = published.execute("SELECT DISTINCT week_start FROM prices.comparisons ORDER BY ALL").fetchall()
    assert compared == [(monday,) for monday in WEEKS]
    return figures(home)


def build(home: Home, spans: list[tuple[date, date]]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for first, last in spans:
            assert run_job(home, first, last, instance).success


def spans_in_random_order(seed: int) -> list[tuple[date, date]]:
    """Weeks and ranges, overlapping as they come, until every week was built, and one of them once more."""
    rng = random.Random(seed)
    spans: list[tuple[date, date]] = []
    while not all(any(first <= monday <= last for first, last in spans) for monday in WEEKS):
        spans.append(rng.choice(SPANS))
    return [*spans, rng.choice(spans)]


# weeks alone and ranges: 3, 0, 1-3, 0
@pytest.mark.parametrize("seed", [10])
def test_any_order_is_the_same_as_all_at_once(single_pass: dict[str, str], home: Home, seed: int) -> None:
    put_snapshots(home)
    build(home, spans_in_random_order(seed))
    assert figures(home) == single_pass
