"""The attribution SQL as small input and expected output: whose a model is, by which method, and since when."""

from datetime import date, datetime

import duckdb
import pytest
from building import MONDAY, build_tables, days_of, lab, put_rows, query, references, up_to, week

from warehouse.home import Home

URL = "https://example.org/page"
READ = {"evidence_url": URL, "evidence_read_on": date(2026, 11, 24)}
LABS = [lab("qwen", "CN", **READ), lab("openai", "US", **READ), lab("mistralai", "FR"), lab("openrouter", "ZZ")]
TABLES = up_to("weekly.country_tokens")
NEXT_MONDAY = datetime(2026, 1, 12)


def alias(slug: str, author: str | None, confidence: str, known_from: datetime | None = None) -> dict[str, object]:
    return {
        "cloaked_slug": slug,
        "revealed_as": "Its Model",
        "author": author,
        "confidence": confidence,
        "known_from_utc": known_from,
    }


def decide(connection: duckdb.DuckDBPyConnection, home: Home, slug: str, **rows: list) -> tuple:
    """Method, author, lab and country of one model under the given reference rows."""
    put_rows(home, [(MONDAY, slug, 7)])
    build_tables(connection, home, reference_tables=references(**{"labs": LABS, **rows}), tables=TABLES)
    [decision] = query(connection, "SELECT method, attributed_author, lab, country_code FROM attribution.models")
    return decision


def countries(connection: duckdb.DuckDBPyConnection, knowledge: str, policy: str = "lab_home") -> dict[str, int]:
    return dict(
        query(
            connection,
            "SELECT country_code, tokens FROM weekly.country_tokens "
            "WHERE population = 'ranked' AND knowledge = ? AND policy = ?",
            [knowledge, policy],
        )
    )


def test_a_model_belongs_to_its_authors_lab(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert decide(connection, home, "qwen/a:free") == ("author", "qwen", "Lab qwen", "CN")
    assert query(connection, "SELECT reason, evidence_url, known_from_utc FROM attribution.models") == [
        ("Made by Lab qwen.", URL, None)
    ]


@pytest.mark.parametrize("confidence", ["official", "reported"])
def test_a_revealed_cloak_belongs_to_its_lab(
    connection: duckdb.DuckDBPyConnection, home: Home, confidence: str
) -> None:
    reveal = alias("openrouter/x-alpha", "qwen", confidence, NEXT_MONDAY)
    assert decide(connection, home, "openrouter/x-alpha", aliases=[reveal]) == ("alias", "qwen", "Lab qwen", "CN")
    assert query(connection, "SELECT reason, known_from_utc FROM attribution.models") == [
        ("Cloaked model, revealed as Its Model; counted for Lab qwen.", NEXT_MONDAY)
    ]


@pytest.mark.parametrize("confidence", ["rumoured", "none"])
def test_a_rumour_is_not_used(connection: duckdb.DuckDBPyConnection, home: Home, confidence: str) -> None:
    rumour = alias("openrouter/x-alpha", "qwen", confidence, NEXT_MONDAY)
    method, _, _, country = decide(connection, home, "openrouter/x-alpha", aliases=[rumour])
    assert (method, country) == ("unknown", "ZZ")
    assert query(connection, "SELECT reason, known_from_utc FROM attribution.models") == [
        ("Cloaked model; no page that was read says as a fact whose it is.", None)
    ]


def test_an_alias_counts_for_its_exact_slug_alone(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    reveal = alias("openrouter/x-alpha", "qwen", "official", NEXT_MONDAY)
    assert decide(connection, home, "openrouter/x-alpha:free", aliases=[reveal])[3] == "ZZ"


def test_an_override_goes_before_reveal_and_author(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    decision = decide(
        connection,
        home,
        "openrouter/x-alpha",
        aliases=[alias("openrouter/x-alpha", "qwen", "official", NEXT_MONDAY)],
        overrides=[{"model_permaslug": "openrouter/x-alpha", "method": "override", "author": "mistralai"}],
    )
    assert decision == ("override", "mistralai", "Lab mistralai", "FR")
    assert query(connection, "SELECT known_from_utc FROM attribution.models") == [(None,)]


def test_a_router_has_no_country(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    router = {"model_permaslug": "openrouter/auto", "method": "router"}
    assert decide(connection, home, "openrouter/auto", overrides=[router]) == ("router", None, "unknown", "ZZ")


def test_an_unlisted_author_is_unknown(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert decide(connection, home, "newcomer/a") == ("unknown", "newcomer", "unknown", "ZZ")
    assert query(connection, "SELECT reason FROM attribution.models") == [
        ("The author is not in the reference files.",)
    ]


def test_an_author_is_found_by_its_exact_case(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    assert decide(connection, home, "Qwen/a")[3] == "ZZ"


def test_a_listed_author_without_evidence_is_unknown_but_named(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    assert decide(connection, home, "gryphe/a", labs=[lab("gryphe", "ZZ")]) == (
        "unknown",
        "gryphe",
        "Lab gryphe",
        "ZZ",
    )


def test_other_passes_through_without_lab_or_country(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "qwen/a", 7), (MONDAY, "other", 5)])
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)
    assert query(connection, "SELECT model_permaslug FROM attribution.models") == [("qwen/a",)]
    assert query(
        connection,
        "SELECT tokens, method, lab, country_code, base_lab, base_country_code FROM attribution.model_day_tokens "
        "WHERE row_kind = 'other'",
    ) == [(5, None, None, None, None, None)]


def test_a_lab_that_moves_in_mid_week_counts_by_day(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    thursday = days_of(MONDAY)[3]
    moving = [lab("qwen", "DE", valid_to=thursday), lab("qwen", "US", valid_from=thursday)]
    put_rows(home, [(day, "qwen/a", 1) for day in days_of(MONDAY)])
    build_tables(connection, home, reference_tables=references(labs=moving), tables=TABLES)
    assert query(connection, "SELECT date, country_code FROM attribution.model_day_tokens ORDER BY date") == [
        (day, "DE" if day < thursday else "US") for day in days_of(MONDAY)
    ]
    assert countries(connection, "as_known_now") == {"DE": 3, "US": 4}
    assert query(connection, "SELECT country_code, tokens FROM weekly.model_tokens") == [("US", 7)]
    assert query(connection, "SELECT country_code FROM attribution.models") == [("US",)]


def test_outside_the_span_of_a_claim_the_home_is_unknown(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    claims = [lab("qwen", "CN", valid_from=days_of(MONDAY)[1], valid_to=days_of(MONDAY)[2])]
    put_rows(home, [(day, "qwen/a", 1) for day in days_of(MONDAY)[:3]])
    build_tables(connection, home, reference_tables=references(labs=claims), tables=TABLES)
    assert query(connection, "SELECT country_code FROM attribution.model_day_tokens ORDER BY date") == [
        ("ZZ",),
        ("CN",),
        ("ZZ",),
    ]


@pytest.mark.parametrize(
    ("known_from", "as_known_then"),
    [
        (datetime(2026, 1, 11, 23, 59, 59), {"CN": 7}),
        (datetime(2026, 1, 12, 0, 0, 0), {"ZZ": 7}),
    ],
    ids=["a second before the week ends", "at the Monday that ends it"],
)
def test_a_reveal_counts_as_known_then_only_before_the_week_ends(
    connection: duckdb.DuckDBPyConnection, home: Home, known_from: datetime, as_known_then: dict
) -> None:
    decide(
        connection, home, "openrouter/x-alpha", aliases=[alias("openrouter/x-alpha", "qwen", "official", known_from)]
    )
    assert countries(connection, "as_known_now") == {"CN": 7}
    assert countries(connection, "as_known_then") == as_known_then


def test_a_late_reveal_counts_from_its_week_on_as_known_then(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(week(number), "openrouter/x-alpha", 7) for number in (0, 1, 2)])
    reveal = alias("openrouter/x-alpha", "qwen", "official", datetime(2026, 1, 12, 8))
    build_tables(connection, home, reference_tables=references(labs=LABS, aliases=[reveal]), tables=TABLES)
    assert query(
        connection,
        "SELECT week_start, country_code, lab FROM weekly.attributed_tokens "
        "WHERE population = 'top_9' AND policy = 'lab_home' AND knowledge = 'as_known_then' ORDER BY week_start",
    ) == [(week(0), "ZZ", "unknown"), (week(1), "CN", "Lab qwen"), (week(2), "CN", "Lab qwen")]


def test_a_derivative_counts_for_its_base_under_base_model_home(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    merge = {"model_permaslug": "openai/merge", "base_model": "Qwen", "base_author": "qwen", "derivation": "merge"}
    put_rows(home, [(MONDAY, "openai/merge", 7), (MONDAY, "openai/own", 5)])
    build_tables(connection, home, reference_tables=references(labs=LABS, lineage=[merge]), tables=TABLES)
    assert countries(connection, "as_known_now", "lab_home") == {"US": 12}
    assert countries(connection, "as_known_now", "base_model_home") == {"US": 5, "CN": 7}
    assert query(
        connection,
        "SELECT model_permaslug, country_code, base_model, base_lab, base_country_code FROM attribution.models "
        "ORDER BY model_permaslug",
    ) == [("openai/merge", "US", "Qwen", "Lab qwen", "CN"), ("openai/own", "US", None, "Lab openai", "US")]


def test_a_derivative_of_an_unlisted_base_is_unknown_under_base_model_home(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    tune = {"model_permaslug": "qwen/a", "base_model": "X", "base_author": "newcomer", "derivation": "fine-tune"}
    decide(connection, home, "qwen/a", lineage=[tune])
    assert countries(connection, "as_known_now", "lab_home") == {"CN": 7}
    assert countries(connection, "as_known_now", "base_model_home") == {"ZZ": 7}


def test_a_late_reveal_hides_the_base_too_as_known_then(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    tune = {"model_permaslug": "openrouter/x", "base_model": "Q", "base_author": "qwen", "derivation": "fine-tune"}
    reveal = alias("openrouter/x", "openai", "official", NEXT_MONDAY)
    decide(connection, home, "openrouter/x", aliases=[reveal], lineage=[tune])
    assert countries(connection, "as_known_then", "base_model_home") == {"ZZ": 7}
    assert countries(connection, "as_known_now", "base_model_home") == {"CN": 7}


def test_first_and_last_date_span_all_vintages(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    put_rows(home, [(MONDAY, "qwen/gone", 7)], datetime(2026, 2, 1))
    put_rows(home, [(MONDAY, "qwen/a", 7), (week(1), "qwen/a", 7)], datetime(2026, 2, 2))
    build_tables(connection, home, reference_tables=references(labs=LABS), tables=TABLES)
    assert query(connection, "SELECT model_permaslug, first_date, last_date FROM attribution.models ORDER BY 1") == [
        ("qwen/a", MONDAY, week(1)),
        ("qwen/gone", MONDAY, MONDAY),
    ]
