"""The verdicts on small histories, worked out by hand; and claims that break a rule of their files."""

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest
from building import build_tables, claim, full_weeks, lab, listed, put_prices, put_rows, query, references, up_to, week

from warehouse.claim_files import read_claims
from warehouse.contracts import CONTRACTS
from warehouse.errors import ReferenceInvalid
from warehouse.home import Home

LABS = [lab("qwen", "CN"), lab("openai", "US")]
TABLES = up_to("claims.alternatives")
# 49 small models of OpenAI's have 100 to 52 tokens a day
SMALL = sum(range(52, 101))
SMALL_OF_47 = sum(range(54, 101))
FIRST_WEEK = {"span_start": week(0), "span_end": date(2026, 1, 11)}


def verdicts(connection: duckdb.DuckDBPyConnection, home: Home, *claims: dict[str, object], **given: object) -> list:
    build_tables(connection, home, reference_tables=references(labs=LABS, claims=list(claims)), tables=TABLES, **given)
    return query(
        connection,
        "SELECT population, round(value, 6), verdict FROM claims.verdicts WHERE policy = 'lab_home' "
        "AND knowledge = 'as_known_now' ORDER BY claim_id, population",
    )


def put_week(home: Home, qwen: int = 1000) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": qwen}, other=500))


def test_a_share_is_of_its_population(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_week(home)
    top_9 = 1000 + sum(range(93, 101))
    assert verdicts(connection, home, claim("c", "share", "CN", "20.5")) == [
        ("platform", round(100 * 1000 / (1000 + SMALL + 500), 6), "contradicted"),
        ("ranked", round(100 * 1000 / (1000 + SMALL), 6), "contradicted"),
        ("top_9", round(100 * 1000 / top_9, 6), "contradicted"),
    ]


@pytest.mark.parametrize(
    ("expected", "comparison", "verdict"),
    [
        ("0.0000000070", "equals", "reproduced"),
        ("0.00000000705", "equals", "near"),
        ("0.0000000080", "equals", "contradicted"),
        ("0.0000000072", "about", "reproduced"),
        ("0.0000000060", "at_least", "reproduced"),
        ("0.0000000080", "at_least", "contradicted"),
        ("0.0000000080", "at_most", "reproduced"),
    ],
)
def test_half_the_last_printed_digit_decides(
    connection: duckdb.DuckDBPyConnection, home: Home, expected: str, comparison: str, verdict: str
) -> None:
    put_week(home)  # 7,000 tokens in the week
    said = claim("c", "tokens", "CN", expected, unit="trillion tokens", comparison=comparison)
    assert {found[2] for found in verdicts(connection, home, said)} == {verdict}


def test_a_span_of_days_forms_its_own_population(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_week(home)
    two_days = {"span_end": date(2026, 1, 6)}
    said = [
        claim("count", "top_n_count", "US", "2", top_n=3, unit="models", **two_days),
        claim("share", "top_n_share", "CN", "83", top_n=3, **two_days),
    ]
    assert verdicts(connection, home, *said) == [
        ("top_3", 2, "reproduced"),
        ("top_3", round(100 * 1000 / 1199, 6), "reproduced"),
    ]


def test_ahead_week_by_week(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": 1}) + full_weeks([week(1), week(2)], {"qwen/a": 9000}))
    last_day = date(2026, 1, 25)
    said = [
        claim("first", "first_time_ahead", "CN", str(week(1)), against="US", unit="week"),
        claim("weeks", "weeks_ahead", "CN", "2", against="US", unit="weeks", span_start=week(2), span_end=last_day),
    ]
    assert {(value, verdict) for _, value, verdict in verdicts(connection, home, *said)} == {
        (None, "reproduced"),
        (2, "reproduced"),
    }


def test_a_change_and_a_ratio(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": 1000}) + full_weeks([week(1)], {"qwen/a": 1500}))
    later = {"span_start": week(1), "span_end": date(2026, 1, 18)}
    before = {"baseline_start": week(0), "baseline_end": date(2026, 1, 11)}
    said = [
        claim("change", "change", "CN", "50", **later, **before),
        claim("ratio", "ratio", "CN", "0.4", against="US", unit="times", **later),
    ]
    found = verdicts(connection, home, *said)
    assert {row[1:] for row in found[:3]} == {(50, "reproduced")}
    assert found[4] == ("ranked", round(1500 / SMALL, 6), "reproduced")


def test_an_absent_subject_has_no_tokens_and_an_absent_other_divides_nothing(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": 1}))  # beyond the nine largest
    said = [
        claim("absent", "ratio", "CN", "1", against="US", unit="times", comparison="at_least"),
        claim("divided", "ratio", "US", "1", against="CN", unit="times", comparison="at_least"),
    ]
    found = verdicts(connection, home, *said)
    assert found[2] == ("top_9", 0, "contradicted")
    assert found[5] == ("top_9", None, "not_recomputable")


def test_days_that_are_not_built_leave_a_claim_open(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0), week(1)], {"qwen/a": 1000}))
    both_weeks = {"span_end": date(2026, 1, 18)}
    said = [
        claim("c", "tokens", "CN", "1", unit="trillion tokens", **both_weeks),
        claim("f", "first_time_ahead", "CN", "2026-01-05", against="US", unit="week"),
    ]
    found = verdicts(connection, home, *said, weeks=[week(1)])
    assert {row[1:] for row in found} == {(None, "not_recomputable")}


def alternatives(connection: duckdb.DuckDBPyConnection, columns: str = "population, change_kind, side, changed") -> set:
    return set(query(connection, f"SELECT {columns} FROM claims.alternatives WHERE is_match"))


def test_what_would_make_it_true_is_searched_by_lab_and_model(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": 1000, "qwen/b": 500, "openai/x": 2000}))
    # CN has 10,500 a week: 7,000 without b; with x it has 24,500
    for expected, change in (("7000", ("leave_out_model", "qwen/b")), ("24500", ("count_model", "openai/x"))):
        said = claim("c", "tokens", "CN", f"{int(expected) / 10**12:.12f}", unit="trillion tokens")
        verdicts(connection, home, said)
        assert alternatives(connection) == {
            (population, change[0], "subject", change[1]) for population in ("top_9", "ranked")
        }, "over platform it would be the same change a second time"


def test_a_ratio_is_tried_on_both_sides(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": 1000, "openai/x": 2000, "mistralai/m": 500}))
    said = claim("c", "ratio", "CN", f"{1000 / SMALL_OF_47:.4f}", against="US", unit="times")
    verdicts(connection, home, said)
    assert ("ranked", "leave_out_model", "against", "openai/x") in alternatives(connection)


def test_a_span_is_moved_with_its_baseline(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    rows = full_weeks([week(0)], {"qwen/a": 1000}) + full_weeks([week(1)], {"qwen/a": 3000})
    put_rows(home, rows + full_weeks([week(2)], {"qwen/a": 4500}))
    # said of week 1 over week 0 (+200 %), true of week 2 over week 1
    later = {"span_start": week(1), "span_end": date(2026, 1, 18)}
    before = {"baseline_start": week(0), "baseline_end": date(2026, 1, 11)}
    verdicts(connection, home, claim("c", "change", "CN", "50.0", **later, **before))
    assert alternatives(connection, "change_kind, changed") == {("move_span", "+7 days")}


def test_merged_variants_form_another_population(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    # nine small ones of OpenAI's, and a Chinese model whose two variants are together the largest
    put_rows(home, full_weeks([week(0)], {"qwen/a": 99, "qwen/a:free": 98}))
    said = claim("c", "top_n_count", "CN", "2", top_n=2, unit="models")
    verdicts(connection, home, said)
    assert ("top_2_variants_merged", "merge_variants") in alternatives(connection, "population, change_kind")


def test_a_claim_that_comes_out_needs_no_change(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_week(home)
    verdicts(connection, home, claim("c", "tokens", "CN", "0.000000007", unit="trillion tokens"))
    assert query(connection, "SELECT count(*) FROM claims.alternatives") == [(0,)]


def test_more_than_is_no_tie(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, full_weeks([week(0)], {"qwen/a": SMALL}))  # as many as all of OpenAI's
    for comparison, verdict in (("more_than", "contradicted"), ("at_least", "reproduced")):
        said = claim("c", "ratio", "CN", "1", against="US", unit="times", comparison=comparison, tolerance=0.0)
        found = verdicts(connection, home, said)
        assert ("ranked", 1, verdict) in found


def test_days_that_are_still_to_come_leave_a_claim_open(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_week(home)
    said = claim("c", "tokens", "CN", "1", unit="trillion tokens", span_end=date(2026, 1, 12))
    assert {row[1:] for row in verdicts(connection, home, said)} == {(None, "not_recomputable")}


def test_a_change_that_touches_a_missing_day_is_not_recomputed(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    rows = full_weeks([week(0)], {"qwen/a": 1000}) + full_weeks([week(1)], {"qwen/a": 1500})
    put_rows(home, [row for row in rows if row[0] != date(2026, 1, 7)])
    later = {"span_start": week(1), "span_end": date(2026, 1, 18)}
    before = {"baseline_start": week(0), "baseline_end": date(2026, 1, 11)}
    assert {row[1:] for row in verdicts(connection, home, claim("c", "change", "CN", "50", **later, **before))} == {
        (None, "not_recomputable")
    }


def test_a_price_source_that_did_not_see_the_day_disagrees_with_nobody(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_week(home)
    put_prices(home, [listed(date(2026, 1, 5), "qwen/a", output="4")])
    day = {"span_start": week(0), "span_end": week(0), "subject_kind": "model", "price_kind": "output"}
    said = claim("c", "price", "qwen/a", "4", **day)
    build_tables(connection, home, reference_tables=references(labs=LABS, claims=[said]), tables=TABLES)
    assert query(connection, "SELECT verdict FROM main.claims") == [("reproduced",)]


def test_a_price_is_the_one_at_the_end_of_the_day(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_week(home)
    first, second = (date(2026, 1, day) for day in (5, 7))
    put_prices(home, [listed(first, "qwen/a", output="1"), listed(second, "qwen/a", output="4")])
    day = {"span_start": second, "span_end": second, "subject_kind": "model", "price_kind": "output"}
    said = claim("c", "price", "qwen/a", "4", unit="USD per million tokens", **day)
    build_tables(connection, home, reference_tables=references(labs=LABS, claims=[said]), tables=TABLES)
    assert query(connection, "SELECT price_source, value, verdict FROM claims.verdicts WHERE value IS NOT NULL") == [
        ("test-complete", 4, "reproduced")
    ]


@pytest.mark.parametrize(("seen_before", "values"), [(date(2025, 12, 11), [(4,)]), (date(2025, 12, 10), [])], ids=str)
def test_a_price_of_a_day_was_seen_in_the_28_days_before_its_end(
    connection: duckdb.DuckDBPyConnection, home: Home, seen_before: date, values: list[tuple]
) -> None:
    """That it was seen again months later says nothing of the day."""
    put_week(home)
    put_prices(home, [listed(day, "qwen/a", output="4") for day in (seen_before, date(2026, 5, 1))])
    on = date(2026, 1, 7)
    day = {"span_start": on, "span_end": on, "subject_kind": "model", "price_kind": "output"}
    said = claim("c", "price", "qwen/a", "4", unit="USD per million tokens", **day)
    build_tables(connection, home, reference_tables=references(labs=LABS, claims=[said]), tables=TABLES)
    assert query(connection, "SELECT value FROM claims.verdicts WHERE value IS NOT NULL") == values


def write_claim(folder: Path, **columns: object) -> None:
    names = CONTRACTS["claims.claims"].column_names
    row = {**claim("c", "tokens", "CN", "1", unit="trillion tokens"), **columns}
    with (folder / "some.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerow({name: "" if row.get(name) is None else row[name] for name in names})


def test_a_good_claim_is_read(tmp_path: Path) -> None:
    write_claim(tmp_path, top_n=5, metric="top_n_count")
    assert read_claims(tmp_path).to_pylist()[0]["top_n"] == 5


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"metric": "ratio"}, "needs against"),
        ({"metric": "top_n_share"}, "needs top_n"),
        ({"metric": "other"}, "says why it is not recomputable"),
        ({"span_end": None}, "needs span_end"),
        ({"span_end": "2026-01-01"}, "span_end lies before span_start"),
        ({"source_url": "https://example.org"}, "go together"),
        ({"tolerance": 0.5}, "needs a reason"),
        ({"metric": "rumour"}, "metric must be one of"),
        ({"top_n": "five"}, "top_n"),
    ],
)
def test_a_bad_claim_is_named_with_its_rule(tmp_path: Path, columns: dict[str, object], rule: str) -> None:
    write_claim(tmp_path, **columns)
    with pytest.raises(ReferenceInvalid, match=rule):
        read_claims(tmp_path)
