"""What was known at an instant: lines of the reference files, reveals, claims, snapshots."""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from building import claim, lab, origin, references

from warehouse.errors import NothingKnownYet
from warehouse.known_facts import facts_known_at, read_facts, snapshots_known_at
from warehouse.parsers import PRICE_ARCHIVE_FORMAT
from warehouse.snapshots import Snapshot

NOON = datetime(2026, 1, 5, 12)
BEFORE, AFTER = NOON - timedelta(seconds=1), NOON + timedelta(days=30)
REVEAL = {"cloaked_slug": "stealth/x", "revealed_as": "X", "author": "qwen", "confidence": "official"}
CORRECTED = [
    lab("qwen", "SG", known_to_utc=NOON),
    lab("qwen", "CN", known_from_utc=NOON),
]


def lines(table: pa.Table, column: str) -> list[object]:
    return table.column(column).to_pylist()


@pytest.mark.parametrize(("instant", "country"), [(BEFORE, "SG"), (NOON, "CN"), (AFTER, "CN"), (None, "CN")])
def test_a_corrected_line_holds_until_its_correction(instant: datetime | None, country: str) -> None:
    labs = facts_known_at(references(labs=CORRECTED), instant)["labs"]
    assert lines(labs, "country_code") == [country]
    assert "known_to_utc" not in labs.column_names


@pytest.mark.parametrize(
    ("instant", "confidence", "author"),
    [(BEFORE, "none", None), (NOON, "official", "qwen"), (None, "official", "qwen")],
)
def test_a_reveal_is_not_there_before_it_was_made(
    instant: datetime | None, confidence: str, author: str | None
) -> None:
    aliases = facts_known_at(references(aliases=[REVEAL | {"known_from_utc": NOON}]), instant)["aliases"]
    assert (lines(aliases, "confidence"), lines(aliases, "author")) == ([confidence], [author])


def test_a_withdrawn_reveal_gives_way_to_the_next_one() -> None:
    withdrawn = REVEAL | {"known_from_utc": NOON, "known_to_utc": AFTER}
    true_one = REVEAL | {"author": "openai", "known_from_utc": AFTER}
    tables = references(aliases=[withdrawn, true_one])
    found = [lines(facts_known_at(tables, instant)["aliases"], "author") for instant in (BEFORE, NOON, AFTER, None)]
    assert found == [[None], ["qwen"], ["openai"], ["openai"]]


def test_a_claim_is_not_there_before_it_was_published() -> None:
    said = [
        claim("early", "tokens", "CN", "1", published_on=date(2026, 1, 4)),
        claim("late", "tokens", "CN", "1", published_on=date(2026, 1, 6)),
        claim("undated", "tokens", "CN", "1"),
    ]
    tables = references(claims=said)
    assert lines(facts_known_at(tables, NOON)["claims"], "claim_id") == ["early"]
    assert facts_known_at(tables, None)["claims"].num_rows == 3


def test_where_nothing_was_learned_since_then_is_as_now() -> None:
    then, now = read_facts(datetime(2030, 1, 1)), read_facts()
    assert {name for name in now if not then[name].equals(now[name])} == {"claims"}  # those of an unknown day


def snapshot(name: str, as_of: datetime, **options: str) -> Snapshot:
    return Snapshot(name, "0" * 64, 1, origin(as_of, **options))


def test_snapshots_are_known_once_their_source_had_stated_them() -> None:
    at_hand = [snapshot("a", NOON), snapshot("b", AFTER), snapshot("p", AFTER, body_format=PRICE_ARCHIVE_FORMAT)]
    assert [s.snapshot_id for s in snapshots_known_at(at_hand, NOON)] == ["a"]
    assert snapshots_known_at(at_hand, AFTER) == at_hand


def test_before_the_first_usage_the_earliest_instant_is_named() -> None:
    at_hand = [snapshot("p", BEFORE, body_format=PRICE_ARCHIVE_FORMAT), snapshot("a", NOON)]
    with pytest.raises(NothingKnownYet, match="earliest possible instant is 2026-01-05T12:00:00Z"):
        snapshots_known_at(at_hand, BEFORE)


def test_without_snapshots_it_says_how_to_get_some() -> None:
    with pytest.raises(NothingKnownYet, match="tokentide run"):
        snapshots_known_at([], NOON)
