"""The staging SQL of prices: which statements are staged, which are kept out and why, and what a source meant."""

import json
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow.parquet
import pytest
from building import (
    PriceRow,
    build_tables,
    catalogue_body,
    catalogue_model,
    listed,
    origin,
    put_catalogue,
    put_prices,
    query,
    references,
    removed,
    up_to,
)

from warehouse.home import Home
from warehouse.ingesting import price_rejections
from warehouse.parsers import CATALOGUE_FORMAT, PRICE_ARCHIVE_FORMAT
from warehouse.snapshots import SnapshotStore

MONDAY, TUESDAY, LATER = datetime(2026, 1, 5), datetime(2026, 1, 6), datetime(2026, 1, 12, 7, 30, 1)
SWITCH = datetime(2026, 1, 10)
GOOD = listed(MONDAY, "us/a", input="0.30", output="1.10")

# one recording, of two meanings
RECORDING = [
    {"source": "before", "snapshot_source": "recording", "valid_to_utc": SWITCH},
    {"source": "after", "snapshot_source": "recording", "valid_from_utc": SWITCH},
]
RECORDING = [row | {"completeness": "changes", "meaning": "Somebody's"} for row in RECORDING]

Connection = duckdb.DuckDBPyConnection


def stage(connection: Connection, home: Home, sources: list[dict] | None = None) -> list[tuple]:
    """Model, instant, status and reason of every statement."""
    given = {} if sources is None else {"price_sources": sources}
    build_tables(connection, home, reference_tables=references(**given), tables=up_to("staging.catalogue_prices"))
    return query(
        connection,
        "SELECT model_id, observed_at_utc, status, reason FROM staging.catalogue_statements "
        "ORDER BY model_id, observed_at_utc, snapshot_id",
    )


def prices(connection: Connection) -> list[tuple]:
    return query(
        connection,
        "SELECT model_id, price_kind, over_prompt_tokens, usd_per_million_tokens FROM staging.catalogue_prices "
        "ORDER BY ALL",
    )


def with_row(**columns: object) -> list[PriceRow]:
    """A statement of one row, with some columns replaced."""
    return [listed(MONDAY, "us/b", output="1")[0] | columns]


def test_a_good_statement_is_staged_typed_and_accounted_for(connection: Connection, home: Home) -> None:
    said = {"canonical_slug": "us/a-0105", "hugging_face_id": "Us/A", "created_at": 1_767_571_200}
    tiers = {200_000: {"output": "2.2"}}
    snapshot = put_prices(home, [listed(MONDAY, "us/a", tiers, input="0.30", output="1.10", image="5", **said)])
    stage(connection, home)
    assert query(connection, "FROM staging.catalogue_statements") == [
        (snapshot.snapshot_id, MONDAY, "us/a", "test-complete", 4, 3, 1, "staged", None)
    ]
    assert query(connection, "FROM staging.catalogue_models") == [
        (
            *("test-complete", MONDAY, "us/a", True, False, "us/a-0105", "Us/A", datetime(2026, 1, 5), MONDAY),
            snapshot.snapshot_id,
        )
    ]
    assert prices(connection) == [
        ("us/a", "input", 0, Decimal("0.3")),
        ("us/a", "output", 0, Decimal("1.1")),
        ("us/a", "output", 200_000, Decimal("2.2")),
    ]


def test_the_catalogue_is_as_of_its_snapshot(connection: Connection, home: Home) -> None:
    put_catalogue(home, [catalogue_model("us/a", "us/a-0105", prompt="0.0000003", completion="-1", image="5")], LATER)
    assert stage(connection, home) == [("us/a", LATER, "staged", None)]
    assert query(
        connection, "SELECT price_kind, price_state, usd_per_million_tokens FROM staging.catalogue_prices ORDER BY ALL"
    ) == [("input", "priced", Decimal("0.3")), ("output", "varies", None)]
    assert query(connection, "SELECT canonical_slug, hugging_face_id FROM staging.catalogue_models") == [
        ("us/a-0105", None)
    ]


BROKEN_ROWS = [
    ({"model": None}, "model id is not author/model: missing"),
    ({"model": "us"}, "model id is not author/model: us"),
    ({"model": "us/b c"}, "model id is not author/model: us/b c"),
    ({"model": "us/b/c"}, "model id is not author/model: us/b/c"),
    ({"status": None}, "status is neither listed nor removed: missing"),
    ({"status": "gone"}, "status is neither listed nor removed: gone"),
    ({"kind": None}, "a price without its kind: 1"),
    ({"usd_per_million": None}, "a kind without its price: output"),
    ({"over_prompt_tokens": None}, "prompt length is not a whole number: missing"),
    ({"over_prompt_tokens": "-1"}, "prompt length is not a whole number: -1"),
    ({"over_prompt_tokens": "2e5"}, "prompt length is not a whole number: 2e5"),
    ({"over_prompt_tokens": 2**63}, "prompt length is not a whole number: 9223372036854775808"),
    ({"usd_per_million": "-0.5"}, "output price is negative: -0.5"),
    ({"usd_per_million": "free"}, "output price is not a number: free"),
    ({"usd_per_million": ""}, "output price is not a number: "),
    ({"usd_per_million": "0,5"}, "output price is not a number: 0,5"),
    ({"usd_per_million": " 1"}, "output price is not a number:  1"),
    ({"usd_per_million": "NaN"}, "output price is not a number: NaN"),
    ({"status": "removed"}, "a removed model with a price: 1"),
    ({"usd_per_million": "1000000000"}, "output price does not fit 18 digits with 9 decimals: 1000000000"),
    *(
        ({"observed_at": at}, f"observed_at is not an instant written YYYY-MM-DDTHH:MM:SSZ: {at}")
        for at in ("2026-01-05", "2026-01-05 00:00:00", "2026-02-30T00:00:00Z", "yesterday", "")
    ),
]


def test_a_bad_row_quarantines_its_statement_and_no_other(connection: Connection, home: Home) -> None:
    bad = [with_row(model=f"us/b{number}") for number in range(len(BROKEN_ROWS))]
    for (statement,), (columns, _) in zip(bad, BROKEN_ROWS, strict=True):
        statement.update(columns)
    put_prices(home, [GOOD, *bad, listed(MONDAY, "us/z", output="9")], as_of=MONDAY)
    found = stage(connection, home)
    assert {row[3] for row in found if row[2] == "quarantined"} == {
        f"row {number}: {rule}" for number, (_, rule) in enumerate(BROKEN_ROWS, 3)
    }
    assert [row[0] for row in found if row[2] == "staged"] == ["us/a", "us/z"]
    assert [row[0] for row in prices(connection)] == ["us/a", "us/a", "us/z"]


@pytest.mark.parametrize("at", ["2026-1-5T0:0:0Z", " 2026-01-05T00:00:00Z"])
def test_an_instant_in_another_spelling_is_quarantined(connection: Connection, home: Home, at: str) -> None:
    put_prices(home, [GOOD, with_row(observed_at=at)], as_of=MONDAY)
    assert stage(connection, home)[1][2] == "quarantined"


def test_no_price_becomes_zero_by_rounding(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD, with_row(usd_per_million="0.0000000001")])
    assert [row[2:] for row in stage(connection, home) if row[0] == "us/b"] == [
        ("quarantined", "row 3: output price does not fit 18 digits with 9 decimals: 0.0000000001")
    ]


def test_the_noise_of_a_float_is_rounded_away(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(MONDAY, "us/a", output="0.19999999999999998")])
    stage(connection, home)
    assert prices(connection) == [("us/a", "output", 0, Decimal("0.2"))]


def test_one_tier_written_in_two_ways_is_quarantined(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD, with_row() + with_row(over_prompt_tokens="00")])
    assert [row[2] for row in stage(connection, home) if row[0] == "us/b"] == ["quarantined"]


def test_an_absurd_birth_does_not_stop_the_others(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD, listed(MONDAY, "us/b", output="1", created_at=10**16)])
    assert ("us/a", MONDAY, "staged", None) in stage(connection, home)


@pytest.mark.parametrize(
    "rows", [listed(MONDAY, "us/b", output="1") * 2, listed(MONDAY, "us/b", output="1") + removed(MONDAY, "us/b")]
)
def test_two_statements_for_one_model_and_instant_are_quarantined(
    connection: Connection, home: Home, rows: list
) -> None:
    put_prices(home, [GOOD, rows])
    assert [row[2:] for row in stage(connection, home) if row[0] == "us/b"] == [
        ("quarantined", "row 3: two statements for one model and instant: us/b output 0")
    ]


def test_prices_of_other_things_are_counted_whatever_they_hold(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(MONDAY, "us/a", output="1", image="a lot", request="-7")])
    assert stage(connection, home) == [("us/a", MONDAY, "staged", None)]
    assert query(connection, "SELECT staged_prices, other_prices FROM staging.catalogue_statements") == [(1, 2)]


@pytest.mark.parametrize("text", ["0", "0.000000001", "999999999.999999999"])
def test_every_number_that_fits_is_staged_exactly(connection: Connection, home: Home, text: str) -> None:
    put_prices(home, [listed(MONDAY, "us/a", output=text)])
    stage(connection, home)
    assert prices(connection) == [("us/a", "output", 0, Decimal(text))]


def test_an_alias_is_marked(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD, listed(MONDAY, "~us/latest", output="1")])
    stage(connection, home)
    assert query(connection, "SELECT model_id FROM staging.catalogue_models WHERE is_alias") == [("~us/latest",)]


def test_quarantine_keeps_every_raw_row_of_the_statement_with_the_reason(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD, listed(MONDAY, "us/b", input="0.7", output="-1"), with_row(model=None)])
    stage(connection, home)
    stage(connection, home)
    [folder] = home.quarantine.iterdir()
    rows = pyarrow.parquet.read_table(folder / "raw_rows.parquet").to_pylist()
    reason = "row 4: output price is negative: -1"
    assert sorted((row["model_id"] or "", row["price_text"], row["reason"]) for row in rows) == [
        ("", "1", "row 5: model id is not author/model: missing"),
        ("us/b", "-1", reason),
        ("us/b", "0.7", reason),
    ]
    said = {row["model_id"]: row["reason"] for row in json.loads((folder / "reasons.json").read_text())}
    assert said["us/b"] == reason
    assert [text.split(", ", 1)[1] for text in price_rejections(connection, [])] == [
        f"us/b: {reason}",
        "no readable model: row 5: model id is not author/model: missing",
    ]


@pytest.mark.parametrize("body_format", [PRICE_ARCHIVE_FORMAT, CATALOGUE_FORMAT])
def test_an_unreadable_body_is_accounted_for_with_its_reason(
    connection: Connection, home: Home, body_format: str
) -> None:
    put_prices(home, [GOOD])
    torn = SnapshotStore(home).put(catalogue_body([])[:-2], origin(LATER, None, body_format, "test-complete"))
    assert stage(connection, home)[0] == ("us/a", MONDAY, "staged", None)
    [(rows, status, reason)] = query(
        connection,
        "SELECT raw_rows, status, reason FROM staging.catalogue_statements WHERE snapshot_id = ?",
        [torn.snapshot_id],
    )
    assert (rows, status) == (0, "quarantined")
    assert reason.startswith("not whole JSON" if body_format == CATALOGUE_FORMAT else "not a whole Parquet file")


def test_every_row_is_in_one_statement(connection: Connection, home: Home) -> None:
    statements = [GOOD, with_row(usd_per_million="-1"), removed(TUESDAY, "us/c"), listed(TUESDAY, "us/d", image="1")]
    put_prices(home, statements)
    put_prices(home, statements, fetched_at=LATER)
    stage(connection, home)
    assert query(connection, "SELECT count(*) FROM parsed_prices") == [(10,)]
    assert query(
        connection, "SELECT status, sum(raw_rows) FROM staging.catalogue_statements GROUP BY ALL ORDER BY ALL"
    ) == [("quarantined", 2), ("repeated", 4), ("staged", 4)]
    assert query(connection, "SELECT count(*) FROM staging.catalogue_models") == [(3,)]
    assert query(
        connection, "SELECT sum(staged_prices) FROM staging.catalogue_statements WHERE status = 'staged'"
    ) == query(connection, "SELECT count(*) FROM staging.catalogue_prices")


# --- one statement in several snapshots ---


def test_a_statement_seen_again_is_repeated_not_doubled(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD])
    put_prices(home, [GOOD, listed(TUESDAY, "us/a", output="2")], fetched_at=LATER)
    assert stage(connection, home) == [
        ("us/a", MONDAY, "staged", None),
        ("us/a", MONDAY, "repeated", None),
        ("us/a", TUESDAY, "staged", None),
    ]
    assert len(prices(connection)) == 3


def test_the_same_price_in_other_digits_is_no_contradiction(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(MONDAY, "us/a", output="1.1", input="0.3")])
    put_prices(home, [GOOD], fetched_at=LATER)
    assert [row[2] for row in stage(connection, home)] == ["staged", "repeated"]


@pytest.mark.parametrize(
    "other",
    [listed(MONDAY, "us/a", input="0.30", output="2"), listed(MONDAY, "us/a", output="1.10"), removed(MONDAY, "us/a")],
)
def test_a_later_snapshot_that_contradicts_is_quarantined(connection: Connection, home: Home, other: list) -> None:
    later = put_prices(home, [other], fetched_at=LATER)
    put_prices(home, [GOOD], fetched_at=MONDAY)
    reason = "an earlier snapshot states other prices for the same model and instant"
    assert [row[2:] for row in stage(connection, home)] == [("staged", None), ("quarantined", reason)]
    assert query(connection, "SELECT snapshot_id FROM staging.catalogue_statements WHERE status = 'quarantined'") == [
        (later.snapshot_id,)
    ]
    assert prices(connection) == [("us/a", "input", 0, Decimal("0.3")), ("us/a", "output", 0, Decimal("1.1"))]


def test_a_broken_statement_does_not_contradict_the_good_one_after_it(connection: Connection, home: Home) -> None:
    put_prices(home, [listed(MONDAY, "us/a", input="0.30", output="-7")], fetched_at=MONDAY)
    put_prices(home, [GOOD], fetched_at=LATER)
    assert [row[2] for row in stage(connection, home)] == ["quarantined", "staged"]


def test_two_sources_do_not_contradict_each_other(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD], source="test-complete")
    put_prices(home, [listed(MONDAY, "us/a", output="7")], source="test-sparse")
    assert [row[2] for row in stage(connection, home)] == ["staged", "staged"]


# --- what a source means ---


def test_a_source_that_nobody_explained_is_quarantined(connection: Connection, home: Home) -> None:
    put_prices(home, [GOOD], source="a-stranger")
    reason = "no line of price_sources.csv says what a-stranger means at that instant"
    assert stage(connection, home) == [("us/a", MONDAY, "quarantined", reason)]


def test_a_source_has_a_meaning_from_its_first_instant_to_before_its_last(connection: Connection, home: Home) -> None:
    of = {"source": "short", "snapshot_source": "recording", "completeness": "sparse", "meaning": "Somebody's"}
    put_prices(home, [listed(f"2026-01-0{day}T00:00:00Z", "us/a", output="1") for day in (4, 5, 6)], "recording")
    found = stage(connection, home, [of | {"valid_from_utc": MONDAY, "valid_to_utc": TUESDAY}])
    assert [row[2] for row in found] == ["quarantined", "staged", "quarantined"]


def test_a_recording_that_changes_its_meaning_states_anew_what_it_still_holds(
    connection: Connection, home: Home
) -> None:
    held, gone = listed(MONDAY, "us/held", output="1"), listed(MONDAY, "us/gone", output="2")
    anew = listed(SWITCH, "us/anew", output="4")
    old_anew = listed(MONDAY, "us/anew", output="3")
    changed = [listed(MONDAY, "us/later", output="5"), listed(LATER, "us/later", output="6")]
    put_prices(home, [held, gone, removed(TUESDAY, "us/gone"), old_anew, anew, *changed], source="recording")
    stage(connection, home, RECORDING)
    assert query(
        connection,
        "SELECT model_id, source, observed_at_utc, stated_at_utc, is_listed FROM staging.catalogue_models "
        "ORDER BY model_id, observed_at_utc",
    ) == [
        ("us/anew", "before", MONDAY, MONDAY, True),
        ("us/anew", "after", SWITCH, SWITCH, True),
        ("us/gone", "before", MONDAY, MONDAY, True),
        ("us/gone", "before", TUESDAY, TUESDAY, False),
        ("us/held", "before", MONDAY, MONDAY, True),
        ("us/held", "after", SWITCH, MONDAY, True),
        ("us/later", "before", MONDAY, MONDAY, True),
        ("us/later", "after", SWITCH, MONDAY, True),
        ("us/later", "after", LATER, LATER, True),
    ]
    assert query(
        connection,
        "SELECT model_id, usd_per_million_tokens FROM staging.catalogue_prices WHERE source = 'after' ORDER BY ALL",
    ) == [("us/anew", 4), ("us/held", 1), ("us/later", 5), ("us/later", 6)]
    # the statement itself is counted once
    assert query(connection, "SELECT sum(raw_rows) FROM staging.catalogue_statements") == [(7,)]


def test_what_is_stated_anew_is_the_last_statement(connection: Connection, home: Home) -> None:
    put_prices(
        home,
        [listed(MONDAY, "us/a", output="1"), listed(TUESDAY, "us/a", output="2"), listed(LATER, "us/b", output="3")],
        source="recording",
    )
    stage(connection, home, RECORDING)
    assert query(
        connection,
        "SELECT observed_at_utc, usd_per_million_tokens FROM staging.catalogue_prices WHERE source = 'after' "
        "AND model_id = 'us/a'",
    ) == [(LATER, 2)]


def test_a_recording_that_ends_before_its_meaning_changes_states_nothing_anew(
    connection: Connection, home: Home
) -> None:
    put_prices(home, [GOOD], source="recording")
    stage(connection, home, RECORDING)
    assert query(connection, "SELECT source FROM staging.catalogue_models") == [("before",)]


def test_a_meaning_that_nobody_saw_is_passed_over(connection: Connection, home: Home) -> None:
    third = RECORDING[1] | {"source": "third", "valid_from_utc": datetime(2026, 1, 11)}
    put_prices(home, [GOOD, listed(LATER, "us/b", output="3")], source="recording")
    stage(connection, home, [RECORDING[0], RECORDING[1] | {"valid_to_utc": third["valid_from_utc"]}, third])
    assert query(
        connection, "SELECT source FROM staging.catalogue_models WHERE model_id = 'us/a' ORDER BY observed_at_utc"
    ) == [("before",), ("third",)]
