"""Recorded vintages, fetched in the order in which they were seen: what was known when, and what changed since."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from building import put_archive, query, shared_file
from pydantic import SecretStr

from pipeline.clients.http import OpenRouter
from pipeline.clients.rankings_api import RankingsApi
from pipeline.clients.request_limits import RequestLimits
from pipeline.dev_server import Figures, LoopbackOpenRouter, serving
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables, fetch_one
from warehouse.from_raw import build_from_raw
from warehouse.hashing import row_hash_sql
from warehouse.home import Home
from warehouse.known_facts import read_facts, snapshots_known_at
from warehouse.parsers import USAGE_ARCHIVE_FORMAT, parse_usage
from warehouse.snapshots import SnapshotStore

VINTAGES = "usage/vintages_2026-05-04_2026-08-21.csv.gz"
TABLES = [
    "raw.snapshots",
    "staging.snapshot_days",
    "staging.model_day_token_vintages",
    "staging.model_day_tokens",
    "attribution.labs",
    "attribution.aliases",
    "attribution.models",
    "attribution.model_day_tokens",
    "weekly.model_tokens",
    "weekly.country_tokens",
    "weekly.restatements",
]
Vintage = tuple[datetime, date, str, int]  # seen at, day, model, tokens


@pytest.fixture(scope="module")
def vintages() -> list[Vintage]:
    with gzip.open(shared_file(VINTAGES), "rt", newline="") as lines:
        return [
            (
                datetime.strptime(row["seen_at"], "%Y-%m-%dT%H:%M:%SZ"),
                date.fromisoformat(row["date"]),
                row["model_permaslug"],
                int(row["total_tokens"]),
            )
            for row in csv.DictReader(lines)
        ]


def fetch_in_order(home: Home, vintages: list[Vintage], last: datetime) -> None:
    """Asks the loopback server at each moment for the days that were seen then."""
    days: defaultdict[datetime, set[date]] = defaultdict(set)
    for seen_at, day, _, _ in vintages:
        days[seen_at].add(day)
    server = LoopbackOpenRouter(Figures().with_vintages(vintages), has_limits=False)
    limits = RequestLimits(home.path / "live" / "requests.json", per_minute=10_000, per_day=10_000)
    store = SnapshotStore(home)
    with serving(server) as url:
        for seen_at in sorted(moment for moment in days if moment <= last):
            server.now_utc = seen_at
            for first, end in spans(days[seen_at]):
                api = RankingsApi(OpenRouter(url), SecretStr("sk-or-any"), limits, first, end)
                for body, origin, sha256 in api.observations():
                    store.put(body, origin, sha256)


def spans(days: set[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other as first and last."""
    in_order = sorted(days)
    first = in_order[0]
    for day, following in pairwise([*in_order, date.max]):
        if following - day > timedelta(days=1):
            yield first, day
            first = following


def hashes(home: Home, instant: datetime) -> dict[str, str]:
    store = SnapshotStore(home)
    snapshots = snapshots_known_at(store.snapshots(), instant)
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        build_from_raw(connection, home, store, snapshots, read_facts(instant), lambda *_: [], tables=TABLES)
        return {
            name: fetch_one(connection, f"SELECT {row_hash_sql(CONTRACTS[name])} FROM {name}")[0]
            for name in TABLES
            if name != "raw.snapshots"
        }


RESTATEMENTS = (
    "SELECT date, model_permaslug, restatement_kind, coalesce(tokens_before, 0), coalesce(tokens_after, 0), "
    "later_as_of_utc FROM weekly.restatements"
)


def test_each_moment_is_what_was_known_then_and_the_rest_is_listed_as_restated(
    vintages: list[Vintage], tmp_path: Path
) -> None:
    home = Home(tmp_path / "all")
    moments = sorted({seen_at for seen_at, *_ in vintages})
    fetch_in_order(home, vintages, moments[-1])
    put_archive(home)
    for moment in (moments[0], moments[40], moments[-1]):
        then = Home(tmp_path / f"{moment:%Y%m%d}")
        fetch_in_order(then, vintages, moment)
        assert hashes(home, moment) == hashes(then, moment), f"as of {moment}"
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        store = SnapshotStore(home)
        build_from_raw(connection, home, store, store.snapshots(), read_facts(), lambda *_: [], tables=TABLES)
        found = set(query(connection, RESTATEMENTS))
        [(change,)] = query(connection, "SELECT relative_change FROM main.restated_days WHERE date = '2026-07-19'")
        rows = query(connection, "SELECT DISTINCT raw_rows FROM staging.snapshot_days WHERE date = '2026-07-19'")
    assert found == plain_comparison(vintages)
    assert change == pytest.approx(0.068, abs=0.0005)
    assert rows == [(51,)], "throughout, though models entered and left"


def plain_comparison(vintages: list[Vintage]) -> set[tuple]:
    """Every value that differs from the vintage before it, the archive being the last."""
    from building import BuiltInArchive

    days: defaultdict[date, defaultdict[datetime, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for seen_at, day, model, tokens in vintages:
        days[day][seen_at][model] = tokens
    [(body, origin)] = [
        (body, origin) for body, origin, _ in BuiltInArchive().observations() if origin.format == USAGE_ARCHIVE_FORMAT
    ]
    for row in parse_usage(body, USAGE_ARCHIVE_FORMAT).to_pylist():
        if (day := date.fromisoformat(row["date_text"])) in days:
            days[day][origin.as_of_utc][row["model_permaslug"]] = int(row["tokens_text"])
    found = set()
    for day, of_day in days.items():
        for earlier, later in pairwise(sorted(of_day)):
            before, after = of_day[earlier], of_day[later]
            for model in before.keys() | after.keys():
                kind = "entered" if model not in before else "left" if model not in after else "changed"
                if before.get(model) != after.get(model):
                    found.add((day, model, kind, before.get(model, 0), after.get(model, 0), later))
    return found
