"""Laws of populations, policies, knowledges and evidence that hold for any weeks."""

import tempfile
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from building import MONDAY, build_tables, lab, put_rows, query, references, up_to, week
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from warehouse.home import Home

# an example is a build or four, so a failing one is shown as it was found
FEW = settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
TABLES = up_to("weekly.lab_tokens", "weekly.country_rankings")
WEEKS = 5
SLUGS = [
    *(f"{author}/{name}" for author in ("cn", "us", "fr", "late") for name in ("a", "a:free", "b")),
    "us/tune",
    "cloaked/one",
    "cloaked/two",
    "other",
]
LABS = [lab("cn", "CN"), lab("us", "US"), lab("fr", "FR")]
LINEAGE = [{"model_permaslug": "us/tune", "base_model": "Q", "base_author": "cn", "derivation": "fine-tune"}]
LATE_HOME = lab("late", "DE")
TOTALS = "week_start, population, policy, knowledge"
START = datetime(2026, 1, 5)

rows_of_weeks = st.dictionaries(
    st.tuples(st.integers(0, 7 * WEEKS - 1).map(lambda day: MONDAY + timedelta(days=day)), st.sampled_from(SLUGS)),
    st.integers(1, 10**13),
    min_size=20,
    max_size=80,
).map(lambda tokens: [(*key, amount) for key, amount in tokens.items()])
# at any hour, and often at the very instant that ends a week or just beside it
instants = st.one_of(
    st.integers(0, 24 * 7 * (WEEKS + 1)).map(lambda hours: START + timedelta(hours=hours)),
    st.tuples(st.integers(0, WEEKS), st.integers(-1, 1)).map(
        lambda moved: START + timedelta(weeks=moved[0], seconds=moved[1])
    ),
)


def reveal(slug: str, author: str, known_from: datetime) -> dict[str, Any]:
    return {
        "cloaked_slug": slug,
        "revealed_as": "X",
        "author": author,
        "confidence": "official",
        "known_from_utc": known_from,
    }


def build(connection: duckdb.DuckDBPyConnection, rows: list[tuple], aliases: list, labs: list = LABS) -> None:
    for table in ("model_tokens", "lab_tokens", "country_tokens"):
        connection.execute(f"DELETE FROM weekly.{table}")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        put_rows(home, rows)
        facts = references(labs=labs, aliases=aliases, lineage=LINEAGE)
        build_tables(connection, home, reference_tables=facts, tables=TABLES)


@FEW
@given(rows=rows_of_weeks, known_from=instants)
def test_known_unknown_and_other_are_the_whole_under_every_definition(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple], known_from: datetime
) -> None:
    build(connection, rows, [reveal("cloaked/one", "cn", known_from)])
    other = dict(query(connection, "SELECT week_start, tokens FROM weekly.model_tokens WHERE row_kind = 'other'"))
    for table in ("country_tokens", "lab_tokens"):
        definitions = query(
            connection,
            f"SELECT {TOTALS}, sum(share), max(population_tokens), sum(tokens), "
            "bool_and(0 <= share_low AND share_low <= share AND share <= share_high AND share_high <= 1) "
            f"FROM weekly.{table} GROUP BY ALL",
        )
        wholes: dict[tuple, set[int]] = {}
        for week_start, population, _, _, share, population_tokens, tokens, are_in_order in definitions:
            rest = other.get(week_start, 0) if population == "platform" else 0
            assert tokens + rest == population_tokens
            assert share + rest / population_tokens == pytest.approx(1)
            assert are_in_order
            wholes.setdefault((week_start, population), set()).add(population_tokens)
        assert len(definitions) == 4 * len(wholes), "two policies, two knowledges"
        assert all(len(of_population) == 1 for of_population in wholes.values()), "no definition changes a total"
    merged = query(
        connection,
        "SELECT week_start, count(DISTINCT population_tokens), count(*) FROM weekly.country_rankings "
        "WHERE population = 'top_9_variants_merged' GROUP BY week_start",
    )
    assert merged
    assert all(row[1:] == (1, 4) for row in merged)


def undecided(connection: duckdb.DuckDBPyConnection) -> dict[tuple, tuple[int, int]]:
    """Population's tokens, and those of no known country, under every definition and population."""
    return {
        tuple(key): (whole, unknown)
        for *key, whole, unknown in query(
            connection, f"SELECT {TOTALS}, population_tokens, undecided_tokens FROM weekly.country_rankings"
        )
    }


@settings(FEW, max_examples=2)
@given(rows=rows_of_weeks, known_from=instants)
def test_evidence_changes_no_total_and_leaves_less_undecided(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple], known_from: datetime
) -> None:
    build(connection, rows, [])
    before = undecided(connection)
    for aliases, labs in (
        ([reveal("cloaked/one", "cn", known_from)], LABS),
        ([], [*LABS, LATE_HOME]),
        ([reveal("cloaked/two", "late", known_from)], [*LABS, LATE_HOME]),
    ):
        build(connection, rows, aliases, labs)
        after = undecided(connection)
        assert after.keys() == before.keys()
        for definition, (whole, unknown) in after.items():
            assert whole == before[definition][0]
            assert unknown <= before[definition][1]


def by_country(connection: duckdb.DuckDBPyConnection, knowledge: str, weeks: Collection[object]) -> list[tuple]:
    return query(
        connection,
        "SELECT * EXCLUDE (knowledge) FROM weekly.compared_country_tokens "
        "WHERE knowledge = ? AND list_contains(?, week_start) ORDER BY ALL",
        [knowledge, list(weeks)],
    )


@FEW
@given(rows=rows_of_weeks, instants_known=st.tuples(instants, instants))
def test_then_is_now_where_nothing_was_learned_since(
    connection: duckdb.DuckDBPyConnection, rows: list[tuple], instants_known: tuple[datetime, datetime]
) -> None:
    reveals = dict(zip(("cloaked/one", "cloaked/two"), instants_known, strict=True))
    build(connection, rows, [reveal(slug, "cn", known_from) for slug, known_from in reveals.items()])
    for number in range(WEEKS):
        end = START + timedelta(weeks=number + 1)
        ran = {slug for day, slug, _ in rows if week(number) <= day < week(number + 1)}
        learned_since = {slug for slug, known_from in reveals.items() if known_from >= end} & ran
        then, now = (by_country(connection, name, [week(number)]) for name in ("as_known_then", "as_known_now"))
        assert (then == now) is (not learned_since)


def test_what_is_revealed_at_the_instant_that_ends_a_week_was_not_known_then(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [(week(number), slug, 5) for number in (0, 1) for slug in ("cloaked/one", "us/a")]
    build(connection, rows, [reveal("cloaked/one", "cn", START + timedelta(weeks=1))])
    assert by_country(connection, "as_known_then", [week(0)]) != by_country(connection, "as_known_now", [week(0)])
    assert by_country(connection, "as_known_then", [week(1)]) == by_country(connection, "as_known_now", [week(1)])
