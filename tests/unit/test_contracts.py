"""Contracts are whole in themselves, equal to the SQL that fills them, and arrive in DuckDB."""

import re
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from building import query

from checks.suites import SUITES
from warehouse.build_inputs import BUILD_INPUTS, fill_input
from warehouse.contracts import CONTRACTS, Build
from warehouse.contracts.contract import column, contract
from warehouse.database import comment_on, connect, create_tables, select_sql, sql_path
from warehouse.results import GATE as PUBLICATION

# Tables whose rows do not come from a SELECT: bodies, reference files, check results, and what the publisher adds.
WITHOUT_SELECT = {
    "raw.snapshots",
    "attribution.labs",
    "attribution.aliases",
    "prices.sources",
    "prices.corrections",
    "claims.claims",
    "checks.builds",
    "checks.results",
    "main.edition",
    "main.citations",
    "main.held_back_weeks",
}
EVERY = pytest.mark.parametrize("name", CONTRACTS)
FROM_SELECT = pytest.mark.parametrize("name", [name for name in CONTRACTS if name not in WITHOUT_SELECT])
UNITS_BY_NAME = {
    r"(.*_)?usd_per_million_tokens(_.*)?": "USD per million tokens",
    r"(.*_)?tokens|tokens_(before|after|change)": "tokens",
    r".*_rows|rows_.*|.*_prices": "rows",
    r".*_days|days_observed": "days",
    r".*_utc": "UTC",
    r".*share(_low|_high)?": "0-1",
    r"tokens_change_.*|relative_change|ratio": "ratio",
    r".*_bytes": "bytes",
    r"weeks": "weeks",
    r"endpoints": "endpoints",
    r"models": "models",
    r"providers": "providers",
}


@pytest.fixture(scope="module")
def created() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table and view, made by create_tables and only looked at."""
    with connect(":memory:") as connection:
        create_tables(connection, CONTRACTS.values())
        comment_on(connection, CONTRACTS.values())
        yield connection


def unit_of(field: pa.Field) -> str:
    return field.metadata[b"unit"].decode()


@EVERY
def test_table_and_every_column_are_described(name: str) -> None:
    promised = CONTRACTS[name]
    assert promised.description
    undescribed = [field.name for field in promised.columns if not field.metadata[b"description"].strip()]
    assert undescribed == []


@EVERY
def test_quantities_carry_their_unit(name: str) -> None:
    wrong = {}
    for field in CONTRACTS[name].columns:
        expected = next((unit for pattern, unit in UNITS_BY_NAME.items() if re.fullmatch(pattern, field.name)), "")
        if field.type in (pa.string(), pa.bool_(), pa.date32()):
            expected = ""
        if unit_of(field) != expected:
            wrong[field.name] = f"{unit_of(field)!r} instead of {expected!r}"
    assert wrong == {}


@EVERY
def test_key_columns_exist(name: str) -> None:
    assert CONTRACTS[name].key
    assert set(CONTRACTS[name].key) <= set(CONTRACTS[name].column_names)


@EVERY
def test_booleans_and_instants_say_so_in_their_name(name: str) -> None:
    for field in CONTRACTS[name].columns:
        assert (field.type == pa.bool_()) == field.name.startswith(("is_", "has_")), field.name
        assert (field.type == pa.timestamp("us")) == field.name.endswith("_utc"), field.name


def test_tables_built_by_weeks_have_a_required_week_start() -> None:
    by_weeks = [promised for promised in CONTRACTS.values() if promised.build is Build.WEEKS]
    assert len(by_weeks) == 5
    for promised in by_weeks:
        assert promised.has_weeks, promised.name
        assert not promised.columns.field("week_start").nullable, promised.name


def test_every_table_has_a_suite_and_every_suite_a_table() -> None:
    assert set(SUITES) - {PUBLICATION} == set(CONTRACTS)


def test_only_the_named_tables_have_no_select() -> None:
    assert {name for name, promised in CONTRACTS.items() if not sql_path(promised).exists()} == WITHOUT_SELECT


@FROM_SELECT
def test_select_gives_exactly_the_contracts_columns(created: duckdb.DuckDBPyConnection, name: str) -> None:
    for relation in BUILD_INPUTS:
        fill_input(created, relation)
    found = query(created, f"SELECT column_name, column_type FROM (DESCRIBE {select_sql(CONTRACTS[name])})")
    promised = [(column_name, CONTRACTS[name].duckdb_type(column_name)) for column_name in CONTRACTS[name].column_names]
    assert found == promised


@EVERY
def test_nullability_arrives_in_duckdb(created: duckdb.DuckDBPyConnection, name: str) -> None:
    if CONTRACTS[name].build is Build.VIEW:
        assert query(created, "SELECT count(*) FROM duckdb_views() WHERE schema_name || '.' || view_name = ?", [name])
        return
    found = dict(
        query(
            created,
            "SELECT column_name, is_nullable FROM duckdb_columns() WHERE schema_name || '.' || table_name = ?",
            [name],
        )
    )
    assert found == {field.name: field.nullable for field in CONTRACTS[name].columns}


@EVERY
def test_comments_arrive_in_duckdb(created: duckdb.DuckDBPyConnection, name: str) -> None:
    promised = CONTRACTS[name]
    kind = "view" if promised.build is Build.VIEW else "table"
    [(comment,)] = query(
        created, f"SELECT comment FROM duckdb_{kind}s() WHERE schema_name || '.' || {kind}_name = ?", [name]
    )
    assert comment == f"{promised.description} One row per {', '.join(promised.key)}."
    columns = dict(
        query(
            created,
            "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name || '.' || table_name = ?",
            [name],
        )
    )
    assert columns == {column_name: promised.describe(column_name) for column_name in promised.column_names}


def test_a_comment_may_hold_a_quote() -> None:
    quoting = contract("main.quoting", "It's 'so'.", Build.WHOLE, ("a",), [column("a", pa.string(), "The lab's", "x")])
    with connect(":memory:") as connection:
        create_tables(connection, [quoting])
        comment_on(connection, [quoting])
        assert query(connection, "SELECT comment FROM duckdb_columns() WHERE table_name = 'quoting'") == [
            ("The lab's [x]",)
        ]


def test_creating_tables_again_keeps_their_rows(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO main.citations VALUES ('s', 'c', 'l', 'u', TIMESTAMP '2026-01-01')")
    create_tables(connection, CONTRACTS.values())
    assert query(connection, "SELECT source FROM main.citations") == [("s",)]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE weekly.weeks ADD COLUMN stray INTEGER",
        "ALTER TABLE weekly.weeks DROP COLUMN missing_days",
        "ALTER TABLE weekly.weeks ALTER days_observed TYPE BIGINT",
        "ALTER TABLE weekly.weeks RENAME week_end TO sunday",
    ],
)
def test_a_table_whose_columns_differ_is_made_anew(connection: duckdb.DuckDBPyConnection, change: str) -> None:
    connection.execute("INSERT INTO weekly.weeks VALUES ('2026-01-05', '2026-01-11', 7, NULL, TRUE, '2026-02-01')")
    connection.execute(change)
    create_tables(connection, CONTRACTS.values())
    described = query(connection, "SELECT column_name FROM (DESCRIBE weekly.weeks)")
    assert [row[0] for row in described] == CONTRACTS["weekly.weeks"].column_names
    assert query(connection, "SELECT count(*) FROM weekly.weeks") == [(0,)]


def test_a_view_whose_sql_differs_is_replaced(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE OR REPLACE VIEW main.weeks AS SELECT 42 AS stray")
    create_tables(connection, CONTRACTS.values())
    described = query(connection, "SELECT column_name FROM (DESCRIBE main.weeks)")
    assert [row[0] for row in described] == CONTRACTS["main.weeks"].column_names
