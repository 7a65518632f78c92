"""Laws that hold for any snapshots: no row and no token is lost, and the order of building changes nothing."""

import random
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from building import (
    BODIES,
    MONDAY,
    TABLES,
    build_tables,
    lab,
    listed,
    put_body,
    put_prices,
    put_rows,
    query,
    references,
    up_to,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.measures import measures_sql
from checks.run import validate_measures
from checks.suite import structural_expectations
from checks.suites import SUITES
from warehouse.contracts import CONTRACTS, Build, Contract
from warehouse.database import connect, create_tables
from warehouse.from_raw import weeks_staged
from warehouse.hashing import row_hash_sql
from warehouse.home import Home
from warehouse.parsers import API_FORMAT, USAGE_ARCHIVE_FORMAT
from warehouse.results import CheckResult

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
REFERENCES = references(
    labs=[
        lab("cn", "CN"),
        lab("us", "US", valid_to=date(2026, 1, 14)),
        lab("us", "FR", valid_from=date(2026, 1, 14)),
        lab("zz", "ZZ"),
    ],
    aliases=[
        {
            "cloaked_slug": "cloaked/alpha",
            "revealed_as": "X",
            "author": "cn",
            "confidence": "official",
            "known_from_utc": datetime(2026, 1, 13),
        }
    ],
    lineage=[{"model_permaslug": "us/tune", "base_model": "Q", "base_author": "cn", "derivation": "fine-tune"}],
)
SLUGS = [
    *(f"{author}/{name}" for author in ("cn", "us", "zz", "unlisted") for name in ("a", "b", "c-0127:free")),
    "cloaked/alpha",
    "us/tune",
    "other",
]
POPULATIONS = {"platform": "TRUE", "ranked": "row_kind = 'model'", "top_9": "is_top_9"}
DEFINITIONS = [
    (policy, knowledge) for policy in ("lab_home", "base_model_home") for knowledge in ("as_known_now", "as_known_then")
]
# what adds up to the population's tokens: `other` has no row in country_tokens and lab_tokens, only in the denominator
DENOMINATORS = {
    "weekly.attributed_tokens": "sum(tokens)",
    "weekly.country_tokens": "max(population_tokens)",
    "weekly.lab_tokens": "max(population_tokens)",
}

days = st.integers(0, 20).map(lambda number: MONDAY + timedelta(days=number))
good_rows = st.tuples(days, st.sampled_from(SLUGS), st.integers(0, 10**15))
any_rows = st.one_of(
    *[good_rows] * 12,
    st.tuples(days, st.sampled_from(SLUGS), st.sampled_from(["-1", "1.5", "", None, 2**63])),
    st.tuples(days, st.sampled_from(["nonsense", "a b/c", None]), st.integers(0, 9)),
)


@st.composite
def snapshots(draw: st.DrawFn) -> list[tuple]:
    """Bodies with as_of and format: several vintages, now and then bad rows, a bad date or a torn body."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        body_format = draw(st.sampled_from(list(BODIES)))
        rows = good_rows if body_format == USAGE_ARCHIVE_FORMAT else draw(st.sampled_from([good_rows, any_rows]))
        unique = st.lists(rows, max_size=40, unique_by=draw(st.sampled_from([lambda row: row[:2], lambda row: row])))
        body = BODIES[body_format](draw(unique))
        if draw(st.integers(0, 15)) == 0:
            body = body[:-3]
        as_of = datetime(2026, 1, 10) + timedelta(hours=draw(st.integers(0, 24 * 20)))
        found.append((body, as_of, datetime(2026, 3, 1) + timedelta(hours=number), body_format))
    return found


def open_memory() -> duckdb.DuckDBPyConnection:
    connection = connect(":memory:")
    create_tables(connection, CONTRACTS.values())
    return connection


@FEW
@given(bodies=snapshots())
def test_no_row_and_no_token_is_lost(bodies: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_memory() as connection:
        home = Home(Path(folder))
        for body in bodies:
            put_body(home, *body)
        build_tables(connection, home, reference_tables=REFERENCES, tables=up_to(*DENOMINATORS))

        raw_rows = query(connection, "SELECT count(*) FROM parsed_rows")
        by_status = dict(query(connection, "SELECT status, sum(raw_rows) FROM staging.snapshot_days GROUP BY ALL"))
        assert raw_rows == [(sum(by_status.values()),)]
        assert query(connection, "SELECT count(*) FROM staging.model_day_token_vintages") == [
            (by_status.get("staged", 0),)
        ]

        newest = dict(
            query(
                connection,
                "SELECT week_start, sum(raw_tokens) FROM (FROM staging.snapshot_days WHERE status = 'staged' "
                "QUALIFY row_number() OVER (PARTITION BY date ORDER BY as_of_utc DESC, snapshot_id DESC) = 1) "
                "GROUP BY week_start",
            )
        )
        for table in ("staging.model_day_tokens", "attribution.model_day_tokens", "weekly.model_tokens"):
            assert dict(query(connection, f"SELECT week_start, sum(tokens) FROM {table} GROUP BY 1")) == newest, table

        # a week of nothing but `other` has no country and no lab
        weeks_with_models = query(connection, "SELECT DISTINCT week_start FROM weekly.model_tokens WHERE rank = 1")
        for population, condition in POPULATIONS.items():
            expected = dict(
                query(
                    connection, f"SELECT week_start, sum(tokens) FROM weekly.model_tokens WHERE {condition} GROUP BY 1"
                )
            )
            for table, tokens in DENOMINATORS.items():
                found = query(
                    connection,
                    f"SELECT week_start, policy, knowledge, {tokens} FROM {table} WHERE population = ? GROUP BY ALL",
                    [population],
                )
                complete = {(week, *definition) for (week,) in weeks_with_models for definition in DEFINITIONS}
                assert complete <= {row[:3] for row in found}, (population, table)
                assert [row for row in found if row[3] != expected[row[0]]] == [], (population, table)


def test_a_week_that_does_not_fit_64_bits_is_rejected_by_name(
    connection: duckdb.DuckDBPyConnection, home: Home
) -> None:
    put_rows(home, [(MONDAY, "us/a", 1), (MONDAY + timedelta(days=1), "us/a", 2**63 - 1)])

    def contract_alone(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[CheckResult]:
        measures = connection.execute(measures_sql(contract, by_week=SUITES[contract.name].is_by_week)).df()
        return validate_measures(contract.name, structural_expectations(contract), measures)

    reports = build_tables(
        connection, home, validate=contract_alone, reference_tables=REFERENCES, tables=up_to("weekly.model_tokens")
    )
    failures = reports["weekly.model_tokens"].failed[MONDAY]
    assert [failure.check_name for failure in failures] == ["required_values_are_there"]
    assert query(connection, "SELECT count(*) FROM weekly.model_tokens") == [(0,)]


def hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return {
        name: query(connection, f"SELECT {row_hash_sql(CONTRACTS[name])} FROM {name}")[0][0]
        for name in TABLES
        if name != "raw.snapshots"
    }


@pytest.fixture(scope="module")
def four_weeks(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four weeks in two vintages, the second one covering the middle of them; prices that begin, change and end."""
    home = Home(tmp_path_factory.mktemp("four-weeks"))
    dice = random.Random(20260105)

    def rows(first: int, last: int) -> list[tuple]:
        return [
            (MONDAY + timedelta(days=day), slug, dice.randrange(10**12))
            for day in range(first, last)
            for slug in dice.sample(SLUGS, 12)
        ]

    put_rows(home, rows(0, 28), datetime(2026, 2, 3))
    put_rows(home, rows(5, 20), datetime(2026, 2, 4), body_format=API_FORMAT)
    prices = [
        listed(datetime(2026, 1, day), slug, input=dice.randrange(1, 5), output=dice.randrange(5, 9))
        for day in (7, 14, 21)
        for slug in dice.sample(SLUGS[:-1], 8)
    ]
    put_prices(home, prices)
    put_prices(home, prices[4:20], "test-sparse")
    return home


@pytest.mark.parametrize("seed", range(4))
def test_weeks_in_any_order_twice_or_in_ranges_give_the_same_tables(four_weeks: Home, seed: int) -> None:
    weekly = [name for name in TABLES if CONTRACTS[name].build is Build.WEEKS]
    with open_memory() as at_once, open_memory() as in_pieces:
        build_tables(at_once, four_weeks, reference_tables=REFERENCES)
        weeks = weeks_staged(at_once)
        assert len(weeks) == 4
        assert query(at_once, "SELECT count(DISTINCT week_start) FROM prices.comparisons") == [(4,)]
        dice = random.Random(seed)
        pieces = [[week] for week in weeks] + [weeks[1:3], weeks[2:]]
        dice.shuffle(pieces)
        build_tables(in_pieces, four_weeks, weeks=pieces[0], reference_tables=REFERENCES)
        for piece in pieces[1:]:
            build_tables(in_pieces, four_weeks, weeks=piece, reference_tables=REFERENCES, tables=weekly)
        derived = [name for name in TABLES if CONTRACTS[name].build is Build.DERIVED]
        build_tables(in_pieces, four_weeks, reference_tables=REFERENCES, tables=derived)
        assert hashes(in_pieces) == hashes(at_once)


def test_the_hash_of_rows_sees_a_changed_figure_and_no_changed_order(
    connection: duckdb.DuckDBPyConnection, four_weeks: Home
) -> None:
    build_tables(connection, four_weeks, reference_tables=REFERENCES)
    before = hashes(connection)
    connection.execute("CREATE TEMP TABLE kept AS FROM weekly.model_tokens")
    connection.execute("DELETE FROM weekly.model_tokens")
    connection.execute("INSERT INTO weekly.model_tokens FROM kept ORDER BY tokens")
    assert hashes(connection) == before
    connection.execute("UPDATE weekly.model_tokens SET tokens = tokens + 1 WHERE rank = 3 AND week_start = ?", [MONDAY])
    changed = hashes(connection)
    assert {name for name in before if before[name] != changed[name]} == {"weekly.model_tokens"}


def test_the_hash_of_rows_tells_an_empty_text_from_a_missing_one(connection: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(f"NULL AS {name}" for name in CONTRACTS["attribution.labs"].column_names if name != "note")
    found = query(
        connection,
        f"SELECT {row_hash_sql(CONTRACTS['attribution.labs'])} FROM (SELECT {columns}, unnest([NULL, '']) AS note) "
        "GROUP BY note",
    )
    assert len(set(found)) == 2
