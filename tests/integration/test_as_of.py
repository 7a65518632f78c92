"""A build as of an instant equals a fresh build from only what was known then."""

from datetime import UTC, datetime, timedelta

import pytest
from building import (
    LONG_AFTER,
    build_tables,
    claim,
    full_weeks,
    lab,
    put_rows,
    query,
    references,
    up_to,
    week,
)

from pipeline.run_as_of import InstantUnreadable, home_as_of, parse_instant, run_as_of
from pipeline.settings import Settings
from warehouse.contracts import CONTRACTS
from warehouse.database import connect, create_tables, fetch_one
from warehouse.editions import HASHED_CONTRACTS
from warehouse.errors import PublishedFileInvalid
from warehouse.from_raw import build_from_raw
from warehouse.hashing import row_hash_sql
from warehouse.home import Home
from warehouse.known_facts import facts_known_at, snapshots_known_at
from warehouse.snapshots import SnapshotStore

INSTANT = LONG_AFTER + timedelta(days=1)
REVEAL = {
    "cloaked_slug": "stealth/x",
    "revealed_as": "X",
    "author": "qwen",
    "confidence": "official",
}
LABS = [lab("openai", "US"), lab("stealth", "ZZ"), lab("qwen", "SG", known_to_utc=INSTANT + timedelta(days=9))]
CORRECTION = lab("qwen", "CN", known_from_utc=INSTANT + timedelta(days=9))


def hashes(home: Home, facts: dict, instant: datetime | None) -> dict[str, str]:
    store = SnapshotStore(home)
    snapshots = store.snapshots() if instant is None else snapshots_known_at(store.snapshots(), instant)
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        build_from_raw(connection, home, store, snapshots, facts_known_at(facts, instant), lambda *_: [])
        return {
            contract.name: fetch_one(connection, f"SELECT {row_hash_sql(contract)} FROM {contract.name}")[0]
            for contract in HASHED_CONTRACTS
        }


def test_as_of_equals_a_build_from_only_what_was_known_then(tmp_path) -> None:
    first = full_weeks([week(0)], {"stealth/x": 900, "qwen/a": 50})
    later = full_weeks([week(0), week(1)], {"stealth/x": 950, "qwen/a": 60})
    known_then, at_hand = Home(tmp_path / "then"), Home(tmp_path / "now")
    put_rows(known_then, first, LONG_AFTER)
    put_rows(at_hand, first, LONG_AFTER)
    put_rows(at_hand, later, INSTANT + timedelta(days=5))
    reveal = REVEAL | {"known_from_utc": INSTANT + timedelta(days=5)}
    facts_at_hand = references(
        labs=[*LABS, CORRECTION],
        aliases=[reveal],
        claims=[claim("late", "tokens", "CN", "1", published_on=(INSTANT + timedelta(days=7)).date())],
    )
    cloaked = {"cloaked_slug": "stealth/x", "confidence": "none"}
    facts_then = references(labs=[*LABS[:2], lab("qwen", "SG")], aliases=[cloaked])
    as_of = hashes(at_hand, facts_at_hand, INSTANT)
    assert as_of == hashes(known_then, facts_then, None)
    assert as_of != hashes(at_hand, facts_at_hand, None)


def test_a_home_learned_later_is_unknown_then(connection, home: Home) -> None:
    put_rows(home, full_weeks([week(0), week(1)], {"qwen/a": 900}))
    learned = lab("qwen", "CN", known_from_utc=datetime.combine(week(1), datetime.min.time()))
    facts = references(labs=[lab("openai", "US"), learned])
    build_tables(connection, home, reference_tables=facts, tables=up_to("weekly.lab_tokens", "weekly.country_tokens"))
    assert query(
        connection,
        "SELECT week_start, knowledge, country_code FROM weekly.lab_tokens AS labs "
        "INNER JOIN weekly.country_tokens AS countries USING (week_start, population, policy, knowledge, tokens) "
        "WHERE population = 'ranked' AND policy = 'lab_home' AND tokens = 6300 ORDER BY ALL",
    ) == [
        (week(0), "as_known_now", "CN"),
        (week(0), "as_known_then", "ZZ"),
        (week(1), "as_known_now", "CN"),
        (week(1), "as_known_then", "CN"),
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-10", datetime(2026, 10, 10)),
        ("2026-10-10T12:00:00Z", datetime(2026, 10, 10, 12)),
        ("2026-10-10T12:00:00+02:00", datetime(2026, 10, 10, 10)),
    ],
)
def test_an_instant_is_utc_and_a_day_its_start(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


def test_an_unreadable_instant_says_how_to_write_it() -> None:
    with pytest.raises(InstantUnreadable, match="a day means its start"):
        parse_instant("last week")


def test_an_instant_still_to_come_is_refused(home: Home) -> None:
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    with pytest.raises(InstantUnreadable, match="still to come"):
        run_as_of(Settings(home=home.path), tomorrow, print)
    assert not home.path.exists()


def test_a_file_that_was_not_made_says_how_to_make_it(home: Home) -> None:
    with pytest.raises(PublishedFileInvalid, match="tokentide run --as-of 2026-10-10T00:00:00Z"):
        home_as_of(home, datetime(2026, 10, 10))
