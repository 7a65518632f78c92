"""Recorded vintages, fetched in the order in which they were seen: what was known when, and what changed since."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from building import put_archive, query, up_to
from pydantic import SecretStr
from recorded_vintages import Day, differences, seen_days, vintages_of_days

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
from warehouse.snapshots import SnapshotStore

TABLES = up_to("weekly.country_tokens", "weekly.restatements")
Seen = dict[datetime, dict[date, Day]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    return seen_days()


def fetch_in_order(home: Home, seen: Seen, last: datetime) -> None:
    """Asks the loopback server at each moment for the days that were seen then."""
    figures = Figures().with_vintages(
        (seen_at, day, model, tokens)
        for seen_at, days in seen.items()
        for day, of in days.items()
        for model, tokens in of.items()
    )
    server = LoopbackOpenRouter(figures, has_limits=False)
    limits = RequestLimits(home.path / "live" / "requests.json", per_minute=10_000, per_day=10_000)
    store = SnapshotStore(home)
    with serving(server) as url:
        for seen_at in sorted(moment for moment in seen if moment <= last):
            server.now_utc = seen_at
            for first, end in spans(set(seen[seen_at])):
                api = RankingsApi(OpenRouter(url), SecretStr("sk-or-v1-0123456789abcdef"), limits, first, end)
                store.put_all(api.observations())


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


def test_each_moment_is_what_was_known_then_and_the_rest_is_listed_as_restated(seen: Seen, tmp_path: Path) -> None:
    home = Home(tmp_path / "all")
    moments = sorted(seen)
    fetch_in_order(home, seen, moments[-1])
    put_archive(home)
    for moment in (moments[0], moments[40], moments[-1]):
        then = Home(tmp_path / f"{moment:%Y%m%d}")
        fetch_in_order(then, seen, moment)
        assert hashes(home, moment) == hashes(then, moment), f"as of {moment}"
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        store = SnapshotStore(home)
        build_from_raw(connection, home, store, store.snapshots(), read_facts(), lambda *_: [], tables=TABLES)
        found = set(query(connection, RESTATEMENTS))
        [(change,)] = query(connection, "SELECT relative_change FROM main.restated_days WHERE date = '2026-07-19'")
        rows = query(connection, "SELECT DISTINCT raw_rows FROM staging.snapshot_days WHERE date = '2026-07-19'")
    assert found == {
        (day, model, kind, before or 0, after or 0, later)
        for day, model, kind, before, after, _, later in differences(vintages_of_days(seen))
    }
    assert change == pytest.approx(0.068, abs=0.0005)
    assert rows == [(51,)], "throughout, though models entered and left"
